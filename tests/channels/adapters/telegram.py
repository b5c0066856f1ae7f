"""Telegram in the contract suite."""

import json
from ssl import SSLContext

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.telegram import TelegramSettings, build, check_address
from alertd.demo.platforms.record import Answer, Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.errors import DeliveryRefused
from alertd.ports import Channel
from tests.channels.cases import STATUS, Adapter, Case, Expected, Follow, http_answers

SECRET = "110201543:canary-telegram-token"

SAID = {
    Case.BAD_REQUEST: "Bad Request: message text is empty",
    Case.UNAUTHORIZED: "Unauthorized",
    Case.FORBIDDEN: "Forbidden: bot was blocked by the user",
    Case.NOT_FOUND: "Not Found",
    Case.LIMITED: "Too Many Requests",
    Case.LIMITED_FOR: "Too Many Requests: retry after 7",
    Case.SERVER_ERROR: "Internal Server Error",
}


def answers(case: Case) -> tuple[Answer, ...]:
    if case not in SAID:
        return http_answers(case)
    body: dict[str, object] = {"ok": False, "error_code": STATUS[case], "description": SAID[case]}
    if case is Case.LIMITED_FOR:
        body["parameters"] = {"retry_after": 7}
    return (Answer(STATUS[case], {"Content-Type": "application/json"}, json.dumps(body).encode()),)


def platform(record: Record, tls: SSLContext | None) -> TelegramPlatform:
    return TelegramPlatform(record, SECRET, tls=tls)


def channel(server: TelegramPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = TelegramSettings.model_validate({"url": server.url, "token": reference, **network})
    return build("telegram", settings, session)


ADAPTERS = (
    Adapter(
        name="telegram",
        address="-1001234567890/42",
        noted="-1001234567890/42",
        secret=SECRET,
        platform=platform,
        build=channel,
        check=check_address,
        answers=answers,
        words="message text is empty",
        # 404 is how Telegram answers a token that is not one; a chat that is not found is a 400.
        differs={
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.UNAUTHORIZED, whole_channel=True),
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN, dead=True),
        },
        replies=Follow.REPLY,
        replaces=Follow.EDIT,
        hushes=True,
        close=lambda server: server.missing.add("-1001234567890"),
        bad_addresses=("", "desk", "@a", "12/", "12/x", "--1", "+34600000000", "@name/1/2", "١٢٣"),
    ),
)
