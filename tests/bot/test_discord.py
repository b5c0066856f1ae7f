"""Discord's bot against the loopback platform: what it hears, what it brings back, and what it survives."""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from alertd.bot.aliases import Aliased
from alertd.bot.asking import Answering, Asked, Choice, Reply
from alertd.bot.catalogue import COMMANDS
from alertd.bot.discord import PATIENCE, DiscordBot, build
from alertd.bot.discord_commands import OPTIONS, commands, line
from alertd.bot.discord_heard import Kind, Typing, hear
from alertd.bot.discord_reply import choices
from alertd.bot.platforms import Ears
from alertd.channels.discord import DiscordSettings
from alertd.channels.discord import build as build_channel
from alertd.channels.discord_message import edit
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_interactions import DEADLINE, LATER, LATER_IN_PLACE
from alertd.demo.platforms.discord_messages import read
from alertd.demo.platforms.discord_people import DiscordUser
from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.people import Seen
from alertd.demo.platforms.record import Answer, Record
from alertd.dispatch.notice import recovery_key
from alertd.errors import ConfigError
from alertd.model.notification import Button, Delivery, Notification
from alertd.model.people import Identity, Role
from alertd.model.press import Action, Press
from alertd.wire.session import http_session
from tests.bot.room import room
from tests.channels.samples import FULL, NASTY
from tests.fakes import START, HandClock, settle, unfetched

PNG = b"\x89PNG\r\n\x1a\n\r\n--not a boundary--\r\n\x00\xff"
GOLDEN = Path(__file__).parent / "golden"
GROUP, THREAD = "811111111111111111", "822222222222222222"
ANN, BOB = "700000000000000001", "700000000000000002"
SNOOZE = Button("Snooze 1 h", Press(Action.SNOOZE, person=1, number=3, argument="1h").data)
DELETE = Button("Delete", Press(Action.DELETE, person=1, number=3).data)

Answers = Callable[[Asked], Awaitable[Reply | None]]


def says(title: str, **more: Any) -> Reply:
    return Reply(said=Notification(title), **more)


@dataclass
class Script:
    """A clerk that notes what it is asked, and says what it was told to."""

    reply: Reply | None = field(default_factory=lambda: says("Done"))
    asked: list[Asked] = field(default_factory=list)
    offered: Sequence[Choice] = ()
    completed: list[tuple[str, str, Identity]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    slow: str = "slow"
    """Whoever is asked this waits for the gate."""

    async def answer(self, asked: Asked) -> Reply | None:
        self.asked.append(asked)
        if self.slow in asked.text or self.slow in asked.button:
            await self.gate.wait()
        return self.reply

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        self.completed.append((what, typed, identity))
        return self.offered


@dataclass
class Stand:
    platform: DiscordPlatform
    script: Script
    clock: HandClock
    told: list[tuple[str, str]]
    known: list[str]
    bot: DiscordBot
    token: Path
    session: ClientSession

    @property
    def ann(self) -> DiscordUser:
        return self.platform.user(ANN, "ann")

    async def until(self, true: Callable[[], bool]) -> None:
        """Turn the clock on until something is so."""
        async with asyncio.timeout(20):
            while not true():
                await self.clock.advance(10.0)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def stood(
    tmp_path: Path,
    *,
    listening: bool = True,
    mood: Mood = WELL,
    clerk: Answering | None = None,
    clock: HandClock | None = None,
) -> AsyncIterator[Stand]:
    """A platform and a bot that listens to it, for the `clerk` or one that goes by a script."""
    token = tmp_path / "token"
    token.write_text(secrets.token_hex(16))
    clock, script = clock or HandClock(), Script()
    told: list[tuple[str, str]] = []
    known: list[str] = []

    async def turn(_: str) -> None:
        raise AssertionError("replies to interactions count against nothing")

    async with (
        DiscordPlatform(Record(now=clock.now), token=token.read_text(), hook="7/hook") as platform,
        http_session() as session,
    ):
        platform.mood = mood
        ears = Ears(
            channel="discord",
            answering=clerk or script,
            session=session,
            clock=clock,
            turn=turn,
            tell=lambda key, text: told.append((key, text)),
            known_as=known.append,
        )
        settings = DiscordSettings.model_validate({"url": platform.api, "token": f"file:{token}", "timeout": 2})
        bot = build(settings, ears)
        running = asyncio.create_task(bot.run())
        try:
            if listening:
                async with asyncio.timeout(10):
                    await platform.line.joined()
            yield Stand(platform, script, clock, told, known, bot, token, session)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with stood(tmp_path) as stand:
        yield stand
        assert stand.platform.record.wrong == []


# ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_in_the_private_chat(stand: Stand) -> None:
    seen = await stand.ann.says("/price BTC ETH")
    (asked,) = stand.script.asked
    assert asked == Asked(
        key=asked.key,
        identity=Identity("discord", "", ANN),
        chat=stand.ann.direct,
        direct=f"user:{ANN}",
        name="ann",
        text="price BTC ETH",
    )
    assert asked.key.isdecimal()
    assert seen == Seen("Done", stand.ann.direct, seen.ref)


async def test_a_command_among_others_is_seen_by_them(stand: Stand) -> None:
    bob = stand.platform.user(BOB, "bob")
    stand.platform.screen.join(GROUP, bob)
    await stand.ann.says("/status", GROUP)
    assert (await bob.reads()).text == "Done"
    (asked,) = stand.script.asked
    assert (asked.chat, asked.group, asked.direct) == (GROUP, True, f"user:{ANN}")


async def test_a_thread_is_a_chat_of_its_own(stand: Stand) -> None:
    stand.platform.threads.add(THREAD)
    assert (await stand.ann.says("/help", THREAD)).chat == THREAD
    assert stand.script.asked[0].chat == THREAD


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"coin": "BTC", "condition": "> 70k"}, "alert BTC > 70k"),
        ({"condition": "> 70k", "coin": "BTC", "options": "every time"}, "alert BTC > 70k every time"),
        ({"options": "via email", "condition": "-5% 1h", "coin": "BTC ETH"}, "alert BTC ETH -5% 1h via email"),
    ],
    ids=["two parts", "three parts", "in another order"],
)
async def test_the_parts_of_an_alert_make_a_line(options: dict[str, str], text: str, stand: Stand) -> None:
    await stand.ann.uses("alert", **options)
    await stand.ann.reads()
    assert stand.script.asked[0].text == text


