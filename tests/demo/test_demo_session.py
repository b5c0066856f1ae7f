"""What is played of generated and of recorded bars."""

from pathlib import Path

import numpy as np
import pytest

from alertd.demo.market import DAY, HOUR, MINUTE
from alertd.demo.scenario import KILLER, watches
from alertd.demo.session import Session, from_files, generated, slowed
from alertd.errors import ConfigError


def candles(path: Path, minutes: dict[str, list[int]], *, fall_at: int, step: int = 1) -> Path:
    """Bars of a price of 100 that falls by a tenth at a minute; `minutes` are those that each symbol has."""
    rows = ["symbol,open_time,open,high,low,close"]
    for symbol, there in minutes.items():
        for minute in there:
            price = 90.0 if minute >= fall_at else 100.0
            time = np.datetime64("2024-01-01T00:00", "m") + minute * step
            rows.append(f"{symbol},{time}Z,{price},{price},{price},{price}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def played(session: Session) -> tuple[float, ...]:
    """Start, steepest moment and end as minutes of 2024."""
    return tuple((at - 1_704_067_200.0) / MINUTE for at in (session.start, session.steepest, session.end))


def test_the_generated_day_is_whole_and_takes_forty_seconds() -> None:
    session = generated()
    assert session.end - session.start == DAY
    assert (session.end - session.start) / session.speed == 40
    assert session.start + 12 * HOUR < session.steepest < session.start + 13 * HOUR
    assert any("generated" in line for line in session.about)


@pytest.mark.parametrize(("start", "seconds"), [(0.4, 40), (1.0, 40), (1.5, 60), (4.0, 160), (9.0, 160)])
def test_a_slow_machine_gets_a_slower_market_and_is_told_so(start: float, seconds: float) -> None:
    session = slowed(generated(), start)
    assert (session.end - session.start) / session.speed == pytest.approx(seconds)
    assert any("slow or busy" in line for line in session.about) is (seconds > 40)


def test_the_rules_of_the_generated_day() -> None:
    texts = {watch.rule: (watch.asks.text, len(watch.coins)) for watch in watches(generated())}
    assert texts == {
        KILLER: ("price down 12% in 1h", 5),
        "market-crash": ("price down 10% in 1h", 40),
        "new-signal": ("signal flips", 40),
        "against-the-trend": ("price up 6% in 1h and signal is bearish", 5),
        "floor": ("price < 63500", 1),
    }


@pytest.mark.parametrize(
    ("minutes", "fall_at", "expected"),
    [
        pytest.param(range(4000), 2500, (1780, 2501, 3220), id="a day around the fall"),
        pytest.param(range(4000), 3900, (2560, 3901, 4000), id="the last day where the fall is late"),
        pytest.param(range(200), 150, (20.9, 151, 200), id="all there is, but for what comes before"),
        pytest.param([*range(1000), *range(2000, 4000)], 2100, (2200.9, 2101, 3640.9), id="not over a gap"),
    ],
)
def test_which_part_of_recorded_bars(
    tmp_path: Path, minutes: list[int], fall_at: int, expected: tuple[float, float, float]
) -> None:
    session = from_files([candles(tmp_path / "bars.csv", {"BTCUSD": list(minutes)}, fall_at=fall_at)])
    assert played(session) == pytest.approx(expected, abs=2)
    assert list(session.market.bars) == ["BTC"]


def test_coins_without_bars_in_the_session_are_left_out(tmp_path: Path) -> None:
    minutes = {"BTCUSD": list(range(300)), "ETHUSD": list(range(40)), "FOO": list(range(300))}
    assert list(from_files([candles(tmp_path / "bars.csv", minutes, fall_at=200)]).market.bars) == ["BTC", "FOO"]


def test_long_bars_are_played_as_shorter_ones_and_it_says_so(tmp_path: Path) -> None:
    session = from_files([candles(tmp_path / "bars.csv", {"BTCUSD": list(range(50))}, fall_at=30, step=1440)])
    assert session.market.bars["BTC"].interval == 900
    assert np.diff(session.market.bars["BTC"].end).tolist() == [900] * 49
    assert session.about[-1] == "Its bars of 1d are played as if they were of 15m."
    assert played(session)[1] - played(session)[0] > 60


def test_too_few_bars(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"bars.csv: there are not bars enough"):
        from_files([candles(tmp_path / "bars.csv", {"BTCUSD": list(range(30))}, fall_at=20)])
