"""Who there is, and what they may do: users, invite, role, ban, forget-user, audit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import islice

from alertd.bot.asking import Reply
from alertd.bot.catalogue import GIVES, an
from alertd.bot.do import entries, groups
from alertd.bot.do.listing import table
from alertd.bot.do.refusal import unsure
from alertd.bot.office import Job, no, say
from alertd.bot.people import CODE_LASTS
from alertd.bot.receivers import GROUP
from alertd.model.notification import Link, Notification
from alertd.model.order import ForgetAuthor
from alertd.model.people import TERMINAL, AlertStage, ChatAlert, Code, CodeUse, Deed, Person, Role, person_of

_PAGE = 30
"""People, and lines of the audit log, in one reply."""

_OPEN = 20
"""Invites of one admin that may wait to be used."""

_TELEGRAM = "https://t.me/"


# ── who there is ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def users(job: Job) -> Reply:
    """A table of people, the latest first, a page of them; never an address."""
    everybody = sorted(job.office.people, key=lambda person: -person.number)
    page = _page(job.command.words)
    shown = list(islice(everybody, (page - 1) * _PAGE, page * _PAGE))
    if not shown:
        return no(f"There is no page {page}", "users shows the first")
    rows = [("who", "role", "since", "alerts", "platforms", "name"), *[await _row(job, person) for person in shown]]
    more = len(everybody) - page * _PAGE
    lines = (f"{more} more: users {page + 1}",) if more > 0 else ()
    title = "1 person" if len(everybody) == 1 else f"{len(everybody)} people"
    return await job.done(Reply(said=Notification(title, lines=lines), code=table(rows), private=True))


async def _row(job: Job, person: Person) -> tuple[str, ...]:
    accounts = job.office.people.accounts(person.number)
    alerts = len(await job.office.store.chat_alerts(person.number))
    names = dict.fromkeys(_clean(account.name) for account in accounts if account.name)
    platforms = dict.fromkeys(account.identity.channel for account in accounts)
    since = _day(person.since, job.office.pipeline.policy.zone)
    return person.owner, str(person.role), since, str(alerts), ", ".join(platforms), ", ".join(names)


async def audit(job: Job) -> Reply:
    """The latest of the log, newest first, of and about one person where one is named."""
    who = job.command.words[0] if job.command.words else ""
    if who and person_of(who) is None:
        return no(f"{who!r} is nobody's number", "Write it as users does: audit @7")
    deeds = await job.office.store.deeds(limit=_PAGE, who=who)
    zone = job.office.pipeline.policy.zone
    rows = [_told(deed, zone) for deed in deeds]
    title = f"The last {len(rows)} entries" if rows else "Nothing is on record"
    return await job.done(Reply(said=Notification(title), code=table(rows) if rows else "", private=True))


def _told(deed: Deed, zone: tzinfo) -> tuple[str, ...]:
    denied = f"denied: {deed.denied}" if deed.denied else ""
    at = datetime.fromtimestamp(deed.at, zone).strftime("%Y-%m-%d %H:%M")
    return at, deed.who, deed.did, deed.about, denied


# ── who may do what ──────────────────────────────────────────────────────────────────────────────────────────────────


async def invite(job: Job) -> Reply:
    """A code that lets one person in."""
    people = job.office.people
    role = _role(job.command.words[0]) if job.command.words else Role.USER
    if role is None or role in (Role.BANNED, Role.OWNER):
        return no("An invite is for a viewer, a user or an admin", "invite user")
    if not job.person.role.at_least(Role.OWNER) and role is Role.ADMIN:
        return await _denied(job, "invite", "Only an owner may invite an admin", str(role))
    if sum(code.use is CodeUse.ENROL for code in people.codes(job.person.number, job.now)) >= _OPEN:
        return no(f"{_OPEN} of your invites wait to be used: more in ten minutes")
    code = Code(use=CodeUse.ENROL, expires=job.now + CODE_LASTS, role=role, person=job.person.number)
    text, row = people.code(code)
    job.rows.append(row)
    job.did("invite", str(role))
    said = Notification(
        f"An invite for {an(role)}: good for ten minutes, and once",
        lines=("Whoever says this to me in a private chat is in:",),
        links=tuple(_links(job.office.bots, text)),
    )
    return await job.done(Reply(said=said, code=f"start {text}", private=True))


def _links(bots: dict[str, str], code: str) -> Sequence[Link]:
    """Where the bots are; Telegram's link brings the code with it."""
    return [
        Link(channel, f"{name.partition('?')[0]}?start={code}" if name.startswith(_TELEGRAM) else name)
        for channel, name in bots.items()
        if name.startswith("https://")
    ]


async def role(job: Job) -> Reply:
    """Give somebody a role."""
    words = job.command.words
    role = _role(words[1]) if len(words) == 2 else None
    if role is None or role is Role.BANNED:
        return no("Say who is to be what", "role @7 viewer, role @7 user or role @7 admin; ban @7 shuts somebody out")
    return await _change(job, words[0], role)


async def ban(job: Job) -> Reply:
    """Shut somebody out: nothing of theirs is watched or told any more."""
    return await _change(job, job.command.words[0] if job.command.words else "", Role.BANNED)


