"""The accounts of the demo: what is lost, untrue, too often or in the way makes it fail, and only that."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alertd.demo.expected import Below, Watching
from alertd.demo.ledger import Entry, Ledger, Told, match
from alertd.demo.market import HOUR, MINUTE, Market
from alertd.demo.platforms.record import Received
from alertd.demo.report import Conduct, Death, Verdict, judge
from alertd.demo.scenario import Watch
from alertd.model.notification import Notification
from alertd.model.reading import Bars
from tests.fakes import START

WATCHES = (Watch("floor", Below(95), ("BTC",), ("trader", "bot")),)


def entry(receiver: str, channel: str, number: int, coin: str = "BTC") -> Entry:
    drawn = Notification(title=f"{coin} 90: price < 95", footer=f"demo · {number} · floor")
    return Entry(f"w-{number}", receiver, channel, drawn, "sent", "", [Told("floor", coin, receiver)])


def arrived(entry: Entry) -> Received:
    text = f"{entry.notification.title}\n{entry.notification.footer}"
    return Received(entry.channel, "", entry.message if entry.channel == "webhook" else "", text, START)


TRADER, BOT = entry("trader", "telegram", 1), entry("bot", "webhook", 2)
BOTH = [arrived(TRADER), arrived(BOT)]
WELL = Conduct(complaints=(), refused=0, recognised=0, unanswered=(), exit_code=0)


def verdict(
    entries: list[Entry],
    received: list[Received],
    *,
    unconfirmed: tuple[Entry, ...] = (),
    held: int = 0,
    **conduct: Any,
) -> Verdict:
    end = np.arange(START - 4 * HOUR, START + 6 * HOUR + 1, MINUTE)
    close = np.where(end >= START + 3 * HOUR, 90.0, 100.0)
    market = Market({"BTC": Bars("demo", "price", "BTC", MINUTE, end, close, close, close, close)})
    watching = Watching(market, START, START + 6 * HOUR, price_lag=600.0, signal_lag=600.0)
    waiting = Ledger([replace(each, fate="") for each in unconfirmed], 0)
    death = Death(START, START + 1, None, waiting)
    return judge(WATCHES, watching, Ledger(entries, held), received, death, conduct=replace(WELL, **conduct))


def test_all_is_well() -> None:
    seen = verdict([TRADER, BOT], BOTH)
    assert seen.good
    assert (len(seen.expected), seen.told, seen.messages) == (2, 2, 2)


def test_what_was_in_flight_may_come_twice() -> None:
    seen = verdict([TRADER, BOT], [*BOTH, arrived(TRADER)], unconfirmed=(TRADER,))
    assert seen.good
    assert (seen.twice, seen.unexcused) == ([TRADER], [])


ANA = entry("ana", "telegram", 4)


def to_ana(text: str, **more: Any) -> Received:
    return Received("telegram", "7011500001", "", text, START, **more)


def test_a_conversation_is_no_stray_and_a_chart_is_no_second_message() -> None:
    told = to_ana(arrived(ANA).text, ref="7")
    talk = [
        to_ana("Alert #1: BTC: price < 95", ref="6"),
        told,
        replace(told, edits="7", picture=b"png"),
        replace(told, edits="7", text=f"{told.text}\nSnoozed until 13:00"),
    ]
    chart = replace(BOTH[0], edits=BOTH[0].ref or "1", ref="1", picture=b"png")
    found = match([TRADER, BOT, ANA], [replace(BOTH[0], ref="1"), chart, BOTH[1], *talk])
    assert (dict(found.times), found.strays) == ({0: 1, 1: 1, 2: 1}, [])


def test_an_alert_that_comes_twice_to_somebody_who_talks_is_twice() -> None:
    told = to_ana(arrived(ANA).text, ref="7")
    assert match([ANA], [told, replace(told, ref="8")]).times == {0: 2}


FAILURES = {
    "lost": (([TRADER, BOT], BOTH[:1]), {}, "lost"),
    "never judged": (([TRADER], BOTH[:1]), {}, "missing"),
    "not sent": (([TRADER, replace(BOT, fate="buried")], BOTH), {}, "unsent"),
    "still waiting": (([TRADER, replace(BOT, fate="")], BOTH), {}, "unsent"),
    "held back": (([TRADER, BOT], BOTH), {"held": 1}, "held"),
    "twice without a reason": (([TRADER, BOT], [*BOTH, BOTH[0]]), {}, "unexcused"),
    "three times": (([TRADER, BOT], [*BOTH, BOTH[0], BOTH[0]]), {"unconfirmed": (TRADER,)}, "unexcused"),
    "a stray": (([TRADER, BOT], [*BOTH, replace(BOTH[0], text="hello")]), {}, "strays"),
    "a complaint": (([TRADER, BOT], BOTH), {"complaints": ("no tag",)}, "complaints"),
    "too fast": (([TRADER, BOT], BOTH), {"refused": 1}, "refused"),
    "a command without an answer": (([TRADER, BOT], BOTH), {"unanswered": ["ana on telegram"]}, "unanswered"),
    "a bad end": (([TRADER, BOT], BOTH), {"exit_code": 1}, "exit_code"),
    "the wrong coin": (([TRADER, BOT, entry("bot", "webhook", 3, "ETH")], BOTH), {}, "untrue"),
}


@pytest.mark.parametrize(("parts", "further", "what"), FAILURES.values(), ids=FAILURES)
def test_what_is_not_well(parts: tuple[list[Entry], list[Received]], further: dict[str, Any], what: str) -> None:
    seen = verdict(*parts, **further)
    assert not seen.good
    assert getattr(seen.conduct if hasattr(seen.conduct, what) else seen, what)
