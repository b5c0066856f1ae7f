"""The `chat:` section: what it comes to, and what is said of each mistake in it."""

import secrets
from pathlib import Path

import pytest

from alertd.config import Config, load
from alertd.config.extend import keep_secret, replaced, with_entry
from alertd.dispatch.policy import Cap
from alertd.errors import AlertdError, ConfigError
from alertd.model.people import Identity
from alertd.wire.secret import Secret
from tests.cli.test_commands import alertd

CHANNELS = """\
version: 1
channels:
  telegram: {token: "env:TELEGRAM"}
  desk: {kind: slack, token: "env:SLACK", app_token: "env:SLACK_APP"}
  hook: {kind: slack, webhook: "env:HOOK"}
  deaf: {kind: slack, token: "env:SLACK"}
  wall: {kind: discord, webhook: "env:WALL"}
  console: {}
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "alertd.yaml"
    path.write_text(text)
    return load(path)


def test_the_whole_section(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        CHANNELS
        + """\
chat:
  key: file:keys/chat
  channels: [telegram, desk]
  allow: {telegram: ["123", "456"], desk: T0AAA/U0BBB}
  groups: users
  alerts: 7
  commands: 5/m
  webhooks: true
""",
    )
    chat = config.chat
    assert chat is not None
    assert chat.key == Secret(f"file:{tmp_path}/keys/chat")
    assert chat.channels == ("telegram", "desk")
    assert chat.allowed == {
        Identity("telegram", "", "123"),
        Identity("telegram", "", "456"),
        Identity("desk", "T0AAA", "U0BBB"),
    }
    assert (chat.groups, chat.alerts, chat.commands, chat.webhooks) == ("users", 7, Cap(5, 60.0), True)


def test_what_is_left_out_lets_nobody_in(tmp_path: Path) -> None:
    chat = read(tmp_path, CHANNELS + "chat: {key: cred:chat}\n").chat
    assert chat is not None
    assert chat.channels == ("telegram", "desk"), "those whose bot can listen"
    assert chat.allowed == frozenset()
    assert (chat.groups, chat.alerts, chat.commands, chat.webhooks) == ("admins", 50, Cap(20, 60.0), False)


def test_nobody_is_heard_where_no_channel_is_named(tmp_path: Path) -> None:
    """Alerts are told all the same: the key is there."""
    chat = read(tmp_path, CHANNELS + "chat: {key: cred:chat, channels: []}\n").chat
    assert chat is not None
    assert (chat.channels, chat.key) == ((), Secret("cred:chat"))


def test_nobody_chats_without_the_section(tmp_path: Path) -> None:
    assert read(tmp_path, CHANNELS).chat is None


LINE = CHANNELS.count("\n") + 1

MISTAKES = [
    ("no key", "chat: {groups: users}", f"{LINE}:1: 'key' is missing"),
    ("a key as it is", "chat: {key: hunter2hunter2hunter2}", f"{LINE}:7: chat.key: a secret is never written here"),
    (
        "an unknown key",
        "chat: {key: cred:chat, alow: {}}",
        f"{LINE}:24: there is no key 'alow'\n…did you mean 'allow'?",
    ),
    (
        "an unknown channel",
        "chat: {key: cred:chat, channels: [telegran]}",
        f"{LINE}:24: there is no channel 'telegran'\n…did you mean 'telegram'?",
    ),
    ("a webhook of Slack", "chat: {key: cred:chat, channels: [hook]}", f"{LINE}:24: …webhook hears nothing"),
    ("Slack without the app's token", "chat: {key: cred:chat, channels: [deaf]}", f"{LINE}:24: it needs an app_token"),
    ("a webhook of Discord", "chat: {key: cred:chat, channels: [wall]}", f"{LINE}:24: …webhook hears nothing"),
    ("a channel without a bot", "chat: {key: cred:chat, channels: [console]}", f"{LINE}:24: it has no bot"),
    (
        "who is let in where nobody listens",
        "chat: {key: cred:chat, channels: telegram, allow: {desk: U1}}",
        f"{LINE}:58: the bot of 'desk' does not listen",
    ),
    (
        "who is let in by a name",
        "chat: {key: cred:chat, allow: {telegram: ['1', '@ann']}}",
        f"{LINE}:48: nobody on telegram is '@ann'\n…such as 123456789",
    ),
    (
        "who is let in without their team",
        "chat: {key: cred:chat, allow: {desk: U0BBB}}",
        f"{LINE}:38: nobody on slack is 'U0BBB'\n…such as T0AAA/U0BBB",
    ),
    ("whose group it is", "chat: {key: cred:chat, groups: everybody}", f"{LINE}:32: "),
    ("no alerts", "chat: {key: cred:chat, alerts: 0}", f"{LINE}:32: "),
    (
        "commands without a time",
        "chat: {key: cred:chat, commands: '20'}",
        f"{LINE}:34: chat.commands: expected commands of one person such as 20/m",
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_each_mistake_has_its_place(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"{CHANNELS}{text}\n")
    assert len(caught.value.problems) == 1
    shown = str(caught.value).removeprefix(f"{tmp_path}/alertd.yaml:")
    first, *hints = expected.split("…")
    assert shown.startswith(first.rstrip("\n")), shown
    assert all(hint in shown for hint in hints), shown


def test_check_says_who_is_let_in(tmp_path: Path) -> None:
    path = tmp_path / "alertd.yaml"
    path.write_text(CHANNELS + "chat: {key: cred:chat, allow: {telegram: ['1', '2']}, alerts: 1}\n")
    (tmp_path / "rules").mkdir()
    said = alertd("check", "--config", path).output
    assert (
        "\nchat\n  listens  telegram, desk\n  lets in  2 by telegram\n  each     1 alert, 20 commands in 1m\n"
        in f"\n{said}"
    )


def test_where_no_channel_can_listen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no channel has a bot that can listen"):
        read(tmp_path, "version: 1\nchannels: {console: {}}\nchat: {key: cred:chat}\n")


# ── a file with a section more ───────────────────────────────────────────────────────────────────────────────────

EXTENDED = [
    ("no channels", "version: 1\n", "version: 1\n\nchannels:\n  console: {}\n"),
    ("no end of line", "version: 1", "version: 1\n\nchannels:\n  console: {}\n"),
    ("channels line by line", "channels:\n    a: {}\nx: 1\n", "channels:\n    console: {}\n    a: {}\nx: 1\n"),
    ("with remarks", "channels: # ways\n\n  # one\n  a: {}\n", "channels: # ways\n  console: {}\n\n  # one\n  a: {}\n"),
    ("channels in braces", "channels: {a: {}}\n", None),
    ("channels that are empty", "channels:\nx: 1\n", None),
    ("a key within another one", "a:\n  channels: 1\n", "a:\n  channels: 1\n\nchannels:\n  console: {}\n"),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in EXTENDED], ids=[case[0] for case in EXTENDED])
def test_an_entry_more(text: str, expected: str | None) -> None:
    assert with_entry(text, "channels", "console: {}") == expected


def test_a_file_with_a_mistake_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "alertd.yaml"
    path.write_text(CHANNELS)
    path.chmod(0o640)
    with pytest.raises(ConfigError):
        replaced(path, CHANNELS + "chat: {}\n")
    assert path.read_text() == CHANNELS
    assert replaced(path, CHANNELS + "chat: {key: cred:chat}\n").chat is not None
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["alertd.yaml"]


def test_a_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    path, first, second = tmp_path / "keys" / "telegram", secrets.token_hex(8), secrets.token_hex(8)
    keep_secret(path, first)
    path.chmod(0o644)
    keep_secret(path, second)
    assert path.read_text() == f"{second}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_secret_where_it_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(AlertdError, match="cannot write"):
        keep_secret(tmp_path / "keys" / "telegram", secrets.token_hex(8))