async def test_a_line_without_blanks_is_filled_in_as_two(stand: Stand) -> None:
    await stand.ann.says("/alert btc>70k")
    assert stand.script.asked[0].text == "alert btc >70k"


async def test_a_rule_file_comes_through_a_window_with_its_lines(stand: Stand) -> None:
    await stand.ann.says("/import alerts:\n  - BTC > 70k")
    assert [asked.text for asked in stand.script.asked] == ["import\nalerts:\n  - BTC > 70k"]


async def test_a_button_says_its_data(stand: Stand) -> None:
    stand.script.reply = Reply(said=Notification("BTC > 70k", buttons=(SNOOZE, DELETE)))
    await stand.ann.says("/alerts")
    stand.script.reply = says("Snoozed")
    await stand.ann.presses("Snooze 1 h")
    asked = stand.script.asked[1]
    assert (asked.button, asked.text, asked.chat) == (SNOOZE.data, "", stand.ann.direct)
    assert asked.key != stand.script.asked[0].key


async def test_buttons_below_what_the_channel_sent_are_heard(stand: Stand) -> None:
    settings = DiscordSettings.model_validate({"url": stand.platform.api, "token": f"file:{stand.token}"})
    channel = build_channel("discord", settings, stand.session)
    stand.platform.screen.join(GROUP, stand.ann)
    notification = replace(FULL, buttons=(SNOOZE, DELETE))
    ref = await channel.send(Delivery("kestrel-1", "desk", "discord", GROUP, notification, START), START)
    await channel.close()
    stand.script.reply = says("Snoozed for 1 h", replaces=True)
    seen = await stand.ann.presses("Snooze 1 h")
    assert (seen.ref, seen.edited, seen.text) == (ref, True, "Snoozed for 1 h")


async def test_what_is_redelivered_has_the_same_key_and_one_reply(stand: Stand) -> None:
    asking = await stand.ann.sends("/price BTC")
    await stand.ann.reads()
    await stand.platform.line.dispatch("INTERACTION_CREATE", asking.payload)
    await stand.ann.says("/price ETH")
    first, again, _ = stand.script.asked
    assert first == again
    assert stand.platform.record.wrong == ["discord: Interaction has already been acknowledged."]
    stand.platform.record.wrong.clear()
    assert len(stand.ann.seen) == 2


