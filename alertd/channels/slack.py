"""Slack, by a bot token (chat.postMessage) or an incoming webhook: slack-sdk's async clients on the shared session.

Wire formats: https://docs.slack.dev/reference/methods/chat.postMessage, …/reference/block-kit/blocks and
…/messaging/sending-messages-using-incoming-webhooks. Refusals are `ok: false` with an `error` word, mostly on HTTP
200; a webhook's are HTTP statuses with the word as text. Neither knows an idempotency key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter, ValidationError
from yarl import URL

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.channels.kind import ChannelKind
from alertd.channels.text import SIGNS, Room, fit, plain, utf16
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Delivery, Link, Notification
from alertd.ports import Bucket, Limit
from alertd.wire.sdk import Refusal, SdkSession, blot, raise_refusal
from alertd.wire.secret import Secret, conceal, redact
from alertd.wire.session import patience, retry_after, tls
from alertd.wire.settings import HttpsUrl, TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession

API = "https://slack.com"
DEFAULT = "default"
"""The address of an incoming webhook: its channel is a part of its URL."""

TEXT_LIMIT = 4000
"""Characters recommended for a message's own `text` (docs: chat.postMessage)."""
HEADER_LIMIT = 150
SECTION_LIMIT = 3000
FIELDS = 10
"""Fields of a section, of 2,000 characters each; also the elements of a context (docs: Block Kit)."""
LINK_LIMIT = 2900
"""Of the 3,000 characters that an element of a context may have."""
TOTAL_LIMIT = 13_200
"""Characters of all blocks before `msg_blocks_too_long` (measured, slackapi/bolt-js#2509)."""

# About one message a second to one channel, short bursts tolerated, and to a webhook (docs: rate limits); the limit of
# a workspace is unpublished and comes as 429.
CHAT = Limit(1.0, 3)
HOOK = Limit(1.0)
IN_FLIGHT = 16

_ADDRESS = re.compile(r"#[^\s#@,<>&]{1,80}|[CGDUW][A-Z0-9]{7,}")

_REASONS = {
    Reason.RATE_LIMITED: "ratelimited rate_limited",
    Reason.SERVER_ERROR: "internal_error fatal_error service_unavailable request_timeout team_added_to_org",
    Reason.UNAUTHORIZED: "invalid_auth not_authed account_inactive token_revoked token_expired no_permission"
    " missing_scope not_allowed_token_type ekm_access_denied org_login_required invalid_token"
    " no_service no_service_id no_team no_active_hooks team_disabled",
    Reason.NOT_FOUND: "channel_not_found user_not_found is_archived channel_is_archived",
    Reason.FORBIDDEN: "not_in_channel action_prohibited posting_to_general_channel_denied cannot_dm_bot access_denied",
    Reason.THREAD_GONE: "thread_not_found invalid_thread_ts message_not_found cannot_reply_to_message",
    Reason.TOO_LARGE: "msg_too_long msg_blocks_too_long",
}
_WORDS = {word: reason for reason, words in _REASONS.items() for word in words.split()}
"""Slack's words for a refusal (docs: chat.postMessage and incoming webhooks, errors); the last line of UNAUTHORIZED is
a webhook that is gone. Others are bad requests."""

_QUOTED = str.maketrans({"|": "%7C", "<": "%3C", ">": "%3E"})

Block = dict[str, Any]


class SlackSettings(TokenOrWebhook):
    """`url` stands for https://slack.com, or for the scheme and host of the webhook."""


