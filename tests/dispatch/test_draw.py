"""What a channel is given of a queued message: which one it follows, and how it is acknowledged."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from alertd.dispatch.draw import DAY, Drawing, picture_of
from alertd.dispatch.policy import Follow
from alertd.dispatch.seal import opened, token
from alertd.model.event import Entry, EventKind
from alertd.model.notification import Content, Link, Loudness, Notification, Picture, Queued
from tests.dispatch.samples import entry, event, policy, receiver, rule
from tests.fakes import START

SEAL = bytes(range(32))
FIRED, ENDED, REMINDED, LACKING = (
    entry(event(kind, reason="price" if kind is EventKind.NO_DATA else ""), rule(), number)
    for number, kind in enumerate(
        [EventKind.FIRED, EventKind.RESOLVED, EventKind.REMINDED, EventKind.NO_DATA], start=41
    )
)


def queued(*holding: Entry, past: tuple[Entry, ...] = (), text: Notification | None = None, to: str = "desk") -> Queued:
    content = Content(holding, past, "", text)
    return Queued(
        64, "w-1", to, "chat", "1", content, START, START, START + 60, loudness=Loudness.SILENT, origin="ref-7"
    )


def drawing(follow: Follow = Follow.EDIT, public_url: str = "") -> Drawing:
    return Drawing(policy(replace(receiver("desk"), follow=follow), public_url=public_url), SEAL)


def test_a_delivery_is_of_its_message() -> None:
    delivery = drawing()(queued(FIRED), START + 5)
    assert (delivery.message, delivery.receiver, delivery.channel, delivery.address) == ("w-1", "desk", "chat", "1")
    assert (delivery.created, delivery.loudness) == (START, Loudness.SILENT)
    assert delivery.notification.title == "BTC 71,204: price > 70k"


def test_words_are_said_as_they_are() -> None:
    said = Notification(title="alertd: all is well")
    assert drawing(public_url="https://a.example")(queued(text=said), START).notification is said


@pytest.mark.parametrize(
    ("follow", "holding", "past", "expected"),
    [
        (Follow.EDIT, (ENDED,), (), ("ref-7", True)),
        (Follow.EDIT, (), (ENDED,), ("ref-7", True)),
        (Follow.EDIT, (REMINDED,), (), ("ref-7", False)),
        (Follow.REPLY, (ENDED,), (), ("ref-7", False)),
        (Follow.NEW, (ENDED,), (), ("", False)),
    ],
)
def test_how_an_end_is_told(
    follow: Follow, holding: tuple[Entry, ...], past: tuple[Entry, ...], expected: tuple[str, bool]
) -> None:
    delivery = drawing(follow)(queued(*holding, past=past), START)
    assert (delivery.origin, delivery.replaces) == expected


def test_a_receiver_that_is_gone_follows_nothing() -> None:
    assert drawing()(queued(ENDED, to="left"), START).origin == ""


@pytest.mark.parametrize(
    ("case", "content", "linked"),
    [
        ("an open episode", queued(FIRED), True),
        ("a reminder", queued(REMINDED), True),
        ("its end", queued(ENDED), False),
        ("no episode", queued(LACKING), False),
        ("two of them", queued(FIRED, REMINDED), False),
        ("with what came and went", queued(FIRED, past=(ENDED,)), False),
        ("only what came and went", queued(past=(FIRED,)), False),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_can_be_acknowledged(case: str, content: Queued, linked: bool) -> None:
    links = drawing(public_url="https://a.example")(content, START).notification.links
    assert any(link.label == "Acknowledge" for link in links) is linked, case
    assert not any(link.label == "Acknowledge" for link in drawing()(content, START).notification.links)


def test_the_link_comes_first_and_names_the_event() -> None:
    first, *_ = drawing(public_url="https://a.example")(queued(FIRED), START).notification.links
    assert first == Link("Acknowledge", f"https://a.example/ack/{token(SEAL, 41, 'desk')}")
    assert opened(SEAL, first.url.rpartition("/")[2]) == (41, "desk")


def test_times_are_told_in_the_zone_of_whoever_reads_them() -> None:
    madrid = replace(receiver("me"), zone=ZoneInfo("Europe/Madrid"))
    draws = Drawing(policy(receiver("desk"), madrid), SEAL)
    for name, zone in (("desk", "UTC"), ("me", "CET")):
        assert zone in draws(queued(FIRED, to=name), START).notification.footer


def test_what_somebody_may_do_about_an_event_is_under_it() -> None:
    own = entry(event(owner="@7", rule="3"), rule("3", owner="@7", notify=()), 41)
    draws = Drawing(policy(receiver("desk")), SEAL, frozenset({"chat"}), charts=True)
    told = draws(queued(own), START).notification
    assert [button.label for button in told.buttons] == [
        "Snooze 1 h", "Re-arm", "−1 %", "+1 %", "Delete", "Why", "Chart",
    ]  # fmt: skip
    assert [button.label for button in draws(queued(FIRED), START).notification.buttons] == [
        "Snooze 1 h",
        "Why",
        "Chart",
    ]
    assert told.picture == Picture("BTC", own.event.at, DAY, 70_000.0)
    deaf = replace(draws, listening=frozenset({"other"}), charts=False)(queued(own), START).notification
    assert (deaf.buttons, deaf.picture) == ((), None)
    assert "#3" in told.footer


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"price": 100.0, "level": 70.0}, 70.0),
        ({"price": 100.0, "level": 10.0}, None),
        ({"price": 100.0}, None),
    ],
)
def test_a_chart_shows_the_level_of_a_price_and_no_other(values: dict[str, float], level: float | None) -> None:
    one = entry(event(values=values), rule(), 41)
    shown = picture_of(one)
    assert shown
    assert shown.level == level


def test_what_is_about_no_price_has_no_chart() -> None:
    assert picture_of(entry(event(values={"signal": "bullish"}), rule(), 41)) is None
    assert picture_of(LACKING) is None
