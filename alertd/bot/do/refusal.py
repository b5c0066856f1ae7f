"""What ends a command before anything is done: the reply that says why, and a denial for the audit log."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from alertd.bot.asking import Reply
from alertd.bot.language.note import SURE
from alertd.bot.office import Job, no
from alertd.model.notification import Button, Notification
from alertd.model.people import Deed

P = ParamSpec("P")


class Refusal(Exception):
    """`denied` is why they may not, "" where it is not about that; `about` is what they wanted to touch."""

    def __init__(self, reply: Reply, *, denied: str = "", about: str = "") -> None:
        super().__init__(reply.said.title)
        self.reply = reply
        self.denied = denied
        self.about = about

    def noted(self, job: Job) -> list[Deed]:
        """The line of the audit log, where it was a denial."""
        return [Deed(job.now, job.person.owner, job.command.name, self.about, self.denied)] if self.denied else []


Buttons = tuple[Button, ...]


def unsure(
    job: Job, title: str, *lines: str, command: str, label: str, before: Buttons = (), behind: Buttons = ()
) -> Reply:
    """What is asked back: that very command is done for whoever says it again with `yes` behind it, or presses that."""
    whole = sure(command)
    buttons = (*before, job.offer(whole, label), *behind)
    said = Notification(title, (*lines, f"To do it, say: {whole}"), buttons=buttons)
    return Reply(said=said, ok=False, private=True)


def sure(command: str) -> str:
    """The command that is not asked back about."""
    return f"{command} {SURE[0]}"


def refused(title: str, *lines: str) -> Refusal:
    return Refusal(no(title, *lines))


def refusable(
    doing: Callable[Concatenate[Job, P], Awaitable[Reply]],
) -> Callable[Concatenate[Job, P], Awaitable[Reply]]:
    """Of a command that is refused nothing is left but its denial, where it was one."""

    @wraps(doing)
    async def done(job: Job, /, *args: P.args, **kwargs: P.kwargs) -> Reply:
        try:
            return await doing(job, *args, **kwargs)
        except Refusal as refusal:
            if not (noted := refusal.noted(job)):
                return refusal.reply
            bare = Job(office=job.office, asked=job.asked, person=job.person, command=job.command, rows=[*noted])
            return await bare.done(refusal.reply)

    return done
