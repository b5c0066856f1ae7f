"""What the buttons under messages and replies do.

One under a message of an alert names the event that it told, one under a reply the alert. Whoever presses has to be
the alert's owner, or an admin; rules of files can be snoozed by admins, and are changed in the files alone. Who
snoozes what others would be told of next has seen it.
"""

import re
from dataclasses import replace
from typing import NamedTuple

from alertd.bot.asking import Reply
from alertd.bot.do import alerts, change, entries, level, prices, record, seen, wording
from alertd.bot.do.arming import armed
from alertd.bot.do.moments import moment
from alertd.bot.do.operate import OF_FILES
from alertd.bot.do.refusal import Refusal, refusable, refused
from alertd.bot.do.targets import Target, by_number, check_own
from alertd.bot.office import Job, no, say
from alertd.dispatch.digest import compose
from alertd.dispatch.draw import DAY, acknowledged_by, buttons_of, link_to, open_in, picture_of
from alertd.dispatch.escalate import is_awaited
from alertd.dispatch.seal import About, is_signed
from alertd.dispatch.unseen import open_of
from alertd.model.event import Entry
from alertd.model.notification import Button, Content, Notification, Picture
from alertd.model.order import AddSilence
from alertd.model.people import AlertStage, Role, full_name, person_of
from alertd.model.press import Action, Press, read

_LONG_AGO = "That was too long ago: it is not on record any more"
_NUDGES = 50.0
"""Percent by which one press moves a level at the most."""


class _Pressed(NamedTuple):
    """The alert that a button is about, and the event that its message told, None under a reply."""

    target: Target
    entry: Entry | None


@refusable
async def ack(job: Job, press: Press) -> Reply:
    """All that the message tells, or that is open of an alert."""
    if press.person:
        target = await by_number(job, press.person, press.number)
        return await _done(job, None, seen.acknowledged(job, await seen.of_alert(job, target)))
    content, about = await _told(job, press), About(press.entry, press.row)
    if not open_in(content):
        raise refused(_LONG_AGO)
    signed = is_signed(job.office.store.seal, about, press.argument)
    found = await seen.of(job, [entry.event for entry in open_in(content)], signed=signed)
    reply = seen.acknowledged(job, found)
    if press.entry:
        return await _done(job, content.holding[0], reply)
    return await job.done(replace(reply, said=_below(job, content, reply, press.row), replaces=True))


@refusable
async def snooze(job: Job, press: Press) -> Reply:
    found = await _pressed(job, press)
    if isinstance(found, Entry):
        held = _silenced(job, found, press.argument)
        if is_awaited(job.office.pipeline.kept, found):
            known = seen.acknowledged(job, [open_of(found.event)])
            held = replace(held, said=replace(held.said, lines=(*held.said.lines, known.said.title)))
        return await _done(job, found, held)
    return await _done(job, found.entry, await change.snoozed(job, found.target, press.argument, found.entry))


def _silenced(job: Job, entry: Entry, words: str) -> Reply:
    """The same of a rule of the files: it is silenced on that coin, for everybody."""
    event = entry.event
    if not job.person.role.at_least(Role.ADMIN):
        raise Refusal(
            no("That is a rule of the files: only admins hold it back", "Admins may, and silence says for how long."),
            denied="snoozes a rule of the files",
            about=event.rule,
        )
    seconds = change.seconds(words)
    if not seconds:
        raise refused("silence end NUMBER ends a silence of the files' rules", "silence list shows them.")
    until = job.now + seconds
    matchers = (("rule", _exact(event.rule)), ("symbol", event.symbol), OF_FILES)
    comment = f"snoozed for {words} by a button"
    job.orders.append(AddSilence(matchers=matchers, start=job.now, end=until, author=job.person.owner, comment=comment))
    job.did("silence", f"{event.rule} {event.symbol} {words}")
    zone = wording.zone_of(job.office, job.person)
    return say(f"Silenced until {moment(until, zone)}: {event.rule} on {event.symbol}")


@refusable
async def rearm(job: Job, press: Press) -> Reply:
    target, entry = await _of_alert(job, press)
    return await _done(job, entry, await change.rearmed(job, target, "rearm", "Armed again:"))


@refusable
async def resume(job: Job, press: Press) -> Reply:
    target, entry = await _of_alert(job, press)
    if target.alert.stage is not AlertStage.PAUSED:
        raise refused(f"{target.called(job)} is watching already")
    return await _done(job, entry, await change.rearmed(job, target, "resume", "Watching again:"))


@refusable
async def nudge(job: Job, press: Press) -> Reply:
    """The level moves, and the alert watches for it anew."""
    target, entry = await _of_alert(job, press)
    try:
        by = float(press.argument)
    except ValueError:
        raise _odd() from None
    if not abs(by) <= _NUDGES:
        raise _odd()
    written = entries.read(target.alert)
    moved = level.nudged(entries.text(written, "when"), by, job.office.universe())
    if moved is None:
        hint = f"Say what it should wait for: edit {target.word(job)} price > 75k."
        raise refused(f"{target.called(job)} has not just one level to move", hint)
    new = await armed(job, target.person, {**written, "when": moved})
    job.did("edit", target.called(job))
    return await _done(job, entry, await alerts.changed(job, target, new, "Moved"))


