"""Somebody who talks in the demo tries again until they are answered, and says what they wait for."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from alertd.demo.conversation import Account, Conversation
from alertd.demo.platforms.people import Onlooker, Seen
from alertd.demo.scenario import CHATTERS, Wish
from tests.fakes import START, settle

ANA = CHATTERS[0]
SLIP = "alert btc belwo 63500"
FIX = "alert BTC < 63500"
ANSWERS: Mapping[str, Seen] = {
    SLIP: Seen("I do not know 'belwo'\ndid you mean below?", "1", callbacks=((FIX, "run"),)),
    FIX: Seen("Alert #1: BTC: price < 63500\nOnce.", "1"),
    "Snooze 1 h": Seen("BTC 62,660.3: price < 63500\nSnoozed until 13:28 UTC", "1"),
    "Why": Seen("#1 BTC: price < 63500\n12:18:52  fired: BTC 62,660.3", "1"),
    "alerts": Seen("1 alert\n#1  BTC: price < 63500  firing", "1"),
}
ALERT = Seen("BTC 62,660.3: price < 63500", "1", callbacks=(("Snooze 1 h", "snooze"), ("Why", "why")))


class Line(Account):
    """A line to a bot that answers as `ANSWERS` has it, and tells at once of an alert that is added. It breaks with
    each of the `breaks`, in their order, before it lets `what` through."""

    def __init__(self, what: str = "", *breaks: Exception) -> None:
        self._user = Onlooker[Seen]()
        self._what = what
        self._breaks = list(breaks)

    @property
    def user(self) -> Onlooker[Seen]:
        return self._user

    async def says(self, line: str) -> None:
        if line == self._what and self._breaks:
            raise self._breaks.pop(0)
        self._user.show(ANSWERS[line])
        if line == FIX:
            self._user.show(ALERT)

    async def presses(self, button: str) -> None:
        await self.says(button)


def conversation(line: Line) -> Conversation:
    return Conversation(Wish(ANA, "BTC", 63_500.0), line, lambda: START, lambda chatter, utterance: None)


BROKEN = (ConnectionError("it broke"), LookupError("no button"), ValueError("no command"), ConnectionError("again"))


@pytest.mark.parametrize("what", ["", *ANSWERS])
async def test_what_does_not_come_through_is_tried_again(what: str) -> None:
    talk = conversation(Line(what, *BROKEN, *BROKEN[:1]))
    back = asyncio.Event()
    back.set()
    await talk.run(back)
    assert talk.missed == []
    assert [(line.who, line.text) for line in talk.lines] == [
        ("ana", SLIP),
        ("alertd", f"I do not know 'belwo'  [{FIX}]"),
        ("ana", f"[{FIX}]"),
        ("alertd", "Alert #1: BTC: price < 63500"),
        ("alertd", "BTC 62,660.3: price < 63500"),
        ("ana", "[Snooze 1 h]"),
        ("alertd", "Snoozed until 13:28 UTC"),
        ("ana", "[Why]"),
        ("alertd", "12:18:52  fired: BTC 62,660.3"),
        ("ana", "alerts"),
        ("alertd", "#1  BTC: price < 63500  firing"),
    ]


async def test_who_is_not_answered_says_what_they_wait_for() -> None:
    talk = conversation(Line())
    assert talk.missed == ["ana on telegram still waits to begin"]
    talking = asyncio.create_task(talk.run(asyncio.Event()))
    await settle()
    assert talk.missed == ["ana on telegram still waits for alertd to come back"]
    talking.cancel()
    with suppress(asyncio.CancelledError):
        await talking
