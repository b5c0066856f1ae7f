"""What is seen while the demo runs: prices, firings and deliveries, live on a terminal, as plain lines elsewhere."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from alertd.demo.conversation import Utterance
from alertd.demo.market import MINUTE, Market
from alertd.demo.platforms.record import Received, Standing
from alertd.demo.scenario import PEOPLE, Chatter, whose
from alertd.demo.session import Session
from alertd.model.units import say_number
from alertd.outbox.late import REPEAT

SHOWN = 10
"""Coins, in two columns."""

LINES = 9
"""Of what happened last."""

CHANGED = "(changed in place) "
"""Said of what takes the place of what was there."""

_BAR = 16
_BARS = "▁▂▃▄▅▆▇█"
_BACK = 10
"""Quarters of an hour that the little curves show."""


def hhmm(at: float) -> str:
    """A time of the market's clock."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def first_line(text: str) -> str:
    """What a person reads of a message on a lock screen."""
    return text.strip().partition("\n")[0]


class Course:
    """How each message came, in a word or two: "" for one like any other."""

    def __init__(self) -> None:
        self._standing = Standing()
        self._told: set[tuple[str, str]] = set()

    def how(self, message: Received) -> str:
        """Of the next one."""
        chart, told = self._standing.illustrated(message), (whose(message), message.text)
        again = told in self._told
        self._told.add(told)
        if not message.new:
            return "(with its chart) " if chart else CHANGED
        return "(may be a repeat) " if REPEAT in message.text else "(again) " if again else ""


def delivered(message: Received, how: str) -> Text:
    """A line on a message that arrived: when, who, over what, how it came and its first line."""
    line = Text(f"{hhmm(message.at)}  ", no_wrap=True, overflow="ellipsis")
    line.append(f"{whose(message):<10}", style="bold")
    line.append(f"{message.channel:<9} ", style="cyan")
    return line.append(how, style="dim").append(first_line(message.text))


def spoken(chatter: Chatter, line: Utterance) -> Text:
    """A line of a conversation: when, who, over what, and what was said or answered."""
    told = Text(f"{hhmm(line.at)}  ", no_wrap=True, overflow="ellipsis")
    told.append(f"{chatter.name:<10}", style="bold").append(f"{chatter.channel:<9} ", style="cyan")
    own = line.who == chatter.name
    return told.append("› " if own else "‹ ", style="dim").append(line.text, style="italic" if own else "")


@dataclass(slots=True)
class View:
    """Counts and the last lines; `now` is the market's clock. On a terminal it is drawn by `draw`, which the demo calls
    several times a second; elsewhere lines are printed as they come."""

    session: Session
    now: Callable[[], float]
    console: Console
    doing: str = ""
    """What the daemon is about."""
    asked: Callable[[], int] = lambda: 0
    fired: int = 0
    arrived: Counter[str] = field(default_factory=Counter)
    _course: Course = field(default_factory=Course)
    _lines: deque[Text] = field(default_factory=lambda: deque(maxlen=LINES))
    _live: Live | None = None

    def __enter__(self) -> "View":
        if self.console.is_terminal:
            self._live = Live(console=self.console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def deliver(self, message: Received, *, quietly: bool = False) -> None:
        """A platform has taken it; what is told `quietly` is counted alone."""
        self.arrived[message.channel] += 1
        how = self._course.how(message)
        if not quietly:
            self.say(delivered(message, how))

    def say(self, line: Text) -> None:
        """Something happened."""
        self._lines.append(line)
        if self._live is None:
            self.console.print(line, soft_wrap=True)

    def draw(self) -> None:
        """Bring the terminal up to date."""
        if self._live:
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        quotes = Table.grid(padding=(0, 2, 0, 0))
        coins = list(islice(self.session.market.bars, SHOWN))
        half = (len(coins) + 1) // 2
        for left in range(half):
            quotes.add_row(*(self._coin(coin) for coin in coins[left::half]))
        lines = [*self._lines, *(Text() for _ in range(LINES - len(self._lines)))]
        return Group(self._head(), Text(), quotes, Text(), *lines, Text(), self._foot())

    def _head(self) -> Text:
        now, session = self.now(), self.session
        share = min(max((now - session.start) / (session.end - session.start), 0.0), 1.0)
        bar = "━" * round(_BAR * share)
        head = Text(f"{hhmm(now)} UTC ", style="bold", no_wrap=True)
        head.append(bar, style="green").append("─" * (_BAR - len(bar)), style="dim")
        return head.append(f"  {self.doing}", style="bold red" if "killed" in self.doing else "")

    def _coin(self, coin: str) -> Text:
        now, market = min(self.now(), self.session.end), self.session.market
        quote, first = market.quote(coin, now), market.quote(coin, self.session.start)
        if quote is None:
            return Text(f"{coin:<6}")
        change = 100 * (quote.price / first.price - 1) if first else 0.0
        tone = "green" if change >= 0 else "red"
        row = Text(f"{coin[:6]:<6} {say_number(quote.price):>10} ", no_wrap=True)
        row.append(f"{change:+6.1f}% ", style=tone).append(_spark(market, coin, now), style=tone)
        return row.append({1: " ▲", -1: " ▼", 0: "  "}[market.signal(coin, now)], style="dim")

    def _foot(self) -> Text:
        counts = {
            "polls": self.asked(),
            "fired": self.fired,
            **{each.channel: self.arrived[each.channel] for each in PEOPLE},
        }
        told = "  ".join(f"{name} {count}" for name, count in counts.items())
        return Text(told, style="dim", no_wrap=True, overflow="ellipsis")


def _spark(market: Market, coin: str, now: float) -> str:
    """The price of the last hours, a sign for each quarter of one."""
    quotes = [market.quote(coin, now - back * 15 * MINUTE) for back in range(_BACK - 1, -1, -1)]
    prices = [quote.price for quote in quotes if quote]
    low, high = min(prices), max(prices)
    return "".join(_BARS[round((price - low) / ((high - low) or 1.0) * (len(_BARS) - 1))] for price in prices)
