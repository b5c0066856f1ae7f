"""Telegram, by a bot token: python-telegram-bot's `Bot` alone, without its update loop and its rate limiter.

Wire format: https://core.telegram.org/bots/api#sendmessage and #making-requests (refusals are HTTP statuses with a
`description`; 429 and a chat that became a supergroup carry `parameters`). The Bot API knows no idempotency key: an
attempt without an answer may have been delivered.
"""

from __future__ import annotations

import logging
import re
from html import escape
from typing import TYPE_CHECKING

from alertd.channels.answers import Reason, by_failure, by_status
from alertd.channels.kind import ChannelKind
from alertd.channels.text import SIGNS, Room, fit, plain
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Notification
from alertd.ports import Pacing
from alertd.wire.sdk import Refusal, blot
from alertd.wire.secret import Secret, redact
from alertd.wire.session import retry_after, tls
from alertd.wire.settings import Endpoint

if TYPE_CHECKING:
    import httpx
    from aiohttp import ClientSession
    from telegram import Bot

API = "https://api.telegram.org"
TEXT_LIMIT = 4096
"""UTF-16 units of a text after its entities are parsed (Bot API, sendMessage)."""

# About 30 messages a second in all and one a second to one chat, short bursts allowed (Telegram's bot FAQ). Groups
# take 20 a minute: what goes over that comes back as 429 with its wait.
PACING = Pacing(overall=1 / 30, per_address=1.0, burst=3, in_flight=8)

_ROOM = Room(total=TEXT_LIMIT - 8)  # less the sign and the blank lines between the parts
_ADDRESS = re.compile(r"(?P<chat>-?\d{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:/(?P<topic>\d{1,10}))?", re.ASCII)
_LOG = logging.getLogger(__name__)


class TelegramSettings(Endpoint):
    """`url` is where the Bot API is (a local Bot API server, a gateway), without the `/bot…` part."""

    token: Secret


