"""Cleaning, cutting and fitting."""

import html
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.channels.text import Room, clean, cut, cut_lines, fit, plain, utf16
from alertd.model.notification import Link, Notification
from tests.channels.samples import FULL, NASTY

FAMILY = "👨\u200d👩\u200d👧"
SPAIN, FRANCE = "🇪🇸", "🇫🇷"

texts = st.text(max_size=300)
notifications = st.builds(
    Notification,
    title=texts,
    lines=st.lists(texts, max_size=40).map(tuple),
    facts=st.lists(st.tuples(texts, texts), max_size=30).map(tuple),
    links=st.lists(st.builds(Link, texts, texts.map("https://x.example/".__add__)), max_size=12).map(tuple),
    footer=texts,
)


def escaped(text: str) -> int:
    return utf16(html.escape(text))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("  edges ", "edges"),
        ("two\r\nlines", "two  lines"),
        ("bell\x07 escape\x1b[31m", "bell  escape [31m"),
        ("right\u202eto\u2066left\u200f", "righttoleft"),
        ("line\u2028separator", "line separator"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83d pair", "half \ufffd pair"),
        (FAMILY, FAMILY),
        ("e\u0301 ñ 价格", "e\u0301 ñ 价格"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("fits", 4, "fits"),
        ("does not", 5, "does…"),
        ("word by word", 6, "word…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        (f"a{FAMILY}b", 5, "a…"),
        (f"a{FAMILY}b", 10, f"a{FAMILY}b"),
        (SPAIN + FRANCE, 7, SPAIN + "…"),
        ("👍🏽👍🏽", 5, "👍🏽…"),
        ("anything", 1, "…"),
        ("anything", 0, ""),
        ("", 0, ""),
    ],
)
def test_cut_never_divides_what_is_seen_as_one(text: str, limit: int, left: str) -> None:
    assert cut(text, limit) == left


@pytest.mark.parametrize(
    ("count", "limit", "kept"),
    [
        (3, 15, ["aaaa", "aaaa", "aaaa"]),
        (9, 30, ["aaaa", "aaaa", "… and 7 more lines"]),
        (9, 23, ["aa…", "… and 8 more lines"]),
        (9, 10, []),
        (0, 0, []),
    ],
)
def test_lines_are_cut_whole(count: int, limit: int, kept: list[str]) -> None:
    assert cut_lines(["aaaa"] * count, limit) == kept


@given(text=texts, limit=st.integers(0, 200), size=st.sampled_from([len, utf16, escaped]))
def test_cut_is_a_beginning_within_the_limit(text: str, limit: int, size: type[int]) -> None:
    left = cut(text, limit, size)
    assert size(left) <= limit
    assert left in (text, "") or (left.endswith("…") and text.startswith(left[:-1].rstrip()))


@given(notification=notifications, total=st.integers(60, 6000), size=st.sampled_from([utf16, escaped]))
def test_whatever_is_said_fits(notification: Notification, total: int, size: type[int]) -> None:
    fitted = fit(notification, Room(total=total, size=size, widest=6))
    text = plain(fitted)
    assert size(text) <= total
    assert fitted.title
    parts = [fitted.title, *fitted.lines, fitted.footer, *(part for fact in fitted.facts for part in fact)]
    assert [part for part in parts if part != clean(part)] == []
    text.encode("utf-8")


def test_what_fits_stays_as_it_is() -> None:
    assert fit(FULL, Room(total=4096)) is FULL


plain_texts = st.text(st.sampled_from("ab &<é…🔔|\n\u202e"), max_size=12)


@given(
    notification=st.builds(
        Notification,
        title=plain_texts,
        lines=st.lists(plain_texts, max_size=4).map(tuple),
        facts=st.lists(st.tuples(plain_texts, plain_texts), max_size=3).map(tuple),
        links=st.lists(st.builds(Link, plain_texts, plain_texts.map("https://x/".__add__)), max_size=3).map(tuple),
        footer=plain_texts,
    ),
    total=st.integers(20, 300),
    escaping=st.booleans(),
)
def test_the_short_way_leads_where_the_long_way_does(notification: Notification, total: int, escaping: bool) -> None:
    size, widest = (escaped, 6) if escaping else (utf16, 2)
    room = Room(total=total, title=12, facts=2, name=5, value=8, links=2, label=6, footer=10, size=size, widest=widest)
    # Where a character may be that wide nothing is small beyond doubt.
    assert fit(notification, room) == fit(notification, replace(room, widest=1000))


def test_a_link_that_is_not_http_is_left_out() -> None:
    assert [link.label for link in fit(NASTY, Room(total=4096)).links] == ["a<b>](x"]


def test_a_long_digest_says_how_much_is_missing() -> None:
    digest = Notification("1,000 alerts", lines=tuple(f"COIN{number} broke its level" for number in range(1000)))
    fitted = fit(digest, Room(total=4096))
    assert fitted.lines[0] == "COIN0 broke its level"
    assert fitted.lines[-1] == f"… and {1000 - len(fitted.lines) + 1} more lines"
    assert 3900 < utf16(plain(fitted)) <= 4096


def test_a_notification_as_plain_text() -> None:
    assert plain(FULL).splitlines() == [
        "BTC broke 70,000 at 70,123.45",
        "up 5.2% in 1h, from 66,650",
        "signal is bullish since 09:00",
        "price: 70,123.45",
        "level: 70,000",
        "change: +5.2%",
        "chart: https://www.tradingview.com/chart/?symbol=BINANCE:BTCUSDT&interval=60",
        "binance, 3 s ago · rule btc-breakout",
    ]
