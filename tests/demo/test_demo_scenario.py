"""Who is who in the demo, when they sleep, and how long the servers were not asked."""

from pathlib import Path

import pytest

from alertd.bot.language.command import Command, Slip
from alertd.bot.language.parse import understand
from alertd.demo.market import HOUR
from alertd.demo.platforms.record import Received
from alertd.demo.scenario import PEOPLE, Wish, nights, whose, wishes
from alertd.demo.session import generated
from alertd.demo.stage import Stage
from alertd.model.universe import Universe
from alertd.sources.coins import CoinTable


@pytest.mark.parametrize(
    ("channel", "address", "person"),
    [
        ("telegram", "110201543", "trader"),
        ("slack", "#alerts", "desk"),
        ("webhook", "/alerts", "bot"),
        ("email", "ops@desk.example", "operator"),
        pytest.param("email", "desk@desk.example", "desk", id="what the desk gets by mail instead"),
        pytest.param("telegram", "7011500001", "ana", id="somebody who talks, on Telegram"),
        pytest.param("slack", "U0BEN00001", "ben", id="somebody who talks, on Slack"),
        pytest.param("slack", "D0BEN00001", "ben", id="their conversation with the bot"),
        pytest.param("discord", "345678901234567890", "community", id="a channel of Discord"),
        pytest.param("email", "somebody@else.example", "?", id="somebody else"),
        pytest.param("pigeon", "", "?", id="another channel"),
    ],
)
def test_whose_a_message_is(channel: str, address: str, person: str) -> None:
    assert whose(Received(channel, address, "", "text", 0.0)) == person


def test_every_alert_by_chat_comes_true_in_the_crash_and_not_before() -> None:
    session = generated()
    for wish in wishes(session):
        bars = session.market.bars[wish.coin]
        before = bars.close[(bars.end >= session.start) & (bars.end < session.steepest - HOUR)]
        assert bars.close.min() < wish.level < before.min()


@pytest.mark.parametrize("wish", wishes(generated()), ids=lambda wish: wish.person.name)
def test_what_is_said_with_a_slip_is_corrected_by_one_button(wish: Wish) -> None:
    universe = Universe(coins=CoinTable.shipped().names())
    slip = understand(wish.words, universe)
    assert isinstance(slip, Slip)
    (offer,) = slip.offers
    right = understand(offer, universe)
    assert isinstance(right, Command)
    assert right.symbols == (wish.coin,)
    assert right.condition.endswith(f" {wish.level:.10g}")


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
