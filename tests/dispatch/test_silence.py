"""Silences: who is told what when they are over."""

from datetime import UTC, time

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.policy import Policy
from alertd.model.kept import Acknowledged, key_of
from alertd.model.notification import ItemFate
from alertd.model.order import Acknowledge, AddSilence, ExpireSilence, Unmute
from alertd.rules.rule import Active
from tests.dispatch.samples import policy, receiver, rule
from tests.dispatch.world import World, play
from tests.fakes import START

MORNINGS = Hours((Span(Active(frozenset(range(7)), time(1), time(2), UTC)),))


def during() -> Policy:
    return Policy(receivers={"desk": receiver("desk")}, hours={"mornings": MORNINGS})


@pytest.mark.parametrize(
    ("script", "told", "dropped"),
    [
        pytest.param("0s silence symbol=BTC 1h; 1s fired BTC; 2h", ["1h desk BTC"], [], id="what still holds"),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 10s resolved BTC; 2h",
            [],
            ["BTC desk silence:1", "-BTC desk silence:1"],
            id="what came and went",
        ),
        pytest.param("0s silence symbol=BTC 1h; 1s fired ETH; 2h", ["1s desk ETH"], [], id="what it does not match"),
        pytest.param(
            "0s silence symbol=BTC 1h from=10m; 5m fired BTC; 6m resolved BTC; 20m fired BTC; 3h",
            ["5m desk BTC", "6m desk -BTC", "1h10m desk BTC"],
            [],
            id="it starts later",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 10m expire 1; 11m fired ETH; 2h",
            ["10m desk BTC", "11m desk ETH"],
            [],
            id="it is ended early",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h from=1h; 1m expire 1; 70m fired BTC; 4h",
            ["1h10m desk BTC"],
            [],
            id="it is ended before it starts",
        ),
        pytest.param(
            "0s silence rule=~r|s,symbol!=ETH 1h; 1s fired BTC ETH SOL; 2h",
            ["1s desk ETH", "1h desk BTC SOL"],
            [],
            id="matchers with patterns",
        ),
        pytest.param(
            "0s fired BTC; 1m silence symbol=BTC 1h; 10m resolved BTC; 2h",
            ["0s desk BTC", "1h1m desk -BTC"],
            [],
            id="the end of what was told before",
        ),
        pytest.param(
            "0s silence event=fired 1h; 1s fired BTC; 10m resolved BTC; 2h",
            [],
            ["BTC desk silence:1", "-BTC desk silence:1"],
            id="no end of what nobody was told of",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 1h resolved BTC; 2h",
            [],
            ["BTC desk silence:1", "-BTC desk silence:1"],
            id="over as the silence is",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 0s silence rule=r 2h; 1s fired BTC; 3h", ["2h desk BTC"], [], id="two of them"
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 30m silence symbol=BTC 2h; 90m resolved BTC; 4h",
            [],
            ["BTC desk silence:2", "-BTC desk silence:2"],
            id="one after the other",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 20m reminded BTC; 40m reminded BTC; 2h",
            ["1h desk BTC"],
            ["~BTC desk silence:1"] * 2,
            id="reminders of what is told now",
        ),
        pytest.param(
            "0s fired BTC; 1m silence symbol=BTC 1h; 20m reminded BTC; 40m reminded BTC; 2h",
            ["0s desk BTC", "1h1m desk ~BTC"],
            ["~BTC desk silence:1"],
            id="the last reminder",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s already_true BTC; 2s no_data BTC; 2h",
            ["1h desk =BTC ?BTC"],
            [],
            id="kinds without an episode",
        ),
        pytest.param(
            "0s silence symbol=BTC 1h; 1s fired BTC; 2s remove r; 2h",
            [],
            ["BTC desk silence:1", "-BTC removed"],
            id="its rule is removed",
        ),
    ],
)
def test_silence(script: str, told: list[str], dropped: list[str]) -> None:
    world = play(script, policy())
    assert world.told == told
    assert world.fates(ItemFate.DROPPED) == dropped
    assert world.fates(ItemFate.HELD) == []


def test_during_named_hours_only() -> None:
    script = "0s silence symbol=BTC 3d during=mornings; 30m fired BTC; 40m resolved BTC; 70m fired BTC; 3h"
    world = play(script, during())
    assert world.told == ["30m desk BTC", "40m desk -BTC", "2h desk BTC"]


def test_hours_that_a_reload_changes() -> None:
    script = "0s silence symbol=BTC 3d during=mornings; 70m fired BTC; 80m reload; 3h"
    other = Policy(receivers={"desk": receiver("desk")}, hours={"mornings": Hours(())})
    assert play(script, during(), other).told == ["1h20m desk BTC"]


def test_hours_that_a_reload_takes_away_hold_nothing() -> None:
    script = "0s silence symbol=BTC 3d during=mornings; 70m fired BTC; 80m reload; 90m fired ETH BTC/other; 2h"
    world = play(script, during(), policy(receiver("desk"), operator=("desk",)),
                 rules=[rule("r"), rule("other")])  # fmt: skip
    lost = "alertd: silence 1 holds nothing: its hours 'mornings' are no longer in the configuration"
    assert world.told == ["1h20m desk BTC", f"1h20m desk “{lost}”", "1h30m desk ETH", "1h30m desk BTC"]


def test_each_order_is_answered_by_what_it_has_put_into_force_or_ended() -> None:
    world = World([policy()])
    world.run("0s fired BTC")
    silence = AddSilence(matchers=(("symbol", "BTC"),), start=START, end=START + 60, author="ann", comment="known")
    orders = silence, silence, ExpireSilence(2), ExpireSilence(2), Acknowledge(1, 1, "ann"), Acknowledge(1, 1, "bob")
    answers = world.tick(START + 1, (), (), *orders, Unmute("", "r")).answers
    said = [[key_of(one)[1] for one in each] for each in answers]
    assert said == [["1"], ["2"], ["2"], [], ["1\0001"], ["1\0001"], []]
    assert [one.by for each in answers for one in each if isinstance(one, Acknowledged)] == ["ann", "ann"]


def test_momentary_ones_are_not_told_afterwards() -> None:
    world = play("0s silence symbol=BTC 1h; 1s fired BTC; 2s resolved BTC; 2h", policy(), momentary=["r"])
    assert world.told == []
