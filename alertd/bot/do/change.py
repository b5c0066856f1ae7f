"""`delete`, `pause`, `resume`, `snooze`, `mute`: what becomes of alerts that are there."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alertd.bot.asking import LONGEST, Reply
from alertd.bot.do import arming, entries, moments, wording
from alertd.bot.do.moments import moment
from alertd.bot.do.refusal import Refusal, refusable, refused, sure, unsure
from alertd.bot.do.standing import BROKEN, OVER, PAUSED, hushed, snoozed_until, stands
from alertd.bot.do.targets import Target, one, several
from alertd.bot.office import Job, no, say
from alertd.dispatch.snooze import on_record
from alertd.model.event import Entry
from alertd.model.kept import Mute
from alertd.model.notification import Button, Notification
from alertd.model.order import Postpone, Snooze, Unmute
from alertd.model.people import AlertRow
from alertd.model.press import Action, Press
from alertd.model.units import duration
from alertd.rules.standing import Rulebook

_LONGEST_HELD = 366 * 86_400.0
"""Seconds for which somebody may have something held back."""

_IDLE = (PAUSED, OVER, BROKEN)
_BEYOND = {
    OVER: "It is over: edit {} until friday gives it a new end.",
    BROKEN: "It tells nothing: its coin or field is not in the configuration any more.",
}
"""What those of them need that `resume` does not arm."""


@refusable
async def delete(job: Job) -> Reply:
    targets = await several(job)
    if "all" in job.command.words and "sure" not in job.command.options:
        count = f"{len(targets)} alert{'' if len(targets) == 1 else 's'}"
        title = f"Delete all of your {count}?" if len(targets) > 1 else "Delete your only alert?"
        yes, no = f"Yes, delete {count}", Button("No", Press(Action.DROP).data)
        # By their numbers: what is set after the question was not asked about.
        those = f"delete {' '.join(each.word(job) for each in targets)}"
        command = those if len(sure(those)) <= LONGEST else job.command.text
        return unsure(job, title, "Nothing is deleted yet.", command=command, label=yes, behind=(no,))
    return await job.done(deleted(job, targets))


def deleted(job: Job, targets: Sequence[Target]) -> Reply:
    """Have them gone, engine and store, with the commit."""
    for each in targets:
        job.drop.append(each.key)
        job.rows.append(AlertRow(each.person.number, each.alert.number, None))
        job.did("delete", each.called(job))
    return said_of(job, targets, "Deleted")


@refusable
async def pause(job: Job) -> Reply:
    return await job.done(paused(job, await several(job)))


def paused(job: Job, targets: Sequence[Target]) -> Reply:
    """Have them watch nothing from the commit on."""
    for each in targets:
        job.drop.append(each.key)
        job.rows.append(entries.paused(each.alert))
        job.did("pause", each.called(job))
    buttons = [arming.button("Resume", Action.RESUME, each.person, each.alert.number) for each in targets]
    return said_of(job, targets, "Paused", buttons=tuple(buttons) if len(buttons) == 1 else ())


@refusable
async def resume(job: Job) -> Reply:
    """What was paused watches again, what is done is armed again, and what was muted for telling too much is heard."""
    targets = await several(job)
    muted = {(each.owner, each.rule) for each in job.office.pipeline.remembered(Mute) if each.until > job.now}
    heard = [each for each in targets if each.key in muted]
    job.orders += [Unmute(*each.key) for each in heard]
    found = await stands(job.office, [target.alert for target in targets])
    idle = [target for target, stand in zip(targets, found, strict=True) if stand.spent or stand.word in _IDLE]
    if heard and not idle:
        return await job.done(said_of(job, heard, "Heard again:"))
    if not idle:
        called = ", ".join(each.called(job) for each in targets)
        raise refused(f"{called} {'is' if len(targets) == 1 else 'are'} watching already")
    return await job.done(await _again(job, idle))


async def _again(job: Job, idle: Sequence[Target]) -> Reply:
    """Have them watch from the commit on; of several, those that cannot stay as they are."""
    if len(idle) == 1:
        return await rearmed(job, idle[0], "resume", "Watching again:")
    again, left = [], []
    for each in idle:
        try:
            await rearmed(job, each, "resume", "Watching again:")
            again.append(each)
        except Refusal as refusal:
            job.rows += refusal.noted(job)
            left.append(f"{each.called(job)} stays as it is. {refusal}")
    if not again:
        return no("None of them can watch again", *left)
    return said_of(job, again, "Watching again:", *left)


async def rearmed(job: Job, target: Target, did: str, what: str) -> Reply:
    """Have it watch from the commit on, as if it were new. Raises Refusal where it makes no rule any more."""
    await check_quota(job, target)
    new = await arming.armed(job, target.person, entries.read(target.alert))
    arming.put(job, target.person, target.alert.number, new, target.alert.made)
    job.did(did, target.called(job))
    return arming.told(job, target.person, target.alert.number, new, what)


async def check_quota(job: Job, target: Target) -> None:
    """Of alerts that are more than the configuration lets one have by now, no more watch than that. Raises Refusal."""
    store, most, whose = job.office.store, job.office.terms.alerts, target.person.number
    if await store.how_many_alerts(whose) <= most:
        return
    again = {row.number for row in job.rows if isinstance(row, AlertRow) and row.person == whose}
    found = await stands(job.office, await store.chat_alerts(whose))
    others = {each.alert.number for each in found if each.watches} | again
    others.discard(target.alert.number)
    if len(others) >= most:
        count = "1 alert watches" if len(others) == 1 else f"{len(others)} alerts watch"
        raise refused(f"{count} already, and {most} is the most", "pause or delete another first.")


@refusable
async def snooze(job: Job) -> Reply:
    target = await one(job)
    words = job.command.words[1:]
    return await job.done(await snoozed(job, target, words[0] if words else "1h"))


async def snoozed(job: Job, target: Target, words: str, entry: Entry | None = None) -> Reply:
    """Have what it tells held back for so long, or no longer; the `entry` that it told is told once more then."""
    until = _held_until(job, words)
    if until <= job.now and not snoozed_until(job.office, *target.key):
        raise refused(f"{target.called(job)} is not snoozed", *hushed(job, target.person.owner))
    job.orders.append(Snooze(*target.key, until))
    job.did("snooze", f"{target.called(job)} {words}")
    if until <= job.now:
        return said_of(job, [target], "No longer snoozed:", *hushed(job, target.person.owner))
    zone = wording.zone_of(job.office, job.person)
    wake = arming.button("Wake it", Action.SNOOZE, target.person, target.alert.number, "off")
    title = f"Snoozed until {moment(until, zone)}:"
    lines = await _comes_then(job, target, entry, until)
    return said_of(job, [target], title, *lines, buttons=(wake,))


async def _comes_then(job: Job, target: Target, entry: Entry | None, until: float) -> list[str]:
    """What is told when a snooze is over; orders what is told once more."""
    (stand,) = await stands(job.office, [target.alert])
    lines: list[str] = []
    if entry is not None and on_record(entry.event, until):
        found = await job.office.pipeline.ask(lambda state: Rulebook(state).standing(target.key).get(entry.event.alert))
        if found is not None and found.episode == entry.event.episode and (found.firing or found.momentary):
            job.orders.append(Postpone(entry, until))
            clock = datetime.fromtimestamp(until, wording.zone_of(job.office, job.person))
            lines.append(f"I say it again at {clock:%H:%M}{'' if found.momentary else ' if it still holds'}.")
    if not stand.spent and stand.word not in _IDLE:
        lines.append("What it tells until then comes then, too." if lines else "What it tells until then comes then.")
    elif not lines:
        lines.append(_BEYOND.get(stand.word, "It tells nothing until resume {}.").format(target.word(job)))
    if snoozed_until(job.office, target.person.owner, "") > until:
        lines += hushed(job, target.person.owner)
    return lines


@refusable
async def mute(job: Job) -> Reply:
    """All of somebody's alerts."""
    words = job.command.words[0] if job.command.words else "8h"
    until = _held_until(job, words)
    if until <= job.now and not snoozed_until(job.office, job.person.owner, ""):
        raise refused("You are not muted")
    job.orders.append(Snooze(job.person.owner, "", until))
    job.did("mute", words)
    if until <= job.now:
        return await job.done(say("You are told again", "What was held back is told now."))
    zone = wording.zone_of(job.office, job.person)
    title = f"Muted until {moment(until, zone)}"
    off = (job.offer("mute off", "Unmute"),)
    said = Notification(title, lines=("What happens until then is told then.",), buttons=off)
    return await job.done(Reply(said=said))


