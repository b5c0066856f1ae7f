"""Who wants to be told of what in the demo: five people, their rules, and the numbers in them, taken from the market
so that something happens in any."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from alertd.demo.expected import Below, Both, Flips, Move, Question, Says
from alertd.demo.market import HOUR
from alertd.demo.session import Session, moves

STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0)
"""Percents that people write."""

MAJORS = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A receiver: `role` is what the demo calls it, `address` is on the channel; `cap` as the configuration says it."""

    name: str
    channel: str
    address: str
    role: str
    cap: str = ""


PEOPLE = (
    Person("trader", "telegram", "110201543", "a trader"),
    Person("desk", "slack", "#alerts", "a trading desk"),
    Person("community", "discord", "876543210987654321", "a community", cap="2/h"),
    Person("operator", "email", "ops@desk.example", "who runs alertd"),
    Person("bot", "webhook", "default", "a program"),
)

OPERATOR = "operator"
KILLER = "majors-fall"
"""The rule during whose first message the daemon is killed."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A rule: `keys` are further ones of its entry in the rule file."""

    rule: str
    asks: Question
    coins: tuple[str, ...]
    to: tuple[str, ...]
    keys: Mapping[str, object] = field(default_factory=dict)

    def entry(self) -> dict[str, object]:
        """As it stands in the rule file."""
        return {
            "name": self.rule,
            "symbols": list(self.coins),
            "when": self.asks.text,
            **self.keys,
            "notify": list(self.to),
        }


def watches(session: Session) -> tuple[Watch, ...]:
    """The rules for what happens in this session."""
    market = session.market
    coins = tuple(market.bars)
    falls, rises = zip(*(_most(session, coin) for coin in coins), strict=True)
    usual = float(np.median(falls))
    # Coins that hardly move are there for other reasons.
    majors = tuple(coin for coin, fall in zip(coins, falls, strict=True) if fall >= usual / 4)[:MAJORS]
    wide, bounce = _step(0.45 * usual), _step(0.6 * float(np.median(rises)))
    narrow = _step(0.7 * min(fall for coin, fall in zip(coins, falls, strict=True) if coin in majors))
    level = _level(session, majors[0])
    clear = float(f"{level * 1.03:.3g}")
    floor: dict[str, object] = {"until": f"price > {clear:.10g}", "tell": ["fired", "resolved"], "remind": "2h"}
    return (
        Watch(KILLER, Move(-narrow), majors, ("trader",), {"cooldown": "2h"}),
        Watch("market-crash", Move(-wide), coins, ("desk", "bot"), {"cooldown": "4h"}),
        Watch("new-signal", Flips(), coins, ("community",)),
        Watch("against-the-trend", Both(Move(bounce), Says(-1)), majors, ("trader", "bot"), {"cooldown": "2h"}),
        Watch("floor", Below(level), majors[:1], (OPERATOR, "bot"), floor),
    )


def _most(session: Session, coin: str) -> tuple[float, float]:
    """How far a coin falls, and how far it rises, within an hour, percent."""
    bars = session.market.bars[coin]
    playing = (bars.end >= session.start + HOUR) & (bars.end <= session.end - HOUR)
    fall, rise = (float(np.where(playing, column, 0.0).max()) for column in moves(bars))
    return 100 * fall, 100 * rise


def _step(percent: float) -> float:
    """The largest number that people write, up to this one."""
    return max((step for step in STEPS if step <= percent), default=STEPS[0])


def _level(session: Session, coin: str) -> float:
    """A round price that the coin breaks when the market falls: half way between its lowest price until then and its
    lowest at all."""
    bars = session.market.bars[coin]
    before = bars.close[(bars.end >= session.start) & (bars.end < session.steepest - HOUR)]
    after = bars.close[(bars.end >= session.steepest - HOUR) & (bars.end <= session.end)]
    high, low = (float(part.min()) if len(part) else float(bars.close[-1]) for part in (before, after))
    return float(f"{(high + low) / 2:.3g}")
