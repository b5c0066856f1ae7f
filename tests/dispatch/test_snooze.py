"""Snooze: a person's own alerts are held for as long as they said, and nobody else's."""

from dataclasses import replace
from datetime import UTC, time

import pytest

from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.policy import Cap, Policy
from alertd.model.kept import Postponed
from alertd.model.notification import ItemFate
from alertd.rules.rule import Active
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import play

OWN = rule("r", owner="@7", notify=(), tell=BOTH)
OTHER = rule("other", owner="@7", notify=("mail",), tell=BOTH)
ANN = rule("ann", owner="@8", notify=(), tell=BOTH)


def people() -> Policy:
    return policy(receiver("@7"), receiver("@7/mail"), receiver("@8"), receiver("desk"))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired BTC BTC/other BTC/ann", ["0s @7 BTC", "0s @7/mail BTC", "0s @8 BTC"], id="whose it is"),
        pytest.param("0s snooze r 1h; 1s fired BTC; 2h", ["1h @7 BTC"], id="what still holds is told at its end"),
        pytest.param(
            "0s snooze r 1h; 1s fired BTC; 10s resolved BTC; 2h", ["1h @7 (BTC -BTC)"], id="what came and went is, too"
        ),
        pytest.param("0s snooze r 1h; 1s no_data BTC; 10s fired BTC; 2h", ["1h @7 BTC"], id="no outage that is over"),
        pytest.param(
            "0s snooze * 1h; 1s fired BTC ETH; 2s resolved BTC; 3s fired SOL; 2h",
            ["1h @7 ETH SOL (BTC -BTC)"],
            id="all in one message",
        ),
        pytest.param("0s snooze r 1h; 1s fired BTC/other BTC/ann; 2h", ["1s @7/mail BTC", "1s @8 BTC"], id="no other"),
        pytest.param(
            "0s snooze * 1h; 1s fired BTC BTC/other BTC/ann; 2h",
            ["1s @8 BTC", "1h @7 BTC", "1h @7/mail BTC"],
            id="all of theirs",
        ),
        pytest.param("0s snooze r 1h; 1s fired BTC; 10m snooze r 0s; 2h", ["10m @7 BTC"], id="ended early"),
        pytest.param("0s snooze r 1h; 1s fired BTC; 10m snooze r 2h; 3h", ["2h10m @7 BTC"], id="made longer"),
        pytest.param("0s snooze r 3h; 1s fired BTC; 10m snooze r 1h; 4h", ["1h10m @7 BTC"], id="made shorter"),
        pytest.param("0s snooze * 1h; 0s snooze r 2h; 1s fired BTC; 3h", ["2h @7 BTC"], id="the longer of two"),
        pytest.param("0s snooze r 0s; 1s fired BTC", ["1s @7 BTC"], id="nothing to end"),
    ],
)
def test_who_is_told_when(script: str, told: list[str]) -> None:
    assert sorted(play(script, people(), rules=[OWN, OTHER, ANN]).told) == sorted(told)


def test_what_is_held_says_so() -> None:
    world = play("0s snooze r 1h; 1s fired BTC", people(), rules=[OWN])
    assert world.fates(ItemFate.HELD) == ["BTC @7 snoozed"]


def test_a_digest_says_why_it_comes_now() -> None:
    world = play("0s snooze * 1h; 1s fired BTC ETH; 2h", people(), rules=[OWN])
    (message,) = world.tables.messages.values()
    assert message.note == "held while you had it snoozed or muted"


CROSS = rule("cross", owner="@7", notify=("mail",))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("0s fired BTC; 1m postpone BTC 1h; 3h", ["0s @7 BTC", "1h1m @7 BTC"]),
        ("0s fired BTC; 1m postpone BTC 1h; 30m resolved BTC; 3h", ["0s @7 BTC", "30m @7 -BTC"]),
        (
            "0s fired BTC; 1m postpone BTC 1h; 20m resolved BTC; 30m fired BTC; 3h",
            ["0s @7 BTC", "20m @7 -BTC", "30m @7 BTC"],
        ),
        ("0s fired BTC; 1m postpone BTC 1h; 30m postpone BTC 1h; 3h", ["0s @7 BTC", "1h30m @7 BTC"]),
        ("0s fired BTC; 1m postpone BTC 1h; 30m snooze r 0s; 3h", ["0s @7 BTC"]),
        ("0s fired BTC; 1m postpone BTC 1h; 30m snooze * 2h; 3h", ["0s @7 BTC", "2h30m @7 BTC"]),
        ("0s fired BTC; 1m postpone BTC 1h; 30m snooze * 2h; 2h snooze * 0s; 3h", ["0s @7 BTC", "2h @7 BTC"]),
        ("0s fired BTC/cross; 1m postpone BTC/cross 1h; 3h", ["0s @7/mail BTC", "1h1m @7/mail BTC"]),
        ("0s already_true BTC; 1m postpone BTC 1h; 3h", ["0s @7 =BTC", "1h1m @7 =BTC"]),
        ("0s already_true BTC; 1m postpone BTC 60h; 61h", ["0s @7 =BTC"]),
        ("0s no_data BTC; 1m postpone BTC 1h; 3h", ["0s @7 ?BTC", "1h1m @7 ?BTC"]),
        ("0s no_data BTC; 1m postpone BTC 1h; 2m fired BTC; 3h", ["0s @7 ?BTC", "2m @7 BTC"]),
    ],
    ids=[
        "it still holds",
        "it is over",
        "it is over and began anew, which is told by itself",
        "put off once more",
        "the snooze is ended",
        "a mute holds it further",
        "a mute that is ended early",
        "what never lasts, where its rule tells",
        "what was true already",
        "what may be off the record by then",
        "what has no data",
        "what has data again",
    ],
)
def test_what_was_told_is_told_once_more(script: str, told: list[str]) -> None:
    world = play(script, people(), rules=[OWN, CROSS], momentary=["cross"])
    assert world.told == told
    assert not [one for one in world.tables.kept.values() if isinstance(one, Postponed)]


def test_what_is_told_once_more_says_so() -> None:
    world = play("0s fired BTC; 1m postpone BTC 1h; 3h", people(), rules=[OWN])
    assert [message.note for message in world.tables.messages.values()] == ["", "snoozed"]
    assert world.tellings == ["BTC @7 snoozed"]


def test_what_waits_for_somebody_who_left_is_forgotten() -> None:
    world = play("0s fired BTC; 1m postpone BTC 1h; 2m reload; 3h", people(), policy(receiver("desk")), rules=[OWN])
    assert world.told == ["0s @7 BTC"]


@pytest.mark.parametrize("held", ["quiet", "cap"])
def test_whoever_mutes_hears_nothing_of_what_was_held_before(held: str) -> None:
    night = Hours((Span(Active(frozenset(range(7)), time(0, 0), time(0, 10), UTC)),))
    one = receiver("@7", Cap(1, 600.0) if held == "cap" else None)
    by = policy(replace(one, quiet=night) if held == "quiet" else one)
    world = play("0s fired ETH; 1s fired BTC; 2s snooze * 1h; 2h", by, rules=[OWN])
    assert world.told[-1].startswith("1h @7 ")
    assert not [each for each in world.told if each.startswith("10m")]


def test_no_route_of_the_operator_leads_to_a_person_nor_away_from_one() -> None:
    world = play("0s fired BTC", policy(receiver("@7"), receiver("desk")), rules=[OWN])
    assert world.told == ["0s @7 BTC"]
