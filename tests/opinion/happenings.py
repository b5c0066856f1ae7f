"""Rules and timelines drawn at random: few levels, many gaps."""

from dataclasses import replace
from math import floor, inf
from typing import NamedTuple

from hypothesis import strategies as st

from tests.fakes import START
from tests.opinion.conditions import Form, conditions, stretched
from tests.opinion.life import Terms
from tests.opinion.readings import Poll, Reading, Source
from tests.opinion.sentence import MARKET, momentary
from tests.opinion.timeline import Happening
from tests.opinion.written import told

Draw = st.DrawFn
HOUR = 60
"""The pace of a timeline whose minutes are hours."""

COINS = ("BTC", "ETH", "SOL")
GIVEN = {
    "binance": ("price",),
    "coingecko": ("price",),
    "tm": ("signal", "hourly_signal", "tm_grade"),
    "bars": ("volume(1m)", "base_volume(1m)"),
    "fear": ("fear_greed",),
}
"""What each answer is about; those named `bars` are binance's."""

STALE = st.sampled_from([inf, 100.0, 250.0, 250.0])

pauses = st.sampled_from([0, 1, 10, 20, 30, 30, 60, 60, 60, 60, 60, 61, 90, 130, 400, 2000])
values = {
    "price": st.sampled_from([95.0, 97.0, 98.0, 99.0, 100.0, 100.0, 101.0, 102.0, 103.0, 105.0]),
    "signal": st.sampled_from([1.0, -1.0]),
    "hourly_signal": st.sampled_from([1.0, -1.0, 0.0]),
    "tm_grade": st.sampled_from([45.0, 50.0, 55.0]),
    "fear_greed": st.sampled_from([45.0, 50.0, 55.0]),
    "volume(1m)": st.sampled_from([100.0, 200.0, 300.0]),
    "base_volume(1m)": st.sampled_from([1.0, 2.0, 3.0]),
}
dated = st.sampled_from([0, 0, 0, 0, 0, 0, -5, -45, -100, 30, 60, 61])
speakers = st.sampled_from(["binance"] * 6 + ["coingecko"] * 3 + ["tm"] * 3 + ["bars"] * 2 + ["fear"])
some_coins = st.sampled_from([COINS, ("BTC",), ("BTC",), ("BTC", "ETH"), ("ETH", "SOL")])
durations = st.sampled_from([0.0, 0.0, 0.0, 60.0, 90.0, 200.0])
rarely = st.integers(0, 4).map(lambda n: n == 4)


@st.composite
def sources(draw: Draw, pace: float) -> list[Source]:
    """binance has not every coin; tm goes stale as the others do."""
    stale = draw(STALE) * pace
    of_binance = frozenset(draw(st.sampled_from([COINS, COINS[:2], COINS[:1]])))
    found = []
    for name, fields in GIVEN.items():
        for field in fields:
            coins = of_binance if name in ("binance", "bars") else frozenset((MARKET,) if name == "fear" else COINS)
            found.append(Source("binance" if name == "bars" else name, at_pace(field, pace), coins, stale))
    return found


def at_pace(field: str, pace: float) -> str:
    return field.replace("(1m)", "(1h)") if pace == HOUR else field


@st.composite
def terms(draw: Draw, name: str, coins: tuple[str, ...], forms: tuple[Form, ...]) -> Terms:
    when = draw(conditions(forms))
    until = draw(conditions(forms, 1)) if draw(rarely) else None
    until = None if until and momentary(until) else until
    return Terms(
        name,
        coins,
        when,
        until,
        for_=0.0 if momentary(when) else draw(durations),
        keep_firing_for=draw(durations) if until is None else 0.0,
        cooldown=draw(durations),
        fire=draw(st.sampled_from([inf, inf, inf, 1, 2])),
        remind=draw(st.sampled_from([inf, inf, 100.0, 60.0])),
        already_true=draw(st.sampled_from(["tell", "fire", "fire", "ignore"])),
        no_data=draw(st.sampled_from([None, 0.0, 0.0, 300.0])),
        expires=START + 900 if draw(rarely) and draw(rarely) else inf,
    )


