"""How alerts stand: what the engine knows of each, in a word."""

from collections.abc import Sequence
from typing import NamedTuple

from alertd.bot.do import entries
from alertd.bot.office import Office
from alertd.model.alert import State as Stage
from alertd.model.kept import Snoozed
from alertd.model.people import AlertStage, ChatAlert, owner_of
from alertd.rules.rule import Rule
from alertd.rules.state import State

LIVE, FIRING, DONE, OVER, PAUSED, SNOOZED, BROKEN = "live", "firing", "done", "over", "paused", "snoozed", "stuck"


class Stand(NamedTuple):
    """`rule` is None where the alert makes none any more, as its coin is gone; `until` is when a snooze ends. `spent`
    is true where it has fired as often as it may, be it that this lasts, or is held back."""

    alert: ChatAlert
    word: str
    rule: Rule | None
    until: float = 0.0
    spent: bool = False


async def stands(office: Office, alerts: Sequence[ChatAlert]) -> list[Stand]:
    """In their order."""
    now = office.clock.now()
    snoozed = {(one.owner, one.rule): one.until for one in office.pipeline.remembered(Snoozed) if one.until > now}
    rules = [entries.rule_in(office, each, owner_of(each.person)) for each in alerts]
    pairs = list(zip(alerts, rules, strict=True))
    words = await office.pipeline.ask(lambda state: [_word(state, alert, rule) for alert, rule in pairs])
    found = []
    for (alert, rule), (word, spent) in zip(pairs, words, strict=True):
        owner = owner_of(alert.person)
        until = max(snoozed.get((owner, str(alert.number)), 0.0), snoozed.get((owner, ""), 0.0))
        said = SNOOZED if until and word in (LIVE, FIRING, DONE) else word
        found.append(Stand(alert, said, rule, until, spent))
    return found


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
