"""What people read, to the letter."""

from datetime import timedelta, timezone
from typing import NoReturn

import pytest

from alertd.dispatch.digest import LINES, compose
from alertd.dispatch.policy import Policy
from alertd.dispatch.render import fold, render
from alertd.model.event import Entry, Event, EventKind, Value
from alertd.model.notification import Content, Link, Notification, Tone
from alertd.rules.keys import SAY
from alertd.rules.rule import Rule
from tests.dispatch.samples import entry, event, policy, rule
from tests.fakes import START

HOUR = 3_600.0
MOVE = {"price": 71_204.0, "change": 5.2345, "base": 67_662.5}


def text(notification: Notification) -> str:
    """A notification as one text."""
    facts = [f"{name}: {value}" for name, value in notification.facts]
    return "\n".join([notification.title, *notification.lines, *facts, notification.footer])


def drawn(one: Event, of: Rule | None = None) -> Notification:
    return render(entry(one, of or rule()), policy())


FIRED = """\
BTC 71,204: price > 70k and signal is bullish
When: price > 70k and signal is bullish
Price: 71,204
Signal: bullish
Level: 70,000
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

MOVED = """\
BTC 71,204 (+5.23%): price up 5% in 1h
When: price up 5% in 1h
Price: 71,204
Change: +5.23% from 67,662.5
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

SAID = """\
BTC broke 70,000 at 71,204 (binance, ?)
BTC 71,204: price > 70k
When: price > 70k
Price: 71,204
Level: 70,000
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

RESOLVED = """\
BTC 67,900 resolved after 2h10m: price > 70k
When: price > 70k
Price: 67,900
Level: 70,000
Fired: 2025-12-31 21:50:00 UTC
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

ENDED = """\
BTC 67,900 resolved after 2h10m: price > 70k
When: price > 70k
Price: 67,900
Fired: 2025-12-31 21:50:00 UTC
Until: price < 68k
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

REMINDED = """\
BTC 71,204 still firing after 4h: price > 70k
When: price > 70k
Price: 71,204
Level: 70,000
Fired: 2025-12-31 20:00:00 UTC
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

STILL = """\
BTC 69,000 still firing after 4h: price > 70k
When: price > 70k
Price: 69,000
Level: 70,000
Fired: 2025-12-31 20:00:00 UTC
Until: price < 68k
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

ALREADY = """\
BTC 71,204 already true: price > 70k
When: price > 70k
Price: 71,204
Level: 70,000
binance · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

NO_DATA = """\
BTC: no fresh price for 15m
btc-breakout cannot be judged for it until there is.
When: price > 70k
binance · 2025-12-31 23:45:00 UTC (15m old) · btc-breakout"""

NEVER = """\
BTC: no fresh tm grade yet
btc-breakout cannot be judged for it until there is.
When: price > 70k
tokenmetrics · btc-breakout"""

LATE = """\
BTC 71,204: price > 70k
This happened while alertd was not running.
When: price > 70k
Price: 71,204
Level: 70,000
binance · 2025-12-31 22:00:00 UTC (2h old) · btc-breakout"""

