"""An alert comes into force: its rule, how it stands at that moment, and the reply that tells both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from alertd.bot.asking import Reply
from alertd.bot.do import entries, groups, wording
from alertd.bot.do.looking import look
from alertd.bot.do.refusal import refused
from alertd.bot.office import Job
from alertd.bot.receivers import GROUP
from alertd.conditions.codes import UNKNOWN, YES
from alertd.conditions.fields import MARKET
from alertd.model.notification import Button, Notification
from alertd.model.people import AlertStage, Person
from alertd.model.press import Action, Press
from alertd.rules.peek import Peek
from alertd.rules.rule import AlreadyTrue, Rule


@dataclass(frozen=True, slots=True)
class Armed:
    """`written` is the alert's entry, `seen` its coins as they stand, `doubts` what its author should still hear."""

    written: entries.Written
    rule: Rule
    seen: Sequence[Peek]
    doubts: tuple[str, ...] = ()

    def lines(self, now: float) -> tuple[str, ...]:
        """How it stands, whether it is true already, and what may be wrong with it."""
        return tuple(line for line in (*wording.now_lines(self.seen, now), wording.already(self.seen)) if line)


async def armed(job: Job, person: Person, written: entries.Written) -> Armed:
    """The rule of an entry, looked at for the first time. Raises Refusal where it makes no rule, or is told in a group
    for which they may add none."""
    office = job.office
    if any(way.startswith(GROUP) for way in entries.ways(written)):
        groups.check(job)
    entry = {key: value for key, value in written.items() if key != "already_true"}
    rule, problems = entries.rule_from(entry, person.owner, office.universe(), job.now)
    if rule is None:
        raise refused(
            wording.capital(problems[0].message),
            *(f"{wording.capital(problem.hint)}." for problem in problems if problem.hint),
        )
    if rule.expires is not None and rule.expires <= job.now:
        raise refused("That is over already", "Give a time that is still to come.")
    seen = await look(office, rule)
    if any(each.verdict == YES for each in seen) and all(each.verdict != UNKNOWN for each in seen):
        # The reply says so, and nobody has to be told a second time.
        entry["already_true"] = str(AlreadyTrue.IGNORE)
        rule = replace(rule, already_true=AlreadyTrue.IGNORE)
    return Armed(entry, rule, seen, tuple(problem.message for problem in problems))


def put(job: Job, person: Person, number: int, alert: Armed, made: float) -> None:
    """Have it watch from the commit on, as a new alert whatever was there by its number."""
    job.drop.append((person.owner, str(number)))
    job.put.append(alert.rule)
    keep(job, person, number, alert.written, made=made)


def keep(
    job: Job,
    person: Person,
    number: int,
    written: entries.Written,
    *,
    made: float,
    stage: AlertStage = AlertStage.LIVE,
) -> None:
    """Its row, as it is from the commit on."""
    job.rows.append(entries.kept(person.number, number, written, stage=stage, made=made))


def told(job: Job, person: Person, number: int, alert: Armed, what: str) -> Reply:
    """`Alert #3: BTC: price > 70000`, how it goes about it, and how it stands."""
    zone = wording.zone_of(job.office, job.person)
    note = entries.text(alert.written, "note")
    lines = (
        wording.conduct(alert.written, alert.rule.expires, zone),
        *((f"Note: {note}",) if note else ()),
        *alert.lines(job.now),
        *(f"{wording.capital(doubt)}." for doubt in alert.doubts),
    )
    buttons = [button("Delete", Action.DELETE, person, number)]
    if alert.rule.symbols != (MARKET,):
        buttons.append(button("Chart", Action.CHART, person, number))
    said = Notification(
        f"{what} {wording.name(number)}: {wording.sentence(alert.written)}",
        lines=lines,
        buttons=tuple(buttons),
    )
    return Reply(said=said)


def button(label: str, action: Action, person: Person, number: int, argument: str = "") -> Button:
    """One that does something with an alert."""
    return Button(label, Press(action, person=person.number, number=number, argument=argument).data)
