"""Generated trees of every kind of node, for the properties of the language's front."""

from hypothesis import strategies as st

from alertd.conditions import tree as t
from alertd.conditions.fields import FIELDS, MARKET, Unit
from alertd.conditions.functions import FUNCTIONS, INTERVALS, MOST_BARS, Kind, bars_of
from alertd.conditions.parse import conjoin
from alertd.conditions.text import exact_duration
from alertd.model.universe import Universe

PLACE = Universe(literal=True, series={"ETHBTC": "number"})
"""Where the names of these trees are known."""

NUMBERS = [s.name for s in FIELDS.values() if s.unit is not Unit.STATE and not s.of_market and not s.per_bar]
STATES = [s.name for s in FIELDS.values() if s.unit is Unit.STATE]
COINS = st.sampled_from([None, "BTC", "1INCH", "binance", "In", "Ω-coin", "AND", "HOLDS", "rsi"])

values = st.floats(min_value=-1e18, max_value=1e18, allow_nan=False).map(lambda value: value + 0.0)
seconds = st.one_of(
    st.integers(1, 40_000_000).map(float), st.floats(min_value=1e-3, max_value=1e9, allow_subnormal=False)
)
intervals = st.sampled_from(list(INTERVALS.values()))
amounts = values.map(abs).map(t.Percent) | values.map(abs).map(t.Number)


def of_bars(name: str, coin: str | None, interval: float) -> t.Field:
    return t.Field(f"{name}({exact_duration(interval)})", coin)


number_fields = st.one_of(
    st.builds(t.Field, st.sampled_from(NUMBERS), COINS),
    st.sampled_from([t.Field("fear_greed", MARKET), t.Field("ETHBTC", MARKET)]),
    st.builds(of_bars, st.sampled_from(["volume", "base_volume"]), COINS, intervals),
)
state_fields = st.builds(t.Field, st.sampled_from(STATES), COINS)


@st.composite
def indicators(draw: st.DrawFn) -> t.Indicator:
    spec = draw(st.sampled_from([spec for spec in FUNCTIONS.values() if spec.kind is Kind.INDICATOR]))
    interval = draw(intervals)
    whole = [draw(st.integers(a.least, 60)) if a.whole else draw(values) for a in spec.arguments]
    if spec.name.startswith("macd"):
        whole[1] += whole[0]
    arguments = tuple(float(number) for number in whole)
    assert bars_of(spec.name, arguments) <= MOST_BARS
    if spec.name == "vwap":
        coin = draw(COINS)
        of, other = (of_bars(name, coin, interval) for name in ("volume", "base_volume"))
        return t.Indicator("vwap", of, arguments, interval, other)
    second = draw(number_fields) if spec.name == "correlation" else None
    return t.Indicator(spec.name, draw(number_fields), arguments, interval, second)


windows = [spec.name for spec in FUNCTIONS.values() if spec.kind is Kind.WINDOW]
leaves = st.one_of(
    st.builds(t.Number, values),
    st.builds(t.Percent, values),
    number_fields,
    st.builds(t.Window, st.sampled_from(windows), number_fields, seconds),
    st.builds(t.Change, number_fields, seconds),
    indicators(),
    st.builds(t.Rank, number_fields | indicators()),
)


def negated(of: t.Expression) -> t.Expression:
    match of:
        case t.Number(value):
            return t.Number(-value)
        case t.Percent(value):
            return t.Percent(-value)
        case _:
            return t.Negative(of)


expressions: st.SearchStrategy[t.Expression] = st.recursive(
    leaves,
    lambda inner: st.builds(t.Arithmetic, st.sampled_from("+-*/"), inner, inner) | inner.map(negated),
    max_leaves=5,
)


@st.composite
def of_states(draw: st.DrawFn) -> t.Condition:
    field = draw(state_fields)
    states = st.sampled_from(list(FIELDS[field.name].labels.values()))
    if draw(st.booleans()):
        return t.Is(field, draw(states))
    return t.Flip(field, draw(st.none() | states), draw(st.none() | states))


@st.composite
def moves(draw: st.DrawFn) -> t.Condition:
    direction, field, amount = draw(st.sampled_from(["up", "down", "moves"])), draw(number_fields), draw(amounts)
    relative = isinstance(amount, t.Percent)
    if draw(st.booleans()):
        return t.Move(direction, field, amount, relative, draw(seconds))
    opens = st.builds(t.Opening, number_fields, intervals)
    # `open(1d)` as a base is the bar that is running, so that it never stands there for the closed one.
    others = expressions.filter(lambda base: not (isinstance(base, t.Indicator) and base.function == "open"))
    return t.Since(direction, field, amount, relative, draw(st.just(t.LastAlert(field)) | opens | others))


def near(of: t.Expression, amount: t.Amount, target: t.Expression) -> t.Within:
    return t.Within(of, amount, isinstance(amount, t.Percent), target)


def any_of(parts: list[t.Condition]) -> t.Condition:
    return t.Or(tuple(inner for part in parts for inner in (part.parts if isinstance(part, t.Or) else (part,))))


ranges = st.builds(near, expressions, amounts, expressions) | st.builds(
    t.Between, expressions, expressions, expressions
)
one_way = st.builds(t.Cross, st.sampled_from(["above", "below"]), expressions, expressions)
simple = st.one_of(
    st.builds(t.Compare, st.sampled_from([">", ">=", "<", "<=", "==", "!="]), expressions, expressions),
    st.builds(t.Compare, st.sampled_from(["<", ">"]), st.builds(t.Age, number_fields), st.builds(t.Duration, seconds)),
    st.builds(t.Cross, st.sampled_from(["above", "below", "either", "reaches"]), expressions, expressions),
    st.builds(t.CrossEvery, expressions, amounts),
    st.builds(t.Holds, one_way, seconds),
    moves(),
    ranges,
    st.builds(t.Enters, ranges, st.booleans()),
    of_states(),
)


def _made_of(inner: st.SearchStrategy[t.Condition]) -> st.SearchStrategy[t.Condition]:
    some = st.lists(inner, min_size=2, max_size=3)
    counted = st.builds(t.Count, inner) | st.builds(t.Share, inner)
    return st.one_of(
        inner.map(t.Not),
        some.map(conjoin),
        some.map(any_of),
        st.builds(t.Recently, inner, seconds),
        st.builds(lambda count, parts: t.Some(count, tuple(parts)), st.integers(1, 2), some),
        st.builds(lambda count, part: t.Confirmed(count, (part,)), st.integers(2, 5), inner),
        st.builds(t.Compare, st.sampled_from("<>"), counted, leaves),
    )


conditions: st.SearchStrategy[t.Condition] = st.recursive(simple, _made_of, max_leaves=4)
