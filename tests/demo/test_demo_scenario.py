"""Who is who in the demo, when they sleep, and how long the servers were not asked."""

from pathlib import Path

import pytest

from alertd.demo.market import HOUR
from alertd.demo.platforms.record import Received
from alertd.demo.scenario import PEOPLE, nights, whose
from alertd.demo.session import generated
from alertd.demo.stage import Stage


@pytest.mark.parametrize(
    ("channel", "address", "person"),
    [
        ("telegram", "110201543", "trader"),
        ("slack", "#alerts", "desk"),
        ("webhook", "/alerts", "bot"),
        ("email", "ops@desk.example", "operator"),
        pytest.param("email", "desk@desk.example", "desk", id="what the desk gets by mail instead"),
        pytest.param("email", "somebody@else.example", "?", id="somebody else"),
        pytest.param("pigeon", "", "?", id="another channel"),
    ],
)
def test_whose_a_message_is(channel: str, address: str, person: str) -> None:
    assert whose(Received(channel, address, "", "text", 0.0)) == person


def test_the_night_ends_long_before_the_session() -> None:
    assert nights(generated()) == "02:00-08:00"
    assert [person.name for person in PEOPLE if person.sleeps] == ["community"]


def test_the_longest_pause_between_polls(tmp_path: Path) -> None:
    """Histories are no polls; before the first and behind the last moment nobody counts."""
    session = generated()
    stage = Stage(session, tmp_path, now=lambda: session.start, on_received=lambda received: None)
    asked = {0.0: "/price", 1.0: "/price", 3.0: "/coins/a/market_chart", 6.0: "/price", 7.0: "/price", 20.0: "/price"}
    stage.prices.answered = [(session.start + hour * HOUR, path) for hour, path in asked.items()]
    moments = [session.start + hour * HOUR for hour in (1, 5, 10)]
    assert stage.pause(stage.prices, moments) == 4 * HOUR
    assert stage.pause(stage.prices, moments, but=moments[1]) == 3 * HOUR
