"""One person on several platforms: accounts come and go."""

from collections.abc import Sequence, Set
from datetime import datetime
from zoneinfo import ZoneInfo

from alertd.bot.asking import Reply
from alertd.bot.do import entries, wording
from alertd.bot.do.door import shown
from alertd.bot.do.refusal import unsure
from alertd.bot.office import Job, no, say
from alertd.bot.people import CODE_LASTS
from alertd.bot.quota import Word
from alertd.bot.receivers import CONFIRM
from alertd.channels import email, user_webhooks
from alertd.model.notification import Notification
from alertd.model.order import Say
from alertd.model.people import TERMINAL, USERS_WEBHOOKS, Account, AlertStage, Code, CodeUse, Identity

EMAIL = "email"
"""The kind of a channel to mailboxes."""

HOOK = "webhook"

_MOST = 10
"""Accounts of one person."""

_SHOWN = 20
"""Alerts that are named in one reply."""


async def link(job: Job) -> Reply:
    """A code for the other platform, a mailbox, a webhook, a code that was given, or one account less."""
    match job.command.words:
        case ():
            return await _offered(job)
        case ("remove", name):
            return await _removed(job, name)
        case (first, url) if first == HOOK:
            return await _hooked(job, url)
        case (address,) if "@" in address:
            return await _mailed(job, address)
        case (code,):
            return await shown(job, code)
        case _:
            return no("Say what to link", "link, link CODE, link ann@desk.example, link remove email")


async def _offered(job: Job) -> Reply:
    people = job.office.people
    if full := _full(job):
        return full
    job.rows += people.revoke(job.person.number, CodeUse.LINK)
    code = Code(use=CodeUse.LINK, expires=job.now + CODE_LASTS, person=job.person.number)
    text, row = people.code(code)
    job.rows.append(row)
    job.did("link", "a code")
    own = job.asked.identity.channel
    others = [f"{name}: {where}" for name, where in job.office.bots.items() if name != own]
    mail = ["A mailbox: link ann@desk.example"] if _mail(job) else []
    lines = ("On the other platform, say this to me in a private chat, within ten minutes:", *others, *mail)
    return await job.done(
        Reply(said=Notification("Whoever says this is you, too", lines=lines), code=f"link {text}", private=True)
    )


# ── a mailbox ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _mailed(job: Job, address: str) -> Reply:
    """A code to the mailbox: until it is said here, that mailbox gets nothing else."""
    channel = _mail(job)
    if not channel:
        return no("No mailbox can be linked here", "This alertd has no channel for email.")
    if wrong := email.check_address(address):
        return no(f"That is no address of a mailbox: {wrong}")
    identity = Identity(channel, "", address.lower())
    known = job.office.people.account_of(identity)
    if known is not None and known.confirmed and known.person == job.person.number:
        if job.office.people.unreached(known):
            job.rows.append(job.office.people.reached(known))
            return await job.done(say("That mailbox is linked already, and is tried again", private=True))
        return no("That mailbox is linked already")
    if full := _full(job) or _too_often(job, identity):
        return full
    taken = _taken(job, known) or job.office.limits.mailboxes.ask(identity, job.now) is not Word.GO
    _claim(job, identity, address, taken=taken)
    job.did("link", f"{channel}, to be confirmed")
    lines = (f"A code is on its way to {address}", "Say it here within ten minutes: link CODE")
    # Whose mailboxes are known here, and who asks for them, is told to nobody: the reply is the same without a mail.
    if not taken:
        job.orders.append(Say(f"{job.person.owner}/{CONFIRM}{_number(job, identity)}", _letter(job)))
    return await job.done(say("Read your mail", *lines, private=True))


def _taken(job: Job, known: Account | None) -> bool:
    """Whether a mailbox is somebody else's, or has a good code for them: that stays good."""
    if known is None or known.person == job.person.number:
        return False
    return known.confirmed or bool(job.office.people.code_for(known, job.now))


def _claim(job: Job, identity: Identity, address: str, *, taken: bool) -> None:
    """The account as it waits for its code, in the place of what else waits for one. What is somebody's already stays
    theirs."""
    people, number = job.office.people, job.person.number
    job.rows += [people.unlink(claim) for claim in people.claims(number) if claim.identity != identity]
    job.rows += people.revoke(number, CodeUse.CONFIRM)
    if not taken:
        job.rows.append(people.link(number, identity, address, confirmed=False))
        if (claim := people.account_of(identity)) is not None:
            job.rows.append(people.reached(claim))  # a code that it refused must not keep the next from it
    expires = job.now + CODE_LASTS
    _, row = people.code(Code(use=CodeUse.CONFIRM, expires=expires, person=number, identity=identity))
    job.rows.append(row)


def _too_often(job: Job, identity: Identity) -> Reply | None:
    limits = job.office.limits
    if limits.again.ask((job.person.number, identity), job.now) is not Word.GO:
        return no("A code went there within the last hour: look at your mail")
    if limits.mails.ask(job.person.number, job.now) is not Word.GO:
        return no("Three codes a day are mailed to one person: try again tomorrow")
    return None


def _number(job: Job, identity: Identity) -> int:
    account = job.office.people.account_of(identity)
    return account.number if account else 0


