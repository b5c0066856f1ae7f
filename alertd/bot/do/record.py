"""`history` and `why`: what somebody's alerts told, and how each of it came about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import tzinfo
from itertools import groupby

from alertd.bot.asking import Reply
from alertd.bot.do import entries, targets
from alertd.bot.do import wording as of_alerts
from alertd.bot.do.looking import seen_now
from alertd.bot.do.refusal import refusable, refused
from alertd.bot.office import Job, say
from alertd.bot.receivers import GROUP
from alertd.dispatch import wording
from alertd.dispatch.render import fold
from alertd.model.event import Event
from alertd.model.kept import Acknowledged
from alertd.model.notification import ItemFate, Notification
from alertd.model.people import called, full_name, is_persons
from alertd.model.reasons import say_reason
from alertd.model.record import Happening, Share, Story

_LATEST = 20
_STEPS = 30
"""Steps of a story that are told: the first ones and the last ones."""


@refusable
async def history(job: Job) -> Reply:
    """What their alerts told lately, the latest first."""
    command, store = job.command, job.office.store
    owner, rule, symbol = job.person.owner, "", command.symbols[0] if command.symbols else ""
    if command.words and targets.is_number(command.words[0]):
        owner, rule = await _rule_of(job, command.words[0])
    told = await store.happened(owner=owner, rule=rule, symbol=symbol, limit=2 * _LATEST)
    notable = [each for each in told if not wording.of_a_moment(each)][:_LATEST]
    if not notable:
        about = f" of {called(owner, rule, job.person.owner)}" if rule else f" on {symbol}" if symbol else ""
        return say(f"Nothing happened{about} yet", "What your alerts tell stands here from then on.", private=True)
    zone = of_alerts.zone_of(job.office, job.person)
    lines = [_line(each, zone, job.person.owner) for each in notable]
    return Reply(said=Notification("Lately", lines=tuple(lines)), private=True)


async def _rule_of(job: Job, word: str) -> tuple[str, str]:
    """The (owner, name) of an alert, which may be gone by now. Raises Refusal for those of others."""
    try:
        return (await targets.by_word(job, word)).key
    except targets.Missing as missing:
        return missing.key


def _line(told: Happening, zone: tzinfo, reader: str) -> str:
    event = told.entry.event
    shares = "; ".join(_share(share, event.time, zone, reader) for share in told.shares)
    when = wording.moment(event.time, zone).removesuffix(":00")
    return f"{when}  {_called(event, reader)}  {wording.happened(event)}" + (f": {shares}" if shares else "")


@refusable
async def why(job: Job) -> Reply:
    """The story of an alert's last episode."""
    if not job.command.words:
        raise refused("Which alert?", "alerts shows yours with their numbers.")
    owner, rule = await _rule_of(job, job.command.words[0])
    story = await job.office.store.story(full_name(owner, rule))
    if story is None:
        return await _untold(job)
    return told(job, story)


async def _untold(job: Job) -> Reply:
    """Of an alert that has told nothing yet: what it waits for, and how far that is."""
    target = await targets.one(job)
    rule = entries.rule_in(job.office, target.alert)
    seen = await seen_now(job.office, rule) if rule else []
    title = f"{target.called(job)} has told nothing yet: {of_alerts.sentence(entries.read(target.alert))}"
    return Reply(said=Notification(title, lines=tuple(of_alerts.now_lines(seen, job.now))), private=True)


def told(job: Job, story: Story) -> Reply:
    """A story as a reply."""
    zone = of_alerts.zone_of(job.office, job.person)
    first = story.told[0].entry
    steps = [(each.entry.event.time, line) for each in story.told for line in _step(each, zone, job.person.owner)]
    for reason, drops in groupby(story.drops, lambda drop: drop.reason):
        every = list(drops)
        often = f", {len(every)} times" if len(every) > 1 else ""
        steps.append((every[0].time, f"It was true again and told nothing: {say_reason(reason)}{often}"))
    steps += _seen_by(job, first.event, zone)
    lines = [line for _, line in sorted(steps, key=lambda step: step[0])]
    if len(lines) > _STEPS:
        lines = [*lines[: _STEPS // 2], "…", *lines[-_STEPS // 2 :]]
    title = f"{_called(first.event, job.person.owner)} {fold(first.event.symbol)}"
    if first.words.when:  # of who was erased nothing is left of what they said
        title += f": {fold(first.words.when)}"
    until = (f"It is over when {fold(first.words.until)}",) if first.words.until else ()
    footer = f"times in {zone}"
    return Reply(said=Notification(title, lines=(*until, *lines), footer=footer), private=True)


def _seen_by(job: Job, event: Event, zone: tzinfo) -> Iterator[tuple[float, str]]:
    for one in job.office.pipeline.remembered(Acknowledged):
        if (one.alert, one.episode) == (event.alert, event.episode):
            by = "you" if one.by == job.person.owner else fold(one.by)
            yield one.at, f"{wording.moment(one.at, zone)}  acknowledged by {by}"


def _step(told: Happening, zone: tzinfo, reader: str) -> Iterator[str]:
    event = told.entry.event
    yield f"{wording.moment(event.time, zone)}  {wording.happened(event)}"
    yield from map(of_alerts.capital, wording.seen(event))
    for share in told.shares:
        for hold in share.holds[:-1] if share.fate is ItemFate.HELD else share.holds:
            since = wording.time_beside(hold.at, event.time, zone)
            yield f"Held {since} by {say_reason(hold.reason)}"
        yield of_alerts.capital(_share(share, event.time, zone, reader))
    for again in told.again:
        yield f"{_whom(again.receiver, reader)}: told again {wording.time_beside(again.at, event.time, zone)}"


def _share(share: Share, beside: float, zone: tzinfo, reader: str) -> str:
    if is_persons(share.receiver):
        # What else they use stands by for a way of theirs: of that nothing is told where it is not needed.
        needed = tuple(each for each in share.parcels if each.state not in ("standby", "spared"))
        share = replace(share, parcels=needed or share.parcels)
    said = wording.became(share, beside, zone)
    return f"{_whom(share.receiver, reader)}: {said}" if share.receiver else said


def _whom(receiver: str, reader: str) -> str:
    """`you`, `you by email`, `the group`, and as they are called for everybody else."""
    owner, _, way = receiver.partition("/")
    if not is_persons(receiver):
        return fold(receiver)
    if way.startswith(GROUP):
        return "the group"
    who = "you" if owner == reader else owner
    return f"{who} by {fold(way)}" if way else who


def _called(event: Event, reader: str) -> str:
    """`#3`, `@7.3` of somebody else, a rule of the files by its name."""
    return fold(called(event.owner, event.rule, reader))
