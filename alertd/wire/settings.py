"""The pieces that settings are made of."""

import ipaddress
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from yarl import URL

from alertd.model.units import duration
from alertd.wire.secret import Secret


class Settings(BaseModel):
    """A section of the configuration: unknown keys are mistakes, values are not shown in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        return duration(str(value))
    except ValueError as error:
        raise PydanticCustomError("duration", "{why}", {"why": str(error)}) from None


def loopback(host: str | None) -> bool:
    """True for localhost and the addresses of the loopback net."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _url(value: object) -> str:
    text = str(value)
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise PydanticCustomError("url", "expected a URL such as https://api.example")
    if url.user or url.password:
        raise PydanticCustomError("url", "a URL holds no user or password here: write a secret's reference")
    if url.scheme == "http" and not loopback(url.host):
        raise PydanticCustomError("url", "expected https:// (http:// only to this machine itself)")
    return text.rstrip("/")


def _proxy(value: object) -> str | Secret:
    text = str(value)
    if text.startswith(("env:", "file:", "cred:")):
        return Secret(text)
    url = URL(text) if "://" in text else URL()
    if url.scheme not in ("http", "https") or not url.host or url.user:
        raise PydanticCustomError(
            "proxy", "expected a proxy such as http://proxy.example:3128, or env:HTTPS_PROXY where it holds a password"
        )
    return text


Seconds = Annotated[float, BeforeValidator(_seconds)]
"""A duration in a settings file: `90s`, `15m`, `4h`, `7d`."""

HttpsUrl = Annotated[str, BeforeValidator(_url)]
"""https, or http to loopback; without a trailing slash, a user or a password."""

ProxyUrl = Annotated[str | Secret, BeforeValidator(_proxy)]


class Endpoint(Settings):
    """What every source and channel can be told of its network."""

    url: HttpsUrl | None = None
    proxy: ProxyUrl | None = None
    ca_file: str | None = None
    timeout: Seconds = 15.0

    def proxy_url(self) -> str | None:
        """The proxy as a URL, its password revealed."""
        return self.proxy.reveal() if isinstance(self.proxy, Secret) else self.proxy
