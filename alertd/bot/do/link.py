"""One person on several platforms: accounts come and go."""

from collections.abc import Set
from datetime import datetime
from zoneinfo import ZoneInfo

from alertd.bot.asking import Reply
from alertd.bot.do import entries, wording
from alertd.bot.do.door import shown
from alertd.bot.office import Job, no, say
from alertd.bot.people import CODE_LASTS
from alertd.bot.quota import Word
from alertd.bot.receivers import CONFIRM
from alertd.channels import email, user_webhooks
from alertd.model.notification import Notification
from alertd.model.order import Say
from alertd.model.people import USERS_WEBHOOKS, Account, AlertStage, Code, CodeUse, Identity

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
    taken = known is not None and known.confirmed
    if known is not None and taken and known.person == job.person.number:
        return no("That mailbox is linked already")
    if full := _full(job) or _too_often(job, identity):
        return full
    text = _claimed(job, identity, address, taken=taken)
    job.did("link", f"{channel}, to be confirmed")
    lines = (f"A code is on its way to {address}", "Say it here within ten minutes: link CODE")
    # Whose mailboxes are known here is told to nobody: where it is somebody else's, the reply is the same.
    if not taken:
        job.orders.append(Say(f"{job.person.owner}/{CONFIRM}{_number(job, identity)}", _letter(job, text)))
    return await job.done(say("Read your mail", *lines, private=True))


def _claimed(job: Job, identity: Identity, address: str, *, taken: bool) -> str:
    """The account as it waits for its code, in the place of what else waits for one; the code. What is
    somebody's already stays theirs."""
    people, number = job.office.people, job.person.number
    job.rows += [people.unlink(claim) for claim in people.claims(number) if claim.identity != identity]
    job.rows += people.revoke(number, CodeUse.CONFIRM)
    if not taken:
        job.rows.append(people.link(number, identity, address, confirmed=False))
    expires = job.now + CODE_LASTS
    text, row = people.code(Code(use=CodeUse.CONFIRM, expires=expires, person=number, identity=identity))
    job.rows.append(row)
    return text


def _too_often(job: Job, identity: Identity) -> Reply | None:
    limits = job.office.limits
    if limits.mailboxes.ask(identity, job.now) is not Word.GO:
        return no("A code went there within the last hour: look at your mail")
    if limits.mails.ask(job.person.number, job.now) is not Word.GO:
        return no("Three codes a day are mailed to one person: try again tomorrow")
    return None


def _number(job: Job, identity: Identity) -> int:
    account = job.office.people.account_of(identity)
    return account.number if account else 0


def _letter(job: Job, code: str) -> Notification:
    person = job.person
    zone = ZoneInfo(person.zone) if person.zone else job.office.pipeline.policy.zone
    until = datetime.fromtimestamp(job.now + CODE_LASTS, zone).strftime("%H:%M")
    return Notification(
        "Your code for alertd",  # and no code: titles are shown, and told of, elsewhere
        lines=(
            f"Say to alertd, where you asked for it: link {code}",
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
        return no("Webhooks of users are off here", "The operator turns them on with `chat: webhooks: true`.")
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
    """A channel's accounts of this person go; the last one that they can talk by stays."""
    people, number = job.office.people, job.person.number
    mine = [*people.accounts(number), *people.claims(number)]
    going = [account for account in mine if called(job, account, name)]
    if not going:
        return no(f"Nothing of yours is called {name!r}", f"You have {', '.join(_names(mine))}")
    left = [account for account in mine if account not in going and account.confirmed]
    if not any(account.identity.channel in job.office.terms.channels for account in left):
        return no("You could not talk to me any more", "Link another platform first: link")
    if not any(account.used for account in left) and not job.command.options.get("sure"):
        alerts = await job.office.store.chat_alerts(number)
        if live := sum(alert.stage is AlertStage.LIVE for alert in alerts):
            button = job.offer(f"link remove {name} sure", f"Remove {name}")
            what = "your live alert" if live == 1 else f"your {live} live alerts"
            title = f"You use nothing of what is left, and would be told of {what} there: remove {name}?"
            return Reply(said=Notification(title, buttons=(button,)), ok=False, private=True)
    orphans = await _naming(job, {*_names(going)} - {*_names(left)})
    job.asker()
    job.rows += [people.unlink(account) for account in going]
    job.did("unlink", ", ".join(_names(going)))
    more = f" and {len(orphans) - _SHOWN} more" if len(orphans) > _SHOWN else ""
    said = (f"Told by what you use from now on: {', '.join(orphans[:_SHOWN])}{more}",) if orphans else ()
    return await job.done(say(f"Removed: {', '.join(_names(going))}", *said, private=True))


async def _naming(job: Job, channels: Set[str]) -> list[str]:
    """The alerts that are told by one of these channels because they say so."""
    alerts = await job.office.store.chat_alerts(job.person.number)
    return [wording.name(each.number) for each in alerts if not channels.isdisjoint(entries.ways(entries.read(each)))]


def called(job: Job, account: Account, name: str) -> bool:
    """Whether an account is meant by the name of its channel, or of the channel's kind."""
    channel, word = account.identity.channel, name.lower()
    return word in (channel.lower(), job.office.channels.get(channel, "")) or (
        word == HOOK and channel == USERS_WEBHOOKS
    )


def _names(accounts: list[Account]) -> list[str]:
    return list(dict.fromkeys(account.identity.channel for account in accounts))


def _full(job: Job) -> Reply | None:
    if len(job.office.people.accounts(job.person.number)) >= _MOST:
        return no(f"You have {_MOST} accounts here already", "link remove CHANNEL takes one away")
    return None
