"""The routing tree against a table."""

import pytest

from alertd.dispatch.matcher import Matcher
from alertd.dispatch.route import Escalate, Leg, Route, labels, legs
from tests.dispatch.samples import entry, event, rule

CRITICAL = {"severity": Matcher("critical")}
BTC = {"symbol": Matcher("BTC")}


@pytest.mark.parametrize(
    ("case", "tree", "expected"),
    [
        ("no tree", None, []),
        ("the root takes all", Route(to=("desk",)), ["desk"]),
        ("a root that does not match", Route(to=("desk",), match={"severity": Matcher("low")}), []),
        ("a child before its parent", Route(to=("desk",), routes=(Route(to=("me",), match=BTC),)), ["me"]),
        (
            "the first child that matches wins",
            Route(routes=(Route(to=("me",), match=BTC), Route(to=("desk",), match=CRITICAL))),
            ["me"],
        ),
        (
            "continue goes on to the next",
            Route(routes=(Route(to=("me",), match=BTC, continue_=True), Route(to=("desk",), match=CRITICAL))),
            ["me", "desk"],
        ),
        (
            "continue does not bring the parent back",
            Route(to=("desk",), routes=(Route(to=("me",), match=BTC, continue_=True),)),
            ["me"],
        ),
        (
            "no child matches: the node itself",
            Route(to=("desk",), routes=(Route(to=("me",), match={"symbol": Matcher("ETH")}),)),
            ["desk"],
        ),
        (
            "depth first",
            Route(to=("desk",), routes=(Route(to=("me",), routes=(Route(to=("night",), match=CRITICAL),)),)),
            ["night"],
        ),
        ("children inherit `to`", Route(to=("desk", "me"), routes=(Route(match=BTC),)), ["desk", "me"]),
        ("all matchers must match", Route(routes=(Route(to=("me",), match=BTC | {"event": Matcher("resolved")}),)), []),
    ],
)
def test_tree(case: str, tree: Route | None, expected: list[str]) -> None:
    one = rule(notify=(), labels={"severity": "critical"})
    assert [leg.receiver for leg in legs(tree, one, labels(entry(event(), one)))] == expected, case


def test_children_inherit_how_to_group() -> None:
    tree = Route(
        to=("desk",),
        group_by=("symbol",),
        group_wait=30.0,
        routes=(Route(match=BTC, continue_=True), Route(match=CRITICAL, group_by=(), group_wait=0.0)),
    )
    one = rule(notify=(), labels={"severity": "critical"})
    assert list(legs(tree, one, labels(entry(event(), one)))) == [
        Leg("desk", ("symbol",), 30.0),
        Leg("desk", (), 0.0),
    ]


def test_notify_goes_past_the_tree_and_groups_as_its_root_says() -> None:
    tree = Route(to=("desk",), group_wait=5.0)
    assert list(legs(tree, rule(notify=("me",)), {})) == [Leg("me", ("rule",), 5.0)]


def test_children_inherit_hours_and_escalation() -> None:
    who = Escalate(("boss",), 600.0)
    tree = Route(
        to=("desk",),
        mute=("nights",),
        escalate=who,
        group_interval=60.0,
        repeat_interval=600.0,
        routes=(Route(match=BTC, mute=(), active=("office",)),),
    )
    (leg,) = legs(tree, rule(notify=()), labels(entry(event())))
    assert leg == Leg("desk", ("rule",), 0.0, 60.0, 600.0, (), ("office",), who)


def test_matchers_see_the_event_before_the_rule_s_labels() -> None:
    one = rule(labels={"symbol": "mine", "severity": "low"}, owner="ann")
    assert labels(entry(event(owner="ann"), one)) == {
        "symbol": "BTC",
        "severity": "low",
        "rule": "btc-breakout",
        "owner": "ann",
        "event": "fired",
    }
