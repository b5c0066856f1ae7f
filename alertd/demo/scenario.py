"""Who wants to be told of what in the demo: five people by rules, three by chat, how much each wants to hear, and the
numbers in it, taken from the market so that something happens in any."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle

import numpy as np

from alertd.demo.expected import Below, Both, Flips, Move, Question, Says
from alertd.demo.market import HOUR
from alertd.demo.platforms.discord_people import direct
from alertd.demo.platforms.record import Received
from alertd.demo.session import Session, moves

STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0)
"""Percents that people write."""

MAJORS = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A receiver: `address` is on the channel; `cap` as the configuration says it. One that `sleeps` has quiet hours;
    `otherwise` is the mailbox for what the channel does not take."""

    name: str
    channel: str
    address: str
    cap: str = ""
    sleeps: bool = False
    otherwise: str = ""


PEOPLE = (
    Person("trader", "telegram", "110201543"),
    Person("desk", "slack", "#alerts", otherwise="desk@desk.example"),
    Person("community", "discord", "876543210987654321", cap="2/h", sleeps=True),
    Person("operator", "email", "ops@desk.example"),
    Person("bot", "webhook", "default"),
)


@dataclass(frozen=True, slots=True)
class Chatter:
    """Somebody who talks to the bot of a channel, the only one there: `id` is the platform's own of them. `words` are
    those of their alert, with a slip; `begins` is the share of the time until the crash after which they say it."""

    name: str
    channel: str
    id: str
    begins: float
    words: str

    @property
    def addresses(self) -> frozenset[str]:
        """By which the platform notes what it shows them."""
        match self.channel:
            case "slack":
                return frozenset((self.id, f"D{self.id[1:]}"))
            case "discord":
                return frozenset((self.id, direct(self.id)))
            case _:
                return frozenset((self.id,))


CHATTERS = (
    Chatter("ana", "telegram", "7011500001", 0.3, "alert {coin} belwo {level}"),
    Chatter("ben", "slack", "U0BEN00001", 0.45, "alert me when {coin} fals below {level}"),
    Chatter("cleo", "discord", "412345678901234567", 0.6, "alert {coin} drops udner {level}"),
)

OPERATOR = "operator"
KILLER = "majors-fall"
"""The rule during whose first message the daemon is killed."""

FLOOR = "floor"
"""The rule whose story is told at the end."""


def whose(received: Received) -> str:
    """Who got a message: a channel has one person, but mailboxes, and who talks there."""
    for chatter in CHATTERS:
        if chatter.channel == received.channel and received.address in chatter.addresses:
            return chatter.name
    mail = received.channel == "email"
    for person in PEOPLE:
        if received.address in (person.otherwise, person.address) if mail else person.channel == received.channel:
            return person.name
    return "?"


def nights(session: Session) -> str:
    """Quiet hours that end long before the session does: the second to the fourth of its twelve parts."""
    part = (session.end - session.start) / 12
    first, last = (session.start + parts * part for parts in (1, 4))
    return "-".join(f"{datetime.fromtimestamp(moment, UTC):%H:%M}" for moment in (first, last))


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
        Watch(KILLER, Move(-narrow), majors, ("trader",), {"cooldown": "2h", "labels": {"severity": "critical"}}),
        Watch("market-crash", Move(-wide), coins, ("desk", "bot"), {"cooldown": "4h"}),
        Watch("new-signal", Flips(), coins, ("community",)),
        Watch("against-the-trend", Both(Move(bounce), Says(-1)), majors, ("trader", "bot"), {"cooldown": "2h"}),
        Watch(FLOOR, Below(level), majors[:1], ("trader", OPERATOR, "bot"), floor),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for by chat: to be told when a coin is below a level. It is the first alert of theirs."""

    person: Chatter
    coin: str
    level: float
    number: str = "1"

    @property
    def words(self) -> str:
        """As they say it, with the slip."""
        return self.person.words.format(coin=self.coin.lower(), level=f"{self.level:.10g}")

    @property
    def watch(self) -> Watch:
        """As a rule."""
        return Watch(self.number, Below(self.level), (self.coin,), (self.person.name,))


def wishes(session: Session) -> tuple[Wish, ...]:
    """One of each who talks, on the coins that move."""
    coins = cycle(watches(session)[0].coins)
    return tuple(Wish(person, coin, _level(session, coin)) for person, coin in zip(CHATTERS, coins, strict=False))


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
