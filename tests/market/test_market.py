"""Freshness of the market's values: what a confirmation, a doubt and a start say of it."""

import numpy as np

from alertd.market.market import Market, Series
from alertd.model.reading import Poll, Readings

BTC = Series("binance", "price", "BTC")


def reading(at: float, value: float) -> Poll:
    return Poll("binance", at, (Readings("binance", "price", ("BTC",), np.array([value]), np.array([at])),))


def confirmation(at: float) -> Poll:
    return Poll("binance", at, confirmed=(("price", ("BTC",)),))


def test_a_confirmation_renews_freshness() -> None:
    market = Market()
    number = market.add(BTC, now=0.0, stale_after=30.0)
    market.absorb(reading(10.0, 100.0), 10.0)
    assert market.absorb(confirmation(35.0), 35.0).stale.tolist() == []
    assert market.absorb(None, 64.0).stale.tolist() == []
    assert market.absorb(None, 65.0).stale.tolist() == [number]


def test_a_confirmed_doubt_renews_nothing() -> None:
    market = Market(max_jump=0.5)
    number = market.add(BTC, now=0.0, stale_after=30.0)
    market.absorb(reading(10.0, 100.0), 10.0)
    assert market.absorb(reading(20.0, 300.0), 20.0).refused == {"jump": 1}
    assert market.absorb(confirmation(39.0), 39.0).stale.tolist() == []
    assert market.absorb(confirmation(40.0), 40.0).stale.tolist() == [number]
    market.absorb(reading(50.0, 301.0), 50.0)
    assert market.known()[number] == 301.0


def test_after_a_start_a_value_is_unknown_until_its_source_speaks() -> None:
    market = Market()
    number = market.add(BTC, now=0.0, stale_after=30.0)
    market.absorb(reading(10.0, 100.0), 10.0)
    market.start_again(away=3600.0)
    assert np.isnan(market.known()[number])
    assert market.absorb(None, 3639.0).stale.tolist() == [], "the time away is no silence"
    market.absorb(confirmation(3639.5), 3639.5)
    assert market.known()[number] == 100.0


def test_what_was_forgotten_begins_anew() -> None:
    market = Market(max_jump=0.5)
    number = market.add(BTC, now=0.0, stale_after=30.0)
    market.absorb(reading(10.0, 100.0), 10.0)
    market.absorb(reading(20.0, 300.0), 20.0)
    market.absorb(None, 90.0)
    market.forget(np.array([number]))
    assert market.next_stale() == np.inf
    assert market.add(BTC, now=500.0, stale_after=30.0) == number
    assert np.isnan(market.known()[number])
    assert market.next_stale() == 530.0
    assert market.absorb(reading(510.0, 301.0), 510.0).new.tolist() == [number], "no jump from what is forgotten"
