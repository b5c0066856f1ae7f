"""Whether a bot hears: what `status` says of it, and when the operator is told."""

import pytest

from alertd.bot.hearing import AWAY, Hearing
from alertd.dispatch.notice import QUIET, recovery_key
from tests.fakes import HandClock

BACK = recovery_key("bot:slack")


class Line:
    """A bot's line to its platform."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.told: list[tuple[str, str]] = []
        self.hearing = Hearing("slack", self.clock, lambda key, text: self.told.append((key, text)))


@pytest.fixture
def line() -> Line:
    return Line()


async def test_a_bot_that_starts_listens_once_it_is_connected(line: Line) -> None:
    await line.clock.advance(2)
    assert line.hearing.state == "hears nothing for 2s: it is starting"
    line.hearing.hears()
    await line.clock.advance(7200)
    line.hearing.hears()
    assert (line.hearing.state, line.told) == ("listens for 2h", [])


async def test_the_reason_is_the_latest_and_the_time_is_all_of_it(line: Line) -> None:
    line.hearing.hears()
    line.hearing.deaf("no answer in time")
    await line.clock.advance(30)
    line.hearing.deaf("Slack says invalid_auth")
    assert (line.hearing.state, line.told) == ("hears nothing for 30s: Slack says invalid_auth", [])


@pytest.mark.parametrize("begins", [True, False], ids=["it has heard before", "it is down at the start"])
async def test_an_absence_is_told_once_and_that_it_is_over(begins: bool, line: Line) -> None:
    if begins:
        line.hearing.hears()
    for why in ("first", "second", "third"):
        line.hearing.deaf(why)
        await line.clock.advance(AWAY)
    assert line.told == [("bot:slack", "the bot of slack hears nothing: second")]
    line.hearing.hears()
    line.hearing.hears()
    assert line.told[1:] == [(BACK, "the bot of slack hears again")]


@pytest.mark.parametrize("back", [{}, {BACK: -1.0}, {BACK: 1.0}], ids=["deaf", "again", "well"])
async def test_a_restart_neither_repeats_it_nor_forgets_its_end(back: dict[str, float], line: Line) -> None:
    line.hearing.know({"bot:slack": 0.0} | back)
    line.hearing.deaf("still", after=0.0)
    line.hearing.hears()
    keys = [key for key, _ in line.told]
    assert keys == (["bot:slack", BACK] if 1.0 in back.values() else [BACK])


async def test_what_only_a_person_can_mend_is_told_at_once(line: Line) -> None:
    line.hearing.deaf("its token is refused", after=0.0)
    assert line.told == [("bot:slack", "the bot of slack hears nothing: its token is refused")]


async def test_a_short_absence_is_not_worth_a_word(line: Line) -> None:
    line.hearing.hears()
    line.hearing.deaf("a blip")
    await line.clock.advance(AWAY - 1)
    line.hearing.hears()
    line.hearing.deaf("another one")
    await line.clock.advance(1)
    line.hearing.deaf("another one")
    assert line.told == []


async def test_an_absence_soon_after_the_last_one_is_told_once_an_hour_has_passed(line: Line) -> None:
    """Dispatch would drop what comes sooner, and nobody would hear of it."""
    for minutes in (0.0, QUIET - 60.0, 120.0):
        await line.clock.advance(minutes)
        line.hearing.deaf("away", after=0.0)
        if not minutes:
            line.hearing.hears()
    assert [key for key, _ in line.told] == ["bot:slack", BACK, "bot:slack"]
