"""The clerk: one thing after the other by one person, from their first word on."""

import asyncio

import pytest

from alertd.model.people import Role
from tests.bot.room import Room, room


async def test_on_record_is_what_a_button_would_have_run() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.VIEWER)
        button = stand.office.offers.button(1, "alert BTC > 70k").data
        assert not (await stand.press(button, by="ann")).ok
        (deed,) = [each for each in await stand.store.deeds(limit=9) if each.denied]
        assert (deed.who, deed.did, deed.denied) == ("@1", "alert", "is viewer")


async def test_strangers_who_knock_without_end_do_not_fill_the_log() -> None:
    async with room() as stand:
        for number in range(100):
            await stand.says("alert BTC > 70k", by=f"stranger {number}")
        assert [deed.denied for deed in await stand.store.deeds(limit=1000)] == ["is unknown"] * 20
        for number in range(100):
            await stand.after(6.0)
            await stand.says("alert BTC > 70k", by=f"other {number}")
        lines = [deed.denied for deed in reversed(await stand.store.deeds(limit=1000))]
        assert lines[20:22] == ["is unknown, and 89 more", "is unknown, and 9 more"]
        assert len(lines) == 30


ROUNDS = 60
"""Of the loop: a first word is under way in them."""


async def lets_in(stand: Room, how: str) -> str:
    """What a stranger says first, to be let in by the allow list or by a code."""
    await stand.price(BTC=65_000, ETH=2_000)
    if how == "allowed":
        return "alert BTC > 70k"
    await stand.enrol("ola", Role.OWNER)
    return f"start {(await stand.says('invite', by='ola')).code.split()[-1]}"


@pytest.mark.parametrize("how", ["allowed", "coded"])
@pytest.mark.parametrize("gap", range(1, ROUNDS, 4))
async def test_what_is_said_during_a_first_word_has_its_turn(gap: int, how: str) -> None:
    async with room() as plain:
        allowed = frozenset({plain.identity("zoe")} if how == "allowed" else ())
    async with room(allowed=allowed) as stand:
        first = await lets_in(stand, how)
        said = [asyncio.ensure_future(stand.says(line, by="zoe")) for line in (first, "alert SOL > 900")]
        for _ in range(gap):
            await asyncio.sleep(0)
        said.append(asyncio.ensure_future(stand.says("alert ETH > 3k", by="zoe")))
        titles = [(await each).said.title.partition(":")[0] for each in said]
        made = [title for title in titles if title.startswith("Alert #")]
        assert made == [f"Alert #{number}" for number in range(1, len(made) + 1)]
        assert len(made) == (3 if how == "allowed" else 2)
