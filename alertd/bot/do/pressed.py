"""What the buttons under messages and replies do.

One under a message of an alert names the event that it told, one under a reply the alert. Whoever presses has to be
the alert's owner, or an admin; rules of files can be snoozed by admins, and are changed in the files alone.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from alertd.bot.asking import Reply
from alertd.bot.do import alerts, arming, change, entries, level, prices, record, wording
from alertd.bot.do.arming import armed
from alertd.bot.do.moments import moment
from alertd.bot.do.operate import OF_FILES
from alertd.bot.do.refusal import Refusal, refusable, refused
from alertd.bot.do.targets import Target, by_number
from alertd.bot.office import Job, no, say
from alertd.dispatch.digest import compose
from alertd.dispatch.draw import DAY, buttons_of, picture_of
from alertd.model.event import Entry
from alertd.model.notification import Button, Content, Notification, Picture
from alertd.model.order import AddSilence
from alertd.model.people import AlertStage, Role, person_of
from alertd.model.press import Action, Press, read

_LONG_AGO = "That was too long ago: it is not on record any more"
_NUDGES = 50.0
"""Percent by which one press moves a level at the most."""


class _Pressed(NamedTuple):
    """The event that a message told, None under a reply; the alert, None for a rule of a file."""

    entry: Entry | None
    target: Target | None


@refusable
async def snooze(job: Job) -> Reply:
    pressed = await _pressed(job)
    words = _press(job).argument or "1h"
    if pressed.target is not None:
        return await _done(job, pressed, await change.snoozed(job, pressed.target, words, pressed.entry))
    assert pressed.entry is not None  # noqa: S101  # a button without an alert is that of an event
    event = pressed.entry.event
    if not job.person.role.at_least(Role.ADMIN):
        raise Refusal(
            no("That is a rule of the files: only admins hold it back", "Admins may, and `silence` says for how long."),
            denied="snoozes a rule of the files",
            about=event.rule,
        )
    seconds = change.seconds(words)
    if not seconds:
        raise refused("A silence of the files' rules is ended by `silence end NUMBER`", "`silence list` shows them.")
    until = job.now + seconds
    matchers = (("rule", _exact(event.rule)), ("symbol", event.symbol), OF_FILES)
    comment = f"snoozed for {words} by a button"
    job.orders.append(AddSilence(matchers=matchers, start=job.now, end=until, author=job.person.owner, comment=comment))
    job.did("silence", f"{event.rule} {event.symbol} {words}")
    zone = wording.zone_of(job.office, job.person)
    return await _done(job, pressed, say(f"Silenced until {moment(until, zone)}: {event.rule} on {event.symbol}"))


@refusable
async def rearm(job: Job) -> Reply:
    pressed = await _pressed(job)
    target = _alert(pressed)
    new = await change.rearmed(job, target, "rearm")
    told = arming.told(job, target.person, target.alert.number, new, "Armed again:")
    return await _done(job, pressed, told)


@refusable
async def nudge(job: Job) -> Reply:
    """The level moves, and the alert watches for it anew."""
    pressed = await _pressed(job)
    target = _alert(pressed)
    try:
        by = float(_press(job).argument)
    except ValueError:
        raise refused("That button is none of mine") from None
    if not abs(by) <= _NUDGES:
        raise refused("That button is none of mine")
    written = entries.read(target.alert)
    found = level.nudged(entries.text(written, "when"), by, job.office.universe())
    called = target.called(job.person)
    if found is None:
        raise refused(f"{called} has not just one level to move", f"`edit {called.removeprefix('#')} …` changes it.")
    new = await armed(job, target.person, {**written, "when": found[0]})
    job.did("edit", target.about(job))
    return await _done(job, pressed, await alerts.changed(job, target, new, "Moved"))


@refusable
async def delete(job: Job) -> Reply:
    pressed = await _pressed(job)
    return await _done(job, pressed, change.deleted(job, [_alert(pressed)]), gone=True)


@refusable
async def pause(job: Job) -> Reply:
    pressed = await _pressed(job)
    return await _done(job, pressed, change.paused(job, [_alert(pressed)]))


@refusable
async def resume(job: Job) -> Reply:
    pressed = await _pressed(job)
    target = _alert(pressed)
    if target.alert.stage is not AlertStage.PAUSED:
        raise refused(f"{target.called(job.person)} is watching already")
    new = await change.rearmed(job, target, "resume")
    told = arming.told(job, target.person, target.alert.number, new, "Watching again:")
    return await _done(job, pressed, told)


@refusable
async def why(job: Job) -> Reply:
    """The story of the episode that the message told, also where its alert is gone by now."""
    entry = await _entry(job)
    if entry is None:
        press = _press(job)
        target = await by_number(job, press.person, press.number)
        word = f"{target.person.owner}:{target.alert.number}"
    else:
        event = entry.event
        _may_see(job, event.owner)
        name = f"{event.owner}:{event.rule}" if event.owner else event.rule
        word = f"{name}/{event.symbol}" + (f"/{event.episode}" if event.episode else "")
    story = await job.office.store.story(word)
    if story is None:
        raise refused("Nothing is on record of it yet" if entry is None else _LONG_AGO)
    return record.told(job, story)


@refusable
async def chart(job: Job) -> Reply:
    entry = await _entry(job)
    if entry is not None:
        _may_see(job, entry.event.owner)
        shown = picture_of(entry) or Picture(entry.event.symbol, job.now, DAY)
        return await prices.drawn(job, shown._replace(at=job.now))
    press = _press(job)
    target = await by_number(job, press.person, press.number)
    return await prices.drawn(job, Picture(entries.coins(entries.read(target.alert))[0], job.now, DAY))


async def drop(job: Job) -> Reply:
    """What was offered is not wanted."""
    return replace(say("Left as it is"), replaces=True)


# ── what was pressed ─────────────────────────────────────────────────────────────────────────────────────────────────


def _press(job: Job) -> Press:
    press = job.press or read(job.asked.button)
    if press is None:
        raise refused("That button is none of mine")
    return press


async def _entry(job: Job) -> Entry | None:
    """The event that a button is about, None for one that names an alert. Raises Refusal for what is forgotten."""
    press = _press(job)
    if not press.entry:
        if not press.person:
            raise refused("That button is none of mine")
        return None
    found = await job.office.store.entries([press.entry])
    if not found:
        raise refused(_LONG_AGO)
    return found[0]


async def _pressed(job: Job) -> _Pressed:
    """What a button is about. Raises Refusal where whoever pressed it may not touch that, or it is gone."""
    entry, press = await _entry(job), _press(job)
    if entry is None:
        return _Pressed(None, await by_number(job, press.person, press.number))
    owner = person_of(entry.event.owner)
    if owner is None:
        return _Pressed(entry, None)
    number = int(entry.event.rule) if entry.event.rule.isdecimal() else 0
    return _Pressed(entry, await by_number(job, owner, number))


def _alert(pressed: _Pressed) -> Target:
    if pressed.target is None:
        raise refused("That is a rule of the files: it is changed there alone", "`rules` shows them to admins.")
    return pressed.target


def _may_see(job: Job, owner: str) -> None:
    """Rules of files are everybody's; an alert is its owner's and an admin's, in a group too."""
    if owner and owner != job.person.owner and not job.person.role.at_least(Role.ADMIN):
        raise Refusal(no("That alert is somebody else's"), denied="looks at another's alert", about=owner)


# ── the message under which it was ───────────────────────────────────────────────────────────────────────────────────


async def _done(job: Job, pressed: _Pressed, reply: Reply, *, gone: bool = False) -> Reply:
    """Commit it; what is said of it takes the place of the buttons, below what the message told."""
    if pressed.entry is None:
        return await job.done(replace(reply, replaces=True))
    policy = job.office.pipeline.policy
    told = compose(Content((pressed.entry,)), job.now, policy)
    said = reply.said
    buttons: tuple[Button, ...] = tuple(button for button in buttons_of(pressed.entry) if not gone or _looks(button))
    lines = (*told.lines, "", said.title, *said.lines)
    shown: Notification = replace(told, lines=lines, buttons=buttons)
    return await job.done(replace(reply, said=shown, replaces=True))


def _looks(button: Button) -> bool:
    """Whether a button changes nothing, so that it still works when the alert is gone."""
    press = read(button.data)
    return press is not None and press.action in (Action.WHY, Action.CHART)


def _exact(name: str) -> str:
    """A matcher's text for just this name."""
    return f"~{re.escape(name)}" if name.startswith(("!", "~")) else name
