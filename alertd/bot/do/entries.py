"""A person's alert as it is kept, the entry of a rule file, and the rule that it makes."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from alertd.bot.office import Job, Office
from alertd.conditions import tree as t
from alertd.conditions.fields import MARKET
from alertd.errors import Problem
from alertd.model.people import AlertRow, AlertStage, ChatAlert, owner_of
from alertd.model.universe import Universe
from alertd.rules.build import rule_of
from alertd.rules.document import Document, Plain
from alertd.rules.entry import Entry, Lookups
from alertd.rules.rule import Rule

Written = dict[str, str | list[str]]
"""A rule's keys as a rule file has them; `name` is the alert's number, `notify` names ways of its owner, and of
`symbols` there are none where it is about the market as a whole."""

_decode = msgspec.json.Decoder(Written).decode


def read(alert: ChatAlert) -> Written:
    return _decode(alert.entry)


def rule_from(written: Written, owner: str, universe: Universe, now: float) -> tuple[Rule | None, Sequence[Problem]]:
    """The rule of an entry, None where the problems are more than warnings."""
    # Ways of people are no receivers of the configuration, which is all that a rule file may name.
    own: dict[str, Plain] = {}
    for key, value in written.items():
        if key != "notify":
            own[key] = value if isinstance(value, str) else [*value]
    whole = own["symbols"] == []
    if whole:
        own["symbols"] = MARKET
    entry = Entry(Document("", {"rules": [own]}, (), None), 0, own, {})
    rule = rule_of(entry, Lookups(with_market(universe) if whole else universe, now))
    if rule is None:
        return None, [problem for problem in entry.problems if not problem.warning]
    if whole and not of_market(rule):
        return None, [Problem("say of which coin", "", 1, 1, hint="name it: BTC")]
    return replace(rule, owner=owner, notify=ways(written), place=""), entry.problems


def with_market(universe: Universe) -> Universe:
    """The same, with the market itself as what an alert may be about."""
    return replace(universe, watchlists={**universe.watchlists, MARKET: (MARKET,)})


def of_market(rule: Rule) -> bool:
    """Whether a rule says nothing of its own coins, so that the market will do for one."""
    trees = [tree for tree in (rule.when, rule.until) if tree is not None]
    counts = any(isinstance(node, t.Count | t.Share | t.Rank) for tree in trees for node in t.walk(tree))
    return not counts and not any(map(t.of_own_coin, trees))


def rule_in(office: Office, alert: ChatAlert) -> Rule | None:
    """The rule of an alert that is kept; None where it makes none any more: its coin is gone, its field."""
    return rule_from(read(alert), owner_of(alert.person), office.universe(), office.clock.now())[0]


def ways(written: Written) -> tuple[str, ...]:
    found = written.get("notify", ())
    return (found,) if isinstance(found, str) else tuple(found)


def coins(written: Written) -> list[str]:
    """The market itself for an alert that is about no coin."""
    found = written["symbols"]
    return [found] if isinstance(found, str) else found or [MARKET]


def text(written: Written, key: str) -> str:
    """A key's words, "" where it is not there."""
    found = written.get(key, "")
    return found if isinstance(found, str) else ", ".join(found)


def kept(person: int, number: int, written: Written, *, made: float, stage: AlertStage = AlertStage.LIVE) -> AlertRow:
    """The row of an alert as it is from now on."""
    entry = written_as(written)
    return AlertRow(person, number, ChatAlert(person, number, stage, made, entry))


def paused(alert: ChatAlert) -> AlertRow:
    return AlertRow(alert.person, alert.number, alert._replace(stage=AlertStage.PAUSED))


def written_as(value: Written | str | list[str]) -> str:
    """How a value stands in an entry that is kept."""
    return msgspec.json.encode(value).decode()


def same(one: Written, other: Written) -> bool:
    """Whether two alerts ask for the same."""
    mere = {"name", "already_true"}
    return {k: v for k, v in one.items() if k not in mere} == {k: v for k, v in other.items() if k not in mere}


async def number_for(job: Job) -> int:
    """The number of a person's next alert: none is given twice."""
    return await job.office.store.last_alert(job.person.number) + 1
