"""The record: what it says of events, episodes and deliveries, beside a daemon that goes on writing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Required, TypedDict

import pytest

from alertd.errors import StorageError
from alertd.model.event import Drop, EventKind
from alertd.model.notification import ItemFate, ItemRow
from alertd.rows import Attempt, Commit, Fate, Settled
from alertd.storage.record import read_episode, read_history, read_lost, read_outbox
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import entry, held, message, told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alertd.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Two episodes: one told and over, one held; and one of a chat user's rule with a slash in its name."""
    made = await SqliteStore.open(path, now=START)
    over = entry(2, time=START + 60, kind=EventKind.RESOLVED, episode=1)
    mine = entry(4, time=START + 90, episode=1)
    event = replace(mine.event, owner="ana", rule="my/rule", alert=9)
    await made.commit(
        Commit(
            now=START,
            entries=[entry(1), over, entry(3, time=START + 80, episode=2), mine._replace(event=event)],
            items=[
                told(1, 1),
                ItemRow(1, "me", ItemFate.DROPPED, "receiver_gone"),
                ItemRow(2, "", ItemFate.DROPPED, "no_route"),
                held(3, reason="quiet"),
            ],
            drops=[Drop(START + at, 1, "breakout", "", "BTC", "cooldown") for at in (-5, 30, 70, 85)],
            messages=[message(1, "chat:a", "mail:b", holding=[1])],
        )
    )
    await made.turn("chat", attempts=[Attempt(64, ("bot",))], now=START)
    done = Settled(row=64, fate=Fate.SENT, at=START + 2, ref="r1")
    await made.turn("chat", settled=[done], now=START)
    yield made
    await made.close()


async def test_history_is_newest_first_with_what_became_of_it(store: SqliteStore, path: Path) -> None:
    found = read_history(path, limit=9)
    assert [one.entry.number for one in found] == [4, 3, 2, 1]
    assert found[-1].entry == entry(1)
    desk, me = found[-1].shares
    assert (desk.receiver, desk.fate, desk.message) == ("desk", ItemFate.TOLD, f"{store.word}-1")
    assert [(one.channel, one.state, one.at, one.attempts, one.ref) for one in desk.parcels] == [
        ("chat", "sent", START + 2, 1, "r1"),
        ("mail", "next", None, 0, ""),
    ]
    assert (me.receiver, me.fate, me.reason, me.message, me.parcels) == (
        *("me", ItemFate.DROPPED, "receiver_gone", "", ()),
    )


class Question(TypedDict, total=False):
    rule: str
    receiver: str
    since: float
    limit: Required[int]


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        (Question(limit=2), [4, 3]),
        (Question(rule="breakout", limit=9), [3, 2, 1]),
        (Question(receiver="me", limit=9), [1]),
        (Question(rule="breakout", receiver="desk", since=START + 1, limit=9), [3]),
        (Question(rule="nothing", limit=9), []),
    ],
    ids=["the latest", "of a rule", "for a receiver", "since a time", "of a rule that is not"],
)
async def test_history_can_be_narrowed(store: SqliteStore, path: Path, question: Question, numbers: list[int]) -> None:
    found = read_history(path, **question)
    assert [one.entry.number for one in found] == numbers
    only = question.get("receiver")
    assert all(share.receiver == only for one in found for share in one.shares if only)


@pytest.mark.parametrize(
    ("word", "numbers"),
    [
        ("breakout/BTC/1", [1, 2]),
        ("breakout/btc", [3]),
        ("breakout", [3]),
        ("ana:my/rule/BTC/1", [4]),
        ("my/rule", None),
        ("breakout/ETH", None),
        ("breakout/BTC/7", None),
    ],
)
async def test_an_episode_is_found_by_its_word(
    store: SqliteStore, path: Path, word: str, numbers: list[int] | None
) -> None:
    story = read_episode(path, word)
    assert (story and [one.entry.number for one in story.told]) == numbers


async def test_a_story_has_what_did_not_open_meanwhile(store: SqliteStore, path: Path) -> None:
    story = read_episode(path, "breakout/BTC/1")
    assert story is not None
    assert (story.owner, story.rule, story.symbol, story.episode) == ("", "breakout", "BTC", 1)
    assert [drop.time for drop in story.drops] == [START + 30, START + 70]


async def test_the_outbox_is_listed_oldest_first(store: SqliteStore, path: Path) -> None:
    await store.commit(Commit(now=START, messages=[message(2, "chat:a", standby=["sms:s"]), message(3, "chat:a")]))
    waiting = [(one.parcel.row, one.parcel.state) for one in read_outbox(path, limit=9)]
    assert waiting == [(65, "next"), (128, "next"), (129, "standby"), (192, "queued")]
    (sent,) = read_outbox(path, state="sent", limit=9)
    assert (sent.parcel.row, sent.content.holding) == (64, (entry(1),))
    assert [one.parcel.row for one in read_outbox(path, channel="chat", limit=1)] == [128]


async def test_what_was_buried_is_lost_unless_it_came_another_way(store: SqliteStore, path: Path) -> None:
    """Message 2 has come by what stood by for it, 3 by neither way, 4 by one of two that were both meant, and 5 by hand
    to its end; what stood by for 6 was lost before an operator had it sent by its own way."""
    messages = [
        message(2, "chat:a", standby=["sms:s"]),
        message(3, "chat:b", standby=["sms:t"]),
        message(4, "chat:c", "sms:u"),
        message(5, "chat:d"),
        message(6, "chat:e", standby=["sms:v"]),
    ]
    await store.commit(Commit(now=START, messages=messages))
    lost = [128, 192, 256, 384]
    await store.turn("chat", settled=[Settled(row=row, fate=Fate.BURIED, at=START, reason="no") for row in lost])
    for row, fate in ((129, Fate.SENT), (193, Fate.BURIED), (257, Fate.SENT), (385, Fate.BURIED)):
        await store.turn("sms", settled=[Settled(row=row, fate=fate, at=START, reason="no")])
    await store.retry([384], START)
    await store.turn("chat", settled=[Settled(row=384, fate=Fate.SENT, at=START)])
    await store.bury([320], START)
    assert read_lost(path) == [192, 193, 256]
    assert read_lost(path, channel="sms") == [193]


def test_there_is_no_record_without_a_database(path: Path) -> None:
    with pytest.raises(StorageError, match="there is no database"):
        read_history(path, limit=1)


async def test_it_says_in_which_digest_a_message_was_told(store: SqliteStore, path: Path) -> None:
    await store.commit(Commit(now=START, messages=[message(n, "chat:z") for n in (2, 3)]))
    await store.turn("chat", attempts=[Attempt(128, (), (192,))], now=START)
    digest = f"{store.word}-2d"
    waits = {
        one.parcel.row: (one.parcel.state, one.parcel.told_in) for one in read_outbox(path, channel="chat", limit=9)
    }
    assert waits == {128: ("sending", ""), 192: ("joined", digest)}
    await store.turn("chat", settled=[Settled(row=128, fate=Fate.SENT, at=START)])
    found = read_outbox(path, channel="chat", state="sent", limit=9)
    assert {one.parcel.row: one.parcel.told_in for one in found} == {64: "", 128: digest, 192: digest}