def in_hours(terms: Terms) -> Terms:
    """The same rule with hours for minutes."""
    return replace(
        terms,
        when=stretched(terms.when),
        until=stretched(terms.until) if terms.until else None,
        for_=terms.for_ * HOUR,
        keep_firing_for=terms.keep_firing_for * HOUR,
        cooldown=terms.cooldown * HOUR,
        remind=terms.remind * HOUR,
        no_data=terms.no_data and terms.no_data * HOUR,
        expires=START + (terms.expires - START) * HOUR,
    )


class Script:
    """A timeline as it grows: what was said last is what a confirmation repeats, and a revision revises."""

    def __init__(self, draw: Draw, pace: float) -> None:
        self.draw = draw
        self.pace = pace
        self.now = START
        self.said: dict[tuple[str, str, str], Reading] = {}

    def poll(self) -> Poll:
        about = self.draw(speakers)
        fields = GIVEN[about] if self.draw(rarely) or about == "bars" else (self.draw(st.sampled_from(GIVEN[about])),)
        coins = (MARKET,) if about == "fear" else self.draw(some_coins)
        bar = 60 * self.pace
        at = floor(self.now / bar) * bar if about == "bars" else self.now + self.draw(dated)
        source = "binance" if about == "bars" else about
        said = [(field, coin, self._say((source, field, coin), at)) for field in fields for coin in coins]
        confirmed = tuple((at_pace(field, self.pace), coin) for field, coin, reading in said if reading is None)
        return Poll(source, tuple(reading for *_, reading in said if reading), confirmed)

    def _say(self, key: tuple[str, str, str], at: float) -> Reading | None:
        """A reading, new or the last one again or revised; None confirms the last one."""
        last = self.said.get(key)
        kind = self.draw(st.integers(0, 11)) if last else 0
        if last and kind == 11:
            return None
        source, field, coin = key
        value = last.value if last and kind == 10 else self.draw(values[field])
        made = Reading(source, at_pace(field, self.pace), coin, value, last.at if last and kind >= 9 else at)
        if made.at <= self.now + 60:
            self.said[key] = made
        return made


class Case(NamedTuple):
    sources: list[Source]
    happenings: list[Happening]

    def __repr__(self) -> str:
        return f"\n{told(self.sources, self.happenings)}\n"


@st.composite
def cases(draw: Draw, forms: tuple[Form, ...]) -> Case:
    """One to three rules on the same coins, and what happens to them, at the pace of minutes or of hours."""
    pace = HOUR if draw(rarely) else 1
    coins = draw(st.sampled_from([COINS[:1], COINS[:1], COINS[:2], COINS]))
    rules = tuple(draw(terms(f"rule{k}", coins, forms)) for k in range(draw(st.sampled_from([1, 1, 2, 3]))))
    rules = tuple(in_hours(one) for one in rules) if pace == HOUR else rules
    script = Script(draw, pace)
    found = [Happening(START - 1, rules=rules)]
    for _ in range(draw(st.integers(4, 30))):
        script.now += draw(pauses) * pace
        kind = draw(st.integers(0, 24))
        if kind == 24:
            found.append(Happening(script.now, restart=True))
        elif kind == 23:
            rules = edited(draw, rules, pace)
            found.append(Happening(script.now, rules=rules))
        elif kind == 22:
            found.append(Happening(script.now))
        else:
            found.append(Happening(script.now, script.poll()))
    return Case(draw(sources(pace)), [*found, Happening(script.now + 1000)])


def edited(draw: Draw, rules: tuple[Terms, ...], pace: float) -> tuple[Terms, ...]:
    """Another cooldown, or the conditions dealt round among all but the last."""
    dealt = rules[:-1]
    if len(dealt) < 2 or draw(st.booleans()):
        return (replace(rules[0], cooldown=draw(durations) * pace), *rules[1:])
    return (*(
        replace(own, when=other.when, until=other.until, for_=other.for_, keep_firing_for=other.keep_firing_for)
        for own, other in zip(dealt, (*dealt[1:], dealt[0]), strict=True)
    ), rules[-1])  # fmt: skip