async def _change(job: Job, who: str, role: Role) -> Reply:
    number = person_of(who) or 0
    async with job.office.locked({number}):
        job.held = frozenset({number})
        alerts = await job.office.store.chat_alerts(number)
        # From here on nothing is waited for: of two who take away each other's role, one comes first.
        if (found := await _about(job, who, role)) is None or isinstance(found, Reply):
            return found or no(f"There is nobody {who!r}", "users shows everybody, with their numbers")
        if found.role is role:
            return no(f"{found.owner} is {an(role) if role is not Role.BANNED else 'banned'} already")
        live = [alert for alert in alerts if alert.stage is AlertStage.LIVE and not _may_go_on(job, alert, role)]
        job.drop += [(found.owner, str(alert.number)) for alert in live]
        job.rows += [entries.paused(alert) for alert in live]
        _put(job, found, role)
        return await job.done(_changed(found, role, len(live), waiting=len(alerts) > 0))


def _may_go_on(job: Job, alert: ChatAlert, role: Role) -> bool:
    """Whether an alert of somebody's is watched where they have that role: one for a group takes more than others."""
    in_group = any(way.startswith(GROUP) for way in entries.ways(entries.read(alert)))
    return role.at_least(Role.USER) and (not in_group or groups.may_add(job.office, role))


def _put(job: Job, found: Person, role: Role) -> None:
    """The role; codes by which somebody could undo that are good for nothing any more."""
    people = job.office.people
    if not role.at_least(found.role):
        job.rows += people.revoke(found.number, *(CodeUse if role is Role.BANNED else (CodeUse.ENROL,)))
    changed = replace(found, role=role)
    job.rows.append(people.put(changed))
    if found.number == job.person.number:
        job.person = changed
    job.did("ban" if role is Role.BANNED else "role", found.owner)


def _changed(found: Person, role: Role, paused: int, *, waiting: bool) -> Reply:
    which = " for groups" if role.at_least(Role.USER) else ""
    lines = [f"Their alerts{which} are paused: {paused}"] if paused else []
    if role is Role.BANNED:
        return say(f"{found.owner} is banned", *lines, f"role {found.owner} user lets them in again")
    if waiting and role.at_least(Role.USER) and not found.role.at_least(Role.USER):
        lines = ["Their alerts are paused: they can resume them"]
    return say(f"{found.owner} is {an(role)} now", *lines, private=True)


async def forget_user(job: Job) -> Reply:
    """Erase a person: their accounts, codes, settings and alerts. What is on record says `@7`."""
    who = job.command.words[0] if job.command.words else ""
    number = person_of(who) or 0
    async with job.office.locked({number}):
        job.held = frozenset({number})
        return await _forgotten(job, who, await job.office.store.chat_alerts(number))


async def _forgotten(job: Job, who: str, alerts: Sequence[ChatAlert]) -> Reply:
    # Nothing is waited for here, see `_change`.
    if (found := await _about(job, who, None)) is None or isinstance(found, Reply):
        return found or no(f"There is nobody {who!r}", "users shows everybody, with their numbers")
    if not job.command.options.get("sure"):
        line = "Their accounts, settings and alerts go for good. The audit log keeps their number."
        command, label = f"forget-user {found.owner}", f"Erase {found.owner}"
        return unsure(job, f"Erase {found.owner}?", line, command=command, label=label)
    job.drop += [(found.owner, str(alert.number)) for alert in alerts]
    job.rows.append(job.office.people.erase(found))
    job.orders.append(ForgetAuthor(found.owner))
    job.did("forget-user", found.owner)
    return await job.done(say(f"{found.owner} is erased", f"Alerts that went with them: {len(alerts)}", private=True))


async def _about(job: Job, who: str, role: Role | None) -> Person | Reply | None:
    """The person of a number whom the asker may have another role, or may erase (None); else why not."""
    number = person_of(who)
    found = job.office.people.get(number) if number else None
    if found is None:
        return None
    job.asker()
    may = GIVES.get(job.person.role, ())
    own = found.number == job.person.number
    if found.role not in may or (role is not None and role not in may):
        return await _denied(job, job.command.name, f"Only an owner may do that to {an(found.role)}", found.owner)
    if own and role in (Role.BANNED, None):
        return no("That is yourself", "Another admin can do that.")
    if found.role is Role.OWNER and role is not Role.OWNER and job.office.people.owners() == 1:
        return no(f"{found.owner} is the last owner", "Make somebody else an owner first.")
    if role not in (Role.OWNER, None) and TERMINAL in job.office.people.channels(found.number):
        # They would come again by another login, of which only they say whose it is.
        what = "Whoever may open alertd's control socket is an owner. See to it that they may not (its group);"
        return no(f"{found.owner} comes by the terminal", f"{what} then forget-user {found.owner} shuts them out.")
    return found


async def _denied(job: Job, what: str, why: str, about: str) -> Reply:
    """On record, too."""
    job.rows = [Deed(job.now, job.person.owner, what, about, f"is {job.person.role}")]
    return await job.done(no(why))


def _role(word: str) -> Role | None:
    return next((role for role in Role if role == word.lower()), None)


# ── in letters of one width ──────────────────────────────────────────────────────────────────────────────────────────


def _clean(name: str) -> str:
    return "".join(char for char in name if char.isprintable())[:20]


def _day(at: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")


def _page(words: Sequence[str]) -> int:
    """The number of a page, with as many digits as there may be pages."""
    return max(int(words[0][:9]), 1) if words and words[0].isdecimal() and words[0].isascii() else 1
