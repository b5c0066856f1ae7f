"""How alerts stand: what the engine knows of each, in a word."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from alertd.bot.do import entries, wording
from alertd.bot.do.moments import moment
from alertd.bot.office import Job, Office
from alertd.model.alert import State as Stage
from alertd.model.kept import Snoozed
from alertd.model.people import AlertStage, ChatAlert, owner_of
from alertd.rules.rule import Rule
from alertd.rules.state import State

LIVE, FIRING, DONE, OVER, PAUSED, BROKEN = "live", "firing", "done", "over", "paused", "stuck"
SNOOZED, MUTED = "snoozed", "muted"


class Stand(NamedTuple):
    """`rule` is None where the alert makes none any more, as its coin is gone; `until` is when a snooze or a mute ends.
    `spent` is true where it has fired as often as it may, be it that this lasts, or is held back;
    `watches` where it can fire as it is, and `done` where that takes arming it, snoozed and muted or not."""

    alert: ChatAlert
    word: str
    rule: Rule | None
    until: float = 0.0
    spent: bool = False
    watches: bool = False

    @property
    def done(self) -> bool:
        return self.spent and not self.watches


async def stands(office: Office, alerts: Sequence[ChatAlert]) -> list[Stand]:
    """In their order."""
    rules = [entries.rule_in(office, each) for each in alerts]
    pairs = list(zip(alerts, rules, strict=True))
    words = await office.pipeline.ask(lambda state: [_word(state, alert, rule) for alert, rule in pairs])
    held = _snoozes(office)
    found = []
    for (alert, rule), (word, spent) in zip(pairs, words, strict=True):
        by, until = _longest(held, owner_of(alert.person), str(alert.number))
        said = by if until and word in (LIVE, FIRING, DONE) else word
        found.append(Stand(alert, said, rule, until, spent, word in (LIVE, FIRING)))
    return found


def snoozed_until(office: Office, owner: str, rule: str) -> float:
    """When the snooze of just this rule ends, "" for that of all of its owner's; 0 where there is none."""
    return _snoozes(office).get((owner, rule), 0.0)


def hushed(job: Job, owner: str, rule: str = "") -> tuple[str, ...]:
    """The line that says until when what a rule of theirs tells is held back, none where it is not; without a rule, by
    what holds all of them."""
    by, until = _longest(_snoozes(job.office), owner, rule)
    zone = wording.zone_of(job.office, job.person)
    return (f"{by.capitalize()} until {moment(until, zone)}: what it tells before comes then.",) if until else ()


def _snoozes(office: Office) -> Mapping[tuple[str, str], float]:
    """Those in force, by (owner, name) of the rule, with their ends."""
    now = office.clock.now()
    return {(one.owner, one.rule): one.until for one in office.pipeline.remembered(Snoozed) if one.until > now}


def _longest(held: Mapping[tuple[str, str], float], owner: str, rule: str) -> tuple[str, float]:
    """What holds a rule for longest, and its end; 0 where nothing does."""
    own, every = held.get((owner, rule), 0.0), held.get((owner, ""), 0.0)
    return (SNOOZED, own) if own > every else (MUTED, every)


def _word(state: State, alert: ChatAlert, rule: Rule | None) -> tuple[str, bool]:
    """With whether it has fired as often as it may."""
    if alert.stage is AlertStage.PAUSED:
        return PAUSED, False
    number = state.book.find(owner_of(alert.person), str(alert.number))
    if number is None:
        return OVER if rule is not None else BROKEN, False
    bank, rows = state.of_rule(number)
    spent = rule is not None and rule.fire is not None and len(rows) > 0 and bool((bank.fired[rows] >= rule.fire).all())
    if (bank.state[rows] == Stage.FIRING).any():
        return FIRING, spent
    if spent:
        return DONE, True
    return LIVE if rule is not None else BROKEN, False
