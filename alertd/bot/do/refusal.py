"""What ends a command before anything is done: the reply that says why, and a denial for the audit log."""

from collections.abc import Awaitable, Callable
from functools import wraps

from alertd.bot.asking import Reply
from alertd.bot.office import Job, no
from alertd.model.people import Deed

Doing = Callable[[Job], Awaitable[Reply]]


class Refusal(Exception):
    """`denied` is why they may not, "" where it is not about that; `about` is what they wanted to touch."""

    def __init__(self, reply: Reply, *, denied: str = "", about: str = "") -> None:
        super().__init__(reply.said.title)
        self.reply = reply
        self.denied = denied
        self.about = about


def refused(title: str, *lines: str) -> Refusal:
    return Refusal(no(title, *lines))


def refusable(doing: Doing) -> Doing:
    """Of a command that is refused nothing is left but its denial, where it was one."""

    @wraps(doing)
    async def done(job: Job) -> Reply:
        try:
            return await doing(job)
        except Refusal as refusal:
            if not refusal.denied:
                return refusal.reply
            bare = Job(office=job.office, asked=job.asked, person=job.person, command=job.command, press=job.press)
            bare.rows.append(Deed(job.now, job.person.owner, job.command.name, refusal.about, refusal.denied))
            return await bare.done(refusal.reply)

    return done