class SlackChannel:
    """One bot or one webhook."""

    in_flight = IN_FLIGHT
    remembers = 0.0

    def __init__(self, name: str, settings: SlackSettings, session: ClientSession) -> None:
        blot("slack_sdk.web.async_base_client", "slack_sdk.web.async_client", "slack_sdk.webhook.async_client")
        self.name = name
        self.resends = settings.uncertain == "resend"
        self._settings = settings
        self._pace = HOOK if settings.webhook else CHAT
        self._tls = tls(settings.ca_file)
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        wrapped = SdkSession(
            session,
            timeout=patience(settings.timeout),
            allow_redirects=False,
            raise_for_status=raise_refusal,
        )
        self._session = cast("ClientSession", wrapped)  # the SDK asks for `closed` and `request` only

    def buckets(self, address: str) -> tuple[Bucket, ...]:
        return (Bucket(_bucket(address), self._pace),)

    async def send(self, delivery: Delivery, now: float) -> str:
        """Returns the message's `ts`, "" from a webhook, which tells none. A follow-up goes into the thread."""
        body = payload(delivery.notification)
        if delivery.origin:
            try:
                return await self._posted(delivery.address, {**body, "thread_ts": delivery.origin}, now)
            except DeliveryRefused as refused:
                if refused.reason != Reason.THREAD_GONE:
                    raise
        return await self._posted(delivery.address, body, now)

    async def _posted(self, address: str, body: dict[str, Any], now: float) -> str:
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            if self._settings.webhook:
                return await self._to_webhook(self._settings.webhook, body)
            return await self._to_channel(address, body)
        except Refusal as refusal:
            word = refusal.word("error") or refusal.text
            wait = retry_after(refusal.headers.get("Retry-After"), now)
            error = self._meaning(word, address, refusal.status, wait)
        except SlackApiError as refused:
            answer = getattr(refused.response, "data", None)
            word = str(answer.get("error", "")) if isinstance(answer, dict) else ""
            error = self._meaning(word, address) if word else not_theirs("Slack")
        except (ClientError, OSError, ConfigError) as failure:
            error = by_failure(failure)
        except (SlackClientError, AttributeError, ValueError):
            error = not_theirs("Slack")
        raise error

    async def close(self) -> None:
        """The session is not its own."""

    async def _to_channel(self, address: str, body: dict[str, Any]) -> str:
        from slack_sdk.web.async_client import AsyncWebClient

        token = cast(Secret, self._settings.token).reveal()
        client = AsyncWebClient(
            token,
            base_url=f"{self._settings.url or API}/api/",
            ssl=self._tls,
            session=self._session,
            retry_handlers=[],
        )
        client.proxy = self._settings.proxy_url()  # else the SDK takes one from the environment
        answer = await client.chat_postMessage(channel=address, **body)
        return str(answer.get("ts") or "")

    async def _to_webhook(self, secret: Secret, body: dict[str, Any]) -> str:
        from slack_sdk.webhook.async_client import AsyncWebhookClient

        url = webhook_url(secret, self._settings.url)
        client = AsyncWebhookClient(url, ssl=self._tls, session=self._session, retry_handlers=[])
        client.proxy = self._settings.proxy_url()
        answer = await client.send_dict(body)
        if answer.body != "ok":
            raise not_theirs("Slack")
        return ""

    def _meaning(self, word: str, address: str, status: int = 200, wait: float | None = None) -> DeliveryError:
        """The error that a refusal's word stands for; its HTTP status where the word is none that we know."""
        text = f"Slack says {redact(word)}"
        reason = _WORDS.get(word, Reason.BAD_REQUEST if status == 200 else None)
        if reason is Reason.RATE_LIMITED:
            return DeliveryDelayed(text, reason=reason, retry_after=wait, bucket=_bucket(address))
        if reason is Reason.SERVER_ERROR:
            return DeliveryDelayed(text, reason=reason, retry_after=wait)
        if reason:
            credential = reason is Reason.UNAUTHORIZED
            # The URL of a webhook is its credential, and its one address.
            dead = reason is Reason.NOT_FOUND or (credential and self._settings.webhook is not None)
            return DeliveryRefused(text, reason=reason, whole_channel=credential, dead=dead)
        # One that is not found was revoked.
        gone = self._settings.webhook is not None and status in (404, 410)
        whole, bucket = (True if gone else None), _bucket(address)
        return by_status(status, word, retry_after=wait, bucket=bucket, whole_channel=whole, dead=gone)


def _bucket(address: str) -> str:
    return f"chat:{address}"


def check_address(address: str, settings: SlackSettings) -> str | None:
    """A channel by name or id; a webhook has `default` alone, its own."""
    if settings.webhook:
        return None if address == DEFAULT else f"a webhook posts to its own channel: its address is `{DEFAULT}`"
    return None if _ADDRESS.fullmatch(address) else "expected a channel such as #alerts or C0123456789"


