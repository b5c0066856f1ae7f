"""What every store promises of digests: who is in one is written down, and is told once."""

from typing import TypedDict, Unpack

import pytest

from alertd.model.notification import Lane
from alertd.ports import Store
from alertd.rows import Attempt, Commit, Depth, Fate, Settled
from tests.fakes import START
from tests.storage.rows import message

STALE = START + 3600
LATER = STALE + 30


class More(TypedDict, total=False):
    """Fields of `Settled`."""

    due: float
    reason: str
    uncertain: bool
    aside: bool
    alone: bool
    dead: bool
    moved: str


async def digest(store: Store, count: int = 3) -> None:
    """A digest of that many messages to one address, under way; its head is the first."""
    await store.commit(Commit(now=START, messages=[message(n, "chat:a") for n in range(1, count + 1)]))
    assert await begin(store, 1, *range(2, count + 1))


async def begin(store: Store, head: int, *also: int) -> bool:
    attempt = Attempt(head * 64, (), tuple([number * 64 for number in also]))
    return await store.turn("chat", attempts=[attempt], now=STALE) == {head * 64}


async def end(store: Store, number: int, fate: Fate, **more: Unpack[More]) -> None:
    await store.turn("chat", settled=[Settled(row=number * 64, fate=fate, at=STALE, **more)])


async def due(store: Store, now: float = LATER) -> list[tuple[int, list[int], bool]]:
    """(head, members, uncertain) of what may go, by numbers."""
    found = await store.due("chat", now, limit=9)
    return [(one.row // 64, [each.row // 64 for each in one.members], one.uncertain) for one in found]


async def stale(store: Store, address: str = "a") -> list[int]:
    return [one.row // 64 for one in await store.stale("chat", address, STALE, limit=9)]


async def test_a_digest_comes_again_as_it_was(store: Store) -> None:
    await digest(store)
    assert await due(store) == [(1, [2, 3], True)], "its daemon died"
    await store.commit(Commit(now=START, messages=[message(4, "chat:a")]))
    await end(store, 1, Fate.DELAYED, due=LATER)
    assert await due(store) == [(1, [2, 3], False)]
    assert await stale(store) == [4], "who is in a digest is in no other"
    assert list(await store.depths()) == [Depth("chat", 4, START)]
    await store.commit(Commit(now=START, messages=[message(5, "chat:a", lane=Lane.CRITICAL)]))
    assert await due(store) == [(5, [], False)]
    await end(store, 5, Fate.SENT)
    assert await due(store) == [(1, [2, 3], False)]


async def test_all_of_it_is_sent_at_once(store: Store) -> None:
    await digest(store)
    await end(store, 1, Fate.SENT)
    assert await due(store) == []
    assert list(await store.depths()) == []


@pytest.mark.parametrize(
    ("fate", "more", "then"),
    [
        (Fate.DELAYED, More(alone=True, due=STALE), [(1, [], False), (2, [], False), (3, [], False)]),
        (Fate.DELAYED, More(aside=True, due=STALE), [(2, [], False), (3, [], False), (1, [], False)]),
        (Fate.DELAYED, More(alone=True, due=STALE, uncertain=True), [(1, [], True), (2, [], True), (3, [], True)]),
        (Fate.EXPIRED, More(), [(2, [], False), (3, [], False)]),
        (Fate.BURIED, More(reason="bug"), [(2, [], False), (3, [], False)]),
        (Fate.BURIED, More(reason="uncertain", uncertain=True), []),
        (Fate.BURIED, More(reason="forbidden", dead=True), []),
        (Fate.DELAYED, More(moved="b", due=STALE), [(1, [], False), (2, [], False), (3, [], False)]),
    ],
    ids=["alone", "aside", "alone, and uncertain", "expired", "buried", "uncertain", "dead", "moved"],
)
async def test_whatever_ends_it_otherwise_leaves_its_members(
    store: Store, fate: Fate, more: More, then: list[tuple[int, list[int], bool]]
) -> None:
    await digest(store)
    await store.turn("chat", settled=[Settled(row=64, fate=Fate.DELAYED, at=STALE, due=STALE)])
    await begin(store, 1, 2, 3)
    await end(store, 1, fate, **more)
    order = []
    while found := await due(store):
        order += found
        await end(store, found[0][0], Fate.SENT)
    assert order == then


async def test_what_may_have_come_in_a_digest_says_so(store: Store) -> None:
    await digest(store)
    assert await store.bury([128], STALE) == 0, "it is under way"
    assert await store.bury([128], STALE, idle=True) == 1
    assert await due(store) == [(1, [], True)]
    await end(store, 1, Fate.SENT)
    assert await due(store) == [(3, [], True)]
    assert await stale(store) == [], "and is in no other digest"


async def test_what_stepped_aside_or_goes_alone_is_in_no_digest(store: Store) -> None:
    await digest(store)
    await end(store, 1, Fate.DELAYED, due=STALE, alone=True)
    assert await stale(store) == [2, 3]
    (head,) = await store.due("chat", LATER, limit=9)
    assert head.alone
    await end(store, 1, Fate.DELAYED, due=STALE, aside=True)
    assert await stale(store) == [2, 3]


async def test_a_digest_of_what_waits_no_more_is_not_begun(store: Store) -> None:
    await store.commit(Commit(now=START, messages=[message(n, "chat:a") for n in (1, 2, 3)]))
    await store.bury([128], STALE)
    assert not await begin(store, 1, 2, 3)
    assert await stale(store) == [1, 3]
    assert await begin(store, 1, 3)


async def test_one_that_is_asked_for_by_hand_is_tried_with_its_digest(store: Store) -> None:
    await digest(store)
    await end(store, 1, Fate.DELAYED, due=LATER + 999)
    assert await store.retry([128], STALE) == 1
    assert await due(store) == [(1, [2, 3], False)]
