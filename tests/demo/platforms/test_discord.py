"""Discord on loopback: what its gateway and its interactions refuse, as the real one does."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.discord_interactions import APPLICATION, CHOICES, MESSAGE, choices, registered, window
from alertd.demo.platforms.record import Record
from tests.demo.platforms.callers import BOT, Said, discord, said

ANN = "700000000000000001"
JSON = {"Content-Type": "application/json"}
AUTHORIZED = {"Authorization": f"Bot {BOT}", **JSON}
DONE = {"type": MESSAGE, "data": {"content": "**Done**", "allowed_mentions": {"parse": []}}}
COMMAND = {"name": "price", "description": "What a coin costs", "options": []}
OPTION = {"type": 3, "name": "text", "description": "COIN", "required": True, "autocomplete": False}


@pytest.fixture
async def platform(record: Record) -> AsyncIterator[DiscordPlatform]:
    async with discord(record) as platform:
        platform.commands = {"price": {"id": "1", **COMMAND, "options": [OPTION]}, "help": {"id": "2", **COMMAND}}
        yield platform


async def answered(platform: DiscordPlatform, session: ClientSession, payload: dict[str, Any], body: Any) -> Said:
    url = f"{platform.api}/interactions/{payload['id']}/{payload['token']}/callback"
    return await said(session.post(url, data=json.dumps(body), headers=JSON))


async def frame(socket: ClientWebSocketResponse) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((await socket.receive()).data)
    return content


def identify(token: str) -> str:
    properties = {"os": "linux", "browser": "x", "device": "x"}
    return json.dumps({"op": 2, "d": {"token": token, "intents": 0, "properties": properties}})


async def test_a_session_is_begun_and_resumed(platform: DiscordPlatform, session: ClientSession) -> None:
    url = f"{platform.url}/gateway/?v=10&encoding=json"
    async with session.ws_connect(url) as socket:
        assert (await frame(socket))["op"] == 10
        await socket.send_str(identify(BOT))
        ready = await frame(socket)
    await platform.line.dispatch("SOMETHING", {})
    async with session.ws_connect(url) as socket:
        await frame(socket)
        resume = {"token": BOT, "session_id": ready["d"]["session_id"], "seq": ready["s"]}
        await socket.send_str(json.dumps({"op": 6, "d": resume}))
        assert [(await frame(socket))["t"] for _ in range(2)] == ["SOMETHING", "RESUMED"]
    assert (platform.line.identified, platform.line.resumed, platform.record.wrong) == (1, 1, [])


@pytest.mark.parametrize(
    ("frames", "code"),
    [([identify("another")], 4004), (['{"op": 3, "d": {}}'], 4003)],
    ids=["another token", "no IDENTIFY first"],
)
async def test_the_gateway_closes_on(
    frames: list[str], code: int, platform: DiscordPlatform, session: ClientSession
) -> None:
    async with session.ws_connect(f"{platform.url}/gateway/?v=10&encoding=json") as socket:
        await socket.receive()
        for each in frames:
            await socket.send_str(each)
        ended = await socket.receive()
    assert (ended.type, ended.data) == (WSMsgType.CLOSE, code)


async def test_a_session_that_is_over_is_not_resumed(platform: DiscordPlatform, session: ClientSession) -> None:
    async with session.ws_connect(f"{platform.url}/gateway/?v=10&encoding=json") as socket:
        await socket.receive()
        await socket.send_str(json.dumps({"op": 6, "d": {"token": BOT, "session_id": "old", "seq": 1}}))
        assert await frame(socket) == {"op": 9, "d": False}


async def test_an_answer_in_time_is_shown(platform: DiscordPlatform, session: ClientSession) -> None:
    ann = platform.user(ANN)
    asking = await ann.sends("/price BTC")
    assert (await answered(platform, session, asking.payload, DONE)).status == 200
    assert (await ann.reads()).text == "Done"


async def test_an_answer_comes_too_late_or_twice_or_with_another_token(
    platform: DiscordPlatform, session: ClientSession
) -> None:
    asking = await platform.user(ANN).sends("/price BTC")
    stolen = asking.payload | {"token": "another"}
    assert (await answered(platform, session, stolen, DONE)).body["code"] == 10062
    assert (await answered(platform, session, asking.payload, DONE)).status == 200
    assert (await answered(platform, session, asking.payload, DONE)).body["code"] == 40060
    late = await platform.user(ANN).sends("/price ETH")
    platform.interactions.deadline = 0.0
    assert (await answered(platform, session, late.payload, DONE)).body["code"] == 10062
    assert len(platform.record.wrong) == 3


async def test_nothing_follows_what_was_not_answered(platform: DiscordPlatform, session: ClientSession) -> None:
    asking = await platform.user(ANN).sends("/price BTC")
    url = f"{platform.api}/webhooks/{APPLICATION}/{asking.payload['token']}"
    answer = await said(session.post(url, data=json.dumps(DONE["data"]), headers=JSON))
    assert (answer.status, answer.body["code"]) == (404, 10015)


@pytest.mark.parametrize(
    "body",
    [
        {"type": CHOICES, "data": {"choices": []}},
        {"type": MESSAGE, "data": {"content": "**Done**"}},
        {"type": MESSAGE, "data": {"content": "", "allowed_mentions": {"parse": []}}},
        {"type": 99},
    ],
    ids=["completions of a command", "mentions not shut off", "empty", "unknown type"],
)
async def test_answers_that_discord_refuses(body: Any, platform: DiscordPlatform, session: ClientSession) -> None:
    asking = await platform.user(ANN).sends("/price BTC")
    answer = await answered(platform, session, asking.payload, body)
    assert (answer.status, answer.body["code"]) == (400, 50035)
    assert platform.user(ANN).seen == []


@pytest.mark.parametrize(
    "commands",
    [
        {},
        [COMMAND, COMMAND],
        [COMMAND | {"name": "Price"}],
        [COMMAND | {"description": ""}],
        [COMMAND | {"description": "x" * 101}],
        [COMMAND | {"options": [OPTION | {"required": False}, OPTION]}],
        [COMMAND | {"name": f"c{number}"} for number in range(101)],
    ],
    ids=["no list", "one twice", "upper case", "no description", "a long one", "optional first", "too many"],
)
def test_commands_that_discord_refuses(commands: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        registered(commands)


@pytest.mark.parametrize(
    ("reads", "data"),
    [
        (choices, {"choices": [{"name": "a", "value": "b"}] * 26}),
        (choices, {"choices": [{"name": "a" * 101, "value": "b"}]}),
        (choices, {"choices": [{"name": "a", "value": ""}]}),
        (window, {"title": "", "custom_id": "a", "components": []}),
        (window, {"title": "a", "custom_id": "a", "components": []}),
    ],
    ids=["too many", "a long one", "an empty one", "no title", "no fields"],
)
def test_completions_and_windows_that_discord_refuses(reads: Callable[[Any], object], data: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        reads(data)


@pytest.mark.parametrize("text", ["/prices BTC", "/price"])
async def test_what_discord_itself_does_not_let_go(text: str, platform: DiscordPlatform) -> None:
    with pytest.raises(ValueError, match="/price"):
        await platform.user(ANN).sends(text)


async def test_only_those_in_a_channel_see_it(platform: DiscordPlatform, session: ClientSession) -> None:
    ann, bob, eve = (platform.user(f"70000000000000000{number}") for number in (1, 2, 3))
    platform.screen.join("811111111111111111", bob)
    asking = await ann.sends("/price BTC", "811111111111111111")
    await answered(platform, session, asking.payload, DONE)
    assert [len(user.seen) for user in (ann, bob, eve)] == [1, 1, 0]


async def test_a_button_that_nobody_shows_cannot_be_pressed(platform: DiscordPlatform) -> None:
    with pytest.raises(LookupError):
        await platform.user(ANN).taps("Snooze 1 h")
