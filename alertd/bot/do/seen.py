"""`ack`: somebody has seen an alert, so that nobody else is told of it.

An alert of chat is acknowledged by its owner, or an admin; a rule of the files by admins, or by a user with the button
under a message of it: whoever was sent that is asked.
"""

from collections.abc import Callable, Sequence

from alertd.bot.asking import Reply
from alertd.bot.do import targets
from alertd.bot.do.refusal import Refusal, refusable, refused
from alertd.bot.do.targets import Target, check_own
from alertd.bot.do.wording import capital
from alertd.bot.office import Job, no, say
from alertd.dispatch.render import fold
from alertd.dispatch.unseen import named, of_events, of_word, seen
from alertd.errors import ControlError
from alertd.model.episode import meant
from alertd.model.event import Event
from alertd.model.kept import Acknowledged, Escalation
from alertd.model.order import Acknowledge
from alertd.model.people import Role, called
from alertd.model.units import say_duration
from alertd.rules.standing import Open, Rulebook
from alertd.rules.state import State

_OVER = "It is over: there is nothing to acknowledge"


@refusable
async def ack(job: Job) -> Reply:
    word = job.command.words[0]
    number, _, coin = word.partition("/")
    if targets.is_number(number):
        return await job.done(acknowledged(job, await of_alert(job, await targets.by_word(job, number), coin)))
    check_files(job, await job.office.pipeline.ask(lambda state: _known(state, word)))
    try:
        found = await _found(job, lambda state, waiting: of_word(state, word, waiting))
    except ControlError as error:
        raise refused(capital(str(error))) from None
    return await job.done(acknowledged(job, found))


async def of_alert(job: Job, target: Target, coin: str = "") -> list[Open]:
    """What is open of somebody's alert, on one of its coins where it is named."""
    word = ":".join(target.key) + (f"/{coin}" if coin else "")
    try:
        return await _found(job, lambda state, waiting: of_word(state, word, waiting))
    except ControlError:
        return []


async def of(job: Job, events: Sequence[Event], *, signed: bool = False) -> list[Open]:
    """Those of these events that may still be acknowledged, and by whoever asks; `signed` where they press the button
    of a message that told them. Raises Refusal."""
    for event in events:
        if event.owner:
            check_own(job, event.owner, event.rule)
        elif not signed:
            check_files(job, event.rule)
    return await _found(job, lambda state, waiting: of_events(state, events, waiting))


def check_files(job: Job, rule: str) -> None:
    """Raises Refusal for whoever may not say so of a rule of the files; "" for one that there is not."""
    if not job.person.role.at_least(Role.ADMIN):
        reply = no(
            "That is a rule of the files: only admins acknowledge it by name",
            "The button under a message of it is for whoever was sent that.",
        )
        raise Refusal(reply, denied="acknowledges a rule of the files", about=rule)


def acknowledged(job: Job, episodes: Sequence[Open]) -> Reply:
    """Have them acknowledged with the commit. Raises Refusal where they are over."""
    if not episodes:
        raise refused(_OVER)
    done = seen(episodes, job.office.pipeline.remembered(Acknowledged))
    new = [each for each in episodes if each not in done]
    if not new:
        first = done[episodes[-1]]
        return say(f"It is acknowledged already, by {fold(first.by)} {say_duration(job.now - first.at)} ago")
    job.orders += [Acknowledge(each.alert, each.episode, job.person.owner) for each in new]
    about = fold(named([f"{called(each.owner, each.rule, job.person.owner)}/{each.symbol}" for each in new]))
    job.did("ack", about)
    it, them = ("It is", "it") if len(new) == 1 else ("They are", "them")
    title = f"Acknowledged by {job.person.owner}: {about}"
    return say(title, f"{it} not passed on to anybody else, and nobody is reminded of {them}.")


def _known(state: State, word: str) -> str:
    """The rule that a word means, "" where there is none: what somebody made up is for no log that stays."""
    rules = Rulebook(state)
    found = (each for each in meant(word) if rules.get((each.owner, each.rule)) is not None)
    return next((called(each.owner, each.rule) for each in found), "")


async def _found(job: Job, which: Callable[[State, Sequence[Escalation]], list[Open]]) -> list[Open]:
    pipeline = job.office.pipeline
    waiting = pipeline.remembered(Escalation)
    return await pipeline.ask(lambda state: which(state, waiting))
