"""Inhibition: what a crash makes not worth telling, while it lasts."""

import pytest

from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.matcher import Matcher
from alertd.model.notification import ItemFate
from tests.dispatch.samples import BOTH, policy, rule
from tests.dispatch.world import play

CRASH = Inhibition(source={"rule": Matcher("crash")}, target={"rule": Matcher("~r|other")})
SAME_COIN = Inhibition(source={"rule": Matcher("crash")}, target={"rule": Matcher("r")}, equal=("symbol",))
ITSELF = Inhibition(source={"rule": Matcher("r")}, target={"rule": Matcher("r")})
CRITICAL = Inhibition(source={"rule": Matcher("crash")}, target={}, equal=("symbol",))
RULES = [rule(name, tell=BOTH) for name in ("crash", "r", "other")]


@pytest.mark.parametrize(
    ("script", "by", "told", "dropped"),
    [
        pytest.param(
            "0s fired ALL/crash BTC; 10m resolved ALL/crash; 1h",
            CRASH,
            ["0s desk ALL", "10m desk BTC", "10m desk -ALL"],
            [],
            id="source and target in one tick",
        ),
        pytest.param(
            "0s fired BTC ALL/crash; 10m resolved ALL/crash; 1h",
            CRASH,
            ["0s desk ALL", "10m desk BTC", "10m desk -ALL"],
            [],
            id="the target first",
        ),
        pytest.param(
            "0s fired ALL/crash; 1m fired BTC; 2m resolved BTC; 10m resolved ALL/crash; 1h",
            CRASH,
            ["0s desk ALL", "10m desk -ALL"],
            ["BTC desk inhibited:crash", "-BTC desk inhibited:crash"],
            id="what came and went",
        ),
        pytest.param(
            "0s fired ALL/crash; 1m fired BTC; 10m resolved ALL/crash BTC; 1h",
            CRASH,
            ["0s desk ALL", "10m desk -ALL"],
            ["BTC desk inhibited:crash", "-BTC desk inhibited:crash"],
            id="both are over in one tick",
        ),
        pytest.param(
            "0s fired BTC/crash; 1s fired BTC ETH; 1m resolved BTC/crash; 1h",
            SAME_COIN,
            ["0s desk BTC", "1s desk ETH", "1m desk BTC", "1m desk -BTC"],
            [],
            id="equal labels",
        ),
        pytest.param(
            "0s fired BTC ETH; 1h", ITSELF, ["0s desk BTC ETH"], [], id="nothing inhibits itself, nor its like"
        ),
        pytest.param(
            "0s fired BTC/crash BTC; 1m resolved BTC; 2m resolved BTC/crash; 1h",
            CRITICAL,
            ["0s desk BTC", "2m desk -BTC"],
            ["BTC desk inhibited:crash", "-BTC desk inhibited:crash"],
            id="a source that is no target",
        ),
        pytest.param(
            "0s fired ALL/crash TOP/crash; 1s fired BTC; 1m resolved ALL/crash; 2m resolved TOP/crash; 1h",
            CRASH,
            ["0s desk ALL TOP", "1m desk -ALL", "2m desk BTC", "2m desk -TOP"],
            [],
            id="until the last source is over",
        ),
        pytest.param(
            "0s fired BTC; 1m fired ALL/crash; 2m resolved BTC; 10m resolved ALL/crash; 1h",
            CRASH,
            ["0s desk BTC", "1m desk ALL", "10m desk -BTC", "10m desk -ALL"],
            [],
            id="the end of what was told before",
        ),
        pytest.param(
            "0s fired ALL/crash; 1m fired BTC; 2m remove crash; 1h",
            CRASH,
            ["0s desk ALL", "2m desk BTC"],
            ["-ALL removed"],
            id="the source's rule is removed",
        ),
    ],
)
def test_inhibition(script: str, by: Inhibition, told: list[str], dropped: list[str]) -> None:
    world = play(script, policy(inhibit=(by,)), rules=RULES)
    assert world.told == told
    assert world.fates(ItemFate.DROPPED) == dropped
    assert world.fates(ItemFate.HELD) == []


@pytest.mark.parametrize("rules", [(), (SAME_COIN,)], ids=["none", "others"])
def test_a_reload_that_lifts_it_lets_go(rules: tuple[Inhibition, ...]) -> None:
    script = "0s fired ALL/crash; 1m fired BTC; 2m reload; 1h"
    world = play(script, policy(inhibit=(CRASH,)), policy(inhibit=rules), rules=RULES)
    assert world.told == ["0s desk ALL", "2m desk BTC"]


def test_a_reload_that_brings_it_looks_at_what_fires() -> None:
    script = "0s fired ALL/crash; 1m reload; 2m fired BTC; 5m resolved ALL/crash; 1h"
    world = play(script, policy(), policy(inhibit=(CRASH,)), rules=RULES)
    assert world.told == ["0s desk ALL", "5m desk BTC", "5m desk -ALL"]


def test_a_source_that_fires_again_inhibits_once() -> None:
    world = play(
        "0s fired ALL/crash; 1s fired ALL/crash; 2s resolved ALL/crash; 3s fired BTC; 1h",
        policy(inhibit=(CRASH,)),
        rules=RULES,
    )
    assert world.told[-1] == "3s desk BTC"
