"""`alerts`: somebody's alerts, each with how it stands and how far it is."""

from collections.abc import Sequence

from alertd.bot.asking import Reply
from alertd.bot.do import entries, reach, wording
from alertd.bot.do.looking import seen_now
from alertd.bot.do.standing import BROKEN, DONE, LIVE, OVER, PAUSED, Stand, stands
from alertd.bot.office import Job, say
from alertd.conditions.codes import YES
from alertd.dispatch.render import fold
from alertd.model.notification import Button, Notification
from alertd.model.units import say_duration

PAGE = 20
_WIDE = 44
"""Characters of an alert's sentence that a row shows."""


async def alerts(job: Job) -> Reply:
    """A page of them, in the order of their numbers."""
    command = job.command
    every = await job.office.store.chat_alerts(job.person.number)
    if command.symbols:
        wanted = set(command.symbols)
        every = [each for each in every if not wanted.isdisjoint(entries.coins(entries.read(each)))]
    if not every:
        about = f" on {', '.join(command.symbols)}" if command.symbols else ""
        return say(f"You have no alerts{about} yet", "alert BTC > 70k sets one.", private=True)
    pages = -(-len(every) // PAGE)
    page = min(next((int(word) for word in command.words if word.isdecimal() and int(word)), 1), pages)
    shown = await stands(job.office, every[(page - 1) * PAGE : page * PAGE])
    rows = [await _row(job, each) for each in shown]
    count = f"{len(every)} alert{'' if len(every) == 1 else 's'}"
    title = f"{count}, page {page} of {pages}" if pages > 1 else count
    lost = reach.unreached(job, reach.of_alerts(job, [entries.read(each) for each in every]))
    said = Notification(title, lines=(*_hints(shown), *lost), buttons=_pages(job, page, pages))
    return Reply(said=said, code=table(rows), private=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns, for letters of one width."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


async def _row(job: Job, stand: Stand) -> tuple[str, str, str, str]:
    sentence = wording.sentence(entries.read(stand.alert))
    if len(sentence) > _WIDE:
        sentence = f"{sentence[: _WIDE - 1].rstrip()}…"
    word = stand.word if stand.until <= job.now else f"{stand.word} {say_duration(stand.until - job.now)}"
    return wording.name(stand.alert.number), sentence, word, await _how_far(job, stand)


async def _how_far(job: Job, stand: Stand) -> str:
    """The nearest of its coins, or which of them are there, as far as the engine knows."""
    if stand.rule is None or stand.word in (PAUSED, OVER):
        return ""
    seen = await seen_now(job.office, stand.rule)
    true = [each for each in seen if each.verdict == YES and stand.word == LIVE]
    if len(true) > 1:
        return f"{len(true)} of {len(seen)} true"
    if true:
        said = wording.distance(true[0]) or wording.value(true[0])
        return ", ".join([f"{fold(true[0].symbol)} true" if len(seen) > 1 else "true", *([said] if said else [])])
    return wording.how_far(stand.rule.when, seen) if seen else ""


def _hints(shown: Sequence[Stand]) -> list[str]:
    hints = []
    if broken := [each.alert.number for each in shown if each.word == BROKEN]:
        gone = "its coin or field is" if len(broken) == 1 else "their coins or fields are"
        hints.append(f"{wording.names(broken)} cannot be judged: {gone} not in the configuration any more.")
    if done := [each.alert.number for each in shown if each.word == DONE]:
        have, them = ("has", "it") if len(done) == 1 else ("have", "that one")
        hints.append(f"{wording.names(done)} {have} fired: resume {done[0]} arms {them} again.")
    return hints


def _pages(job: Job, page: int, pages: int) -> tuple[Button, ...]:
    of = f" {' '.join(job.command.symbols)}" if job.command.symbols else ""
    ahead = [(page - 1, "Back")] if page > 1 else []
    ahead += [(page + 1, "More")] if page < pages else []
    return tuple(job.offer(f"alerts{of} {number}", label) for number, label in ahead)
