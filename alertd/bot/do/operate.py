"""For admins: the rules of the files, silences, how the daemon is."""

from alertd.bot.asking import Reply
from alertd.bot.office import Job, no, say
from alertd.control import silencing
from alertd.dispatch.matcher import parse
from alertd.dispatch.wording import matchers
from alertd.errors import ControlError, did_you_mean
from alertd.model.kept import Silence
from alertd.model.notification import Notification
from alertd.model.order import ExpireSilence
from alertd.model.units import duration, say_duration
from alertd.rules.standing import Rulebook
from alertd.rules.state import State

_PAGE = 40
"""Rules in one reply."""

_COMMENT = "by chat"

OF_FILES = ("owner", "")
"""The matcher for rules of files: people call theirs by numbers, and everybody has a #1."""
_USAGE = "silence rule=btc 2h maintenance, silence list, silence end 3"


# ── rules of the files ───────────────────────────────────────────────────────────────────────────────────────────────


async def rules(job: Job) -> Reply:
    """All of them with how many of their alerts fire, or one."""
    if not job.command.words:
        title, rows = await job.office.pipeline.ask(_every)
        return await job.done(Reply(said=Notification(title), code="\n".join(rows), private=True))
    name = " ".join(job.command.words)
    found = await job.office.pipeline.ask(lambda state: _one(state, name))
    if isinstance(found, str):
        return no(f"No rule of the files is called {name!r}", found)
    return await job.done(Reply(said=found, private=True))


def _every(state: State) -> tuple[str, list[str]]:
    names = sorted(state.book.name(number)[1] for number in state.book.numbers(""))
    if not names:
        return "There are no rules in the files", []
    book = Rulebook(state)
    rows = [f"{name}  {_count(book, name)}" for name in names[:_PAGE]]
    if len(names) > _PAGE:
        rows.append(f"… and {len(names) - _PAGE} more")
    return f"{len(names)} rule{'' if len(names) == 1 else 's'} of the files", rows


def _count(book: Rulebook, name: str) -> str:
    standing = book.standing(("", name)).values()
    counts = (
        (len(standing), "alert" if len(standing) == 1 else "alerts"),
        (sum(each.firing for each in standing), "firing"),
        (sum(each.silent for each in standing), "without data"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count)


def _one(state: State, name: str) -> Notification | str:
    """The rule, or a hint where there is none of that name."""
    book, told = Rulebook(state), state.get(("", name))
    if told is None:
        names = [state.book.name(number)[1] for number in state.book.numbers("")]
        return did_you_mean(name, names) or "rules shows them all"
    facts = [("When", told.when_text), ("Until", told.until_text), ("Tells", ", ".join(told.notify))]
    facts.append(("Labels", ", ".join(f"{key}={value}" for key, value in told.labels.items())))
    facts.append(("Now", _count(book, name)))
    return Notification(name, facts=tuple((key, value) for key, value in facts if value))


# ── silences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def silence(job: Job) -> Reply:
    """Add one, list them, end one."""
    match job.command.words:
        case () | ("list",):
            return await job.done(_silences(job))
        case ("end" | "expire", number) if number.lstrip("#").isdecimal() and number.isascii():
            return await _ended(job, int(number.lstrip("#")[:9]))
        case words:
            return await _added(job, words)


async def _added(job: Job, words: tuple[str, ...]) -> Reply:
    typed = _before_duration(words)
    if len(typed) == len(words) or not typed:
        return no("Say what to hold back, and for how long", _USAGE)
    comment = " ".join(words[len(typed) + 1 :]) or _COMMENT
    try:
        wanted = [parse(each) for each in typed]
        if OF_FILES[0] not in dict(wanted):
            wanted.append(OF_FILES)
        order = silencing(
            {
                "matchers": [list(each) for each in wanted],
                "start": job.now,
                "end": job.now + duration(words[len(typed)]),
                "author": job.person.owner,
                "comment": comment,
            },
            now=job.now,
            hours=job.office.pipeline.policy.hours,
        )
    except (ControlError, ValueError) as error:
        return no(str(error), _USAGE)
    job.orders.append(order)
    job.did("silence", " ".join(typed))
    said = f"Held back for {say_duration(order.end - job.now)}: {' '.join(typed)}"
    whose = ["It holds rules of the files: owner=@7 names the alerts of a person."] if OF_FILES in wanted else []
    return await job.done(say(said, *whose, "silence list shows its number; silence end NUMBER ends it"))


def _before_duration(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words up to the first that is a duration; all of them where none is."""
    for index, word in enumerate(words):
        try:
            duration(word)
        except ValueError:
            continue
        return words[:index]
    return words


def _silences(job: Job) -> Reply:
    active = [each for each in job.office.pipeline.remembered(Silence) if each.end > job.now]
    rows = [
        f"{each.number}  {' '.join(matchers([pair]) for pair in each.matchers if pair != OF_FILES)}"
        f"  {say_duration(each.end - job.now)} left  {each.author}: {each.comment}"
        for each in sorted(active, key=lambda each: each.number)[:_PAGE]
    ]
    title = f"{len(active)} silence{'' if len(active) == 1 else 's'}" if active else "Nothing is silenced"
    return Reply(said=Notification(title), code="\n".join(rows), private=True)


async def _ended(job: Job, number: int) -> Reply:
    known = [each for each in job.office.pipeline.remembered(Silence) if each.number == number]
    if not known or known[0].end <= job.now:
        return no(f"There is no silence {number} in force", "silence list shows those there are")
    job.orders.append(ExpireSilence(number))
    job.did("end silence", str(number))
    return await job.done(say(f"Silence {number} is over", "What it held and still holds is told."))


# ── the daemon ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def status(job: Job) -> Reply:
    """What `alertd status` shows."""
    found = await job.office.status()
    facts = tuple((key.capitalize(), str(value)) for key, value in found.items())
    return await job.done(Reply(said=Notification("alertd", facts=facts), private=True))