def _held_until(job: Job, words: str) -> float:
    """When it ends, now for `off`. `until friday` ends as that day begins, not after it. Raises Refusal."""
    if not words.startswith("until "):
        return job.now + seconds(words)
    said, zone = words.removeprefix("until "), wording.zone_of(job.office, job.person)
    found = moments.until(said, job.now, zone)
    if found is not None and ":" not in said:
        begins = (datetime.fromtimestamp(found, zone) - timedelta(days=1)).timestamp()
        found = begins if begins > job.now else found
    if found is None or not job.now < found <= job.now + _LONGEST_HELD:
        raise refused(f"I cannot hold alerts back {words}", "Say one such as until 18:00, until friday or 8h.")
    return found


def seconds(words: str) -> float:
    """0 for `off`. Raises Refusal."""
    if words == "off":
        return 0.0
    try:
        seconds = duration(words)
    except ValueError as error:
        raise refused(f"I do not know how long {words!r} is", f"{wording.capital(str(error))}.") from None
    if not 0 < seconds <= _LONGEST_HELD:
        raise refused("That is no time to hold alerts back for", "Say one such as 1h, 8h or 2d, a year at the most.")
    return seconds


def said_of(job: Job, targets: Sequence[Target], what: str, *lines: str, buttons: tuple[Button, ...] = ()) -> Reply:
    """`Deleted #3: BTC: price > 70000`; of several, each on a line of its own."""
    rows = [f"{each.called(job)}: {wording.sentence(entries.read(each.alert))}" for each in targets]
    if len(rows) == 1:
        return Reply(said=Notification(f"{what} {rows[0]}", lines=lines, buttons=buttons))
    title = f"{what.removesuffix(':')} {len(rows)} alerts"
    return Reply(said=Notification(title, lines=(*rows, *lines), buttons=buttons))
