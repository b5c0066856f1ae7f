"""TLS that verifies, and Retry-After in both forms."""

import ssl
from pathlib import Path

import pytest
from aiohttp import web

from alertd.errors import ConfigError
from alertd.wire.session import http_session, retry_after, tls
from tests.fakes import START


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120.0),
        ("Wed, 31 Dec 2025 23:59:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e999", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, START) == seconds


async def test_no_cookie_is_kept() -> None:
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Cookie", ""))
        return web.Response(headers={"Set-Cookie": "who=alertd"})

    platform = web.Application()
    platform.add_routes([web.get("/", serve)])
    runner = web.AppRunner(platform)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with http_session() as session:
        for _ in range(2):
            # By its name: cookies of bare addresses are not kept by anyone.
            await session.get(f"http://localhost:{runner.addresses[0][1]}/")
    await runner.cleanup()
    assert asked == ["", ""]


def test_certificates_are_always_verified() -> None:
    context = tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=name):
            tls(str(tmp_path / name))
