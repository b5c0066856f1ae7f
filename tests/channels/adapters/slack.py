"""Slack in the contract suite: a bot's token and an incoming webhook."""

import json
from functools import partial
from ssl import SSLContext

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.slack import SlackSettings, build, check_address
from alertd.demo.platforms.record import Answer, Record
from alertd.demo.platforms.slack import SlackPlatform
from alertd.errors import DeliveryRefused
from alertd.ports import Channel
from tests.channels.cases import Adapter, Case, Expected, Follow, http_answers

TOKEN = "canary-slack-bot"
HOOK = "/services/T000/B000/canary-slack-hook"

WORDS = {
    Case.BAD_REQUEST: "invalid_blocks",
    Case.UNAUTHORIZED: "invalid_auth",
    Case.FORBIDDEN: "not_in_channel",
    Case.NOT_FOUND: "channel_not_found",
}
"""What the Web API says with HTTP 200."""


def answers(case: Case) -> tuple[Answer, ...]:
    if case not in WORDS:
        return http_answers(case)
    body = json.dumps({"ok": False, "error": WORDS[case]}).encode()
    return (Answer(200, {"Content-Type": "application/json; charset=utf-8"}, body),)


def platform(record: Record, tls: SSLContext | None) -> SlackPlatform:
    return SlackPlatform(record, token=TOKEN, hook=HOOK, tls=tls)


def bot(server: SlackPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = SlackSettings.model_validate({"url": server.url, "token": reference, **network})
    return build("slack", settings, session)


def webhook(server: SlackPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = SlackSettings.model_validate({"url": server.url, "webhook": reference, **network})
    return build("slack", settings, session)


ADAPTERS = (
    Adapter(
        name="slack bot",
        address="#alerts",
        noted="#alerts",
        secret=TOKEN,
        platform=platform,
        build=bot,
        check=partial(check_address, settings=SlackSettings.model_validate({"token": "env:BOT"})),
        answers=answers,
        words="invalid_blocks",
        differs={
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN, dead=True),
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND, dead=True),
        },
        replies=Follow.REPLY,
        replaces=Follow.REPLY,
        close=lambda server: server.archived.add("#alerts"),
        bad_addresses=("", "alerts", "#two words", "default", "C12", "#a,b"),
    ),
    Adapter(
        name="slack webhook",
        address="default",
        noted="default",
        secret=f"https://hooks.slack.example{HOOK}",
        platform=platform,
        build=webhook,
        check=partial(check_address, settings=SlackSettings.model_validate({"webhook": "env:HOOK"})),
        # The URL is the credential; a 404 without Slack's word is not Slack's.
        differs={Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND, whole_channel=True)},
        close=lambda server: server.revoked.add(HOOK),
        bad_addresses=("", "#alerts", "C0123456789"),
    ),
)
