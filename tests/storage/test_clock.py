"""A clock that was ahead, and is right again: nothing waits longer than it could have been asked to."""

from alertd.ports import Store
from alertd.rows import Attempt, Commit, Fate, Settled
from tests.fakes import START
from tests.storage.rows import message

DAY, YEAR = 86_400.0, 365 * 86_400.0
AHEAD = START + YEAR


async def test_what_was_made_in_the_future_is_made_now(store: Store) -> None:
    one = message(1, "chat:a", standby=["mail:m"], created=AHEAD)
    await store.commit(Commit(now=AHEAD, messages=[one, message(2, "chat:b", created=AHEAD)]))
    await store.turn("chat", attempts=[Attempt(64, ())], now=AHEAD)
    await store.turn("chat", settled=[Settled(row=64, fate=Fate.DELAYED, at=AHEAD, due=AHEAD + 300)])
    for _ in range(2):
        loaded = await store.load(START)
        assert list(loaded.recent) == [("desk", START), ("desk", START)]
    assert await store.next_due("mail") == START + 60
    (mail,) = await store.due("mail", START + 60, limit=9)
    assert (mail.created, mail.expires, mail.began) == (START, START + 3600, START)
    found = await store.due("chat", START + DAY, limit=9)
    assert [one.row for one in found] == [128, 64]


async def test_a_rest_lasts_a_day_at_most(store: Store) -> None:
    await store.turn("chat", rests={"": AHEAD, "bot": START + 60}, now=START)
    await store.load(START)
    assert (await store.paces("chat", START))[1] == {"": START + DAY, "bot": START + 60}
