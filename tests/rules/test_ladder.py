"""Alerts that wait at a level are judged when it is passed: no tick leaves out one that looking at all would find."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.conditions.measure import Tick
from tests.fakes import START
from tests.rules.play import Play, polls

Keys = dict[str, object]

LEVELS = ("price > {}", "price <= {}", "{} < price", "price == {}", "price up {}% in 3m", "price moves {} in 2m")
BESIDE = ("{}", "{}", "signal is bullish and {}", "{} or signal flips", "not signal is bullish and {}")
levels = st.integers(95, 105)
sentences = st.builds(
    lambda form, level, rest: rest.format(form.format(level % 10 + 1 if "in" in form else level)),
    st.sampled_from(LEVELS),
    levels,
    st.sampled_from(BESIDE),
)
endings = st.sampled_from([{}, {"for": "90s"}, {"fire": "once"}, {"cooldown": "2m"}, {"remind": "3m"}])
coins = st.lists(st.sampled_from(["BTC", "ETH"]), min_size=1, max_size=2, unique=True)
words = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["", "ETH=", "coingecko.price="]), levels),
    st.sampled_from(["-", "signal=bullish", "signal=bearish", "ETH.signal=bullish"]),
)


@st.composite
def files(draw: st.DrawFn) -> list[Keys]:
    """Rules as a file has them."""
    count = draw(st.integers(0, 12))
    return [{"name": f"rule{k}", "symbols": draw(coins), "when": draw(sentences)} | draw(endings) for k in range(count)]


def without(play: Play) -> Play:
    """The same, with every alert looked at in every tick that touches it."""
    for bank in play.state.banks.values():
        bank.ladder = None
    return play


@settings(max_examples=120)
@given(
    st.lists(
        st.tuples(files(), st.lists(st.tuples(st.sampled_from([20, 60, 200, 400]), words), max_size=8)), max_size=5
    )
)
def test_nobody_is_left_out(days: list[tuple[list[Keys], list[tuple[int, str]]]]) -> None:
    quick, plain = Play(stale_after=300.0), Play(stale_after=300.0)
    now = 0
    for written, script in days:
        quick.change(*written, at=now)
        without(plain).change(*written, at=now)
        without(plain)
        for pause, word in script:
            now += pause
            quick.run(f"{now}:{word}")
            without(plain).run(f"{now}:{word}")
            assert sorted(quick.log) == sorted(plain.log)
        now += 1


def test_only_the_levels_that_are_passed_are_looked_at() -> None:
    play = Play(*({"name": f"rule{k}", "when": f"price > {100 + k}"} for k in range(50)))
    play.run("0:90 60:91")
    (bank,), market = play.state.banks.values(), play.state.market
    for turn, (price, looked) in enumerate([(95.5, 0), (103.5, 4), (103.6, 0), (101.5, 2)], start=2):
        now = START + 60.0 * turn
        (poll,) = polls(f"{60 * turn}:{price}")[0][1]
        absorbed = market.absorb(poll, now)
        tick = Tick.of(market, now, absorbed.new, absorbed.revised)
        assert len(bank.touched(tick, tick.new, absorbed.heard)) == looked