@pytest.mark.parametrize(
    ("typed", "completed", "offered"),
    [
        ({"coin": "bt"}, ("coin", "bt"), [("Bitcoin", "BTC")]),
        ({"coin": "ETH bt"}, ("coin", "bt"), [("Bitcoin", "ETH BTC")]),
        ({"coin": "BTC", "condition": "sig"}, ("condition", "sig"), [("Bitcoin", "BTC")]),
    ],
    ids=["a coin", "one more coin", "a condition"],
)
async def test_completions(
    typed: dict[str, str], completed: tuple[str, str], offered: list[tuple[str, str]], stand: Stand
) -> None:
    stand.script.offered = [Choice("Bitcoin", "BTC")]
    assert await stand.ann.types("alert", **typed) == offered
    assert stand.script.completed == [(*completed, Identity("discord", "", ANN))]
    assert stand.script.asked == []


@pytest.mark.parametrize(
    ("name", "typed", "offers"), [("price", "bt", True), ("alerts", "b", True), ("delete", "3", False)]
)
async def test_commands_about_coins_complete_them(name: str, typed: str, *, offers: bool, stand: Stand) -> None:
    stand.script.offered = [Choice("Bitcoin", "BTC")]
    assert bool(await stand.ann.types(name, text=typed)) is offers


def test_choices_are_as_many_and_as_long_as_discord_takes() -> None:
    found = [Choice("x" * 200, "y" * 100), Choice("too long", "y" * 101), Choice("", "z"), Choice("empty", "")]
    shown = choices(Typing("coin", ""), [*found, *(Choice(str(n), str(n)) for n in range(40))])
    assert [len(each["name"]) for each in shown[:2]] == [100, 1]
    assert (len(shown), shown[0]["value"]) == (25, "y" * 100)


# ── what is brought back ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reply_looks_like_an_alert(stand: Stand) -> None:
    stand.script.reply = Reply(said=replace(FULL, buttons=(SNOOZE, DELETE)), code="BTC > 70k\n    ^^^", private=True)
    seen = await stand.ann.says("/price BTC", GROUP)
    assert seen.text.startswith("BTC broke 70,000 at 70,123.45\nup 5.2% in 1h, from 66,650")
    assert "BTC > 70k\n    ^^^" in seen.text
    assert seen.callbacks == ((SNOOZE.label, SNOOZE.data), (DELETE.label, DELETE.data))
    request = stand.platform.requests[-1]
    assert request.path.endswith("/callback?with_response=1")
    golden = GOLDEN / "discord_reply.json"
    assert json.loads(request.body) == json.loads(golden.read_text(encoding="utf-8"))


async def test_a_private_reply_among_others_is_seen_by_who_asked(stand: Stand) -> None:
    bob = stand.platform.user(BOB, "bob")
    stand.platform.screen.join(GROUP, bob)
    stand.script.reply = says("Only you", private=True)
    seen = await stand.ann.says("/alerts", GROUP)
    assert (seen.text, seen.private) == ("Only you", True)
    assert bob.seen == []


async def test_a_picture_and_a_file_come_with_the_reply(stand: Stand) -> None:
    stand.script.reply = says("BTC, 24 h", picture=PNG, file=("alerts.yaml", b"alerts: []\r\n"))
    seen = await stand.ann.says("/chart BTC")
    assert (seen.picture, seen.file) == (PNG, ("alerts.yaml", b"alerts: []\r\n"))


async def test_a_reply_in_the_place_of_the_message_keeps_its_chart(stand: Stand) -> None:
    stand.script.reply = Reply(said=Notification("BTC", lines=("now",), buttons=(SNOOZE,)), picture=PNG)
    first = await stand.ann.says("/chart BTC")
    stand.script.reply = says("Snoozed", replaces=True)
    seen = await stand.ann.presses("Snooze 1 h")
    assert (seen.ref, seen.text, seen.picture, seen.callbacks) == (first.ref, "Snoozed", PNG, ())


async def test_what_somebody_typed_is_only_text(stand: Stand) -> None:
    fence = "```\n@everyone ````` <@1>\n```"
    stand.script.reply = Reply(said=NASTY, code=fence)
    seen = await stand.ann.says("/help")
    assert "@everyone <!channel> <b>bold</b> & *stars*" in seen.text
    body = json.loads(stand.platform.requests[-1].body)["data"]
    assert body["allowed_mentions"] == {"parse": []}
    assert body["embeds"][0]["description"].count("```") == 2


