"""Offers: a button runs what it was made for, for whom it was made."""

from zlib import crc32

import pytest

from alertd.bot.asking import LONGEST, Reply
from alertd.bot.offers import EACH, MOST, Offers
from alertd.model.notification import Button
from alertd.model.people import Role
from alertd.model.press import Action, read
from tests.bot.room import room


def key_of(button: Button) -> str:
    press = read(button.data)
    assert press is not None
    assert press.action is Action.RUN
    return press.argument


def test_what_was_offered_is_found_again_by_whom_it_was_offered_to() -> None:
    offers = Offers()
    key = key_of(offers.button(1, "price BTC"))
    assert len(key) == 16
    assert (offers.taken(1, key), offers.taken(2, key), offers.taken(1, "0" * 16)) == ("price BTC", "", "")


def test_a_key_is_one_of_the_person_and_of_the_process() -> None:
    offers = Offers()
    keys = {key_of(each.button(person, "price BTC")) for each in (offers, Offers()) for person in (1, 2)}
    assert len(keys) == 4
    assert key_of(offers.button(1, "price BTC")) == key_of(offers.button(1, "price BTC", "Price"))


def test_texts_of_one_checksum_have_buttons_of_their_own() -> None:
    one, other = "plumless", "buckeroo"
    assert crc32(one.encode()) == crc32(other.encode())
    offers = Offers()
    first, second = key_of(offers.button(1, one)), key_of(offers.button(1, other))
    assert (offers.taken(1, first), offers.taken(1, second)) == (one, other)


def test_of_one_person_the_latest_are_kept_and_take_nobody_elses_place() -> None:
    offers = Offers()
    others = key_of(offers.button(2, "price BTC"))
    keys = [key_of(offers.button(1, f"chart {number}")) for number in range(EACH + 1)]
    assert [offers.taken(1, key) for key in keys] == ["", *(f"chart {number}" for number in range(1, EACH + 1))]
    assert offers.taken(2, others) == "price BTC"


def test_what_is_offered_again_is_among_the_latest() -> None:
    offers = Offers()
    first = key_of(offers.button(1, "price BTC"))
    for number in range(EACH - 1):
        offers.button(1, f"chart {number}")
    offers.button(1, "price BTC")
    offers.button(1, "one more")
    assert offers.taken(1, first) == "price BTC"


def test_of_all_of_them_as_many_are_kept() -> None:
    offers = Offers()
    keys = [(person, key_of(offers.button(person, "price BTC"))) for person in range(1, MOST + 2)]
    assert [offers.taken(*key) for key in (keys[0], keys[1], keys[-1])] == ["", "price BTC", "price BTC"]


@pytest.mark.parametrize(("length", "kept"), [(LONGEST, True), (LONGEST + 1, False)])
def test_what_would_be_too_long_to_be_said_is_not_kept(length: int, *, kept: bool) -> None:
    offers = Offers()
    assert bool(offers.taken(1, key_of(offers.button(1, "x" * length)))) is kept


def labelled(reply: Reply, label: str) -> str:
    return dict(reply.said.buttons)[label]


async def test_a_button_in_a_group_is_whose_question_it_answers() -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.price(BTC=65_000)
        asked = await stand.says("alert BTC > 700k", by="ann")
        data = labelled(asked, "Yes, 700,000")
        others = await stand.press(data, by="bob")
        assert (others.ok, others.said.title) == (False, "That button is somebody else's, or from long ago")
        assert await stand.store.chat_alerts(stand.numbers["bob"]) == []
        assert (await stand.press(data, by="ann")).ok
        assert len(await stand.store.chat_alerts(stand.numbers["ann"])) == 1


@pytest.mark.parametrize(
    ("role", "hint"),
    [(Role.USER, "coingecko does: an admin can add it"), (Role.ADMIN, "coingecko does: add it under sources:")],
)
async def test_who_may_add_a_source_is_told_where(role: Role, hint: str) -> None:
    async with room() as stand:
        await stand.enrol("ann", role)
        reply = await stand.says("alert BTC market_cap > 2T", by="ann")
        assert (reply.ok, reply.said.lines) == (False, (hint,))


@pytest.mark.parametrize(
    ("role", "hint"),
    [(Role.USER, "ask an admin to add it"), (Role.ADMIN, "add it under coins: in the configuration")],
)
async def test_who_may_add_a_coin_is_told_where(role: Role, hint: str) -> None:
    async with room() as stand:
        await stand.enrol("ann", role)
        reply = await stand.says("price XQZWV", by="ann")
        assert (reply.said.title, reply.said.lines) == ("There is no coin 'XQZWV' here", (hint,))
