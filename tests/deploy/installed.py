"""The example configuration as an operator would have it, below a folder of a test's."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "deploy" / "alertd.example.yaml").read_text()
EXAMPLE = re.sub(r"^# (?=\w+: )", "", SHIPPED, flags=re.MULTILINE)
"""With what is shown in comments, too."""

URLS = {"discord-webhook": "https://discord.example/api/webhooks/1/made-up", "heartbeat": "https://hc.example/made-up"}
"""What is secret, and a URL."""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the path of the configuration, whose secrets are made up and where it says they are."""
    for name in ("keys", "credentials"):
        (folder / name).mkdir()
    for name in re.findall(r'"file:/etc/alertd/keys/([\w-]+)"', EXAMPLE):
        (folder / "keys" / name).write_text(URLS.get(name, "made-up"))
    for name in re.findall(r'"cred:(\w+)"', EXAMPLE):
        (folder / "credentials" / name).write_text("123456:made-up")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder / "credentials"))
    text = EXAMPLE.replace("/etc/alertd/keys", f"{folder}/keys").replace("/etc/alertd/rules.d", f"{ROOT}/rules")
    path = folder / "alertd.yaml"
    path.write_text(text.replace("/var/lib/alertd", str(folder)).replace("/run/alertd", str(folder)))
    return path
