"""The webhook in the contract suite."""

from ssl import SSLContext

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.webhook import WebhookSettings, build, check_address
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.webhook import WebhookPlatform
from alertd.errors import DeliveryDelayed, DeliveryRefused
from alertd.ports import Channel
from tests.channels.cases import Adapter, Case, Expected

SECRET = "canary-webhook-signing"


def platform(record: Record, tls: SSLContext | None) -> WebhookPlatform:
    return WebhookPlatform(record, [SECRET], tls=tls)


def channel(server: WebhookPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    settings = WebhookSettings.model_validate({"url": f"{server.url}/hook", "secret": reference, **network})
    return build("webhook", settings, session)


ADAPTERS = (
    Adapter(
        name="webhook",
        address="default",
        noted="/hook",
        secret=SECRET,
        platform=platform,
        build=channel,
        check=check_address,
        # What its own endpoint refuses without a look at the message waits for the operator.
        differs={
            Case.UNAUTHORIZED: Expected(DeliveryRefused, Reason.UNAUTHORIZED, limited="endpoint:"),
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.FORBIDDEN, limited="endpoint:"),
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.NOT_FOUND, limited="endpoint:"),
            Case.LIMITED: Expected(DeliveryDelayed, Reason.RATE_LIMITED, limited="endpoint:"),
            Case.LIMITED_FOR: Expected(DeliveryDelayed, Reason.RATE_LIMITED, retry_after=7.0, limited="endpoint:"),
        },
        bad_addresses=("", "desk", "http://plain.example/hook", "https://user:pass@host.example/", "ftp://x.example"),
    ),
)
