"""What a channel is given of a queued message: which one it follows, and how it is acknowledged."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from alertd.dispatch.draw import DAY, Drawing, buttons_of, picture_of
from alertd.dispatch.memory import Memory
from alertd.dispatch.policy import Follow
from alertd.dispatch.seal import About, Opened, is_signed, opened, token
from alertd.model.event import Entry, EventKind
from alertd.model.kept import Acknowledged, Escalation, Kept, Raised
from alertd.model.notification import Content, Link, Loudness, Notification, Picture, Queued
from alertd.model.press import Action, read
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
        ("two of them", queued(FIRED, REMINDED), True),
        ("with what has ended", queued(FIRED, ENDED), True),
        ("with what came and went", queued(FIRED, past=(ENDED,)), True),
        ("a digest of several messages", queued(FIRED, REMINDED)._replace(members=(queued(FIRED),)), False),
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
    assert first == Link("Acknowledge", f"https://a.example/ack/{token(SEAL, About(41), 'desk')}")
    assert opened(SEAL, first.url.rpartition("/")[2]) == Opened(About(41), "desk")


@pytest.mark.parametrize(
    "several",
    [queued(FIRED, REMINDED), queued(FIRED, ENDED), queued(FIRED, past=(ENDED,))],
    ids=["two of them", "with what has ended", "with what came and went"],
)
def test_the_link_of_several_names_the_message(several: Queued) -> None:
    first, *_ = drawing(public_url="https://a.example")(several, START).notification.links
    assert opened(SEAL, first.url.rpartition("/")[2]) == Opened(About(0, 64), "desk")


WAITS = Escalation(entry=FIRED, receiver="desk", to=("me",), due=START + 600)
RAISED = Raised(alert=1, episode=1, rule="r", symbol="BTC", to=("me",), at=START)
SEEN = Acknowledged(alert=1, episode=1, by="ann", at=START)
OTHER = entry(event(alert=2, symbol="ETH"), rule(), 45)


@pytest.mark.parametrize(
    ("content", "kept", "about"),
    [
        pytest.param(queued(FIRED), [WAITS], About(41), id="its beginning"),
        pytest.param(queued(REMINDED), [WAITS], About(43), id="a reminder of it"),
        pytest.param(queued(OTHER, FIRED), [WAITS], About(0, 64), id="among others"),
        pytest.param(queued(FIRED, past=(ENDED,)), [WAITS], About(0, 64), id="with what came and went"),
        pytest.param(queued(FIRED, to="me"), [RAISED], About(41), id="passed on to others"),
        pytest.param(queued(FIRED), [], None, id="no route that escalates"),
        pytest.param(queued(FIRED, to="me"), [WAITS], None, id="no route to this one that does"),
        pytest.param(queued(REMINDED, to="me"), [WAITS], None, id="a reminder to another one"),
        pytest.param(queued(OTHER), [WAITS], None, id="another episode"),
        pytest.param(queued(FIRED), [SEEN], None, id="it was seen"),
        pytest.param(queued(FIRED, to="me"), [RAISED, SEEN], None, id="passed on, and seen"),
        pytest.param(queued(ENDED), [WAITS], None, id="its end"),
        pytest.param(
            queued(FIRED)._replace(members=(queued(OTHER),)), [WAITS], None, id="a digest of several messages"
        ),
    ],
)
def test_what_others_would_be_told_of_has_a_button(content: Queued, kept: list[Kept], about: About | None) -> None:
    draws = Drawing(policy(receiver("desk"), receiver("me")), SEAL, frozenset({"chat"}), memory=Memory(kept))
    found = draws(content, START).notification.buttons
    presses = [(button.label, read(button.data)) for button in found]
    ours = [(label, press) for label, press in presses if press and press.action is Action.ACK]
    assert bool(ours) is (about is not None)
    for label, press in ours:
        assert (label, About(press.entry, press.row)) == ("Acknowledge", about)
        assert is_signed(SEAL, About(press.entry, press.row), press.argument)
    assert not any(
        "Acknowledge" in each for each in replace(draws, listening=frozenset())(content, START).notification.buttons
    )


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
    ("when", "moves"),
    [
        ("price > 70000", True),
        ("price > 70k", True),
        ("price crosses above 70000.5", True),
        ("price reaches 70000", True),
        ("price within 1% of 70000", True),
        ("rsi(14, 1h) < 30", True),
        ("price > 70000 and signal is bullish", True),
        ("price between 60000 and 70000", False),
        ("price enters 60000 and 70000", False),
        ("price > 70000 or price < 60000", False),
        ("price > 70000 and rsi(14, 1h) < 30", False),
        ("3 of (price > 1, price > 2, price > 3)", False),
        ("price > high(24h)", False),
        ("price > 0.5 * high(30d)", False),
        ("price > 70000 * 2", False),
        ("age(price) > 10m", False),
    ],
)
def test_a_level_is_moved_by_buttons_where_there_is_just_one(when: str, moves: bool) -> None:
    own = entry(event(owner="@7", rule="3"), rule("3", owner="@7", notify=(), when_text=when), 41)
    assert ("+1 %" in {button.label for button in buttons_of(own)}) is moves


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


@pytest.mark.parametrize(
    ("change", "base", "level"),
    [(5.0, 67_813.3, 67_813.3), (-5.0, 74_951.6, 74_951.6), (5.0, 71_204.0, None), (float("nan"), 67_813.3, None)],
    ids=["up", "down", "of something else", "not known"],
)
def test_the_chart_of_a_move_marks_where_it_began(change: float, base: float, level: float | None) -> None:
    values = {"price": 71_204.0, "change": change, "base": base}
    shown = picture_of(entry(event(values=values), rule(), 41))
    assert shown
    assert shown.level == level


def test_what_is_about_no_price_has_no_chart() -> None:
    assert picture_of(entry(event(values={"signal": "bullish"}), rule(), 41)) is None
    assert picture_of(LACKING) is None