@given(
    title=st.text(max_size=600),
    lines=st.lists(st.text(max_size=900), max_size=30),
    code=st.text(max_size=6000),
    buttons=st.lists(st.tuples(st.text(max_size=120), st.integers(1, 99)), max_size=30),
)
def test_any_reply_is_within_the_limits(
    title: str, lines: list[str], code: str, buttons: list[tuple[str, int]]
) -> None:
    pressed = tuple(Button(label, Press(Action.RUN, argument=str(number)).data) for label, number in buttons)
    body = edit(Notification(title, lines=tuple(lines), buttons=pressed), code=code)
    assert read(body)
    rows = [row["components"] for row in body["components"]]
    assert len(rows) <= 5
    assert all(0 < len(row) <= 5 for row in rows)
    assert all(0 < len(button["label"]) <= 80 for row in rows for button in row)


async def test_to_nothing_said_nothing_is_shown(stand: Stand) -> None:
    stand.script.reply = None
    asking = await stand.ann.sends("/price BTC", GROUP)
    await stand.until(lambda: asking.answers == [LATER] and not asking.pending)
    assert stand.ann.seen == []


async def test_to_nothing_said_a_button_is_acknowledged(stand: Stand) -> None:
    stand.script.reply = Reply(said=Notification("BTC", buttons=(SNOOZE,)))
    await stand.ann.says("/alerts")
    stand.script.reply = None
    asking = await stand.ann.taps("Snooze 1 h")
    await asking.answered.wait()
    assert (asking.answers, len(stand.ann.seen)) == ([LATER_IN_PLACE], 1)


@pytest.mark.parametrize(
    ("private", "seen_by_bob"), [(True, []), (False, ["slow, but there"])], ids=["private", "for all"]
)
async def test_a_slow_reply_is_promised_in_time(*, private: bool, seen_by_bob: list[str], stand: Stand) -> None:
    bob = stand.platform.user(BOB, "bob")
    stand.platform.screen.join(GROUP, bob)
    stand.script.reply = says("slow, but there", private=private)
    asking = await stand.ann.sends("/price slow", GROUP)
    await stand.until(lambda: len(stand.script.asked) == 1)
    await stand.clock.advance(PATIENCE)
    await asking.answered.wait()
    stand.script.gate.set()
    assert ((seen := await stand.ann.reads()).text, seen.private) == ("slow, but there", True)
    if not private:
        await stand.ann.reads()
    assert [seen.text for seen in bob.seen] == seen_by_bob


@pytest.mark.parametrize("replaces", [True, False])
async def test_a_slow_button_is_promised_in_time(*, replaces: bool, stand: Stand) -> None:
    slow = Button("Slow", "slow:-")
    stand.script.reply = Reply(said=Notification("BTC", buttons=(slow,)))
    first = await stand.ann.says("/alerts")
    stand.script.reply = says("Done at last", replaces=replaces)
    asking = await stand.ann.taps("Slow")
    await stand.until(lambda: len(stand.script.asked) == 2)
    await stand.clock.advance(PATIENCE)
    await asking.answered.wait()
    stand.script.gate.set()
    seen = await stand.ann.reads()
    seen = seen if seen.ref != first.ref or seen.edited else await stand.ann.reads()
    assert (seen.text, seen.edited, seen.ref == first.ref) == ("Done at last", replaces, replaces)


async def test_a_slow_one_delays_nobody(stand: Stand) -> None:
    await stand.ann.sends("/price slow")
    bob = stand.platform.user(BOB, "bob")
    assert (await bob.says("/price BTC")).text == "Done"
    stand.script.gate.set()
    assert (await stand.ann.reads()).text == "Done"


async def test_a_429_on_the_reply_is_waited_out(stand: Stand) -> None:
    said = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
    headers = {"Content-Type": "application/json", "Via": "1.1 google"}
    stand.platform.record.answers.append(Answer(429, headers, json.dumps(said).encode(), at="POST"))
    assert (await stand.ann.says("/price BTC")).text == "Done"


async def test_a_reply_that_is_refused_ends_nothing(stand: Stand) -> None:
    said = json.dumps({"message": "Unknown interaction", "code": 10062}).encode()
    stand.platform.record.answers.append(Answer(404, {"Content-Type": "application/json"}, said, at="POST"))
    await stand.ann.sends("/price BTC")
    await stand.until(lambda: not stand.platform.record.answers)
    assert (await stand.ann.says("/price ETH")).text == "Done"