def _letter(job: Job) -> Notification:
    """Without the code, which is nowhere to be read before the mail is sent: see `aliases`."""
    person = job.person
    zone = ZoneInfo(person.zone) if person.zone else job.office.pipeline.policy.zone
    until = datetime.fromtimestamp(job.now + CODE_LASTS, zone).strftime("%H:%M")
    return Notification(
        "Your code for alertd",
        lines=(
            f"It is good until {until}, and once. If you did not ask for it, somebody mistyped: nothing more comes.",
        ),
    )


def _mail(job: Job) -> str:
    """The channel that mailboxes are linked on, "" for none."""
    return next((name for name, kind in job.office.channels.items() if kind == EMAIL), "")


# ── a webhook ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _hooked(job: Job, url: str) -> Reply:
    """The one webhook of a person; its secret is told now, and never again."""
    people, number = job.office.people, job.person.number
    if not job.office.terms.webhooks:
        return no("Webhooks of users are off here", "The operator turns them on with chat: webhooks: true.")
    if wrong := user_webhooks.check_url(url):
        return no(f"That URL is not called: {wrong}")
    # A URL may be known to several: the account is by person, too.
    identity = Identity(USERS_WEBHOOKS, str(number), url)
    before = [each for each in people.accounts(number) if each.identity.channel == USERS_WEBHOOKS]
    if not before and (full := _full(job)):
        return full
    address = user_webhooks.address_of(url)
    job.rows += [people.unlink(each) for each in before]
    job.rows.append(people.link(number, identity, address))
    job.did("link", USERS_WEBHOOKS)
    lines = ("Bodies are signed with this secret, which is not told again:",)
    said = Notification("Your webhook is linked", lines=lines, footer="link webhook URL draws a new one")
    return await job.done(Reply(said=said, code=user_webhooks.secret_of(address), private=True))


# ── one less ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _removed(job: Job, name: str) -> Reply:
    """A channel's accounts of this person go, and what waits for its code; the last one that they can talk by stays."""
    people, number = job.office.people, job.person.number
    mine, waiting = people.accounts(number), _waiting(job)
    going = [account for account in mine if called(job, account, name)]
    dropped = [channel for channel in waiting if _is_called(job, channel, name)]
    left = [account for account in mine if account not in going]
    if not going and not dropped:
        return no(f"Nothing of yours is called {name!r}", f"You have {', '.join(_names(mine, waiting))}")
    if going and (held := await _held_on_to(job, name, left)):
        return held
    names = _names(going, dropped)
    orphans = await _naming(job, {*names} - {*_names(left)})
    job.asker()
    job.rows += [people.unlink(account) for account in going]
    if dropped:
        job.rows += [*map(people.unlink, people.claims(number)), *people.revoke(number, CodeUse.CONFIRM)]
    job.did("unlink", ", ".join(names))
    more = f" and {len(orphans) - _SHOWN} more" if len(orphans) > _SHOWN else ""
    said = (f"Told by what you use from now on: {', '.join(orphans[:_SHOWN])}{more}",) if orphans else ()
    return await job.done(say(f"Removed: {', '.join(names)}", *said, private=True))


def _waiting(job: Job) -> list[str]:
    """The channels of what is yet to be confirmed. By the codes, which are there for a mailbox of somebody else's too,
    and not by the claims: whose mailboxes are known here is told to nobody."""
    codes = job.office.people.codes(job.person.number, job.now)
    return [code.identity.channel for code in codes if code.identity]


async def _held_on_to(job: Job, name: str, left: Sequence[Account]) -> Reply | None:
    """Why accounts do not go yet, where these are left; None where they may."""
    if not any(account.identity.channel in (*job.office.terms.channels, TERMINAL) for account in left):
        return no("You could not talk to me any more", "Link another platform first: link")
    if any(account.used for account in left) or job.command.options.get("sure"):
        return None
    alerts = await job.office.store.chat_alerts(job.person.number)
    live = sum(alert.stage is AlertStage.LIVE for alert in alerts)
    if not live:
        return None
    what = "your live alert" if live == 1 else f"your {live} live alerts"
    title = f"You use nothing of what is left, and would be told of {what} there: remove {name}?"
    return unsure(job, title, command=f"link remove {name}", label=f"Remove {name}")


async def _naming(job: Job, channels: Set[str]) -> list[str]:
    """The alerts that are told by one of these channels because they say so."""
    alerts = await job.office.store.chat_alerts(job.person.number)
    return [wording.name(each.number) for each in alerts if not channels.isdisjoint(entries.ways(entries.read(each)))]


def called(job: Job, account: Account, name: str) -> bool:
    """Whether an account is meant by the name of its channel, or of the channel's kind."""
    return _is_called(job, account.identity.channel, name)


def _is_called(job: Job, channel: str, name: str) -> bool:
    word = name.lower()
    return word in (channel.lower(), job.office.channels.get(channel, "")) or (
        word == HOOK and channel == USERS_WEBHOOKS
    )


def _names(accounts: Sequence[Account], others: Sequence[str] = ()) -> list[str]:
    return list(dict.fromkeys([*(account.identity.channel for account in accounts), *others]))


def _full(job: Job) -> Reply | None:
    if len(job.office.people.accounts(job.person.number)) >= _MOST:
        return no(f"You have {_MOST} accounts here already", "link remove CHANNEL takes one away")
    return None
