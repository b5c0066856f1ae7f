"""An alert comes into force: its rule, how it stands at that moment, and the reply that tells both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alertd.bot.asking import Reply
from alertd.bot.catalogue import an
from alertd.bot.do import entries, groups, level, reach, wording
from alertd.bot.do.looking import look
from alertd.bot.do.moments import end
from alertd.bot.do.refusal import Refusal, refused
from alertd.bot.do.standing import hushed
from alertd.bot.office import Job
from alertd.bot.receivers import GROUP
from alertd.conditions.codes import UNKNOWN, YES
from alertd.conditions.fields import MARKET
from alertd.conditions.sense import NEVER
from alertd.model.notification import Button, Notification
from alertd.model.people import Person, Role, called
from alertd.model.press import Action, Press
from alertd.rules.build import RESTLESS
from alertd.rules.peek import Peek
from alertd.rules.rule import AlreadyTrue, Rule


@dataclass(frozen=True, slots=True)
class Armed:
    """`written` is the alert's entry, `seen` its coins as they stand, `doubts` what its author should still hear, and
    `calmer` options that keep it from telling again and again."""

    written: entries.Written
    rule: Rule
    seen: Sequence[Peek]
    doubts: tuple[str, ...] = ()
    calmer: tuple[str, ...] = ()

    def lines(self, now: float) -> tuple[str, ...]:
        """How it stands, whether it is true already, and what may be wrong with it."""
        return tuple(line for line in (*wording.now_lines(self.seen, now), wording.already(self.seen)) if line)


async def armed(job: Job, person: Person, written: entries.Written) -> Armed:
    """The rule of an entry, looked at for the first time. Raises Refusal where it makes no rule, where its owner may
    have none, where it can never come true, and where it is told in a group for which whoever asks may add none."""
    office = job.office
    if not person.role.at_least(Role.USER):
        word = "banned" if person.role is Role.BANNED else an(person.role)
        raise refused(
            f"{person.owner} is {word}: nothing of theirs is watched", f"role {person.owner} user changes that."
        )
    if any(way.startswith(GROUP) for way in entries.ways(written)):
        groups.check(job)
    entry = {key: value for key, value in written.items() if key != "already_true"}
    rule, problems = entries.rule_from(entry, person.owner, office.universe(), job.now)
    if rule is None:
        raise refused(
            wording.capital(problems[0].message),
            *(f"{wording.capital(problem.hint)}." for problem in problems if problem.hint),
        )
    for problem in problems:
        if problem.message.startswith(NEVER):
            said = Notification(wording.capital(problem.message), buttons=(job.offer("help alert", "help alert"),))
            raise Refusal(Reply(said=said, ok=False, private=True))
    if rule.expires is not None and rule.expires <= job.now:
        word = called(person.owner, rule.name, job.person.owner).removeprefix("#")
        hint = f"edit {word} until friday gives it a new end."
        raise refused(f"It is over: it lasted until {end(rule.expires, wording.zone_of(office, job.person))}", hint)
    seen, short = await look(office, rule)
    if any(each.verdict == YES for each in seen) and all(each.verdict != UNKNOWN for each in seen):
        # The reply says so, and nobody has to be told a second time.
        entry["already_true"] = str(AlreadyTrue.IGNORE)
        rule = replace(rule, already_true=AlreadyTrue.IGNORE)
    doubts = [*(problem.message for problem in problems), *level.unchecked(rule, seen)]
    if short:
        doubts.append(short.removesuffix("."))
    calmer = _calmer(job, entries.text(entry, "when")) if RESTLESS in doubts else ()
    return Armed(entry, rule, seen, tuple(doubt for doubt in doubts if doubt != RESTLESS), calmer)


def _calmer(job: Job, when: str) -> tuple[str, ...]:
    over = level.over(when, job.office.universe())
    return ("for 5m", f"until {over}") if over else ("for 5m",)


def put(job: Job, person: Person, number: int, alert: Armed, made: float) -> None:
    """Have it watch from the commit on, as a new alert whatever was there by its number."""
    job.drop.append((person.owner, str(number)))
    job.put.append(alert.rule)
    job.rows.append(entries.kept(person.number, number, alert.written, made=made))


def told(job: Job, person: Person, number: int, alert: Armed, what: str) -> Reply:
    """`Alert #3: BTC: price > 70000`, how it goes about it, and how it stands."""
    zone = wording.zone_of(job.office, job.person)
    note = entries.text(alert.written, "note")
    name = called(person.owner, str(number), job.person.owner)
    calmer = [f"edit {name.removeprefix('#')} {each}" for each in alert.calmer]
    lines = (
        wording.conduct(alert.written, alert.rule.expires, zone, reach.told_by(job.office, person, alert.written)),
        *(reach.unreached(job, reach.of_alerts(job, [alert.written])) if person.number == job.person.number else ()),
        *((f"Note: {note}",) if note else ()),
        *hushed(job, person.owner, str(number)),
        *alert.lines(job.now),
        *(f"{wording.capital(doubt)}." for doubt in alert.doubts),
        *((f"It tells each time that it comes true. To calm it, say {', or '.join(calmer)}",) if calmer else ()),
    )
    buttons = [button("Delete", Action.DELETE, person, number)]
    if alert.rule.symbols != (MARKET,):
        buttons.append(button("Chart", Action.CHART, person, number))
    said = Notification(
        f"{what} {name}: {wording.sentence(alert.written)}",
        lines=lines,
        buttons=tuple(buttons),
    )
    return Reply(said=said)


def button(label: str, action: Action, person: Person, number: int, argument: str = "") -> Button:
    """One that does something with an alert."""
    return Button(label, Press(action, person=person.number, number=number, argument=argument).data)
