"""What each form of the language means, sentence by sentence, as DESIGN.md §5 defines it."""

import numpy as np
import pytest

from tests.rules.play import Play

FIRE = {"already_true": "fire"}


def fired(when: str, script: str, **keys: object) -> list[str]:
    """The times at which episodes open."""
    log = Play({"when": when} | FIRE | keys).run(script)
    return [line.split()[0] for line in log if " fired" in line]


LEVELS = [
    ("price > 100", "0:100 60:100.5", ["60"]),
    ("price >= 100", "0:99.9 60:100", ["60"]),
    ("price < 100", "0:100 60:99.5", ["60"]),
    ("price <= 100", "0:100.1 60:100", ["60"]),
    ("price == 100", "0:99 60:100", ["60"]),
    ("price != 100", "0:100 60:99", ["60"]),
    ("price > 70k", "0:70000 60:70000.01", ["60"]),
    ("ETH.price > 5", "0:100 60:ETH=6", ["60"]),
    ("price / ETH.price > 20", "0:ETH=5 60:100 120:101", ["120"]),
    ("price - ETH.price * 2 + 1 >= 91", "0:ETH=5,100 60:101", ["0"]),
    ("-price < -100", "0:99 60:101", ["60"]),
    ("price > 1.05 * ETH.price", "0:ETH=100,104 60:106", ["60"]),
    ("signal is bullish", "0:signal=bearish 60:signal=bullish", ["60"]),
    ("signal is not bullish", "0:signal=bullish 60:signal=bearish", ["60"]),
    ("hourly_signal is neutral", "0:hourly_signal=buy 60:hourly_signal=none", ["60"]),
    ("tm_grade > 80", "0:tm_grade=80 60:tm_grade=81", ["60"]),
    ("coingecko.price > 100", "0:101 60:coingecko.price=101", ["60"]),
]