GRADE = """\
BTC tm grade 87.5: tm_grade > 85
When: tm_grade > 85
Tm grade: 87.5
Level: 85
tokenmetrics · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""

FLIP = """\
BTC strong buy: grade_signal flips
When: grade_signal flips
Grade signal: strong buy
tokenmetrics · 2025-12-31 23:59:56 UTC (4s old) · btc-breakout"""


@pytest.mark.parametrize(
    ("expected", "one", "of"),
    [
        pytest.param(
            FIRED,
            event(values={"price": 71_204.0, "signal": "bullish", "level": 70_000.0}),
            rule(when_text="price > 70k and signal is bullish"),
            id="fired",
        ),
        pytest.param(MOVED, event(values=MOVE), rule(when_text="price up 5% in 1h"), id="moved"),
        pytest.param(
            SAID,
            event(),
            rule(say="{symbol} broke {level} at {price} ({source}, {change})"),
            id="in the author's words",
        ),
        pytest.param(
            RESOLVED,
            event(EventKind.RESOLVED, values={"price": 67_900.0, "level": 70_000.0}, opened=START - 7_800),
            rule(say="{symbol} broke out"),
            id="resolved",
        ),
        pytest.param(
            ENDED,
            event(EventKind.RESOLVED, values={"price": 67_900.0, "level": 70_000.0}, opened=START - 7_800),
            rule(until_text="price < 68k"),
            id="ended by until",
        ),
        pytest.param(REMINDED, event(EventKind.REMINDED, opened=START - 4 * HOUR), rule(), id="reminded"),
        pytest.param(
            STILL,
            event(EventKind.REMINDED, values={"price": 69_000.0, "level": 70_000.0}, opened=START - 4 * HOUR),
            rule(until_text="price < 68k"),
            id="reminded until",
        ),
        pytest.param(ALREADY, event(EventKind.ALREADY_TRUE, episode=0), rule(), id="already true"),
        pytest.param(
            NO_DATA,
            event(EventKind.NO_DATA, episode=0, reason="price", at=START - 900, values={}),
            rule(),
            id="no data",
        ),
        pytest.param(
            NEVER,
            event(EventKind.NO_DATA, reason="tm_grade", at=float("nan"), values={}, source="tokenmetrics"),
            rule(),
            id="never any data",
        ),
        pytest.param(LATE, event(at=START - 2 * HOUR, late=True), rule(), id="late"),
        pytest.param(
            GRADE,
            event(values={"tm_grade": 87.5, "level": 85.0}, source="tokenmetrics"),
            rule(when_text="tm_grade > 85"),
            id="another field than the price",
        ),
        pytest.param(
            FLIP,
            event(values={"grade_signal": "strong_buy"}, source="tokenmetrics"),
            rule(when_text="grade_signal flips"),
            id="a state",
        ),
    ],
)
def test_single(expected: str, one: Event, of: Rule) -> None:
    assert text(drawn(one, of)) == expected


def test_a_small_price_keeps_its_digits() -> None:
    shib = event(symbol="SHIB", values={"price": 0.00001234, "level": 0.000012, "change": -12.0})
    assert drawn(shib).title == "SHIB 0.00001234 (-12%): price > 70k"


def test_a_long_condition_is_cut_in_the_title_and_whole_below() -> None:
    when = " and ".join(f"price > {number}" for number in range(40))
    seen = drawn(event(), rule(when_text=when))
    assert len(seen.title) < 100
    assert seen.title.endswith("…")
    assert dict(seen.facts)["When"] == when


def test_every_name_that_say_may_use_has_a_value() -> None:
    one = event(values={"price": 71_204.0, "level": 70_000.0, "change": 5.2, "base": 67_684.0})
    seen = drawn(one, rule(say=" | ".join(f"{{{name}}}" for name in SAY)))
    assert seen.title == (
        "BTC | btc-breakout | fired | 1 | 71,204 | 71,204 | 70,000 | +5.2% | 67,684 | 2025-12-31 23:59:56 UTC | binance"
    )


def test_tone_thread_and_chart() -> None:
    fired, over = drawn(event(symbol="1INCH/X")), drawn(event(EventKind.RESOLVED, symbol="1INCH/X", opened=START))
    assert (fired.tone, over.tone) == (Tone.ALARM, Tone.CLEAR)
    assert fired.thread == over.thread != ""
    assert fired.links == (Link("1INCH/X on TradingView", "https://www.tradingview.com/symbols/1INCH%2FXUSD/"),)
    assert render(entry(event()), Policy(receivers={}, chart="")).links == ()
    elsewhere = Policy(receivers={}, chart="https://charts.example/{symbol}")
    assert render(entry(event()), elsewhere).links == (Link("BTC on charts.example", "https://charts.example/BTC"),)
    assert drawn(event(symbol="market")).links == (), "of the market as a whole there is none"


@pytest.mark.parametrize(
    ("symbol", "chart"), [("BTC", "BTCUSD"), ("BTCUSD", "BTCUSD"), ("TUSD", "TUSDUSD"), ("PYUSD", "PYUSDUSD")]
)
def test_the_chart_is_the_coins_own(symbol: str, chart: str) -> None:
    (link,) = drawn(event(symbol=symbol)).links
    assert link.url == f"https://www.tradingview.com/symbols/{chart}/"


def test_times_are_in_the_policy_s_zone() -> None:
    madrid = Policy(receivers={}, zone=timezone(timedelta(hours=1), "CET"))
    assert "2026-01-01 00:59:56 CET (4s old)" in render(entry(event()), madrid).footer


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [("a\nb", "a b"), ("a\r\n\tb", "a b"), ("\x1b[31mred", "[31mred"), ("a\u202eb", "a b"), ("@everyone", "@everyone")],
    ids=ascii,
)
def test_what_cannot_be_printed_is_folded(dirty: str, clean: str) -> None:
    assert fold(dirty) == clean
    seen = drawn(event(symbol=dirty, source=dirty, rule=dirty), rule(when_text=dirty, say=f"{dirty} {{symbol}}"))
    parts = (seen.title, *seen.lines, *(part for fact in seen.facts for part in fact), seen.footer)
    assert all(part.isprintable() for part in parts)


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────


def composed(*entries: Entry, past: tuple[Entry, ...] = (), note: str = "") -> Notification:
    return compose(Content(entries, past, note), START, policy())


def entries(
    count: int, *, rules: int = 1, kind: EventKind = EventKind.FIRED, time: float = START, first: int = 0
) -> list[Entry]:
    """`count` entries; the n-th coin has moved by n percent."""
    made = []
    for number in range(first, first + count):
        name = f"rule-{number % rules}"
        values = {"price": 100.0 + number, "change": float(number)}
        one = event(
            kind, rule=name, symbol=f"C{number}", alert=number, values=values, time=time, at=time, opened=time - HOUR
        )
        made.append(entry(one, rule(name, when_text="price up 5% in 1h"), number + 1))
    return made


def test_one_entry_stays_what_it_is() -> None:
    (one,) = entries(1)
    assert composed(one) == render(one, policy())
    assert composed(one, note="held").footer.endswith(" · held")
    assert composed(past=(one,)).title == composed(one).title


def test_digest_of_two_rules() -> None:
    mixed = entries(3, rules=2) + entries(1, kind=EventKind.RESOLVED)
    assert text(composed(*mixed)) == (
        "4 alerts: 3 fired, 1 resolved\n"
        "rule-0: price up 5% in 1h\n"
        "• C2 102 (+2%)\n"
        "• C0 100 (+0%)\n"
        "• C0 100 (+0%) resolved after 1h\n"
        "rule-1: price up 5% in 1h\n"
        "• C1 101 (+1%)\n"
        "binance · up to 2026-01-01 00:00:00 UTC"
    )


def test_digest_of_what_was_held() -> None:
    seen = composed(*entries(2, time=START - 600), note="held by the cap of 30 messages in 1h")
    assert text(seen) == (
        "C1, C0: price up 5% in 1h\n"
        "rule-0: price up 5% in 1h\n"
        "• C1 101 (+1%), 10m ago\n"
        "• C0 100 (+0%), 10m ago\n"
        "binance · up to 2025-12-31 23:50:00 UTC · held by the cap of 30 messages in 1h"
    )


def test_what_came_and_went_is_a_line_for_each_episode() -> None:
    fired, over = entries(2, time=START - 600), entries(2, time=START - 540, kind=EventKind.RESOLVED)
    seen = composed(*entries(1, first=5), past=(*fired, over[0]), note="held by quiet hours")
    assert text(seen) == (
        "C5: price up 5% in 1h; 2 came and went\n"
        "rule-0: price up 5% in 1h\n"
        "• C5 105 (+5%)\n"
        "Came and went:\n"
        "• C0 100 (+0%), 10m ago, over after 1m\n"
        "• C1 101 (+1%), 10m ago\n"
        "binance · up to 2026-01-01 00:00:00 UTC · held by quiet hours"
    )


def test_only_what_came_and_went() -> None:
    (fired,), (over,) = entries(1, time=START - 600), entries(1, time=START - 540, kind=EventKind.RESOLVED)
    seen = composed(past=(fired, over))
    assert seen.lines == ("Came and went:", "• C0 100 (+0%), 10m ago, over after 1m")


def test_digest_of_what_is_late_cuts_the_oldest() -> None:
    late = [
        event(symbol="BTC", alert=1, episode=n, time=START - HOUR * n, at=START - HOUR * n, late=True)
        for n in range(99)
    ]
    seen = composed(*map(entry, reversed(late)))
    assert seen.lines[1] == "• BTC 71,204"
    assert [line.rpartition(", ")[2] for line in seen.lines[2:4]] == ["1h ago", "2h ago"]
    assert seen.lines[-1].startswith("and 62 more")


def test_digest_keeps_the_author_s_words() -> None:
    of = rule(say="{symbol} is on the move")
    seen = composed(entry(event(), of), entry(event(), of))
    assert seen.lines == ("btc-breakout: price > 70k", *["• BTC is on the move"] * 2)


def test_digest_of_a_thousand() -> None:
    seen = composed(*entries(1_000))
    assert seen.title == "C999, C998, C997 and 997 more: price up 5% in 1h"
    assert len(seen.lines) <= LINES
    assert seen.lines[1] == "• C999 1,099 (+999%)"
    assert seen.lines[-1] == "and 963 more: C962, C961, C960, C959, C958, C957, C956, C955, …"


@pytest.mark.parametrize("past", [0, 1, 11, 12, 13, 5_000])
@pytest.mark.parametrize("rules", [1, 2, 3, 7, 8, 9, 12, 13, 40, 999])
def test_digest_of_many_rules_stays_readable(rules: int, past: int) -> None:
    gone = entries(past, rules=rules, time=START - 60)
    gone += entries(past, rules=rules, time=START - 30, kind=EventKind.RESOLVED)
    seen = composed(*entries(1_000, rules=rules, first=10_000), past=tuple(gone))
    assert len(seen.lines) <= LINES
    assert all(len(line) < 150 for line in seen.lines)
    if rules > 12:
        assert any(line.startswith("and ") and " more rules: rule-" in line for line in seen.lines)
    if past > 12:
        assert seen.lines[-1] == f"and {past - 11} more"
        assert seen.title.endswith(f"; {past} came and went")


def test_what_is_not_shown_is_not_drawn() -> None:
    """The lines of a digest cost nothing for what they leave out: a value that cannot be drawn is not looked at."""

    class Undrawable(dict[str, Value]):
        def items(self) -> NoReturn:
            raise AssertionError("it is drawn")

        def __contains__(self, _: object) -> NoReturn:
            raise AssertionError("it is drawn")

    def hidden(kind: EventKind, number: int) -> Entry:
        values = Undrawable({"change": -0.5})
        one = event(kind, rule="rule-0", symbol=f"H{number}", alert=9_000_000 + number, values=values, time=START - 900)
        return entry(one)

    shown = [*entries(100, first=100)]
    past = [*entries(20, time=START - 60)]
    many = 20_000
    seen = composed(
        *shown,
        *(hidden(EventKind.FIRED, number) for number in range(many)),
        past=(*past, *(hidden(EventKind.FIRED, -number) for number in range(1, many))),
    )
    assert len(seen.lines) <= LINES
    assert seen.title.endswith("; 20019 came and went")


def test_no_data_is_listed_by_field() -> None:
    stale = [
        event(EventKind.NO_DATA, symbol=f"C{number}", alert=number, reason="price" if number % 3 else "tm_grade")
        for number in range(60)
    ]
    seen = composed(*map(entry, stale))
    assert seen.title == "60 without fresh data: C0, C1, C10 and 57 more"
    assert seen.tone is Tone.NOTE
    assert [line[:28] for line in seen.lines[:2]] == ["No fresh price: C1, C10, C11", "No fresh tm grade: C0, C12, "]
    assert seen.lines[2:] == ("Until there is, this cannot be judged for them: btc-breakout",)
    assert seen.lines[0].endswith("and 10 more")


def test_one_missing_field_is_in_the_title() -> None:
    stale = [event(EventKind.NO_DATA, symbol=coin, alert=alert, reason="signal") for alert, coin in enumerate("ABCDE")]
    assert composed(*map(entry, stale)).title == "No fresh signal for btc-breakout: A, B, C and 2 more"
    of_two = composed(*map(entry, stale), entry(event(EventKind.NO_DATA, symbol="A", rule="dips", reason="signal")))
    assert of_two.title == "No fresh signal: A, B, C and 2 more"
    assert of_two.lines[-1] == "Until there is, this cannot be judged for them: btc-breakout, dips"


def test_what_several_conditions_found_is_counted_in_the_title() -> None:
    assert composed(*entries(2), entry(event())).title.startswith("3 fired: ")


@pytest.mark.parametrize(
    ("kinds", "tone"),
    [
        ([EventKind.RESOLVED, EventKind.RESOLVED], Tone.CLEAR),
        ([EventKind.FIRED, EventKind.RESOLVED], Tone.ALARM),
        ([EventKind.ALREADY_TRUE, EventKind.RESOLVED], Tone.NOTE),
    ],
)
def test_tone_of_a_digest(kinds: list[EventKind], tone: Tone) -> None:
    assert composed(*(one for kind in kinds for one in entries(1, kind=kind))).tone is tone