# ── what it survives ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_registers_every_command_once(stand: Stand) -> None:
    assert stand.platform.commands.keys() == COMMANDS.keys()
    assert stand.known == ["https://discord.com/users/100000000000000001"]
    await stand.platform.line.drop(4004)
    await stand.until(lambda: stand.platform.line.identified == 2 and stand.platform.line.open)
    assert (await stand.ann.says("/help")).text == "Done"
    assert stand.platform.registrations == 1


def test_the_promise_is_before_the_deadline() -> None:
    assert PATIENCE <= DEADLINE - 1


def test_the_commands_as_documented() -> None:
    golden = json.loads((GOLDEN / "discord_commands.json").read_text(encoding="utf-8"))
    assert commands() == golden


@pytest.mark.parametrize("name", COMMANDS)
def test_options_stand_where_the_usage_has_them(name: str) -> None:
    required = [option.required for option in OPTIONS[name]]
    assert required == sorted(required, reverse=True)
    assert line(name, {option.name: option.name for option in OPTIONS[name]}).split() == [
        name,
        *(option.name for option in OPTIONS[name]),
    ]


async def test_a_connection_that_ends_is_resumed_and_loses_nothing(stand: Stand) -> None:
    await stand.platform.line.drop()
    await stand.ann.sends("/price BTC")
    assert (await stand.ann.reads()).text == "Done"
    assert (stand.platform.line.identified, stand.platform.line.resumed) == (1, 1)


async def test_it_reconnects_when_it_is_asked_to(stand: Stand) -> None:
    await stand.platform.line.reconnect()
    assert (await stand.ann.says("/price BTC")).text == "Done"
    assert (stand.platform.line.identified, stand.platform.line.resumed) == (1, 1)


@pytest.mark.parametrize("temper", [Temper.DEAD, Temper.FAILING, Temper.BANNED])
async def test_a_platform_that_is_down_at_the_start_is_told_once_and_found_later(
    temper: Temper, tmp_path: Path
) -> None:
    mood = Mood(temper, status=503) if temper is Temper.FAILING else Mood(temper)
    async with stood(tmp_path, listening=False, mood=mood) as stand:
        await stand.until(lambda: bool(stand.told))
        assert [key for key, _ in stand.told] == ["bot:discord"]
        stand.platform.mood = WELL
        await stand.until(lambda: stand.platform.line.open)
        assert (await stand.ann.says("/price BTC")).text == "Done"
        assert stand.told[1:] == [(recovery_key("bot:discord"), "the bot of discord hears again")]


async def test_a_platform_that_goes_away_is_found_again(stand: Stand) -> None:
    stand.platform.mood = Mood(Temper.DEAD)
    await stand.until(lambda: bool(stand.told))
    stand.platform.mood = WELL
    await stand.until(lambda: stand.platform.line.open)
    assert (await stand.ann.says("/price BTC")).text == "Done"
    assert [key for key, _ in stand.told] == ["bot:discord", recovery_key("bot:discord")]


async def test_a_start_warns_of_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with stood(tmp_path):
        logging.getLogger("discord.state").warning("of something else")
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == ["of something else"]


async def test_a_short_absence_is_not_worth_a_word(stand: Stand) -> None:
    await stand.platform.line.drop(4004)
    await stand.until(lambda: stand.platform.line.identified == 2)
    assert stand.told == []


async def test_a_token_that_is_refused_is_told_and_another_is_taken(tmp_path: Path) -> None:
    async with stood(tmp_path, listening=False) as stand:
        stand.platform.token = secrets.token_hex(16)
        await stand.until(lambda: bool(stand.told))
        assert stand.told[0] == ("bot:discord", "the bot of discord hears nothing: Discord refuses the bot's token")
        stand.token.write_text(stand.platform.token)
        await stand.until(lambda: stand.platform.line.open)
        assert (await stand.ann.says("/price BTC")).text == "Done"


async def test_a_token_that_cannot_be_read_is_told_at_once(tmp_path: Path, stand: Stand) -> None:
    settings = DiscordSettings.model_validate({"url": stand.platform.api, "token": f"file:{tmp_path / 'none'}"})
    with pytest.raises(ConfigError):
        build(settings, stand.bot._ears)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"type": 2},
        {"id": "1", "application_id": "2", "type": 99, "token": "t", "channel_id": "3", "data": {}},
        {"id": "x", "application_id": "2", "type": 2, "token": "t", "channel_id": "3", "data": {}},
        {"id": "1", "application_id": "2", "type": 2, "token": "t", "channel_id": "3", "data": {"name": "price"}},
        {"id": "1", "application_id": "2", "type": 3, "token": "t", "channel_id": "3", "data": {}, "user": {"id": "9"}},
    ],
    ids=["nothing", "a list", "empty", "a type alone", "unknown type", "no id", "nobody", "a button without data"],
)
async def test_what_is_malformed_ends_nothing(data: object, stand: Stand) -> None:
    await stand.platform.line.dispatch("INTERACTION_CREATE", data)
    await stand.platform.line.dispatch("SOMETHING_NEW", data)
    assert (await stand.ann.says("/price BTC")).text == "Done"
    assert [asked.text for asked in stand.script.asked] == ["price BTC"]
    assert stand.platform.line.identified == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
