"""How long a source may be silent, and which one is."""

import pytest

from alertd.app.freshness import Freshness, stale_after
from tests.fakes import START
from tests.pipeline.stand import STALE_AFTER, rules, running


def expecting(**stale_after: float) -> Freshness:
    freshness = Freshness()
    freshness.expect(stale_after, START)
    return freshness


def test_nothing_is_heard_before_it_is_known_who_should_be() -> None:
    assert not Freshness().any(START)
    assert Freshness().silent(START) == {}


def test_where_nobody_is_to_be_heard_that_is_no_silence() -> None:
    assert expecting().any(START)


def test_a_source_is_silent_from_when_it_was_asked_for() -> None:
    freshness = expecting(binance=25.0)
    assert freshness.silent(START + 25) == {}
    assert freshness.silent(START + 26) == {"binance": 26.0}


def test_a_poll_proves_life_for_as_long_as_it_stays_fresh() -> None:
    freshness = expecting(binance=25.0, coingecko=1500.0)
    assert not freshness.any(START)
    freshness.taken("binance", START + 5)
    assert freshness.any(START + 30)
    assert not freshness.any(START + 31)
    freshness.taken("coingecko", START + 31)
    assert freshness.any(START + 31)
    assert freshness.silent(START + 31) == {"binance": 26.0}


def test_while_its_poll_is_judged_a_source_is_not_silent() -> None:
    freshness = expecting(binance=25.0)
    freshness.heard("binance", START)
    assert freshness.silent(START + 300) == {}
    freshness.taken("binance", START + 300)
    assert freshness.silent(START + 325) == {}


def test_a_jump_of_the_clock_is_no_silence() -> None:
    freshness = expecting(binance=25.0)
    freshness.taken("binance", START + 5)
    freshness.skip(3600.0, START + 3605)
    assert freshness.silent(START + 3630) == {}
    assert freshness.any(START + 3630)
    assert freshness.silent(START + 3631) == {"binance": 26.0}


@pytest.mark.parametrize("jump", [3600.0, -3600.0], ids=["forward again", "back"])
def test_a_jump_that_the_clock_does_not_follow_moves_nothing(jump: float) -> None:
    freshness = expecting(binance=25.0)
    freshness.taken("binance", START + 5)
    freshness.skip(jump, START + 5)
    assert freshness.any(START + 5)
    assert freshness.silent(START + 31) == {"binance": 26.0}


def test_a_poll_from_a_time_that_is_yet_to_come_proves_nothing() -> None:
    freshness = expecting(binance=25.0)
    freshness.taken("binance", START + 3600)
    assert not freshness.any(START)


def test_who_is_needed_no_more_may_be_silent() -> None:
    freshness = expecting(binance=25.0, coingecko=25.0)
    freshness.expect({"coingecko": 25.0}, START + 20)
    assert freshness.silent(START + 60) == {"coingecko": 60.0}


async def test_only_sources_that_rules_need_are_expected() -> None:
    async with running(rules()) as stand:
        assert stale_after(stand.pipeline.state) == {}
    async with running(rules({"name": "up", "when": "price > 70k"})) as stand:
        assert stale_after(stand.pipeline.state) == {"binance": STALE_AFTER}