@pytest.mark.parametrize(("when", "script", "expected"), LEVELS, ids=[when for when, *_ in LEVELS])
def test_comparisons(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


EQUAL = [
    ("within 1e-12 is equal: not greater", "price > 100", "0:100.00000000005", []),
    ("within 1e-12 is equal: at least", "price >= 100", "0:99.99999999995", ["0"]),
    ("further apart is not", "price > 100", "0:100.000000001", ["0"]),
    ("relative to what is compared, small as it is", "price > 0.000001", "0:0.0000010000001", ["0"]),
    ("the same in a move", "price up 10% in 1h", "0:0.1 60:0.11", ["60"]),
    ("the same in a crossing", "price crosses above 100", "0:99 60:100.00000000005 120:101", ["120"]),
    ("a sum of tenths is what it looks like", "price + 0.1 == 0.3", "0:0.2", ["0"]),
]


@pytest.mark.parametrize(("when", "script", "expected"), [case[1:] for case in EQUAL], ids=[case[0] for case in EQUAL])
def test_equal_is_within_a_trillionth(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


UNKNOWN = [
    ("division by zero", "price / (ETH.price - 5) > 0 or price > 100", "0:ETH=5,99 60:101", ["60"]),
    ("not of it is no yes", "not price / (ETH.price - 5) > 0", "0:ETH=5,99 60:98", []),
    ("an overflow", "price * price > 0", "0:1e200 60:2", ["60"]),
    ("a field without a reading", "price < 100 and signal is bullish", "0:99 60:98", []),
    ("not of a missing field is no yes", "price < 100 and not signal is bullish", "0:99 60:98", []),
    ("or does without it", "price < 100 or signal is bullish", "0:99", ["0"]),
    ("a NO decides an and", "not (price < 100 and signal is bullish)", "0:101", ["0"]),
    ("a coin that no source has", "SOL.market_cap > 1 or price > 100", "0:99 60:101", ["60"]),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in UNKNOWN], ids=[case[0] for case in UNKNOWN]
)
def test_three_values(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


def minutes(first: int, *values: float) -> str:
    return " ".join(f"{60 * (first + k)}:{value}" for k, value in enumerate(values))


WINDOWS = [
    ("high is unknown until the series has a bar that old", "price > high(3m)", minutes(1, 5, 6, 7), []),
    ("and known from then on", "price > high(3m)", minutes(1, 5, 6, 7, 8), ["240"]),
    ("high leaves out the reading being judged", "price >= high(3m)", minutes(1, 5, 9, 9, 7, 8.9, 9), ["360"]),
    ("low leaves it out too", "price < low(3m)", minutes(1, 5, 6, 7, 6, 5), ["300"]),
    ("a bar is (start, end]: at its end a reading is in it", "price > high(2m)", "60:9 120:5 180:6", ["180"]),
    ("right after it it is in the next", "price > high(2m)", "30:5 61:9 120:6 180:8 240:8.5", ["240"]),
    ("other readings of the same bar count", "price > high(1m)", "60:5 121:8 130:7 140:9", ["140"]),
    ("average holds the reading being judged", "price > average(2m)", minutes(1, 6, 6, 6, 7), ["240"]),
    ("average is of closes", "average(2m) == 6", "60:1 121:50 180:4 240:8", ["240"]),
    ("an empty window is unknown", "price > high(2m) or price < low(2m)", "60:5 120:5 600:9 660:10", ["660"]),
    ("a bar without readings does not exist", "average(3m) == 6", "60:4 180:5 360:7", []),
    ("of another coin", "price > high(ETH.price, 1m)", "60:ETH=5 120:ETH=6 125:ETH=1 126:5.5 130:7", ["130"]),
    (
        "of another field",
        "volume_24h > high(volume_24h, 1m)",
        "60:volume_24h=5 121:volume_24h=6 122:volume_24h=7",
        ["122"],
    ),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in WINDOWS], ids=[case[0] for case in WINDOWS]
)
def test_windows(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


def test_windows_over_a_day_are_made_of_hours() -> None:
    """After 25 h the 24 h window is known to the minute, the 25 h one by the hour."""
    script = " ".join(f"{minute}m:{100 if minute == 30 else 50}" for minute in range(1, 26 * 60, 29)) + " 26h:60"
    # The 100 came within the first hour: outside 24 h, and in 25 h as long as its hour's bar ended in it.
    assert fired("price > high(24h)", script) == [f"{26 * 3600}"]
    assert fired("price > high(26h)", script.replace("26h:", "26h10s:")) == []
    assert fired("price > high(25h)", script.replace("26h:", "26h10s:")) == [f"{26 * 3600 + 10}"]


MOVES = [
    ("up, from the window's lowest", "price up 5% in 10m", "0:100 60:99 120:103.94 180:103.95", ["180"]),
    ("down, from its highest", "price down 5% in 10m", "0:100 60:101 120:95.96 180:95.95", ["180"]),
    ("either way", "price moves 5% in 10m", "0:100 60:105", ["60"]),
    ("either way, down", "price moves 5% in 10m", "0:100 60:95", ["60"]),
    ("in units", "price up 500 in 15m", "0:1000 60:1499 120:1500", ["120"]),
    ("known from the first reading on, which is no move", "price up 5% in 1h", "0:100", []),
    ("within one bar", "price up 5% in 1h", "1:100 2:106", ["2"]),
    ("what is older than the window is no base", "price up 5% in 2m", "60:90 120:100 180:101 240:102", ["120"]),
    ("up by more than 100%", "price up 150% in 10m", "0:100 60:249 120:250", ["120"]),
    ("grades move by points", "tm_grade up 5 in 1d", "0:tm_grade=50 1h:tm_grade=54.9 2h:tm_grade=55", ["7200"]),
]


@pytest.mark.parametrize(("when", "script", "expected"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES])
def test_moves(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script, cooldown="1d") == expected


CHANGES = [
    ("against the last bar ended at t−W", "change(price, 2m) > 5%", "60:100 120:90 180:105.1", ["180"]),
    ("unknown without a bar that old", "change(price, 2m) > 5%", "120:100 180:110 230:120", []),
    ("over a gap the close before it counts", "change(price, 2m) > 5%", "60:100 600:106", ["600"]),
    ("a bar still open then does not", "change(price, 2m) > 5%", "60:100 61:50 180:106", ["180"]),
    ("down is negative", "change(price, 2m) < -5%", "60:100 180:94", ["180"]),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
def test_change(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


CROSSINGS = [
    ("above", "price crosses above 100", "0:99 60:101 120:102 180:99 240:101", ["60", "240"]),
    ("above, from the level itself", "price crosses above 100", "0:100 60:101", ["60"]),
    ("above is not to touch", "price crosses above 100", "0:99 60:100", []),
    ("below", "price crosses below 100", "0:101 60:100 120:99", ["120"]),
    ("either way", "price crosses 100", "0:99 60:101 120:102 180:99", ["60", "180"]),
    ("reaches is crossing", "price reaches 100", "0:99 60:101", ["60"]),
    ("reaches is touching, from below", "price reaches 100", "0:99 60:100", ["60"]),
    ("reaches is touching, from above", "price reaches 100", "0:101 60:100", ["60"]),
    ("the first reading crosses nothing", "price crosses above 100", "0:101", []),
    ("unknown then is unknown now", "price crosses above ETH.price", "0:99 60:101 120:ETH=100 180:102", []),
    (
        "two expressions: each side as it was then",
        "price crosses above ETH.price",
        "0:100,ETH=110 60:105 120:ETH=104 180:106",
        ["120"],
    ),
    ("of a window", "price crosses above high(2m)", minutes(1, 5, 5, 5, 4, 6), ["300"]),
    ("a confirmation is no reading", "price crosses above 100", "0:99 60:101 120:same 180:102", ["60"]),
    ("another series' reading is none of its own", "price crosses above 100", "0:99 60:ETH=5 120:101", ["120"]),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in CROSSINGS], ids=[case[0] for case in CROSSINGS]
)
def test_crossings(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


FLIPS = [
    ("to a state", "signal flips to bullish", "0:signal=bearish 60:signal=bullish", ["60"]),
    ("to another state", "signal flips to bearish", "0:signal=bearish 60:signal=bullish", []),
    ("any", "signal flips", "0:signal=bullish 60:signal=bullish 120:signal=bearish", ["120"]),
    (
        "from one to one",
        "hourly_signal flips from bullish to bearish",
        "0:hourly_signal=bullish 60:hourly_signal=neutral 120:hourly_signal=bearish 180:hourly_signal=bullish"
        " 240:hourly_signal=bearish",
        ["240"],
    ),
    ("the first known value is no flip", "signal flips to bullish", "0:99 60:signal=bullish", []),
    ("another field's reading is no flip", "signal flips and price > 1", "0:signal=bullish,5 60:6", []),
]


@pytest.mark.parametrize(("when", "script", "expected"), [case[1:] for case in FLIPS], ids=[case[0] for case in FLIPS])
def test_flips(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


def test_a_flip_over_an_outage_is_one() -> None:
    play = Play({"when": "signal flips to bullish", "no_data": "ignore"}, stale_after=100.0)
    assert play.run("0:signal=bearish 500:- 600:signal=bullish") == ["600 fired 1"]


REVISIONS = [
    ("a revision may flip", "signal flips", "0:signal=bullish 60:signal=bearish 90@60:signal=bullish", ["60", "90"]),
    ("and be the first to", "signal flips", "0:signal=bullish 60:signal=bullish 90@60:signal=bearish", ["90"]),
    ("it is compared with the reading before", "price crosses above 100", "0:99 60:99.5 90@60:101", ["90"]),
    ("not with what it replaces", "price crosses above 100", "0:101 60:99 90@60:102", []),
    ("the next is compared with the revision", "price crosses above 100", "0:99 60:99.5 90@60:100.5 120:102", ["90"]),
    ("it replaces a high", "price > high(2m)", "60:5 120:5 180:50 190@180:4 240:5", ["180", "240"]),
]


@pytest.mark.parametrize(
    ("when", "script", "expected"), [case[1:] for case in REVISIONS], ids=[case[0] for case in REVISIONS]
)
def test_revisions(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


MOMENTARY = [
    ("and: on the crossing's own reading", "price crosses above 100 and tm_grade > 50", ["120"]),
    ("or with a level is a level", "price crosses above 100 or tm_grade > 90", ["60", "120", "300"]),
]


@pytest.mark.parametrize(("when", "expected"), [case[1:] for case in MOMENTARY], ids=[case[0] for case in MOMENTARY])
def test_momentary(when: str, expected: list[str]) -> None:
    script = "0:99,tm_grade=40 60:101 90:99,tm_grade=60 120:101 180:102 240:99 300:tm_grade=95"
    assert fired(when, script) == expected


AGES = [
    ("since the last reading", "age(price) > 10m", "0:5 300:6 2000:-", ["900.001"]),
    ("a confirmation renews it", "age(price) > 10m", "0:5 300:same 2000:-", ["900.001"]),
    ("from when the alert was added, without any", "age(signal) > 10m", "0:5 2000:-", ["599.001"]),
    ("it ends with a reading", "age(price) > 10m", "0:5 700:6 2000:-", ["600.001", "1300.001"]),
    ("of another coin", "age(ETH.price) > 10m", "0:ETH=5 2000:-", ["600.001"]),
    ("below a limit, too", "price > 1 and not age(price) < 10m", "0:5 2000:-", ["600.001"]),
]


@pytest.mark.parametrize(("when", "script", "expected"), [case[1:] for case in AGES], ids=[case[0] for case in AGES])
def test_ages(when: str, script: str, expected: list[str]) -> None:
    assert fired(when, script) == expected


def test_an_age_that_is_over_its_limit_when_the_alert_comes_is_told_at_once() -> None:
    play = Play({"name": "other", "when": "price > 1000"})
    play.run("0:5")
    play.change({"name": "other", "when": "price > 1000"}, {"when": "age(price) > 10m"}, at=3000.0)
    assert play.run("3001:-") == ["3000 already_true"]


def test_an_age_in_until_has_its_timer_too() -> None:
    play = Play({"when": "price > 100", "until": "age(price) > 10m"})
    assert play.run("0:99 60:101 2000:-") == ["60 fired 1", "660.001 resolved 1"]


def test_a_stale_field_is_unknown_and_never_no() -> None:
    play = Play({"when": "not price > 100", "no_data": "ignore", "symbols": ["SOL"]}, stale_after=100.0)
    assert play.run("0:SOL=101 200:- 250:SOL.tm_grade=5") == []


@pytest.mark.parametrize("values", [(5.0, 4.0, 6.0), (1.0, 1.0, 1.0), (3.0, 2.0, 1.0)])
def test_history_fills_windows_and_is_never_judged(values: tuple[float, ...]) -> None:
    play = Play({"when": "price > high(2m)"} | FIRE)
    play.fill([-120.0, -60.0, 0.0], values)
    play.run("10:2")
    expected = ["10 fired 1"] if max(values[1:]) < 2.0 else []
    assert play.log == expected
    assert np.isclose(play.state.market.latest.value[1], 2.0)


def test_history_is_what_the_first_reading_crosses_from() -> None:
    play = Play({"when": "price crosses above 100"})
    play.fill([-60.0, 0.0], [98.0, 99.0])
    assert play.run("10:101") == ["10 fired 1"]