class TelegramChannel:
    """One bot. A chat that became a supergroup is followed to its new id as long as the daemon runs."""

    pacing = PACING

    def __init__(self, name: str, settings: TelegramSettings) -> None:
        from telegram.request import HTTPXRequest

        blot("httpx", "telegram.Bot")
        self.name = name
        self._settings = settings
        self._base = f"{settings.url or API}/bot"
        self._moved: dict[str, int] = {}
        self._bot: Bot | None = None
        timeout = settings.timeout
        self._request = HTTPXRequest(
            connection_pool_size=PACING.in_flight,
            read_timeout=timeout,
            write_timeout=timeout,
            connect_timeout=timeout,
            pool_timeout=timeout,
            proxy=settings.proxy_url(),
            httpx_kwargs={
                "verify": tls(settings.ca_file),
                "trust_env": False,  # no proxies out of the environment
                # The SDK's exceptions drop the status and the headers: refusals are read where both are still there.
                "event_hooks": {"response": [_raise_refusal]},
            },
        )

    async def send(self, delivery: Delivery, now: float) -> None:
        """HTML; as plain text if Telegram cannot parse it; again to the new id of a chat that has moved."""
        notification = fit(delivery.notification, _ROOM)
        texts = [(html(notification), "HTML"), (plain(notification), None)]
        follow = True
        while True:
            text, mode = texts[0]
            try:
                return await self._post(delivery.address, text, mode)
            except Refusal as refusal:
                moved_to = _parameters(refusal).get("migrate_to_chat_id")
                if isinstance(moved_to, int) and follow:
                    follow = False
                    self._follow(delivery.address, moved_to)
                elif _says(refusal, "can't parse entities") and len(texts) > 1:
                    texts.pop(0)
                else:
                    error = _meaning(refusal, now)
                    break
        raise error

    async def close(self) -> None:
        await self._request.shutdown()

    def _current(self, token: str) -> Bot:
        """The bot of this token; another token (the file was replaced) makes another bot on the same connections."""
        from telegram import Bot

        if self._bot is None or self._bot.token != token:
            self._bot = Bot(token, base_url=self._base, request=self._request, get_updates_request=self._request)
        return self._bot

    async def _post(self, address: str, text: str, mode: str | None) -> None:
        """One request. Raises Refusal for an answer that is not 2xx, DeliveryDelayed where there was none."""
        from telegram import LinkPreviewOptions
        from telegram.error import NetworkError, TelegramError

        chat, topic = _parts(address)
        try:
            bot = self._current(self._settings.token.reveal())
            await bot.send_message(
                chat_id=self._moved.get(chat, chat),
                text=text,
                parse_mode=mode,
                message_thread_id=topic,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
            return
        except (NetworkError, ConfigError) as error:
            # The SDK wraps what the hook raised.
            failure: Exception = error.__cause__ if isinstance(error.__cause__, Refusal) else by_failure(error)
        except (TelegramError, AttributeError, KeyError, TypeError, ValueError):
            failure = DeliveryDelayed("the answer is not Telegram's", reason=Reason.SERVER_ERROR)
        raise failure

    def _follow(self, address: str, to: int) -> None:
        chat, _ = _parts(address)
        self._moved[chat] = to
        _LOG.warning("Telegram chat %s has become %d: change the receiver's address", chat, to)


def check_address(address: str) -> str | None:
    """A chat id, `@channelname`, either with `/topic`."""
    if _ADDRESS.fullmatch(address):
        return None
    return "expected a chat id such as 123456789 or -1001234567890, or @channelname; with /<topic id> for a topic"


def html(notification: Notification) -> str:
    """A notification that fits as Telegram's HTML (https://core.telegram.org/bots/api#html-style)."""

    def text(part: str) -> str:
        return escape(part, quote=False)

    parts = [f"{SIGNS[notification.tone]}<b>{text(notification.title)}</b>"]
    parts += ["\n".join(text(line) for line in notification.lines)]
    parts += ["\n".join(f"<b>{text(name)}</b>: {text(value)}" for name, value in notification.facts)]
    parts += ["\n".join(f'<a href="{escape(link.url)}">{text(link.label)}</a>' for link in notification.links)]
    parts += [f"<i>{text(notification.footer)}</i>" if notification.footer else ""]
    return "\n\n".join(part for part in parts if part)


def _parts(address: str) -> tuple[str, int | None]:
    chat, _, topic = address.partition("/")
    return chat, int(topic) if topic else None


async def _raise_refusal(response: httpx.Response) -> None:
    if not response.is_success:
        raise Refusal(response.status_code, response.headers, await response.aread())


def _parameters(refusal: Refusal) -> dict[str, object]:
    found = refusal.body.get("parameters")
    return found if isinstance(found, dict) else {}


def _says(refusal: Refusal, *words: str) -> bool:
    said = refusal.word("description").casefold()
    return any(word in said for word in words)


def _meaning(refusal: Refusal, now: float) -> DeliveryError:
    """Telegram words most refusals as 400 or 403; 404 is a token that is not one."""
    status, said = refusal.status, refusal.word("description")
    if status in (401, 404):
        text = f"Telegram refuses the token (HTTP {status})"
        return DeliveryRefused(text, reason=Reason.UNAUTHORIZED, whole_channel=True)
    if status == 400:
        reason = Reason.BAD_REQUEST
        if _says(refusal, "not found", "deactivated"):
            reason = Reason.NOT_FOUND
        elif _says(refusal, "not enough rights", "have no rights", "write forbidden"):
            reason = Reason.FORBIDDEN
        elif _says(refusal, "too long"):
            reason = Reason.TOO_LARGE
        return DeliveryRefused(f"HTTP 400: {redact(said)}", reason=reason)
    # The body's own word (seconds) goes before a header that a gateway may have put there.
    wait = _parameters(refusal).get("retry_after", refusal.headers.get("retry-after"))
    return by_status(status, said, retry_after=retry_after(str(wait), now))


def build(name: str, settings: TelegramSettings, session: ClientSession) -> TelegramChannel:
    settings.token.reveal()
    return TelegramChannel(name, settings)


KIND = ChannelKind(TelegramSettings, build, lambda address, _: check_address(address))
