"""Groups: who may have something told there."""

from alertd.bot.do.refusal import Refusal
from alertd.bot.office import Job, Office, no
from alertd.bot.receivers import GROUP
from alertd.model.people import Role


def group_for(job: Job) -> str:
    """The way to the group that something was said in. Raises Refusal for whoever may not add alerts for it."""
    check(job)
    asked, people = job.asked, job.office.people
    identity = asked.place
    known = people.account_of(identity)
    # A row each time: one that was known before may have been for something that came to nothing.
    job.rows.append(people.link(0, identity, asked.chat, known.name if known else ""))
    account = people.account_of(identity)
    return f"{GROUP}{account.number if account else 0}"


def may_add(office: Office, role: Role) -> bool:
    """Whether people of that role may have something told in a group."""
    return office.terms.groups != "admins" or role.at_least(Role.ADMIN)


def check(job: Job) -> None:
    """Raises Refusal for whoever may not have something told in a group."""
    if not may_add(job.office, job.person.role):
        raise Refusal(
            no("Only admins add alerts for a group", "Say it to me alone, and you are told alone."),
            denied="adds for a group",
            about="group",
        )
