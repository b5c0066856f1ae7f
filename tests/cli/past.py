"""A database with a small past in it: an episode with all that can become of it, and some others."""

from collections.abc import Sequence
from pathlib import Path

from alertd.model.event import Drop, Entry, Event, EventKind, Words
from alertd.model.kept import Acknowledged, Escalation, Mute, Silence, key_of
from alertd.model.notification import Destination, ItemFate, ItemRow, Message, Notification, Telling
from alertd.ports import Store
from alertd.rows import Attempt, Commit, Fate, Settled
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START

CONFIG = """\
version: 1
zone: Europe/Madrid
control: alertd.sock
channels: {console: {}}
receivers: {desk: {console: desk}, me: {console: me}}
hours: {nights: {times: "22:00-07:00"}}
"""

WORDS = Words("price > 70k", "price < 68k", "", (("severity", "info"),))

SLACK, EMAIL = Destination("slack", "#alerts"), Destination("email", "desk@desk.example")


def entry(number: int, kind: EventKind, time: float, *, rule: str = "btc-breakout", episode: int = 3) -> Entry:
    """Of alert 1, BTC, unless it is another rule's, which is alert 2, ETH."""
    ours = rule == "btc-breakout"
    event = Event(
        time=time,
        kind=kind,
        alert=1 if ours else 2,
        rule=rule,
        owner="",
        symbol="BTC" if ours else "ETH",
        episode=episode,
        ordinal=1,
        at=time - 2.0,
        source="binance",
        opened=START + 10.0 if episode == 3 else START - 7_200.0,
        values={"price": 71_204.0, "level": 70_000.0, "change": 5.2},
    )
    return Entry(number, event, WORDS)


def message(number: int, *entries: int, to: Sequence[Destination] = (SLACK,), text: str = "") -> Message:
    return Message(
        number=number,
        receiver="desk",
        destinations=tuple(to),
        created=START + 10.0,
        expires=START + 21_610.0,
        holding=entries,
        text=Notification(text) if text else None,
    )


async def make(path: Path) -> None:
    store = await SqliteStore.open(path, now=START)
    try:
        await store.commit(_commit())
        await _deliver(store)
    finally:
        await store.close()


def _commit() -> Commit:
    held, told, dropped = ItemFate.HELD, ItemFate.TOLD, ItemFate.DROPPED
    silence = Silence(
        number=3,
        matchers=(("severity", "info"), ("rule", "~btc-.*")),
        start=START - 3_600.0,
        end=START + 10 * 365 * 86_400.0,
        author="ann",
        comment="exchange upgrade",
    )
    over = Silence(number=2, matchers=(("symbol", "!ETH"),), start=0.0, end=3_600.0, author="bob", comment="a test")
    fired = entry(4, EventKind.FIRED, START + 10.0)
    seen = Acknowledged(alert=1, episode=3, by="ann", at=START + 60.0)
    later = Escalation(entry=fired, receiver="desk", to=("boss",), due=START + 600.0)
    muted = Mute(owner="tg.1", rule="btc", receiver="me", since=START, until=START + 86_400.0)
    return Commit(
        now=START + 10.0,
        entries=[
            entry(1, EventKind.FIRED, START - 7_200.0, episode=2),
            entry(2, EventKind.RESOLVED, START - 3_600.0, episode=2),
            entry(3, EventKind.FIRED, START + 5.0, rule="eth-dip", episode=1),
            fired,
            entry(5, EventKind.RESOLVED, START + 7_210.0),
        ],
        drops=[
            Drop(START + 100.0, 1, "btc-breakout", "", "BTC", "cooldown"),
            Drop(START + 300.0, 1, "btc-breakout", "", "BTC", "cooldown"),
            Drop(START + 400.0, 1, "btc-breakout", "", "BTC", "inactive"),
            Drop(START + 400.0, 2, "eth-dip", "", "ETH", "cooldown"),
        ],
        items=[
            ItemRow(1, "desk", told, message=9),
            ItemRow(3, "", dropped, "draft"),
            ItemRow(4, "desk", told, message=12),
            ItemRow(4, "me", held, "quiet", START + 6 * 3_600.0),
            ItemRow(4, "night", dropped, "silence:3"),
            ItemRow(5, "desk", held, "group", START + 40.0, "/btc-breakout"),
            ItemRow(5, "desk", told, "group", message=13),
        ],
        tellings=[Telling(4, "desk", 13, "repeated"), Telling(4, "left", 0, "receiver_gone")],
        messages=[
            message(12, 4, to=(SLACK, EMAIL)),
            message(13, 5),
            message(14, to=(Destination("console", "desk"),), text="the source binance is silent"),
        ],
        kept={key_of(each): each for each in (silence, over, seen, later, muted)},
    )


async def _deliver(store: Store) -> None:
    """Slack takes the first message at the second attempt, and has the next one still to come; no mail arrives."""
    slack, email = 12 * 64, 12 * 64 + 1
    await store.turn("slack", attempts=[Attempt(slack, ())], now=START + 11.0)
    delayed = Settled(row=slack, fate=Fate.DELAYED, at=START + 12.0, due=START + 13.0, reason="rate_limited")
    await store.turn("slack", settled=[delayed], now=START + 12.0)
    await store.due("slack", START + 13.0, limit=8)
    await store.turn("slack", attempts=[Attempt(slack, ())], now=START + 13.0)
    sent = Settled(row=slack, fate=Fate.SENT, at=START + 14.0, ref="1735.02")
    await store.turn("slack", settled=[sent], now=START + 14.0)
    await store.turn("email", attempts=[Attempt(email, ())], now=START + 11.0)
    buried = Settled(row=email, fate=Fate.BURIED, at=START + 12.0, reason="recipient_refused")
    await store.turn("email", settled=[buried], now=START + 12.0)
