"""Restart ≡ no restart; and an alert's life does not depend on who stands beside it in a bank."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes import START
from tests.rules.play import Play

Keys = dict[str, object]

WHENS: list[Keys] = [
    {"when": "price > 100"},
    {"when": "price > 102"},
    {"when": "price > 100", "until": "price < 98"},
    {"when": "price > 100", "for": "90s"},
    {"when": "price > 100", "cooldown": "4m"},
    {"when": "price > 100", "keep_firing_for": "90s", "remind": "150s"},
    {"when": "price > high(3m)", "for": "45s"},
    {"when": "price < low(5m)", "cooldown": "3m"},
    {"when": "price < average(25h)"},
    {"when": "price up 3% in 4m"},
    {"when": "price down 2% in 30h", "cooldown": "10m"},
    {"when": "change(price, 3m) > 2%"},
    {"when": "price crosses above 100"},
    {"when": "price crosses high(3m)", "cooldown": "2m"},
    {"when": "price reaches 100 and signal is bullish"},
    {"when": "signal flips"},
    {"when": "signal flips to bullish", "until": "signal is bearish"},
    {"when": "price / ETH.price > 1", "already_true": "fire"},
    {"when": "age(price) > 4m"},
    {"when": "age(ETH.price) > 4m", "until": "age(ETH.price) < 1m"},
    {"when": "not price > 100", "fire": "once"},
    {"when": "price > 100", "active": {"hours": "00:10-00:30"}},
    {"when": "price > 100", "expires": "2026-01-01T00:20Z"},
    {"when": "price > 99", "no_data": "tell after 6m"},
    {"when": "binance.price < 100 or signal is bullish", "no_data": "ignore"},
]


@st.composite
def rules(draw: st.DrawFn) -> list[Keys]:
    chosen = draw(st.lists(st.sampled_from(WHENS), min_size=1, max_size=6))
    coins = st.lists(st.sampled_from(["BTC", "ETH"]), min_size=1, max_size=2, unique=True)
    return [keys | {"name": f"rule{k}", "symbols": draw(coins)} for k, keys in enumerate(chosen)]


names = st.sampled_from(["", "ETH=", "coingecko.price=", "coingecko.ETH.price="])
prices = st.integers(95, 105).map(str)
signals = st.sampled_from(["signal=bullish", "signal=bearish", "ETH.signal=bullish"])
values = st.one_of(st.tuples(names, prices).map("".join), signals, st.just("-"))
steps = st.tuples(st.sampled_from([1, 20, 30, 60, 60, 60, 130, 400]), st.sampled_from([0, 0, 0, 0, 45]), values)


@st.composite
def scripts(draw: st.DrawFn) -> list[str]:
    """Words of a script, some readings dated back."""
    now, words = 0, []
    for pause, back, value in draw(st.lists(steps, min_size=5, max_size=40)):
        now += pause
        words.append(f"{now}@{now - back}:{value}" if back and value != "-" else f"{now}:{value}")
    return words


@settings(max_examples=150)
@given(rules(), scripts(), st.sets(st.integers(0, 39), max_size=4))
@example(  # what a crossing remembers of the source that it went back to
    [{"when": "price crosses above 100", "name": "rule0", "symbols": ["BTC"]}],
    ["61:coingecko.price=95", "191:-", "251:95", "252:101"],
    {2},
)
@example(  # when an age passes a limit at the source that took over
    [{"when": "age(ETH.price) > 4m", "until": "age(ETH.price) < 1m", "name": "rule0", "symbols": ["BTC"]}],
    ["241:-", "243:coingecko.ETH.price=95"],
    {1},
)
def test_a_restart_changes_nothing(written: list[Keys], script: list[str], stops: set[int]) -> None:
    through = Play(*written, stale_after=240.0)
    stopped = Play(*written, stale_after=240.0)
    for place, word in enumerate(script):
        through.run(word)
        stopped.run(word)
        if place in stops:
            stopped = stopped.restarted()
            stopped.change(*written, at=stopped.now - START)
        assert stopped.log == through.log
        assert stopped.due() == through.due()
    assert stopped.stored() == through.stored()


@settings(max_examples=75)
@given(rules(), scripts())
def test_many_alerts_at_once_are_as_each_alone(written: list[Keys], script: list[str]) -> None:
    together = Play(*written, stale_after=240.0).run(" ".join(script))
    alone: list[str] = []
    for keys in written:
        coins = keys["symbols"]
        assert isinstance(coins, list)
        for coin in coins:
            alone += Play(keys | {"symbols": [coin]}, stale_after=240.0).run(" ".join(script))
    assert sorted(together) == sorted(alone)


def test_a_value_that_is_only_confirmed_after_a_start_counts_again() -> None:
    """Until its source speaks nobody knows if it still holds; a level that was passed meanwhile is not passed again."""
    rule: Keys = {"when": "price up 6% in 1h and signal is bearish"}
    play = Play(rule)
    play.run("0:signal=bearish 60:100 120:90")
    play = play.restarted()
    play.state.market.start_again(0.0)
    play.change(rule, at=180)
    assert play.run("240:91 300:96 360:signal=same 420:97 480:98") == ["420 fired 1"]