@refusable
async def delete(job: Job, press: Press) -> Reply:
    target, entry = await _of_alert(job, press)
    return await _done(job, entry, change.deleted(job, [target]), gone=True)


@refusable
async def why(job: Job, press: Press) -> Reply:
    """The story of the episode that the message told, also where its alert is gone by now."""
    entry = await _entry(job, press)
    if entry is None:
        target = await by_number(job, press.person, press.number)
        word = full_name(*target.key)
    else:
        event = entry.event
        word = f"{full_name(event.owner, event.rule)}/{event.symbol}" + (f"/{event.episode}" if event.episode else "")
    story = await job.office.store.story(word)
    if story is None:
        raise refused("Nothing is on record of it yet" if entry is None else _LONG_AGO)
    return record.told(job, story)


@refusable
async def chart(job: Job, press: Press) -> Reply:
    entry = await _entry(job, press)
    if entry is not None:
        shown = picture_of(entry) or Picture(entry.event.symbol, job.now, DAY)
        return await prices.drawn(job, shown._replace(at=job.now))
    target = await by_number(job, press.person, press.number)
    return await prices.drawn(job, Picture(entries.coins(entries.read(target.alert))[0], job.now, DAY))


async def drop(_job: Job, _press: Press) -> Reply:
    """What was offered is not wanted."""
    return replace(say("Left as it is"), replaces=True)


# ── what was pressed ─────────────────────────────────────────────────────────────────────────────────────────────────


def _odd() -> Refusal:
    return refused("That button is none of mine")


async def _entry(job: Job, press: Press) -> Entry | None:
    """The event that a button is about, None for one that names an alert. Raises Refusal for what is forgotten, or is
    somebody else's: rules of files are everybody's, an alert is its owner's and an admin's, in a group too."""
    if not press.entry:
        if not press.person:
            raise _odd()
        return None
    found = await job.office.store.entries([press.entry])
    if not found:
        raise refused(_LONG_AGO)
    event = found[0].event
    if event.owner:
        check_own(job, event.owner, event.rule)
    return found[0]


async def _told(job: Job, press: Press) -> Content:
    """What the message tells under which a button is. Raises Refusal for what is forgotten."""
    if not press.entry and not press.row:
        raise _odd()
    store = job.office.store
    if press.entry:
        return Content(tuple(await store.entries([press.entry])))
    found = await store.delivery(press.row)
    return found.content if found else Content()


async def _pressed(job: Job, press: Press) -> _Pressed | Entry:
    """The alert that a button is about, or what a rule of the files told. Raises Refusal where whoever pressed it may
    not touch that, or it is gone."""
    entry = await _entry(job, press)
    if entry is None:
        return _Pressed(await by_number(job, press.person, press.number), None)
    owner = person_of(entry.event.owner)
    return entry if owner is None else _Pressed(await by_number(job, owner, int(entry.event.rule)), entry)


async def _of_alert(job: Job, press: Press) -> _Pressed:
    """The same of what is no rule of the files."""
    found = await _pressed(job, press)
    if isinstance(found, Entry):
        raise refused("That is a rule of the files: it is changed there alone", "rules shows them to admins.")
    return found


# ── the message under which it was ───────────────────────────────────────────────────────────────────────────────────


async def _done(job: Job, entry: Entry | None, reply: Reply, *, gone: bool = False) -> Reply:
    """Commit it; what is said of it takes the place of the buttons, below what the message told."""
    if entry is None:
        return await job.done(replace(reply, replaces=True))
    said = _below(job, Content((entry,)), reply, linked=not gone)
    buttons = tuple(button for button in buttons_of(entry) if not gone or _looks(button))
    return await job.done(replace(reply, said=replace(said, buttons=buttons), replaces=True))


def _below(job: Job, content: Content, reply: Reply, row: int = 0, *, linked: bool = True) -> Notification:
    """What the message told, of that row of the outbox where it is about several events, with what is said of it."""
    office, owner = job.office, content.holding[0].event.owner
    policy, person = office.pipeline.policy, office.people.get(person_of(owner) or 0)
    if person is not None:
        policy = replace(policy, zone=wording.zone_of(office, person))
    told, about = compose(content, job.now, policy), acknowledged_by(content, row)
    # The record calls it the link sent to them: by which receiver others came to it nobody knows here.
    kept = link_to(policy.public_url, office.store.seal, about, owner or job.person.owner) if linked and about else ()
    lines = (*told.lines, "", reply.said.title, *reply.said.lines)
    return replace(told, lines=lines, links=kept + told.links)


def _looks(button: Button) -> bool:
    """Whether a button changes nothing, so that it still works when the alert is gone."""
    press = read(button.data)
    return press is not None and press.action in (Action.WHY, Action.CHART)


def _exact(name: str) -> str:
    """A matcher's text for just this name."""
    return f"~{re.escape(name)}" if name.startswith(("!", "~")) else name
