"""`alertd why`: the story of one episode."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from itertools import groupby
from pathlib import Path

import click

from alertd.cli.options import config_option, now_of
from alertd.config import load
from alertd.dispatch import wording
from alertd.dispatch.render import fold
from alertd.errors import ConfigError, did_you_mean
from alertd.model.episode import meant
from alertd.model.event import Drop, Entry
from alertd.model.kept import Acknowledged, Escalation, Kept, Silence
from alertd.model.notification import ItemFate
from alertd.model.people import full_name
from alertd.model.reasons import say_reason
from alertd.model.record import Happening, Parcel, Retold, Share, Story
from alertd.storage.record import read_episode
from alertd.storage.standing import read_kept, read_rules

_INSET = "    "

Step = tuple[float, list[str]]
"""When, and what is told of it: the first line stands beside the time."""


@click.command()
@click.argument("episode")
@config_option
def command(episode: str, config_path: Path) -> None:
    """Tell the story of EPISODE: btc-breakout/BTC/3, or the last one of btc-breakout/BTC, or of btc-breakout.

    What was seen, who was told and when, what held it and for how long, and what did not become an episode. Beside a
    running daemon, or without one.
    """
    config = load(config_path)
    story = read_episode(config.state, episode)
    if story is None:
        raise ConfigError(_unknown(episode, read_rules(config.state)))
    for line in tell(story, read_kept(config.state), config.policy.zone, now_of(config)):
        click.echo(line)


def tell(story: Story, kept: Sequence[Kept], zone: tzinfo, now: float) -> Iterator[str]:
    """The story, line by line, in the order in which it came about."""
    first = story.told[0].entry
    yield f"{wording.episode_of(first.event)}, times in {zone}"
    yield from _words(first)
    yield ""
    silences = {one.number: one for one in kept if isinstance(one, Silence)}
    steps = [_step(told, silences, zone) for told in story.told]
    steps += [_dropped(list(drops), zone) for _, drops in groupby(story.drops, lambda drop: drop.reason)]
    steps += _seen_by(story, kept)
    steps += _ahead(story, kept, now)
    for at, lines in sorted(steps, key=lambda step: step[0]):
        yield f"{wording.moment(at, zone)}  {lines[0]}"
        yield from (_INSET + line for line in lines[1:])


def _words(entry: Entry) -> Iterator[str]:
    """What its rule said then; it may say something else by now."""
    yield f"when {fold(entry.words.when)}"
    if entry.words.until:
        yield f"until {fold(entry.words.until)}"
    if entry.words.labels:
        yield "labels " + ", ".join(fold(f"{label}={value}") for label, value in entry.words.labels)


def _step(told: Happening, silences: dict[int, Silence], zone: tzinfo) -> Step:
    event = told.entry.event
    lines = [wording.happened(event), *wording.seen(event)]
    for share in told.shares:
        lines += _share(share, event.time, silences, zone)
    for again in told.again:
        lines += _again(again, event.time, zone)
    return event.time, lines


def _share(share: Share, beside: float, silences: dict[int, Silence], zone: tzinfo) -> Iterator[str]:
    # What is still held says so itself.
    for hold in share.holds[:-1] if share.fate is ItemFate.HELD else share.holds:
        since = wording.time_beside(hold.at, beside, zone)
        yield wording.whose(share, f"held {since} by {say_reason(hold.reason)}{_about(hold.reason, silences)}")
    if share.fate is not ItemFate.TOLD:
        about = "" if share.fate is ItemFate.DROPPED and share.holds else _about(share.reason, silences)
        yield wording.whose(share, wording.became(share, beside, zone) + about)
        return
    yield wording.whose(share, f"message {share.message}")
    yield from _parcels(share.parcels, beside, zone)


def _again(again: Retold, beside: float, zone: tzinfo) -> Iterator[str]:
    said = wording.again(again, beside, zone)
    if not again.message:
        yield said
        return
    yield f"{said}: message {again.message}"
    yield from _parcels(again.parcels, beside, zone)


def _parcels(parcels: Sequence[Parcel], beside: float, zone: tzinfo) -> Iterator[str]:
    if not parcels:
        yield f"{_INSET}what became of it is forgotten by now"
    for parcel in parcels:
        where = f"{parcel.channel} {fold(parcel.address)}"
        made = f"made {wording.time_beside(parcel.created, beside, zone)}"
        named = f"; {parcel.channel} calls it {fold(parcel.ref)}" if parcel.ref else ""
        doubt = "; an attempt had no answer: it may have come twice" if parcel.uncertain else ""
        yield f"{_INSET}{where}: {made}, {wording.way(parcel, beside, zone)}{doubt}{named}"


def _about(reason: str, silences: dict[int, Silence]) -> str:
    """Whose silence it is, and why, as long as it is remembered."""
    word, _, number = reason.partition(":")
    found = silences.get(int(number)) if word == "silence" and number.isdecimal() else None
    return f" ({wording.matchers(found.matchers)}; by {fold(found.author)}: {fold(found.comment)})" if found else ""


def _dropped(drops: Sequence[Drop], zone: tzinfo) -> Step:
    first, last = drops[0].time, drops[-1].time
    often = f", {len(drops)} times until {wording.time_beside(last, first, zone)}" if len(drops) > 1 else ""
    return first, [f"it was true again and no episode opened: {say_reason(drops[0].reason)}{often}"]


def _seen_by(story: Story, kept: Iterable[Kept]) -> Iterator[Step]:
    event = story.told[0].entry.event
    for one in kept:
        if isinstance(one, Acknowledged) and (one.alert, one.episode) == (event.alert, event.episode):
            yield one.at, [f"acknowledged by {fold(one.by)}"]


def _ahead(story: Story, kept: Iterable[Kept], now: float) -> Iterator[Step]:
    """Who is told next, unless somebody sees it before."""
    numbers = {told.entry.number for told in story.told}
    # Every receiver that was told of it has one; who is told next is the same for all of a route.
    ahead = {
        (one.due, one.to)
        for one in kept
        if isinstance(one, Escalation) and one.entry.number in numbers and one.due > now
    }
    for due, to in sorted(ahead):
        yield due, [f"will be told to {', '.join(to)}, unless it is acknowledged or over by then"]


def _unknown(word: str, known: Sequence[str]) -> str:
    names = [full_name(each.owner, each.rule) for each in meant(word)]
    rule = next((name for name in names if name in known), min(names, key=len))
    if rule in known:
        return f"no episode {word!r} is on record; `alertd history --rule {rule}` shows those that are"
    if not known:
        return "nothing at all is on record yet"
    hint = did_you_mean(rule, known) or "`alertd history` shows what is"
    return f"nothing is on record of a rule {rule!r}; {hint}"
