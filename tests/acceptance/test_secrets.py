"""No secret is ever shown: not in logs, errors, tracebacks, the database, figures, answers to the operator, or `ps`.

Each channel and each source with a key gets a canary of its own, made when the test runs. Everything that they connect
to fails in the same way, and repeats what it was sent wherever it can. Then all that the daemon left is searched.
"""

import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.daemon import Daemon, rule
from tests.acceptance.hostile import Hostile, HostileMail, Trouble
from tests.acceptance.ticker import Ticker

ADDRESSES = {
    "telegram": "123456789",
    "slack": "#alerts",
    "discord": "876543210987654321",
    "webhook": "default",
    "email": "desk@desk.example",
    "proxied": "123456789",
    "slack-hook": "default",
    "discord-hook": "default",
}
"""Somebody who is told on every channel."""


def canaries() -> dict[str, str]:
    """One for each thing that has a secret; with signs that change on their way through a URL."""
    names = ("telegram", "slack", "discord", "email", "webhook", "coingecko", "tokenmetrics")
    made = {name: f"{name[:2]}+{secrets.token_hex(8)}/{secrets.token_hex(4)}=" for name in names}
    made["proxy"] = secrets.token_hex(10)
    made["telegram"] = f"{secrets.randbelow(10**9)}:{secrets.token_hex(12)}"
    made["slack-hook"] = f"https://hooks.slack.example/services/T000/B000/{secrets.token_hex(8)}"
    made["discord-hook"] = f"https://discord.com/api/webhooks/123456789012345678/{secrets.token_hex(8)}"
    return made


def forms(canary: str) -> Iterator[str]:
    """A canary as it is, percent-encoded, and in base64 wherever it may lie in what is encoded."""
    heart = canary.rpartition("/services/")[2] if "hooks.slack" in canary else canary
    heart = heart.rpartition("/webhooks/")[2].partition("/")[2] if "/webhooks/" in canary else heart
    yield heart
    yield quote(heart, safe="")
    yield quote(heart)
    for offset in range(3):
        encoded = b64encode(b"\0" * offset + heart.encode()).decode()
        # The ends mix with what stands beside them.
        yield encoded[4 if offset else 0 : len(encoded) - 4]


def configuration(
    folder: Path, hostile: Hostile, mail: HostileMail, ticker: Ticker, trouble: Trouble
) -> Mapping[str, object]:
    def file(name: str) -> str:
        return f"file:{folder / name}"

    url = hostile.url
    tls = "tls" if trouble is Trouble.TLS else "none"
    address = {"host": "localhost", "port": mail.port, "tls": tls, "user": "alerts", "from": "alerts@desk.example"}
    hooks = {
        "proxied": {"kind": "telegram", "url": url, "token": file("telegram"), "proxy": file("proxy")},
        "slack-hook": {"kind": "slack", "url": url, "webhook": file("slack-hook")},
        "discord-hook": {"kind": "discord", "url": url, "webhook": file("discord-hook")},
    }
    return {
        "sources": {
            "binance": {"url": ticker.url, "every": "0.05s"},
            "coingecko": {"url": url, "every": "0.1s", "plan": "demo", "keys": [file("coingecko")]},
            "again": {"kind": "coingecko", "url": url, "every": "0.1s", "proxy": file("proxy")},
            "tokenmetrics": {"url": url, "every": "0.1s", "keys": [file("tokenmetrics")]},
        },
        "prices": ["binance", "coingecko", "again"],
        "channels": {
            "telegram": {"url": url, "token": file("telegram")},
            "slack": {"url": url, "token": file("slack")},
            "discord": {"url": url, "token": file("discord")},
            "webhook": {"url": f"{url}/hook", "secret": file("webhook")},
            "email": {**address, "password": file("email")},
            **hooks,
        },
        "receivers": {"me": ADDRESSES},
        "operator": ["me"],
    }


def left_behind(folder: Path) -> dict[str, str]:
    """The database and what lies beside it."""
    return {path.name: path.read_bytes().decode("latin-1") for path in folder.glob("alertd.db*")}


def command_line(pid: int) -> str:
    """What `ps` shows."""
    return Path(f"/proc/{pid}/cmdline").read_text()


async def asked(daemon: Daemon) -> dict[str, str]:
    """What a running daemon tells those who ask."""
    shown = {
        "ps": command_line(daemon.pid),
        "figures": (await daemon.get("/metrics"))[1],
        "readiness": (await daemon.get("/readyz"))[1],
        "status": (await daemon.command("status"))[1],
    }
    daemon.write_config(zone="Atlantis", http=daemon.config["http"])
    return {**shown, "reload": (await daemon.command("reload"))[1]}


@pytest.mark.parametrize("trouble", Trouble, ids=lambda trouble: trouble.name.lower())
async def test_no_secret_is_shown(tmp_path: Path, trouble: Trouble) -> None:
    made = canaries()
    for name, canary in made.items():
        (tmp_path / name).write_text(canary + "\n")
    async with (
        Ticker({"BTCUSDT": 65_000.0}) as ticker,
        Hostile(trouble) as hostile,
        HostileMail(trouble, made["email"]) as mail,
        Hostile(trouble) as proxy,
    ):
        (tmp_path / "proxy").write_text(f"http://desk:{made['proxy']}@localhost:{proxy.port}\n")
        config = configuration(tmp_path, hostile, mail, ticker, trouble)
        rules = [rule("up", "price > 70k", until="price < 60k"), rule("trend", "signal is bullish")]
        async with Daemon(tmp_path, config, rules) as daemon:
            await daemon.start("--log-level", "debug")
            await ticker.judged(BTCUSDT=65_000)
            await ticker.judged(BTCUSDT=71_000)
            for channel in ADDRESSES:
                await daemon.log.has(f" over {channel}: ")
            for source in ("coingecko: ", "tokenmetrics: "):
                await daemon.log.has(source)
            shown = await asked(daemon)
            assert await daemon.stop() == 0
            shown["log"] = "\n".join(daemon.log.lines)
            shown["output"] = "\n".join([*daemon.output.lines, *daemon.notified.lines])
    shown |= left_behind(tmp_path)
    assert len(proxy.requests) > 0
    leaks = [
        (name, where)
        for name, canary in made.items()
        for form in forms(canary)
        for where, text in shown.items()
        if form in text
    ]
    assert leaks == []
    assert all(shown.values())
