"""Storm: one summary of a market in uproar, and the singles when it is over."""

import pytest

from alertd.dispatch.policy import Cap, Policy, StormLimit
from alertd.model.notification import ItemFate
from tests.dispatch.samples import BOTH, policy, receiver, rule
from tests.dispatch.world import World, play

RULES = [
    rule("r", tell=BOTH),
    rule("crash", tell=BOTH, labels={"severity": "critical"}),
    rule("both", tell=BOTH, notify=("desk", "me")),
]
BY = policy(storm=StormLimit(coins=3, seconds=300.0))


def stormy(script: str, *by: Policy) -> World:
    return play(script, *(by or (BY,)), rules=RULES)


SUMMARY = "“Storm: 4 coins fired in 5m”"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("0s fired A B C; 1h", ["0s desk A B C"], id="not yet one"),
        pytest.param("0s fired A B C D; 1h", [f"0s desk {SUMMARY}", "5m desk A B C D"], id="in one tick"),
        pytest.param("0s fired A B; 1m fired C D; 1h",
                     ["0s desk A B", f"1m desk {SUMMARY}", "6m desk C D"], id="within the window"),
        pytest.param("0s fired A B; 6m fired C D; 1h", ["0s desk A B", "6m desk C D"], id="not within it"),
        pytest.param("0s fired A; 1s fired A; 2s fired A; 3s fired A; 1h",
                     ["0s desk A", "1s desk A", "2s desk A", "3s desk A"], id="one coin is none"),
        pytest.param("0s fired A B C D/crash; 1m fired E/crash; 1h",
                     [f"0s desk {SUMMARY}", "0s desk D", "1m desk E", "6m desk A B C"], id="critical passes"),
        pytest.param("0s fired A B C D; 4m fired E; 1h",
                     [f"0s desk {SUMMARY}", "9m desk A B C D E"], id="it goes on"),
        pytest.param("0s fired A B C D; 6m fired E; 1h",
                     [f"0s desk {SUMMARY}", "5m desk A B C D", "6m desk E"], id="it is over by itself"),
        pytest.param("0s fired A B C D; 1m resolved A; 1h",
                     [f"0s desk {SUMMARY}", "5m desk B C D (A -A)"], id="what came and went is told as such"),
        pytest.param("0s fired A/crash B/crash C/crash D/crash; 1h",
                     [f"0s desk {SUMMARY}", "0s desk A B C D", "5m desk “The storm is over, after 5m”"],
                     id="it says that it is over"),
        pytest.param("0s fired A/both B C D; 1h",
                     [f"0s desk {SUMMARY}", "0s me A", "5m desk A B C D"],
                     id="one receiver's is not another's"),
    ],
)  # fmt: skip
def test_storm(script: str, told: list[str]) -> None:
    world = stormy(script)
    assert world.told == told
    assert world.fates(ItemFate.HELD) == []


def test_what_the_summary_says() -> None:
    world = stormy("0s fired A:-7.5 B:-12 C:3.25 D:-1 E/crash; 1h")
    first = world.tables.messages[1].text
    assert first is not None
    assert first.title == "Storm: 5 coins fired in 5m: 3 down, 1 up"
    assert first.lines == (
        "Worst: B -12%, A -7.5%, D -1%, C +3.25%",
        "Best: C +3.25%, D -1%, A -7.5%, B -12%",
        "It stands for 4 alerts, told when the market has calmed down; what is critical comes through.",
    )


def test_it_is_summed_up_again() -> None:
    steps = [f"{minute}m fired A{minute} B{minute}" for minute in range(0, 30, 2)]
    told = stormy("; ".join([*steps, "2h"])).told
    summed = [line for line in told if "torm" in line]
    assert [line.split()[0] for line in summed] == ["2m", "18m"]
    assert "goes on" in summed[1]
    assert told[-1].startswith("33m desk A2 B2 A4 B4")


def test_ticks_at_one_time_sum_up_once() -> None:
    world = World([BY], RULES)
    world.run("0s fired A B C D")
    world.run("0s fired E F")
    assert len([line for line in world.told if "torm" in line]) == 1


def test_a_restart_does_not_end_it() -> None:
    world = World([BY], RULES)
    world.run("0s fired A B C D; 4m fired E F G")
    world.state = world.tables.restored(world.now)
    world.run("1h")
    assert world.told == [f"0s desk {SUMMARY}", "9m desk A B C D E F G"]


def test_a_reload_that_knows_no_storms_lets_go() -> None:
    world = stormy("0s fired A B C D; 1m reload; 2m fired E; 1h", BY, policy(storm=None))
    assert world.told[1:] == ["1m desk A B C D", "2m desk E"]
    assert world.tables.kept == {}


def test_the_singles_count_against_the_cap() -> None:
    by = policy(receiver("desk", Cap(1, 3_600.0)), storm=StormLimit(coins=3, seconds=300.0))
    assert stormy("0s fired A B C D; 2h", by).told == [f"0s desk {SUMMARY}", "1h desk A B C D"]
