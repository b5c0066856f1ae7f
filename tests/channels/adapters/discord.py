"""Discord in the contract suite: a bot's token and a webhook."""

import json
from dataclasses import replace
from functools import partial
from ssl import SSLContext

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.discord import DiscordSettings, build, check_address
from alertd.demo.platforms.discord import DiscordPlatform
from alertd.demo.platforms.record import Answer, Record
from alertd.errors import DeliveryRefused
from alertd.ports import Channel
from tests.channels.cases import STATUS, Adapter, Case, Expected, Follow, http_answers

TOKEN = "canary-discord-bot"
HOOK_TOKEN = "canary-discord-hook"
HOOK = f"123456789012345678/{HOOK_TOKEN}"

SAID = {
    Case.BAD_REQUEST: {"message": "Invalid Form Body", "code": 50035},
    Case.UNAUTHORIZED: {"message": "401: Unauthorized", "code": 0},
    Case.FORBIDDEN: {"message": "Missing Access", "code": 50001},
    Case.NOT_FOUND: {"message": "Unknown Channel", "code": 10003},
    Case.LIMITED: {"message": "You are being rate limited.", "global": False},
    Case.LIMITED_FOR: {"message": "You are being rate limited.", "retry_after": 7.0, "global": False},
    Case.SERVER_ERROR: {"message": "500: Internal Server Error", "code": 0},
}


def answers(case: Case) -> tuple[Answer, ...]:
    """They meet the message itself, not the log-in before it."""
    if case not in SAID:
        return tuple(replace(answer, at="POST") for answer in http_answers(case))
    headers = {"Content-Type": "application/json", "Via": "1.1 google"}
    return (Answer(STATUS[case], headers, json.dumps(SAID[case]).encode(), at="POST"),)


def platform(record: Record, tls: SSLContext | None) -> DiscordPlatform:
    return DiscordPlatform(record, token=TOKEN, hook=HOOK, tls=tls)


def bot(server: DiscordPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = DiscordSettings.model_validate({"url": server.api, "token": reference, **network})
    return build("discord", settings, session)


def webhook(server: DiscordPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = DiscordSettings.model_validate({"url": server.api, "webhook": reference, **network})
    return build("discord", settings, session)


ADAPTERS = (
    Adapter(
        name="discord bot",
        address="876543210987654321",
        noted="876543210987654321",
        secret=TOKEN,
        platform=platform,
        build=bot,
        check=partial(check_address, settings=DiscordSettings.model_validate({"token": "env:BOT"})),
        answers=answers,
        words="Invalid Form Body",
        differs={
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND, dead=True),
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN, dead=True),
        },
        replies=Follow.REPLY,
        replaces=Follow.EDIT,
        hushes=True,
        close=lambda server: server.missing.add("876543210987654321"),
        bad_addresses=("", "#alerts", "12345", "default", "8765432109876543210000"),
    ),
    Adapter(
        name="discord webhook",
        address="default",
        noted="default",
        secret=f"https://discord.com/api/webhooks/{HOOK}",
        platform=platform,
        build=webhook,
        check=partial(check_address, settings=DiscordSettings.model_validate({"webhook": "env:HOOK"})),
        answers=answers,
        words="Invalid Form Body",
        differs={
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND, dead=True),
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN, dead=True),
        },
        replaces=Follow.EDIT,
        hushes=True,
        close=lambda server: server.revoked.add(HOOK),
        bad_addresses=("", "#alerts", "876543210987654321"),
    ),
)
