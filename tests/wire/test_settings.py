"""The pieces that settings are made of."""

import pytest
from pydantic import ValidationError

from alertd.errors import ConfigError
from alertd.wire.secret import Secret
from alertd.wire.settings import Endpoint, Rate, Settings, TokenOrWebhook, loopback


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.example", "https://api.example"),
        ("https://api.example/v3/", "https://api.example/v3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:9", "http://[::1]:9"),
        ("https://hooks.example/x?key=1", "https://hooks.example/x?key=1"),
    ],
)
def test_urls_that_may_be(url: str, kept: str) -> None:
    assert Endpoint(url=url).url == kept


@pytest.mark.parametrize(
    "url",
    [
        "", "api.example", "ftp://api.example", "http://api.example", "http://127.0.0.1.evil.example",
        "https://user:hunter2@api.example", "https://:hunter2@api.example", "https://[hunter2", "https://",
        "https://api.example/a b", "https://api.example/\r\nX: hunter2", "https://api.example:99999", "file:///hunter2",
    ],
)  # fmt: skip
def test_urls_that_may_not(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Endpoint(url=url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("proxy", ["http://gate.example:3128", "https://gate.example"])
def test_a_proxy_as_it_stands(proxy: str) -> None:
    assert Endpoint(proxy=proxy).proxy_url() == proxy


def test_a_proxy_with_a_password_is_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_PROXY", "http://desk:canary@gate.example:3128")
    endpoint = Endpoint.model_validate({"proxy": "env:ALERTD_TEST_PROXY"})
    assert endpoint.proxy == Secret("env:ALERTD_TEST_PROXY")
    assert endpoint.proxy_url() == "http://desk:canary@gate.example:3128"


@pytest.mark.parametrize("proxy", ["desk:canary@gate.example:3128", "socks5://desk:canary@x.example", "http://"])
def test_a_secret_that_holds_no_proxy(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_PROXY", proxy)
    with pytest.raises(ConfigError, match="env:ALERTD_TEST_PROXY does not hold a proxy") as raised:
        Endpoint.model_validate({"proxy": "env:ALERTD_TEST_PROXY"}).proxy_url()
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "proxy", ["gate.example:3128", "socks5://x.example", "http://me:hunter2@x.example", "http://["]
)
def test_proxies_that_may_not(proxy: str) -> None:
    with pytest.raises(ValidationError, match="expected a proxy") as raised:
        Endpoint(proxy=proxy)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(("timeout", "seconds"), [("90s", 90.0), ("1m30s", 90.0), (2, 2.0), (0.5, 0.5)])
def test_a_timeout(timeout: object, seconds: float) -> None:
    assert Endpoint.model_validate({"timeout": timeout}).timeout == seconds


@pytest.mark.parametrize("timeout", ["0", 0, -1, float("nan"), float("inf"), "soon", "-5s", True, "", None])
def test_timeouts_that_may_not(timeout: object) -> None:
    with pytest.raises(ValidationError):
        Endpoint.model_validate({"timeout": timeout})


def test_unknown_keys_are_mistakes() -> None:
    with pytest.raises(ValidationError, match="verify"):
        Endpoint.model_validate({"verify": False})


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.8.9.1", True), ("::1", True), ("10.0.0.1", False), ("x.example", False), (None, False)],
)
def test_loopback(host: str | None, local: bool) -> None:
    assert loopback(host) == local


@pytest.mark.parametrize("settings", [{}, {"token": "env:A", "webhook": "env:B"}], ids=["neither", "both"])
def test_there_is_one_way_in(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="either `token` or `webhook`"):
        TokenOrWebhook.model_validate(settings)


class Paced(Settings):
    rate: Rate


@pytest.mark.parametrize(
    ("text", "messages", "seconds"),
    [("30/s", 30, 1), (" 20/m", 20, 60), ("500/h", 500, 3600), ("1/d", 1, 86400)],
)
def test_a_rate(text: str, messages: int, seconds: float) -> None:
    assert Paced.model_validate({"rate": text}).rate == (messages, seconds)


@pytest.mark.parametrize("text", ["", "30", "0/s", "-1/s", "1/w", "1.5/s", "٣/s", 30, "30/s/s"])
def test_rates_that_may_not(text: object) -> None:
    with pytest.raises(ValidationError, match="a rate such as 30/s"):
        Paced.model_validate({"rate": text})
