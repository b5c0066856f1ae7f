"""Slack's Web API, webhooks and uploads, by slack-sdk's async clients on the shared session; what fails is a
DeliveryError.

Wire formats: https://docs.slack.dev/reference/methods, …/messaging/sending-messages-using-incoming-webhooks and
…/messaging/working-with-files#uploading_files. Refusals are `ok: false` with an `error` word, mostly on HTTP 200; those
of a webhook or a `response_url` are HTTP statuses with the word as text. Neither knows an idempotency key.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from yarl import URL

from alertd.channels.answers import Reason, by_failure, by_status, not_theirs
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.wire.sdk import Refusal, SdkSession, download, raise_refusal
from alertd.wire.secret import Secret, redact
from alertd.wire.session import patience, retry_after, tls
from alertd.wire.settings import TokenOrWebhook

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from slack_sdk.web.async_client import AsyncWebClient

API = "https://slack.com"

T = TypeVar("T")

_quiet = logging.getLogger(f"{__name__}.sdk")
_quiet.setLevel(logging.CRITICAL)  # it logs bodies: what people say, and addresses that are keys

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


_SHUT = frozenset({"not_in_channel", "cannot_dm_bot"})
"""Said of one conversation that the bot is not let into, or was thrown out of."""

_PAGE = b"<!doctype html"
"""How what is no file begins."""


class SlackApi:
    """The calls of one credential. `address` is what a refusal is about, `now` epoch seconds."""

    def __init__(self, settings: TokenOrWebhook, session: ClientSession) -> None:
        self._settings = settings
        self._tls = tls(settings.ca_file)
        settings.proxy_url()  # one that cannot be used is told before anything is sent
        wrapped = SdkSession(
            session,
            timeout=patience(settings.timeout),
            allow_redirects=False,
            raise_for_status=raise_refusal,
        )
        self._session = cast("ClientSession", wrapped)  # the SDK asks for `closed` and `request` only

    def client(self, token: Secret | None = None) -> AsyncWebClient:
        """The SDK's client, with the bot's token unless there is another. Raises ConfigError."""
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(
            cast(Secret, token or self._settings.token).reveal(),
            base_url=f"{self._settings.url or API}/api/",
            ssl=self._tls,
            session=self._session,
            logger=_quiet,
            retry_handlers=[],
        )
        client.proxy = self._settings.proxy_url()  # else the SDK takes one from the environment
        return client

    async def call(
        self, method: str, body: Mapping[str, Any], *, now: float, address: str = "", token: Secret | None = None
    ) -> Mapping[str, Any]:
        """What a method of the Web API answers."""

        async def calling() -> Mapping[str, Any]:
            answer = await self.client(token).api_call(method, json=dict(body))
            return cast("Mapping[str, Any]", answer.data) if isinstance(answer.data, dict) else {}

        return await self._answered(calling(), address, now)

    async def post(self, url: Callable[[], str], body: Mapping[str, Any], *, now: float, address: str = "") -> None:
        """Post to an incoming webhook, or to the `response_url` of a command. `url` may raise ConfigError."""

        async def posting() -> str:
            from slack_sdk.webhook.async_client import AsyncWebhookClient

            client = AsyncWebhookClient(url(), ssl=self._tls, session=self._session, logger=_quiet, retry_handlers=[])
            client.proxy = self._settings.proxy_url()
            return (await client.send_dict(dict(body))).body

        said = await self._answered(posting(), address, now)
        if said != "ok" and '"ok":true' not in said.replace(" ", ""):
            raise not_theirs("Slack")

    async def upload(
        self, name: str, content: bytes, *, channel: str, now: float, thread: str = "", address: str = ""
    ) -> None:
        """Share a file in a conversation (its id), or in a thread of it."""

        async def uploading() -> None:
            await self.client().files_upload_v2(
                filename=name, content=content, title=name, alt_txt=name, channel=channel, thread_ts=thread or None
            )

        await self._answered(uploading(), address, now)

    async def download(self, url: str, most: int, *, now: float) -> bytes:
        """A file that somebody has shared, or its first `most` bytes. The URL comes from outside: the bot's token goes
        to Slack's own hosts alone. Whoever may not read it is sent to a page to log in."""
        if not is_slacks(url, self._settings.url):
            raise DeliveryRefused("it is not with Slack itself", reason=Reason.BAD_REQUEST)

        async def reading() -> bytes:
            client = self.client()
            token = {"Authorization": f"Bearer {client.token}"}
            try:
                content = await download(self._session, url, most, headers=token, ssl=self._tls, proxy=client.proxy)
            except Refusal as refusal:
                if not 300 <= refusal.status < 400:
                    raise by_status(refusal.status) from None
                content = _PAGE
            if content[:200].lstrip().lower().startswith(_PAGE):
                raise DeliveryRefused("the app may not read it: it needs the scope files:read", reason=Reason.FORBIDDEN)
            return content

        return await self._answered(reading(), "", now)

    async def _answered(self, call: Awaitable[T], address: str, now: float) -> T:
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            return await call
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
        except (SlackClientError, AttributeError, KeyError, TypeError, ValueError):
            error = not_theirs("Slack")
        raise error

    def _meaning(self, word: str, address: str, status: int = 200, wait: float | None = None) -> DeliveryError:
        """The error that a refusal's word stands for; its HTTP status where the word is none that we know."""
        text = f"Slack says {redact(word)}"
        reason = _WORDS.get(word, Reason.BAD_REQUEST if status == 200 else None)
        if reason is Reason.RATE_LIMITED:
            return DeliveryDelayed(text, reason=reason, retry_after=wait, bucket=bucket(address))
        if reason is Reason.SERVER_ERROR:
            return DeliveryDelayed(text, reason=reason, retry_after=wait)
        if reason:
            credential = reason is Reason.UNAUTHORIZED
            # The URL of a webhook is its credential, and its one address: it was revoked.
            revoked = credential and self._settings.webhook is not None
            dead = revoked or reason is Reason.NOT_FOUND or word in _SHUT
            return DeliveryRefused(text, reason=reason, whole_channel=credential and not revoked, dead=dead)
        # A 404 without Slack's own word is that of something on the way to a webhook.
        hook, about = self._settings.webhook is not None, bucket(address)
        whole = True if hook and status == 404 else None
        return by_status(status, word, retry_after=wait, bucket=about, whole_channel=whole, dead=hook and status == 410)


def is_slacks(text: str, base: str | None) -> bool:
    """Whether a URL leads to one of Slack's own hosts; `base` stands for https://slack.com."""
    try:
        url, own = URL(text), URL(base or API)
    except ValueError:
        return False
    hosts = (own.host, f"hooks.{own.host}", f"files.{own.host}")
    return url.host in hosts and (url.scheme, url.port, url.user) == (own.scheme, own.port, None)


def bucket(address: str) -> str:
    """What messages to an address are counted under: threads count with their conversation."""
    return f"chat:{parts(address)[0]}"


def parts(address: str) -> tuple[str, str]:
    """Conversation and thread of an address: `C0123456789/1700000000.000100` is that thread, "" is none."""
    conversation, _, thread = address.partition("/")
    return conversation, thread
