"""The table of coins: what is shipped, what configuration adds, and tickers that are in neither."""

from collections.abc import Mapping

import pytest

from alertd.errors import ConfigError
from alertd.model.universe import Universe
from alertd.ports import Candidate
from alertd.sources.coins import CoinTable, entry_of


@pytest.fixture(scope="module")
def shipped() -> CoinTable:
    return CoinTable.shipped()


def test_the_shipped_table_is_whole(shipped: CoinTable) -> None:
    assert len(shipped) >= 60
    assert shipped.ids("tokenmetrics") == {"BTC": 3375, "ETH": 3306}
    for coin in shipped:
        assert coin.name
        assert isinstance(coin.ids["coingecko"], str)
        assert coin.ids.get("binance") in (None, f"{coin.symbol}USDT")


@pytest.mark.parametrize("source", ["binance", "coingecko", "tokenmetrics"])
def test_an_id_belongs_to_one_coin(shipped: CoinTable, source: str) -> None:
    ids = list(shipped.ids(source).values())
    assert len(set(ids)) == len(ids)


def test_no_way_to_write_a_coin_means_another_one(shipped: CoinTable) -> None:
    names = shipped.names()
    for coin in shipped:
        for way in (coin.symbol, *coin.also, coin.name, *map(str, coin.ids.values())):
            assert way.isdigit() or names[way.upper()] == coin.symbol


@pytest.mark.parametrize(
    ("written_", "coin"),
    [("btc", "BTC"), ("XBT", "BTC"), ("Bitcoin", "BTC"), ("BTCUSDT", "BTC"), ("matic", "POL"), ("1inch", "1INCH"),
     ("bitcoin cash", "BCH"), ("3375", None), ("nope", None)],
)  # fmt: skip
def test_a_coin_may_be_written_in_many_ways(shipped: CoinTable, written_: str, coin: str | None) -> None:
    assert Universe(coins=shipped.names()).coin(written_) == coin


def test_only_the_coins_of_some_sources(shipped: CoinTable) -> None:
    assert set(shipped.names({"tokenmetrics"}).values()) == {"BTC", "ETH"}
    assert "XMR" not in shipped.names({"binance"})
    assert "XMR" in shipped.names({"binance", "coingecko"})


def test_configuration_adds_and_overrides(shipped: CoinTable) -> None:
    table = shipped.with_entries(
        {
            "btc": {"binance": "BTCFDUSD", "binance-us": "BTCUSD"},
            "MYCOIN": {"coingecko": "my-coin", "name": "My Coin", "also": ["MINE"]},
            "PEPE": {},
        }
    )
    assert table.ids("binance")["BTC"] == "BTCFDUSD"
    assert table.ids("binance-us", "binance")["BTC"] == "BTCUSD"
    assert table.ids("binance-us", "binance")["ETH"] == "ETHUSDT"
    assert table.ids("coingecko")["BTC"] == "bitcoin"
    assert table.names()["MINE"] == table.names()["MY COIN"] == "MYCOIN"
    assert len(table) == len(shipped) + 1
    assert shipped.ids("binance")["BTC"] == "BTCUSDT"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param({"also": ["ETH"]}, "coins: MINE: also: ETH is ETH already", id="an alias that is a coin"),
        pytest.param({"also": "ETC"}, "coins: MINE: also: expected a list of names", id="an alias that is no list"),
        pytest.param({"name": 5}, "coins: MINE: name: expected one name", id="a name that is a number"),
        pytest.param({"binance": ["A"]}, "coins: MINE: binance: expected one name", id="two ids"),
    ],
)
def test_an_entry_that_cannot_be_used(shipped: CoinTable, entry: Mapping[str, str | list[str]], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        shipped.with_entries({"MINE": entry})
    assert message in str(caught.value)


def test_symbols_of_candle_files_are_coins_of_that_name(shipped: CoinTable) -> None:
    table = shipped.with_entries({"ETH": {"files": "ETHUSD"}}).with_literal("files", ["BTCUSD", "ETHUSD", "BTC"])
    assert table.ids("files") == {"BTCUSD": "BTCUSD", "ETH": "ETHUSD", "BTC": "BTC"}
    assert table.names()["BTCUSD"] == "BTCUSD"


@pytest.mark.parametrize(
    ("text", "first"),
    [("sol", "SOL"), ("bitcoin", "BTC"), ("cosm", "ATOM"), ("usdt", "USDT"), ("inu", "SHIB")],
)
def test_search_has_the_best_first(shipped: CoinTable, text: str, first: str) -> None:
    assert shipped.search(text)[0].symbol == first


def test_search_for_what_there_is_not(shipped: CoinTable) -> None:
    assert shipped.search("nothing like it") == ()


PEPE = Candidate("pepe", "PEPE", "Pepe", 30)


def test_what_to_write_for_a_ticker_in_no_table() -> None:
    found = {"coingecko": (PEPE, Candidate("pepe-2", "PEPE2", "Pepe 2.0")), "binance": (), "tokenmetrics": ()}
    assert entry_of("pepe", found) == {"coingecko": "pepe"}
    assert entry_of("NONE", found) == {}


def test_several_coins_of_one_ticker_are_listed() -> None:
    found = (Candidate("3375", "BTC", "Bitcoin", 1), Candidate("17528", "BTC", "BTC", None))
    with pytest.raises(ConfigError) as caught:
        entry_of("BTC", {"coingecko": (PEPE,), "tokenmetrics": found})
    assert str(caught.value) == (
        "BTC is several coins at tokenmetrics: 3375 (Bitcoin, rank 1); 17528 (BTC)\n"
        "    say which one under coins: BTC: {tokenmetrics: 3375}"
    )
