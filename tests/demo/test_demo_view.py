"""What is seen fits an ordinary terminal, and says in plain lines elsewhere what happened."""

import io
from dataclasses import replace

import pytest
from rich.console import Console
from rich.text import Text

from alertd.demo.conversation import Utterance
from alertd.demo.market import HOUR
from alertd.demo.platforms.record import Received
from alertd.demo.scenario import CHATTERS
from alertd.demo.session import Session, generated
from alertd.demo.view import Course, View, spoken


@pytest.fixture(scope="module")
def session() -> Session:
    return generated()


def message(channel: str, text: str, at: float) -> Received:
    return Received(channel, "", "", text, at)


@pytest.mark.parametrize("hour", [-2, 0, 12.5, 24, 30], ids=lambda hour: f"{hour} h")
@pytest.mark.parametrize("width", [80, 100])
def test_a_live_picture_fits(session: Session, width: int, hour: float) -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=width, height=24, force_terminal=True, color_system=None)
    view = View(session, lambda: session.start + hour * HOUR, console, doing="alertd was killed (-9) and starts again")
    view.asked, view.fired = lambda: 1214, 167
    view.arrived.update(telegram=28, slack=9, discord=34, email=12, webhook=10)
    with view:
        screen.truncate(0)
        for number in range(20):
            view.deliver(message("telegram", f"BTC {number}: price < 63500 {'x' * 99}\nmore", session.start))
        view.draw()
        lines = screen.getvalue().splitlines()
    assert 15 < len(lines) <= 24
    assert all(len(line) <= width for line in lines)
    assert "BTC 19: price < 63500" in screen.getvalue()
    assert "discord 34  email 12  webhook 10" in screen.getvalue()
    assert "alertd was killed" in screen.getvalue()


def test_a_conversation_shows_who_says_what(session: Session) -> None:
    own = spoken(CHATTERS[0], Utterance(session.start, "ana", "alert btc belwo 63500"))
    answer = spoken(CHATTERS[0], Utterance(session.start, "alertd", "I do not know 'belwo'"))
    assert own.plain == "00:00  ana       telegram  › alert btc belwo 63500"
    assert answer.plain == "00:00  ana       telegram  ‹ I do not know 'belwo'"


def test_each_message_says_how_it_came() -> None:
    first = replace(message("telegram", "BTC 60,000: price < 63500", 0.0), ref="1")
    came = {
        "": first,
        "(with its chart) ": replace(first, edits="1", picture=b"png"),
        "(changed in place) ": replace(first, edits="1", picture=b"png", text="BTC 66,000 resolved"),
        "(again) ": replace(first, ref="2"),
        "(may be a repeat) ": replace(first, ref="3", text=f"{first.text}\nfeed · may be a repeat"),
    }
    course = Course()
    assert [course.how(each) for each in came.values()] == list(came)


def test_elsewhere_there_are_lines(session: Session) -> None:
    out = io.StringIO()
    with View(session, lambda: session.start, Console(file=out, width=40)) as view:
        view.deliver(message("slack", "BTC 60,000: price < 63500 and more than a line of it\nmore", session.start))
        view.deliver(message("slack", "this is told as a conversation", session.start), quietly=True)
        view.say(Text("something happened"))
        view.draw()
    assert view.arrived["slack"] == 2
    assert out.getvalue() == (
        "00:00  desk      slack     BTC 60,000: price < 63500 and more than a line of it\nsomething happened\n"
    )
