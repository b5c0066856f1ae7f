"""The harness finds what it is there to find: what is lost, what came twice and why, what nobody asked for."""

import struct

import pytest

from alertd.demo.platforms.record import Received, Record
from tests.faults.ledger import Ledger, Message
from tests.faults.outcome import Outcome
from tests.faults.stores import frames

WEBHOOK, CHAT = ("webhook", "/F0000"), ("telegram", "1001")


def told(where: tuple[str, str], coin: str, price: str, at: float = 0.0) -> Received:
    return Received(*where, "", f"{coin} {price}: price > 110", at)


def ledger(*events: Received | frozenset[Message]) -> Ledger:
    """One that has seen these in turn: messages, and kills with what was in flight at each."""
    record = Record()
    found = Ledger(record)
    found.expect([Message("/F0000", "F0000", "110.011"), Message("1001", "F0001", "110.011")])
    for event in events:
        if isinstance(event, Received):
            record.take(event)
        else:
            found.killed(event)
    return found


HOOKED, CHATTED = told(WEBHOOK, "F0000", "110.011"), told(CHAT, "F0001", "110.011")
KILL, IDLE = frozenset({Message("1001", "F0001", "110.011")}), frozenset[Message]()


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([HOOKED, CHATTED], {}, id="all there"),
        pytest.param([HOOKED], {"lost": 1}, id="one is lost"),
        pytest.param([HOOKED, CHATTED, CHATTED], {"duplicates": 1}, id="twice without a kill"),
        pytest.param([HOOKED, CHATTED, KILL, CHATTED], {"duplicates": 1, "in_flight": 1}, id="in flight at a kill"),
        pytest.param(
            [HOOKED, CHATTED, KILL, CHATTED, CHATTED], {"duplicates": 2, "in_flight": 1}, id="a kill excuses one"
        ),
        pytest.param([HOOKED, CHATTED, KILL, HOOKED], {"duplicates": 1}, id="another was in flight"),
        pytest.param([HOOKED, CHATTED, IDLE, CHATTED], {"duplicates": 1}, id="a kill with nothing in flight"),
        pytest.param([HOOKED, CHATTED, CHATTED, KILL], {"duplicates": 1}, id="twice before the kill"),
        pytest.param(
            [HOOKED, CHATTED, KILL, CHATTED, KILL, CHATTED], {"duplicates": 2, "in_flight": 2}, id="at two kills"
        ),
        pytest.param([HOOKED, CHATTED, told(CHAT, "F0001", "0.11")], {"strays": 1}, id="told of a lie"),
        pytest.param([HOOKED, told(WEBHOOK, "F0001", "110.011")], {"lost": 1, "strays": 1}, id="told the wrong one"),
    ],
)
def test_what_is_counted(events: list[Received | frozenset[Message]], expected: dict[str, int]) -> None:
    outcome = ledger(*events).outcome()
    zero = {"lost": 0, "duplicates": 0, "in_flight": 0, "strays": 0}
    assert {name: getattr(outcome, name) for name in zero} == zero | expected


def test_only_what_was_in_flight_is_excused() -> None:
    assert ledger(HOOKED, CHATTED, KILL, CHATTED).outcome().missed == []
    assert ledger(HOOKED, CHATTED, CHATTED).outcome().missed == ["1 duplicates that were not in flight"]


def test_the_worst_of_all_repetitions_is_told() -> None:
    total = Outcome()
    for figure in (1.0, 3.0, 2.0):
        total.add(Outcome(expected=5, figures={"ratio": figure}, most={"ratio": 2.5}))
    assert (total.expected, total.missed) == (15, ["ratio 3 > 2.5"])


def test_frames_of_a_log() -> None:
    page = 512
    log = struct.pack(">II", 0x377F0682, 3007000) + struct.pack(">I", page) + bytes(20)
    for size_after in (0, 7, 0):
        log += struct.pack(">II", 1, size_after) + bytes(16 + page)
    assert frames(log) == [(32 + 536, False), (32 + 2 * 536, True), (32 + 3 * 536, False)]
