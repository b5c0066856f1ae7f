"""The pieces that settings are made of."""

import ipaddress
import re
from base64 import b64encode
from math import isfinite
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from yarl import URL

from alertd.errors import ConfigError
from alertd.model.units import SECONDS, duration
from alertd.wire.secret import Secret, conceal


class Settings(BaseModel):
    """A section of the configuration: unknown keys are mistakes, values are not shown in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


def _seconds(value: object) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not (isfinite(value) and value >= 0):
                raise ValueError("expected a duration such as 30s, 15m, 4h or 7d")
            return float(value)
        return duration(str(value))
    except ValueError as error:
        raise PydanticCustomError("duration", "{why}", {"why": str(error)}) from None


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
"""One name or a list of them."""

_RATE = re.compile(r"(?P<count>\d{1,7})/(?P<unit>[smhd])", re.ASCII)


class Count(NamedTuple):
    """So many messages in so many seconds."""

    messages: int
    seconds: float


def _count(value: object) -> Count:
    found = _RATE.fullmatch(str(value).strip())
    if not found or not int(found["count"]):
        raise PydanticCustomError("rate", "expected a rate such as 30/s, 20/m, 500/h or 2000/d")
    return Count(int(found["count"]), SECONDS[found["unit"]])


def loopback(host: str | None) -> bool:
    """True for localhost and the addresses of the loopback net."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _parsed(text: str) -> URL:
    """The URL, an empty one where it is none or not http(s)."""
    try:
        url = URL(text) if text.isprintable() and " " not in text else URL()
        return url if url.scheme in ("http", "https") and url.host and url.port else URL()
    except ValueError:
        return URL()


def _url(value: object) -> str:
    url = _parsed(str(value))
    if not url.host:
        raise PydanticCustomError("url", "expected a URL such as https://api.example")
    if url.user or url.password:
        raise PydanticCustomError("url", "a URL holds no user or password here: write a secret's reference")
    if url.scheme == "http" and not loopback(url.host):
        raise PydanticCustomError("url", "expected https:// (http:// only to this machine itself)")
    return str(value).rstrip("/")


def _proxy(value: object) -> str | Secret:
    text = str(value)
    if text.startswith(("env:", "file:", "cred:")):
        return Secret(text)
    url = _parsed(text)
    if not url.host or url.user or url.password:
        raise PydanticCustomError(
            "proxy", "expected a proxy such as http://gate.example:3128, or env:HTTPS_PROXY where it holds a password"
        )
    return text


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A duration in a settings file: `90s`, `15m`, `4h`, `7d`."""

Rate = Annotated[Count, BeforeValidator(_count)]
"""In a settings file `30/s`, `20/m`, `500/h` or `2000/d`."""

Uncertain = Literal["resend", "drop"]
"""What becomes of a message that had no answer where the platform knows no keys: it may have arrived."""

HttpsUrl = Annotated[str, BeforeValidator(_url)]
"""https, or http to loopback; without a trailing slash, a user or a password."""

ProxyUrl = Annotated[str | Secret, BeforeValidator(_proxy)]


class Network(Settings):
    """What everything that connects can be told of its way there."""

    proxy: ProxyUrl | None = None
    ca_file: str | None = None
    timeout: Annotated[Seconds, Field(gt=0)] = 15.0

    def proxy_url(self) -> str | None:
        """The proxy as a URL, its password revealed. Raises ConfigError where the secret is no such URL."""
        if not isinstance(self.proxy, Secret):
            return self.proxy
        revealed = self.proxy.reveal()
        url = _parsed(revealed)
        if not url.host:
            raise ConfigError(f"{self.proxy.reference} does not hold a proxy such as http://user:…@gate.example:3128")
        if url.password:
            # Proxy-Authorization, if it comes back, and what stands alone in a library's error.
            conceal(b64encode(f"{url.user or ''}:{url.password}".encode()).decode(), url.password)
        return revealed


class Endpoint(Network):
    """What every source and channel that speaks HTTP can be told: its base URL and the way there."""

    url: HttpsUrl | None = None


class TokenOrWebhook(Endpoint):
    """A chat platform's two ways in: a bot's `token`, or a `webhook` whose whole URL is the secret."""

    token: Secret | None = None
    webhook: Secret | None = None
    uncertain: Uncertain = "resend"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.token is None) == (self.webhook is None):
            raise ValueError("expected either `token` or `webhook`")
        return self
