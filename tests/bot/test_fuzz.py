"""A small share of the fuzz, and that it would find what it looks for."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from alertd.bot.asking import Asked, Reply
from alertd.bot.catalogue import Right
from alertd.bot.clerk import Clerk
from alertd.bot.language.command import Command, Slip
from alertd.bot.office import no, say
from alertd.model.people import AccountRow, AlertRow, CodeRow, Deed, Identity, PeopleRow, Person, PersonRow, Role
from alertd.model.press import Press
from alertd.rows import Commit
from tests.fuzz.rights import trespass
from tests.fuzz.run import BLOCK, WIRES, Failure, Input, blocks, opened
from tests.fuzz.smallest import smallest, told

ANN = Person(number=3, role=Role.USER, since=0.0)
ADMIN = replace(ANN, number=2, role=Role.ADMIN)
ENOUGH = 2_500
"""Inputs in which every hole shows: in each 250 of them a careless right does so about once."""
ROLES = {1: Role.OWNER, 2: Role.ADMIN, 3: Role.USER, 4: Role.USER}


@pytest.mark.parametrize("platform", WIRES)
def test_a_share_of_the_fuzz(platform: str) -> None:
    failures: list[Failure] = []
    tally = asyncio.run(blocks(platform, "share", 0, 250, failures.append))
    assert [failure.why for failure in failures] == []
    assert tally["heard"] > 120
    assert tally["changed"] > 5


# ── it finds what it looks for ───────────────────────────────────────────────────────────────────────────────────────


class Careless(Clerk):
    """Asks nobody for a right."""

    def _right(self, wanted: Command | Slip, press: Press | None) -> Right:
        return Right.NONE


class Odd(Clerk):
    """Says what no platform takes."""

    async def answer(self, asked: Asked) -> Reply | None:
        reply = await super().answer(asked)
        return reply and replace(reply, file=("empty", b""))


class Talkative(Clerk):
    """Says aloud what is for one person."""

    async def answer(self, asked: Asked) -> Reply | None:
        await super().answer(asked)
        return say('Alert #1 of ann: note "private-ann"')


class Denying(Clerk):
    """Does it, and says that it did not."""

    async def answer(self, asked: Asked) -> Reply | None:
        await super().answer(asked)
        return no("No")


class Hasty(Clerk):
    """Fetches files before it knows whose they are."""

    async def answer(self, asked: Asked) -> Reply | None:
        for file in asked.uploads:
            await file.fetch(file.place, 1)
        return await super().answer(asked)


class Fragile(Clerk):
    """Has a bug."""

    async def answer(self, asked: Asked) -> Reply | None:
        if "o" in asked.text:
            raise RuntimeError("a bug")
        return await super().answer(asked)


@pytest.mark.parametrize(
    ("platform", "clerk", "kind"),
    [
        ("telegram", Careless, "rights"),
        ("slack", Careless, "rights"),
        ("discord", Careless, "rights"),
        ("telegram", Talkative, "leak"),
        ("telegram", Hasty, "right"),
        ("slack", Denying, "rights"),
        ("discord", Fragile, "RuntimeError"),
        ("telegram", Odd, "payload"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_hole_is_found(platform: str, clerk: type[Clerk], kind: str) -> None:
    failures: list[Failure] = []
    for first in range(0, ENOUGH, BLOCK):
        asyncio.run(blocks(platform, "holes", first, BLOCK, failures.append, clerk))
        if kind in {failure.kind for failure in failures}:
            break
    assert kind in {failure.kind for failure in failures}


@pytest.mark.parametrize(
    ("row", "mine", "admins"),
    [
        (Deed(0.0, "@3", "alert"), True, True),
        (PersonRow(3, b""), True, True),
        (PersonRow(4, b""), False, True),
        (PersonRow(1, b""), False, False),
        (AlertRow(3, 1, None), True, True),
        (AlertRow(4, 1, None), False, True),
        (CodeRow(b"", 4, 0.0, b""), False, True),
        (AccountRow(1, 4, b"", b""), False, False),
        (AccountRow(1, 0, b"", b""), False, True),
    ],
    ids=lambda value: type(value).__name__ + str(value[:2]) if isinstance(value, tuple) else str(value),
)
def test_who_may_change_what(row: PeopleRow, mine: bool, admins: bool) -> None:
    commits = [(Commit(0.0, people=[row]), set[str]())]
    assert (trespass(ANN, commits, ROLES, asked=True) == "") is mine
    assert (trespass(ADMIN, commits, ROLES, asked=True) == "") is admins
    noted = isinstance(row, Deed)
    for nobody in (None, replace(ANN, role=Role.BANNED), replace(ANN, role=Role.VIEWER)):
        assert (trespass(nobody, commits, ROLES, asked=True) == "") is noted
    assert (trespass(ANN, commits, ROLES, asked=False) == "") is noted


async def test_a_failing_input_is_told_in_its_smallest_form() -> None:
    async with opened("telegram", Fragile) as block:
        who = block.made("share", 1).who
    raw = [_update(who, text) for text in ("alert BTC > 1", "xo?")]
    steps = tuple(Input(number, each, who) for number, each in enumerate(raw))
    found = await smallest("telegram", Failure("RuntimeError: a bug", steps), Fragile)
    (step,) = found.steps
    assert step.number == 1
    assert step.raw["message"]["text"] == "o"
    assert "RuntimeError" in told(found)


# ── what it has found ────────────────────────────────────────────────────────────────────────────────────────────────

_TYPING = {"id": "1", "application_id": "2", "token": "t", "channel_id": "3", "type": 4}
_OPTIONS = [{"type": 3, "name": "coin", "value": "BTC"}, {"type": 3, "name": "condition", "value": "> 1"}]
_SLASH = {"text": "alert BTC > 1", "team_id": "T01", "user_id": "U123", "channel_id": "D123"}


@pytest.mark.parametrize(
    ("platform", "raw"),
    [
        ("telegram", {"update_id": 1, "message": {"from": "\ud800"}}),
        ("discord", {**_TYPING, "user": {"id": "5"}, "data": {"name": "\ud800"}}),
        ("discord", {**_TYPING, "user": {"id": "5"}, "data": {"name": "alert", "options": _OPTIONS}}),
        ("slack", {"type": "slash_commands", "envelope_id": None, "payload": _SLASH}),
    ],
    ids=["half a surrogate pair", "half a surrogate pair, discord", "typing without a focus", "no envelope id"],
)
async def test_what_is_passed_over(platform: str, raw: object) -> None:
    async with opened(platform) as block:
        assert await block.take(Input(1, raw, block.identity("ann"))) == ""
        assert block.tally["heard"] == 0


async def test_somebody_without_a_name_is_heard() -> None:
    async with opened("telegram") as block:
        update = _update(block.identity("ann"), "alerts")
        update["message"]["from"]["first_name"] = ""
        assert await block.take(Input(1, update, block.identity("ann"))) == ""
        assert block.tally["done"] == 1


@pytest.mark.parametrize("argument", ["f", "off", "99999999d", "-1h"])
async def test_a_forged_snooze_of_a_rule_of_the_files(argument: str) -> None:
    async with opened("telegram") as block:
        who = block.identity("admin")
        for entry in range(1, 8):
            query = {"id": "8", "from": {"id": int(who.user), "is_bot": False, "first_name": "a"}, "chat_instance": "1"}
            raw = {"update_id": entry, "callback_query": {**query, "data": f"snooze:e{entry}:{argument}"}}
            assert await block.take(Input(entry, raw, who)) == ""
        assert block.tally["heard"] == 7


def _update(who: Identity, text: str) -> dict[str, Any]:
    user = {"id": int(who.user), "is_bot": False, "first_name": "Ann"}
    chat = {"id": int(who.user), "type": "private"}
    return {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "from": user, "text": text}}
