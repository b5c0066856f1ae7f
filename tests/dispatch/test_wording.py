"""The record in words."""

from datetime import UTC
from math import inf

import pytest

from alertd.channels.answers import Reason
from alertd.dispatch.cooldown import COOLDOWN
from alertd.dispatch.dedup import Decision
from alertd.dispatch.group import GROUP
from alertd.dispatch.inhibition import INHIBITED
from alertd.dispatch.limit import CAP
from alertd.dispatch.matcher import parse
from alertd.dispatch.mute import RUNAWAY
from alertd.dispatch.silence import SILENCE
from alertd.dispatch.state import STORM
from alertd.dispatch.timing import DIGEST, HOURS, QUIET
from alertd.dispatch.wording import became, happened, matchers, ordinal, time_beside, way
from alertd.model.event import EventKind
from alertd.model.notification import ItemFate, Lane
from alertd.model.reasons import say_reason
from alertd.model.record import Parcel, Share
from alertd.storage.ways import DEAD
from tests.cli.past import entry
from tests.fakes import START


def parcel(
    state: str,
    *,
    reason: str = "",
    attempts: int = 0,
    at: float | None = None,
    due: float = START,
    channel: str = "slack",
) -> Parcel:
    return Parcel(
        row=64,
        message="ab-1",
        receiver="desk",
        channel=channel,
        address="#alerts",
        state=state,
        lane=Lane.NORMAL,
        created=START,
        due=due,
        expires=START + 3_600.0,
        attempts=attempts,
        uncertain=False,
        reason=reason,
        ref="",
        at=at,
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (parcel("sent", attempts=1, at=START + 5.0), "sent 00:00:05"),
        (parcel("sent", attempts=3, at=START + 60.0), "sent 00:01:00 (3rd attempt)"),
        (parcel("sent", attempts=1, at=START + 86_400.0), "sent 2026-01-02 00:00:00"),
        (parcel("sent", reason="digest", at=START + 9.0), "sent 00:00:09 in one digest with others that were late"),
        (
            parcel("buried", reason="not_found", attempts=2, at=START),
            "not delivered: the platform does not know the address (2 attempts)",
        ),
        (parcel("buried", reason="dead_destination"), "not delivered: nothing reaches the address any more"),
        (parcel("buried", reason="new_word", attempts=1), "not delivered: new_word (1 attempt)"),
        (parcel("expired", reason="expired", at=START + 3_600.0), "not delivered: too old by 01:00:00"),
        (parcel("spared", at=START), "not needed: another address had it"),
        (parcel("next"), "waits to be sent"),
        (parcel("queued"), "waits behind another message"),
        (parcel("sending", attempts=2), "being sent, the 2nd attempt"),
        (
            parcel("later", reason="rate_limited", attempts=1, due=START + 30.0),
            "tried again at 00:00:30: the platform asked to slow down (1 attempt)",
        ),
        (parcel("later", due=START + 30.0), "tried again at 00:00:30"),
        (parcel("standby", due=START + 60.0), "stands by until 00:01:00"),
        (parcel("a new state"), "a new state"),
    ],
    ids=lambda value: value.state if isinstance(value, Parcel) else None,
)
def test_way(one: Parcel, said: str) -> None:
    assert way(one, START, UTC) == said


@pytest.mark.parametrize(
    ("fate", "reason", "until", "parcels", "said"),
    [
        (ItemFate.HELD, "quiet", START + 25_200.0, (), "held by quiet hours until 07:00:00"),
        (ItemFate.HELD, "inhibited:btc-crash", inf, (), "held by the inhibition by btc-crash"),
        (ItemFate.DROPPED, "silence:3", 0.0, (), "dropped: silence 3"),
        (ItemFate.DROPPED, "unwanted", 0.0, (), "dropped: its rule does not ask to tell this"),
        (ItemFate.TOLD, "", 0.0, (), "told in message ab-1"),
        (ItemFate.TOLD, "", 0.0, (parcel("next"),), "waits to be sent"),
        (ItemFate.TOLD, "storm", 0.0, (parcel("next"),), "waits to be sent, after it was held by the storm"),
        (
            ItemFate.TOLD,
            "",
            0.0,
            (parcel("sent", attempts=1, at=START), parcel("spared", channel="email")),
            "slack sent 00:00:00, email not needed: another address had it",
        ),
    ],
)
def test_became(fate: ItemFate, reason: str, until: float, parcels: tuple[Parcel, ...], said: str) -> None:
    share = Share(receiver="desk", fate=fate, reason=reason, until=until, message="ab-1", parcels=parcels)
    assert became(share, START, UTC) == said


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (EventKind.FIRED, "fired: BTC 71,204 (+5.2%)"),
        (EventKind.RESOLVED, "BTC 71,204 (+5.2%) resolved after 2h"),
        (EventKind.REMINDED, "BTC 71,204 (+5.2%) still firing after 2h"),
        (EventKind.ALREADY_TRUE, "BTC 71,204 (+5.2%) already true"),
    ],
)
def test_happened(kind: EventKind, said: str) -> None:
    assert happened(entry(1, kind, START + 7_210.0).event) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [("quiet", "quiet hours"), ("silence:3", "silence 3"), ("silence", "silence"), ("new_word", "new_word"), ("", "")],
)
def test_reasons(reason: str, said: str) -> None:
    assert say_reason(reason) == said


@pytest.mark.parametrize(
    "word",
    [
        *(reason.value for reason in Reason),
        *(decision.value for decision in Decision if decision is not Decision.FIRST),
        *(GROUP, CAP, QUIET, HOURS, DIGEST, STORM, COOLDOWN, RUNAWAY, f"{SILENCE}:3", INHIBITED),
        *("cooldown", "inactive", "until", "firing"),
        *("expired", "uncertain", "rest", "bug", DEAD, "channel_gone", "operator"),
    ],
)
def test_every_reason_has_words(word: str) -> None:
    assert say_reason(word) != word


@pytest.mark.parametrize(
    ("at", "said"),
    [(START, "00:00:00"), (START + 86_399.0, "23:59:59"), (START + 86_400.0, "2026-01-02 00:00:00")],
)
def test_time_beside(at: float, said: str) -> None:
    assert time_beside(at, START, UTC) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")]
)
def test_ordinal(number: int, said: str) -> None:
    assert ordinal(number) == said


def test_matchers() -> None:
    texts = ["a=x", "b!=x", "c=~x.*", "d!~x.*", 'e=""', 'f="x, y"', "g='a \"word\"'"]
    assert matchers(parse(text) for text in texts) == ", ".join(texts)