_ids = st.from_regex(r"[0-9]{1,20}", fullmatch=True) | _json
_users = st.fixed_dictionaries({"id": _ids}, optional={"username": _json, "global_name": _json})


@given(
    raw=st.fixed_dictionaries(
        {"id": _ids, "application_id": _ids, "type": st.sampled_from(Kind) | _json, "token": st.text() | _json},
        optional={
            "channel_id": _ids,
            "data": st.fixed_dictionaries(
                {},
                optional={
                    "name": st.text() | _json,
                    "options": st.lists(_json),
                    "custom_id": st.text() | _json,
                    "resolved": _json,
                },
            ),
            "user": _users,
            "member": st.fixed_dictionaries({"user": _users}),
            "message": _json,
            "guild_id": _ids,
        },
    )
)
def test_whatever_comes_is_read_or_left(raw: dict[str, object]) -> None:
    heard = hear(raw, "discord", unfetched)
    assert heard is None or (heard.asked.key.isdecimal() and heard.asked.identity.user.isdecimal())


async def test_a_flood_is_bounded(stand: Stand) -> None:
    payload = (await stand.ann.sends("/price slow")).payload
    for _ in range(1200):
        stand.bot._hear(payload)
    await settle()
    assert len(stand.bot._serving) <= 1000
    assert len(stand.script.asked) <= 64


# ── with the real clerk ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_conversation(tmp_path: Path) -> None:
    async with room() as desk, stood(tmp_path, clerk=desk.clerk, clock=desk.clock) as stand:
        people, ann = desk.office.people, stand.ann
        person, row = people.enrol(Role.USER, desk.clock.now())
        account = people.link(person.number, Identity("discord", "", ANN), f"user:{ANN}", "ann")
        await desk.pipeline.serve(people=[row, account])
        await desk.price(BTC=65_000)

        added = await ann.says("/alert BTC > 70k")
        assert "70,000" in added.text

        await desk.price(BTC=70_001)
        (delivery,) = desk.sent()
        settings = DiscordSettings.model_validate({"url": stand.platform.api, "token": f"file:{stand.token}"})
        channel = build_channel("discord", settings, stand.session)
        aliased = Aliased(channel, lambda: people, lambda _account, _to: None)
        await aliased.send(delivery, desk.clock.now())
        await channel.close()
        alert = await ann.reads()
        assert (alert.chat, "BTC" in alert.text) == (ann.direct, True)
        assert {label for label, _ in alert.callbacks} >= {"Snooze 1 h", "Re-arm", "Delete", "Why", "Chart"}

        snoozed = await ann.presses("Snooze 1 h", alert)
        assert "nooze" in snoozed.text
        assert (await ann.presses("Chart", alert)).picture == desk.charts.png
        assert stand.platform.record.wrong == []


async def test_strangers_get_nothing_but_the_way_in(tmp_path: Path) -> None:
    async with room() as desk, stood(tmp_path, clerk=desk.clerk, clock=desk.clock) as stand:
        await stand.ann.says("/alert BTC > 70k")
        assert await stand.ann.types("alert", coin="bt") == []
        assert len(desk.office.people) == 0
        assert not any(commit.rules for commit in desk.store.commits)


async def test_every_command_goes_all_the_way(tmp_path: Path) -> None:
    async with room() as desk, stood(tmp_path, clerk=desk.clerk, clock=desk.clock) as stand:
        people = desk.office.people
        person, row = people.enrol(Role.OWNER, desk.clock.now())
        account = people.link(person.number, Identity("discord", "", ANN), f"user:{ANN}", "ann")
        await desk.pipeline.serve(people=[row, account])
        await desk.price(BTC=65_000, ETH=3_000)
        for entry in COMMANDS.values():
            for example in entry.examples:
                seen = await stand.ann.says(f"/{example}")
                assert "Something went wrong" not in seen.text, example
        assert stand.platform.record.wrong == []
