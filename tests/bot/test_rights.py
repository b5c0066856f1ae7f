"""Rights, as a matrix: every command and every button, by everybody, on one's own alert and on another's.

What is expected stands here by itself, and is not taken from the catalogue. Whatever was not allowed changed nothing,
and is on record; whatever was allowed was done.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from alertd.bot.asking import Reply
from alertd.bot.catalogue import COMMANDS, PRESSES
from alertd.bot.do import PRESS, RUN, entries
from alertd.model.kept import Acknowledged, Silence, Snoozed
from alertd.model.people import AlertStage, Role
from alertd.model.press import Action, Press
from alertd.rules.amend import Change
from tests.bot.do.talk import live, watches
from tests.bot.room import Room, room

WHO = ("stranger", "banned", "viewer", "user", "admin", "owner")
"""Everybody, by what they may do: the later may all that the earlier may."""

LOOK, OWN, STAFF = "viewer", "user", "admin"

LINES: dict[str, tuple[str, str]] = {
    # command: (whom it takes, what is typed)
    "alert": (OWN, "alert ETH > 9k"),
    "alerts": (OWN, "alerts"),
    "edit": (OWN, "edit {target} > 72k"),
    "delete": (OWN, "delete {target}"),
    "pause": (OWN, "pause {target}"),
    "resume": (OWN, "resume {paused}"),
    "snooze": (OWN, "snooze {target} 1h"),
    "ack": (OWN, "ack {target}"),
    "mute": (OWN, "mute 8h"),
    "price": (LOOK, "price BTC"),
    "chart": (LOOK, "chart BTC 24h"),
    "signal": (LOOK, "signal BTC"),
    "watchlist": (OWN, "watchlist majors BTC ETH"),
    "history": (LOOK, "history"),
    "why": (LOOK, "why {target}"),
    "settings": (OWN, "settings quiet 23:00-07:00"),
    "link": (OWN, "link"),
    "export": (OWN, "export"),
    "import": (OWN, "import rules: [{{name: a, symbols: SOL, when: price > 70k}}]"),
    "help": (LOOK, "help"),
    "start": (LOOK, "start"),
    "users": (STAFF, "users"),
    "invite": (STAFF, "invite"),
    "role": (STAFF, "role @7 viewer"),
    "ban": (STAFF, "ban @7"),
    "forget-user": (STAFF, "forget-user @7 sure"),
    "audit": (STAFF, "audit"),
    "rules": (STAFF, "rules"),
    "silence": (STAFF, "silence rule=btc 2h"),
    "status": (STAFF, "status"),
}
"""The commands that have a `{target}` are said of one's own alert and of another's, which takes an admin."""

BUTTONS: dict[Action, tuple[str, str]] = {
    # button: (whom it takes, its argument)
    Action.ACK: (OWN, ""),
    Action.SNOOZE: (OWN, "1h"),
    Action.REARM: (OWN, ""),
    Action.NUDGE: (OWN, "+1"),
    Action.DELETE: (OWN, ""),
    Action.RESUME: (OWN, ""),
    Action.WHY: (LOOK, ""),
    Action.CHART: (LOOK, ""),
    Action.DROP: (LOOK, ""),
}
ABOUT_NOTHING = {Action.DROP}
BOB = 7
"""The other, a user with two alerts: 1 is live and has fired, 2 is paused. So has everybody else."""


class Case(NamedTuple):
    name: str
    needs: str
    """The least who may do it."""
    line: str = ""
    press: Press | None = None
    by_offer: bool = False

    def __str__(self) -> str:
        return self.name


def _allowed(who: str, needs: str) -> bool:
    return WHO.index(who) >= WHO.index(needs)


def _cases() -> Sequence[tuple[str, Case]]:
    found = []
    for who in WHO:
        own = WHO.index(who)  # a stranger has no number
        for name, (needs, line) in LINES.items():
            for target, other in (("1", False), (f"@{BOB}.1", True)):
                if other and "{" not in line.replace("{{", ""):
                    continue
                text = line.format(target=target, paused=target.replace("1", "2") if not other else f"@{BOB}.2")
                least = STAFF if other else needs
                label = f"{'another' if other else 'own'} by"
                found.append((who, Case(f"{name}-{label}-line", least, text)))
                found.append((who, Case(f"{name}-{label}-offer", least, text, by_offer=True)))
        for action, (needs, argument) in BUTTONS.items():
            for person, other in ((own, False), (BOB, True)):
                number = 2 if action is Action.RESUME else 1
                press = Press(action, person=person, number=number, argument=argument)
                if action in ABOUT_NOTHING:
                    press = Press(action)
                    if other:
                        continue
                if not person and not other:
                    press = Press(action, person=BOB, number=number, argument=argument)
                label = "another" if other else "own"
                found.append((who, Case(f"{action}-button-{label}", STAFF if other else needs, press=press)))
    return found


async def staffed(stand: Room) -> None:
    """Everybody but the stranger, by numbers 1 to 5, an owner more, and bob."""
    await stand.price(BTC=65_000, ETH=3_000, SOL=100)
    stand.quotes.prices["tm_grade"] = {"BTC": 71.0}
    for name in (*WHO[1:], "second", "bob"):
        await stand.enrol(name, Role.OWNER if name == "second" else Role.USER if name == "bob" else Role(name))
        await watches(stand, name, 1)
        await watches(stand, name, 2, "price > 80k")
        alert = (await stand.store.chat_alerts(stand.person(name).number))[1]
        row = entries.kept(alert.person, 2, entries.read(alert), stage=AlertStage.PAUSED, made=alert.made)
        await stand.pipeline.serve(change=Change(drop=[(stand.person(name).owner, "2")]), people=[row])
    await stand.price(BTC=65_001)
    await stand.price(BTC=70_001)


async def changeable(stand: Room) -> tuple[object, ...]:
    """All that a command may change, but for the audit log and what was heard."""
    crowd = (await stand.store.load(stand.clock.now())).crowd
    alerts = await stand.store.all_chat_alerts((0, 0), limit=1000)
    kept = [each for kind in (Silence, Snoozed, Acknowledged) for each in stand.pipeline.remembered(kind)]
    people = [(person, stand.office.people.accounts(person.number)) for person in stand.office.people]
    return crowd, alerts, kept, people, live(stand), len(stand.sent())


async def _does(stand: Room, who: str, case: Case) -> Reply | None:
    if case.by_offer:
        button = stand.office.offers.button(stand.numbers.get(who, 0), case.line).data
        return await stand.clerk.answer(stand.asked(by=who, button=button))
    if case.press is not None:
        return await stand.clerk.answer(stand.asked(by=who, button=case.press.data))
    return await stand.clerk.answer(stand.asked(case.line, by=who))


@pytest.mark.parametrize(("who", "case"), [pytest.param(who, case, id=f"{who}-{case}") for who, case in _cases()])
async def test_nobody_does_what_they_may_not(who: str, case: Case) -> None:
    async with room() as stand:
        await staffed(stand)
        before, log = await changeable(stand), len(await stand.store.deeds(limit=1000))
        reply = await _does(stand, who, case)
        written = (await stand.store.deeds(limit=1000))[: len(await stand.store.deeds(limit=1000)) - log]
        assert reply is not None
        if _allowed(who, case.needs):
            assert reply.ok, reply.said
            assert not any(deed.denied for deed in written)
        else:
            assert not reply.ok
            assert await changeable(stand) == before
            assert [bool(deed.denied) for deed in written] == [True]


def test_the_table_knows_every_command_and_every_button() -> None:
    assert set(LINES) == set(COMMANDS) == set(RUN)
    assert set(BUTTONS) == set(PRESS) == set(PRESSES) - {Action.RUN}


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize(("terms", "who", "ok"), [
    ("admins", "user", False), ("admins", "admin", True), ("admins", "owner", True), ("admins", "viewer", False),
    ("users", "user", True), ("users", "admin", True), ("users", "viewer", False),
])  # fmt: skip
async def test_who_may_add_for_a_group(terms: str, who: str, ok: bool, group: bool) -> None:
    async with room(groups="users" if terms == "users" else "admins") as stand:
        await staffed(stand)
        before = await changeable(stand)
        reply = await stand.says("alert ETH > 9k", by=who, group=group)
        may = ok or (not group and who != "viewer")
        assert reply.ok is may
        assert (await changeable(stand) != before) is may


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("what", "typed"), [("coin", "bt"), ("condition", "sig")])
async def test_only_who_is_in_is_shown_what_may_be_typed(who: str, what: str, typed: str) -> None:
    async with room() as stand:
        await staffed(stand)
        assert bool(stand.clerk.complete(what, typed, stand.identity(who))) is (who not in ("stranger", "banned"))


@pytest.mark.parametrize("who", ["stranger", "banned"])
@pytest.mark.parametrize("line", ["help", "alert BTC > 70k", "start AAAAABBBBB", "users"])
async def test_in_a_group_nobody_answers_those_who_are_not_in(who: str, line: str) -> None:
    async with room() as stand:
        await staffed(stand)
        before = await changeable(stand)
        for _ in range(8):  # over their quota, too
            assert await stand.clerk.answer(stand.asked(line, by=who, group=True)) is None
        assert await changeable(stand) == before