def webhook_url(secret: Secret, base: str | None) -> str:
    """The URL to post to, as it is or under another `base`. ConfigError if it is no https URL (http to loopback)."""
    text = secret.reveal()
    try:
        TypeAdapter[str](HttpsUrl).validate_python(text)
    except ValidationError:
        text = ""
    if not text:
        raise ConfigError(f"{secret.reference} does not hold an https:// webhook URL of Slack")
    path = URL(text).raw_path_qs
    conceal(path)
    return f"{base}{path}" if base else text


def escape(text: str) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping: these three, and nothing else, are decoded."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _size(text: str) -> int:
    return utf16(escape(text))


# `text` is cut on its own, well inside the recommendation; of the blocks a tenth is left for what Slack may count more.
_TEXT_ROOM = Room(total=TEXT_LIMIT - 8, size=_size, widest=5)
_BLOCKS_ROOM = Room(total=TOTAL_LIMIT * 9 // 10, title=HEADER_LIMIT - 4, value=1500, size=_size, widest=5)


def payload(notification: Notification) -> dict[str, Any]:
    """The message, as blocks and as `text` for notifications and screen readers. Nobody's text becomes markup."""
    text = plain(fit(notification, _TEXT_ROOM))
    return {
        "text": escape(f"{SIGNS[notification.tone]}{text}"),
        "blocks": _blocks(fit(_linkable(notification), _BLOCKS_ROOM)),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(notification: Notification) -> list[Block]:
    blocks: list[Block] = [{"type": "header", "text": _plain(f"{SIGNS[notification.tone]}{notification.title}")}]
    blocks += [{"type": "section", "text": _plain(text)} for text in _packed(notification.lines)]
    fields = [_plain(f"{name}\n{value}") for name, value in notification.facts]
    blocks += [{"type": "section", "fields": some} for some in _by(FIELDS, fields)]
    # The label is text beside a link of fixed wording: in Slack's markup `*_~` cannot be escaped.
    links = [part for link in notification.links for part in (_plain(f"{link.label}:"), _open(link.url))]
    blocks += [{"type": "context", "elements": some} for some in _by(FIELDS, links)]
    if notification.footer:
        blocks.append({"type": "context", "elements": [_plain(notification.footer)]})
    return blocks


def _packed(lines: Sequence[str]) -> Iterable[str]:
    """Lines in as few texts as fit a section each; a line too long for one is cut into several."""
    text = ""
    for line in lines:
        for piece in _pieces(line):
            joined = f"{text}\n{piece}" if text else piece
            if text and _size(joined) > SECTION_LIMIT:
                yield text
                text = piece
            else:
                text = joined
    if text:
        yield text


def _pieces(line: str) -> Iterable[str]:
    # 5 units is the most that a character takes once escaped.
    width = SECTION_LIMIT if _size(line) <= SECTION_LIMIT else SECTION_LIMIT // 5
    return (line[start : start + width] for start in range(0, len(line), width))


def _by(count: int, parts: Sequence[Block]) -> Iterable[Sequence[Block]]:
    return (parts[start : start + count] for start in range(0, len(parts), count))


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": escape(text), "emoji": False}


def _linkable(notification: Notification) -> Notification:
    """Its links as they may stand in Slack's markup, those left out that are too long for it."""
    quoted = [Link(link.label, link.url.translate(_QUOTED)) for link in notification.links]
    return replace(notification, links=tuple(link for link in quoted if _size(link.url) <= LINK_LIMIT))


def _open(url: str) -> Block:
    return {"type": "mrkdwn", "text": f"<{escape(url)}|open>", "verbatim": True}


def build(name: str, settings: SlackSettings, session: ClientSession) -> SlackChannel:
    if settings.webhook:
        webhook_url(settings.webhook, settings.url)
    if settings.token:
        settings.token.reveal()
    return SlackChannel(name, settings, session)


KIND = ChannelKind(SlackSettings, build, check_address)
