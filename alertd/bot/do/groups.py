"""Groups: who may have something told there."""

from alertd.bot.do.refusal import Refusal
from alertd.bot.office import Job, no
from alertd.bot.receivers import GROUP
from alertd.model.people import Identity, Role


def group_for(job: Job) -> str:
    """The way to the group that something was said in. Raises Refusal for whoever may not add alerts for it."""
    check(job)
    asked, people = job.asked, job.office.people
    identity = Identity(asked.identity.channel, asked.identity.workspace, asked.chat)
    known = people.account_of(identity)
    # A row each time: one that was known before may have been for something that came to nothing.
    job.rows.append(people.link(0, identity, asked.chat, known.name if known else ""))
    account = people.account_of(identity)
    return f"{GROUP}{account.number if account else 0}"


def check(job: Job) -> None:
    """Raises Refusal for whoever may not have something told in a group."""
    if job.office.terms.groups == "admins" and not job.person.role.at_least(Role.ADMIN):
        raise Refusal(
            no("Only admins add alerts for a group", "Say it to me alone, and you are told alone."),
            denied="adds for a group",
            about="group",
        )
