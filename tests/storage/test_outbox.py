"""What every store promises of the outbox: who goes first, what becomes of whom."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

import pytest

from alertd.model.event import Entry, EventKind, Words
from alertd.model.notification import Content, Lane, Loudness, Queued
from alertd.ports import Store
from alertd.rows import Attempt, Commit, Depth, Fate, Settled
from tests.fakes import START
from tests.storage.rows import alert, entry, event, message, notification, told

NORMAL, CRITICAL = Lane.NORMAL, Lane.CRITICAL
LATER = START + 30


class More(TypedDict, total=False):
    """Fields of `Settled`."""

    due: float
    ref: str
    uncertain: bool
    aside: bool
    alone: bool
    dead: bool
    moved: str


async def send(store: Store, *ways: str, first: int = 1, lane: Lane = NORMAL) -> None:
    """Commit one message per way, numbered on from `first`."""
    messages = [message(n, way, lane=lane) for n, way in enumerate(ways, start=first)]
    await store.commit(Commit(now=START, messages=messages))


def number(row: int) -> int:
    return row // 64


async def due(
    store: Store, channel: str = "chat", now: float = START, *, limit: int = 10, busy: Sequence[str] = ()
) -> list[int]:
    """The numbers of the messages that are due."""
    return [number(queued.row) for queued in await store.due(channel, now, limit=limit, busy=busy)]


async def head(store: Store, address: str, channel: str = "chat", now: float = START) -> Queued:
    (found,) = [one for one in await store.due(channel, now, limit=99) if one.address == address]
    return found


async def begin(store: Store, row: int, channel: str = "chat") -> bool:
    return row in await store.turn(channel, attempts=[Attempt(row, ())], now=START)


async def end(store: Store, row: int, fate: Fate = Fate.SENT, **more: Unpack[More]) -> None:
    await store.turn("chat", settled=[Settled(row=row, fate=fate, at=START, reason="word", **more)])


async def test_a_delivery_has_all_of_its_message(store: Store) -> None:
    entries = [entry(1), entry(2), entry(3)]
    text = message(1, "chat:a", "mail:b", holding=[1, 3])
    await store.commit(Commit(now=START, entries=entries, messages=[text]))
    for channel, address in text.destinations:
        found = await head(store, address, channel)
        assert (found.message, found.receiver, found.channel) == (f"{store.word}-1", "desk", channel)
        assert found.content == Content((entries[0], entries[2]), (), "held by quiet hours", notification("message 1"))
        assert (found.created, found.due, found.expires, found.attempts) == (START, START, START + 3600, 0)
        assert (found.lane, found.loudness, found.uncertain, found.origin) == (NORMAL, Loudness.LOUD, False, "")


async def test_a_delivery_is_found_by_its_row_whatever_became_of_it(store: Store) -> None:
    await store.commit(Commit(now=START, entries=[entry(1)], messages=[message(1, "chat:a", "mail:b", holding=[1])]))
    found = await head(store, "a")
    assert await store.delivery(found.row) == found
    assert await begin(store, found.row)
    await end(store, found.row)
    sent = await store.delivery(found.row)
    assert sent
    assert (sent.receiver, sent.address, sent.content) == ("desk", "a", found.content)
    assert await store.delivery(found.row + 2) is None


async def test_one_per_address_the_newest_of_them_first(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b", "mail:a", "chat:c")
    assert await due(store) == [5, 3, 1]
    assert await due(store, limit=2) == [5, 3]
    assert await due(store, busy=["a", "c"]) == [3]
    assert await store.next_due("chat") == 0.0
    assert await store.next_due("chat", busy=["a", "b", "c"]) is None


async def test_who_asked_for_little_goes_before_who_asks_for_much(store: Store) -> None:
    await send(store, "chat:much", "chat:much", "chat:much", "chat:a")
    await end(store, 1 * 64)
    assert await due(store) == [4, 2]
    await send(store, "chat:b", first=5)
    assert await due(store) == [5, 4, 2]
    await end(store, 2 * 64)
    await send(store, "chat:a", first=6)
    await end(store, 4 * 64)
    assert await due(store) == [5, 6, 3], "the third of much waits for the second of a"


async def test_critical_goes_first_and_takes_the_place_of_a_head_that_waits(store: Store) -> None:
    await send(store, "chat:a", "chat:b", "chat:c")
    await end(store, (await head(store, "c")).row, Fate.DELAYED, due=LATER)
    assert await begin(store, (await head(store, "b")).row)
    await send(store, "chat:a", "chat:b", "chat:c", "chat:d", first=4, lane=CRITICAL)
    assert await due(store, busy=["b"]) == [7, 6, 4]
    assert not await begin(store, 1 * 64), "it was displaced"
    for row in (4 * 64, 6 * 64, 7 * 64, 2 * 64):
        await end(store, row)
    assert await due(store) == [5, 1], "that of c waits for its time still"
    assert await due(store, now=LATER) == [5, 3, 1]


async def test_critical_goes_before_what_was_under_way_when_it_came_and_failed(store: Store) -> None:
    await send(store, "chat:a")
    await begin(store, 64)
    await send(store, "chat:a", first=2, lane=CRITICAL)
    await end(store, 64, Fate.DELAYED, due=LATER)
    assert await due(store) == [2]


@pytest.mark.parametrize("fate", [Fate.SENT, Fate.BURIED, Fate.EXPIRED])
async def test_what_ends_makes_room_for_the_next_of_its_address(store: Store, fate: Fate) -> None:
    await send(store, "chat:a", "chat:a", "chat:a")
    for n in (1, 2, 3):
        assert await due(store) == [n]
        await end(store, n * 64, fate)
    assert await store.next_due("chat") is None


async def test_an_attempt_without_an_end_is_uncertain(store: Store) -> None:
    await send(store, "chat:a", "chat:b")
    await begin(store, 64)
    assert await due(store, busy=["a"]) == [2]
    again = await head(store, "a")
    assert (again.uncertain, again.attempts) == (True, 1)
    assert await begin(store, 64)
    await end(store, 64, Fate.DELAYED, due=LATER)
    later = await head(store, "a", now=LATER)
    assert (later.uncertain, later.attempts, later.due) == (True, 2, LATER), "it may have come the first time"


@pytest.mark.parametrize("uncertain", [True, False])
async def test_a_delayed_delivery_keeps_its_place(store: Store, uncertain: bool) -> None:
    await send(store, "chat:a", "chat:a", "chat:b")
    await begin(store, 64)
    await end(store, 64, Fate.DELAYED, due=LATER, uncertain=uncertain)
    assert await due(store, now=LATER - 1) == [3]
    assert await store.next_due("chat", busy=["b"]) == LATER
    again = await head(store, "a", now=LATER)
    assert (number(again.row), again.attempts, again.uncertain) == (1, 1, uncertain)


async def test_what_steps_aside_lets_all_others_of_its_address_go(store: Store) -> None:
    await send(store, "chat:a", "chat:a")
    await end(store, 64, Fate.DELAYED, due=LATER, aside=True)
    assert await due(store) == [2]
    await end(store, 2 * 64)
    assert await due(store, now=LATER) == [1]
    await send(store, "chat:a", first=3)
    assert await due(store) == [3]
    await end(store, 3 * 64)
    assert (await head(store, "a", now=LATER)).lane is Lane.ASIDE


async def test_stale_ones_are_found(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b", "chat:a")
    await store.commit(Commit(now=START, messages=[message(5, "chat:a", created=START + 3000)]))
    now = START + 3600
    rows = [queued.row for queued in await store.stale("chat", "a", now, limit=9)]
    assert [number(row) for row in rows] == [1, 2, 4]
    assert len(await store.stale("chat", "a", now, limit=2)) == 2


async def test_settling_twice_changes_nothing(store: Store) -> None:
    await send(store, "chat:a", "chat:a")
    await end(store, 64)
    again = [Settled(row=64, fate=fate, at=START, due=LATER, dead=True, moved="x") for fate in Fate]
    await store.turn("chat", settled=again)
    await end(store, 999 * 64)
    assert await due(store) == [2]


# ── who stands by ────────────────────────────────────────────────────────────────────────────────────────────────


async def with_standby(store: Store) -> None:
    messages = [message(1, "chat:a", "chat:b", standby=["mail:m", "sms:s"]), message(2, "mail:m", standby=["chat:a"])]
    await store.commit(Commit(now=START, messages=messages))


@pytest.mark.parametrize(
    ("ends", "waits"),
    [
        ([], {"chat": [1, 1], "mail": [2], "sms": []}),
        ([(0, Fate.SENT)], {"chat": [1], "mail": [2], "sms": []}),
        ([(0, Fate.BURIED)], {"chat": [1], "mail": [2], "sms": []}),
        ([(0, Fate.BURIED), (1, Fate.EXPIRED)], {"chat": [], "mail": [1], "sms": [1]}),
        ([(0, Fate.BURIED), (1, Fate.EXPIRED), (3, Fate.SENT)], {"chat": [], "mail": [2], "sms": []}),
        ([(0, Fate.BURIED), (1, Fate.BURIED), (64, Fate.SENT)], {"chat": [], "mail": [1], "sms": [1]}),
    ],
    ids=["nothing ended", "one has it", "one cannot", "none can", "one that stood by has it", "there is a line"],
)
async def test_what_stands_by_is_for_when_nobody_else_can(
    store: Store, ends: list[tuple[int, Fate]], waits: dict[str, list[int]]
) -> None:
    await with_standby(store)
    for place, fate in ends:
        await end(store, 64 + place, fate)
    assert {channel: await due(store, channel) for channel in waits} == waits


async def test_who_takes_too_long_is_helped_by_what_stands_by(store: Store) -> None:
    await with_standby(store)
    await end(store, 64, Fate.DELAYED, due=START + 500)
    assert await store.next_due("sms") == START + 60
    assert await due(store, "sms", START + 59) == []
    assert await due(store, "sms", START + 60) == [1]
    assert await begin(store, 65)
    await end(store, 67)
    assert await due(store, now=START + 59, busy=["b"]) == [], "under way already"
    assert await due(store, now=START + 60, busy=["b"]) == [2], "a is free"
    assert await due(store, "mail", START + 60) == [2]


async def test_what_stood_by_while_nobody_ran_lets_the_others_try_first(store: Store) -> None:
    await store.commit(Commit(now=START, messages=[message(1, "chat:a", standby=["mail:m"])]))
    patience = await store.next_due("mail")
    assert patience is not None
    await store.load(START + 3600)
    assert await due(store, "mail", now=START + 3600) == []
    assert await store.next_due("mail") == patience + 3600


@pytest.mark.parametrize("how", ["it fails", "its daemon dies"])
async def test_what_was_under_way_when_a_standby_had_it_does_not_go_again(store: Store, how: str) -> None:
    await store.commit(Commit(now=START, messages=[message(1, "chat:a", standby=["mail:m"]), message(2, "chat:a")]))
    await begin(store, 64)
    assert await due(store, "mail", START + 60) == [1]
    await end(store, 65)
    if how == "it fails":
        await end(store, 64, Fate.DELAYED, due=LATER)
    else:
        assert await due(store, busy=["a"]) == [], "it is under way still"
    assert await due(store) == [2]
    assert list(await store.depths()) == [Depth("chat", 1, START)]


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_dead_address_takes_nothing_until_it_is_revived(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b")
    await store.commit(Commit(now=START, messages=[message(4, "chat:a", standby=["chat:b"])]))
    await end(store, 64, Fate.BURIED, dead=True)
    await store.commit(Commit(now=START, messages=[message(5, "chat:a", standby=["mail:m"])]))
    await send(store, "chat:a", first=6)
    assert await due(store) == [3]
    assert dict(store.lost()) == {("chat", "dead_destination"): 4}
    assert list(await store.dead()) == [("chat", "a", "word", START)]
    assert await due(store, "mail") == [5], "what stands by is due at once"
    await end(store, 3 * 64)
    assert await due(store) == [4]
    assert await store.retry([64, 2 * 64, 999], LATER) == 2
    await send(store, "chat:a", first=7)
    rows = []
    while found := [queued for queued in await store.due("chat", LATER, limit=9) if queued.address == "a"]:
        rows.append(number(found[0].row))
        await end(store, found[0].row)
    assert rows == [1, 2, 7]


async def test_an_address_that_has_moved_is_one_line_with_its_new_name(store: Store) -> None:
    await send(store, "chat:a", "chat:b", "chat:a", "chat:b")
    await store.commit(Commit(now=START, messages=[message(5, "mail:m", standby=["chat:a"])]))
    await begin(store, 64)
    await end(store, 64, Fate.DELAYED, due=START, moved="b")
    await send(store, "chat:a", "chat:b", first=6)
    await end(store, 5 * 64, Fate.BURIED)
    order = []
    while found := await store.due("chat", START, limit=9):
        assert [queued.address for queued in found] == ["b"]
        order.append(number(found[0].row))
        await end(store, found[0].row)
    assert order == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("first", "after", "order"),
    [
        ("waits", "waits", [(1, "b")]),
        ("waits", "sent", []),
        ("sent", "waits", []),
        ("waits", "sending", [(1, "b")]),
    ],
)
@pytest.mark.parametrize("standby", [True, False])
async def test_two_addresses_of_a_message_that_become_one_are_told_once(
    *, store: Store, first: str, after: str, order: list[tuple[int, str]], standby: bool
) -> None:
    await store.commit(Commit(now=START, messages=[message(1, "chat:a", "chat:b", standby=["chat:a"] * standby)]))
    if after == "sending":
        await begin(store, 65)
    elif after == "sent":
        await end(store, 65)
    await end(store, 64, Fate.SENT if first == "sent" else Fate.DELAYED, due=START, moved="b")
    found = await store.due("chat", START + 99, limit=9)
    assert [(number(one.row), one.address) for one in found] == order
    for one in found:
        await end(store, one.row)
    await store.commit(Commit(now=START, messages=[message(2, "chat:b", "chat:a", standby=["chat:a", "mail:m"])]))
    assert [one.row for one in await store.due("chat", START + 99, limit=9)] == [128]
    await end(store, 128, Fate.BURIED)
    assert await due(store) == []
    assert [one.row for one in await store.due("mail", START, limit=9)] == [131]


async def test_an_address_moves_on_and_back(store: Store) -> None:
    await send(store, "chat:a", "chat:b")
    await end(store, 64, moved="b")
    await end(store, 2 * 64, moved="c")
    await send(store, "chat:a", first=3)
    assert (await head(store, "c")).row == 3 * 64
    await end(store, 3 * 64, moved="a")
    await send(store, "chat:a", "chat:b", "chat:c", first=4)
    assert (await head(store, "a")).row == 4 * 64
    assert len(await store.due("chat", START, limit=9)) == 1


# ── answers and follow-ups ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "also", "reason", "origin"),
    [
        (EventKind.RESOLVED, (), "", "ref-1"),
        (EventKind.REMINDED, (), "", "ref-1"),
        (EventKind.NO_DATA, (), "", ""),
        (EventKind.RESOLVED, (2,), "", ""),
        (EventKind.RESOLVED, (), "digest", ""),
    ],
    ids=["over", "a reminder", "something else", "the first told of others too", "the first was in a digest"],
)
async def test_what_follows_knows_the_message_that_it_follows(
    store: Store, kind: EventKind, also: tuple[int, ...], reason: str, origin: str
) -> None:
    first = message(1, "chat:a", "chat:b", holding=[1, *also])
    begun = Commit(now=START, entries=[entry(1), entry(2)], items=[told(1, 1)], messages=[first])
    await store.commit(begun)
    await store.turn("chat", settled=[Settled(row=64, fate=Fate.SENT, at=START, ref="ref-1", reason=reason)])
    over = [entry(3, kind=kind, episode=1)]
    await store.commit(Commit(now=START, entries=over, messages=[message(2, "chat:a", "chat:c", holding=[3])]))
    assert (await head(store, "a")).origin == origin
    assert (await head(store, "c")).origin == ""


# ── pace ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_attempts_and_rests_are_remembered_for_a_while(store: Store) -> None:
    await send(store, "chat:a", "chat:b", "mail:m")
    both = [Attempt(64, ("bot", "chat:a")), Attempt(128, ("bot", "chat:b")), Attempt(640, ("bot", "chat:x"))]
    assert await store.turn("chat", attempts=both, rests={"chat:a": LATER, "": LATER}, now=START) == {64, 128}
    await store.turn("mail", attempts=[Attempt(192, ("smtp",))], now=START)
    made = [("bot", START), ("chat:a", START), ("bot", START), ("chat:b", START)]
    assert await store.paces("chat", START) == (made, {"": LATER, "chat:a": LATER})
    assert (await store.paces("chat", START + 1))[0] == []
    for seconds in (121, 122):
        await store.turn("chat", attempts=[Attempt(64, ("bot",))], rests={"x": START + 999}, now=START + seconds)
    assert await store.paces("chat", START) == ([("bot", START + 121), ("bot", START + 122)], {"x": START + 999})


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_strays_are_buried(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "gone:a", "mail:a")
    await store.commit(Commit(now=START, messages=[message(5, "gone:b", standby=["chat:z"])]))
    assert await store.bury_strays(["chat", "mail"], START) == 2
    assert await due(store) == [5, 1]
    assert await store.bury_strays([], START) == 4
    assert list(await store.depths()) == []


async def test_an_operator_buries_what_is_not_under_way(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b", "chat:a")
    await begin(store, 3 * 64)
    assert await store.bury([64, 128, 192, 999], START) == 2
    assert await due(store, busy=["b"]) == [4]
    assert await store.bury([64], START) == 0
    assert dict(store.lost()) == {("chat", "operator"): 2}
    assert dict(store.lost()) == {}


async def test_what_a_dead_daemon_left_under_way_is_buried_and_tried_again_by_hand(store: Store) -> None:
    await send(store, "chat:a", "chat:b")
    await begin(store, 64)
    await begin(store, 128)
    assert await store.bury([64], START, idle=True) == 1
    assert await store.retry([128], START) == 0
    assert await store.retry([64, 128], START, idle=True) == 2
    for found in await store.due("chat", START, limit=9):
        assert (found.uncertain, found.wanted) == (True, True)
    assert await begin(store, 64)
    assert (await head(store, "a")).wanted is False, "nobody has asked for it since"


async def test_what_an_operator_asks_for_has_its_time_and_its_lane_again(store: Store) -> None:
    await send(store, "chat:a", "chat:a", lane=CRITICAL)
    await end(store, 64, Fate.DELAYED, due=LATER, aside=True)
    await end(store, 128, Fate.BURIED, uncertain=True)
    week = START + 8 * 86_400
    assert await store.retry([64, 128], week) == 2
    again = await head(store, "a", now=week)
    assert (again.row, again.lane, again.expires, again.began) == (64, CRITICAL, week + 3600, week)
    await end(store, 64)
    again = await head(store, "a", now=week)
    assert (again.row, again.uncertain, again.wanted) == (128, True, True)


async def test_an_operator_has_something_tried_at_once(store: Store) -> None:
    await send(store, "chat:a", "chat:a", "chat:b")
    await end(store, 64, Fate.DELAYED, due=LATER)
    await end(store, 192, Fate.EXPIRED)
    assert await store.retry([64, 128, 192], START) == 3
    assert sorted(await due(store)) == [1, 3]
    await end(store, 192)
    assert await store.retry([192], START) == 0, "what was sent is not sent again"


async def test_depths_count_what_waits_since_when(store: Store) -> None:
    messages = [message(n, way, created=START + n) for n, way in enumerate(("mail:a", "chat:a", "chat:a"), start=1)]
    await store.commit(Commit(now=START, messages=messages))
    await begin(store, 128)
    assert list(await store.depths()) == [Depth("chat", 2, START + 2), Depth("mail", 1, START + 1)]


async def test_an_open_episode_keeps_what_began_it(store: Store) -> None:
    old, now = START - 1_000, START
    began = [
        Entry(number, event(episode, time=old, kind=kind, alert=of), Words("price > 1"))
        for number, (of, episode, kind) in enumerate(
            [
                (1, 1, EventKind.FIRED),
                (1, 1, EventKind.RESOLVED),
                (1, 2, EventKind.FIRED),
                (2, 1, EventKind.FIRED),
                (2, 1, EventKind.REMINDED),
                (9, 1, EventKind.FIRED),
            ],
            start=1,
        )
    ]
    await store.commit(Commit(now=now, alerts=[alert(1), alert(2)], entries=began))
    assert await store.prune(now, 99) == 4
    assert [one.number for one in await store.entries(range(1, 7))] == [3, 4], "alert 9 is gone"
