"""Many alerts as traders set them, the prices of their coins, and what a naive reading of both says must fire.

70 % are levels, 20 % moves within an hour, 10 % have to do with a signal. Everything is drawn from one seed, so that
every run judges the same. At the first prices no alert is true: levels stand 2 to 60 % away, moves ask for 2 to 30 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alertd.conditions import tree as t
from alertd.conditions.parse import parse
from alertd.model.reading import Poll, Readings
from alertd.rules.rule import Rule
from tests.benchmarks.snapshot import COINS, NAMES
from tests.fakes import START

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOUR, MINUTE = 3600.0, 60.0
CREATED = START + 17.0
"""When the alerts were added: off the grid of the bars."""

EACH = 10
"""Alerts of one user."""

EVERY = 300.0
"""Seconds from a poll of the prices to the next."""

BULLISH, BEARISH = 1.0, -1.0
ABOVE, BELOW, UP, DOWN, FLIP, BULLISH_BELOW = range(6)
SENTENCES = (
    "price > {}",
    "price < {}",
    "price up {}% in 1h",
    "price down {}% in 1h",
    "signal flips to bullish",
    "signal is bullish and price < {}",
)
_MIX = np.array([ABOVE, BELOW] * 7 + [UP, DOWN] * 2 + [FLIP, BULLISH_BELOW])


@dataclass(frozen=True, slots=True)
class Crowd:
    """Alerts by number: whose coin, which sentence, and the constant in it (a price, or percent points)."""

    coin: Ints
    kind: Ints
    constant: Floats
    prices: Floats
    """Of the coins, at first."""

    def __len__(self) -> int:
        return len(self.coin)

    def part(self, numbers: Ints) -> "Crowd":
        """These alerts alone; they are numbered anew."""
        return Crowd(self.coin[numbers], self.kind[numbers], self.constant[numbers], self.prices)

    def name(self, number: int) -> tuple[str, str]:
        """(owner, name) of its rule: every user has a few."""
        return f"u{number // EACH}", f"r{number}"

    def sentence(self, number: int) -> str:
        return SENTENCES[self.kind[number]].format(repr(float(self.constant[number])))


def crowd(size: int, *, mix: Ints = _MIX) -> Crowd:
    """So many alerts, spread evenly over the coins and, on each coin, over the mix."""
    dice = np.random.default_rng(1)
    prices = 10.0 ** dice.uniform(-4, 4, COINS)
    number = np.arange(size)
    coin = number % COINS
    kind = mix[(number // COINS + coin) % len(mix)]
    away, amount = dice.uniform(0.02, 0.60, size), dice.uniform(2.0, 30.0, size)
    sign = np.where(kind == ABOVE, 1.0, -1.0)
    level = prices[coin] * (1 + sign * away)
    return Crowd(coin, kind, np.where((kind == UP) | (kind == DOWN), amount, level), prices)


def rules(of: Crowd) -> list[Rule]:
    """A rule for each alert. The trees are made by hand: parsing is measured elsewhere."""
    templates = [parse(sentence.format(1)) for sentence in SENTENCES]
    return [_rule(of, number, templates) for number in range(len(of))]


def _rule(of: Crowd, number: int, templates: list[t.Condition]) -> Rule:
    text = of.sentence(number)
    owner, name = of.name(number)
    return Rule(
        name=name,
        owner=owner,
        symbols=(NAMES[of.coin[number]],),
        when=_with(templates[of.kind[number]], float(of.constant[number])),
        when_text=text,
        notify=("desk",),
    )


def _with(tree: t.Condition, constant: float) -> t.Condition:
    match tree:
        case t.Compare(operator, left, _):
            return t.Compare(operator, left, t.Number(constant))
        case t.Move(direction, field, _, relative, window):
            return t.Move(direction, field, t.Percent(constant), relative, window)
        case t.And(parts):
            return t.And(tuple(_with(part, constant) for part in parts))
        case _:
            return tree


class Oracle:
    """The prices of an exchange, poll by poll, and what each means for a crowd, read off naively: every alert is
    looked at, every window is gone through, nothing is kept but what was true before."""

    def __init__(self, of: Crowd) -> None:
        self.crowd = of
        self.now = CREATED
        self.true = np.zeros(len(of), np.bool_)
        self._dice = np.random.default_rng(2)
        self._signal = np.full(COINS, BEARISH)
        self._history: list[tuple[float, Floats]] = []

    def quiet(self) -> Floats:
        """Nothing but noise around the first prices."""
        return self.crowd.prices * (1 + self._dice.uniform(-1e-4, 1e-4, COINS))

    def busy(self, coins: int) -> Floats:
        """So many coins are up by 15 %."""
        prices = self.quiet()
        prices[self._dice.choice(COINS, coins, replace=False)] *= 1.15
        return prices

    def crash(self, fall: float) -> Floats:
        return self.quiet() * (1 - fall)

    def signals(self, flipping: int) -> Floats:
        """As they are, but for so many coins whose signal turns."""
        signals = self._signal.copy()
        signals[self._dice.choice(COINS, flipping, replace=False)] *= -1
        return signals

    def price_poll(self, prices: Floats) -> Poll:
        self.now += EVERY
        at = np.full(COINS, self.now - 2.0)
        self._history = [(end, past) for end, past in self._history if end > self.now - HOUR]
        self._history.append((float(np.ceil(at[0] / MINUTE) * MINUTE), prices))
        return Poll("coingecko", self.now, (Readings("coingecko", "price", NAMES, prices, at),))

    def signal_poll(self, signals: Floats) -> Poll:
        self.now += 1.0
        at = np.full(COINS, self.now)
        return Poll("tokenmetrics", self.now, (Readings("tokenmetrics", "signal", NAMES, signals, at),))

    def after_prices(self, prices: Floats) -> tuple[Ints, Ints]:
        """Numbers of the alerts that fire, and of those that resolve, with these prices."""
        return self._turn(self._verdicts(prices))

    def after_signals(self, signals: Floats) -> tuple[Ints, Ints]:
        turned = (signals == BULLISH) & (self._signal != BULLISH)
        self._signal = signals
        fired, resolved = self._turn(self._verdicts(self._history[-1][1]))
        flips = np.flatnonzero((self.crowd.kind == FLIP) & turned[self.crowd.coin])
        return np.union1d(fired, flips), resolved

    def _verdicts(self, prices: Floats) -> Flags:
        kind, coin, constant = self.crowd.kind, self.crowd.coin, self.crowd.constant
        past = np.array([prices for _, prices in self._history])
        price, lowest, highest = prices[coin], past.min(axis=0)[coin], past.max(axis=0)[coin]
        return np.select(
            [kind == ABOVE, kind == BELOW, kind == UP, kind == DOWN, kind == BULLISH_BELOW],
            [
                price > constant,
                price < constant,
                100 * price >= (100 + constant) * lowest,
                100 * price <= (100 - constant) * highest,
                (self._signal[coin] == BULLISH) & (price < constant),
            ],
            default=False,
        )

    def _turn(self, true: Flags) -> tuple[Ints, Ints]:
        fired, resolved = np.flatnonzero(true & ~self.true), np.flatnonzero(self.true & ~true)
        self.true = true
        return fired, resolved
