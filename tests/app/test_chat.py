"""People in the store, and a configuration that knows them or does not."""

import secrets
from pathlib import Path

import pytest

from alertd.app.chat import Chatting
from alertd.bot.people import People
from alertd.config import Config, load
from alertd.errors import ConfigError
from alertd.model.people import USERS_WEBHOOKS, Crowd, Identity, PersonRow, Role
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault
from tests.fakes import START

CHANNELS = """\
version: 1
channels:
  telegram: {token: "env:TELEGRAM"}
  console: {}
"""


def config(folder: Path, chat: str) -> Config:
    path = folder / "alertd.yaml"
    path.write_text(CHANNELS + chat)
    return load(path)


@pytest.fixture
def key(tmp_path: Path) -> Secret:
    (tmp_path / "key").write_text(secrets.token_hex(32))
    return Secret(f"file:{tmp_path / 'key'}")


def crowd(key: Secret, count: int) -> Crowd:
    """So many people, the first of them by telegram, fax and a webhook of their own."""
    people = People(Vault(key), Crowd())
    rows = tuple(people.enrol(Role.USER, START)[1] for _ in range(count))
    ways = [("telegram", "7"), ("fax", "8"), (USERS_WEBHOOKS, "9")]
    accounts = tuple(people.link(1, Identity(channel, "", to), to) for channel, to in ways if count)
    return Crowd(rows, accounts, (), count, len(accounts))


@pytest.mark.parametrize("chat", ["", "chat: off\n"])
@pytest.mark.parametrize(("count", "who"), [(1, "1 person is"), (3, "3 people are")])
def test_people_without_the_section_are_a_mistake_that_says_the_way_out(
    tmp_path: Path, key: Secret, chat: str, count: int, who: str
) -> None:
    found = config(tmp_path, chat)
    with pytest.raises(ConfigError, match=rf"^{who} known by chat.*put it back.*`channels: \[\]`"):
        Chatting(lambda: found).meet(crowd(key, count))


def test_nobody_is_missed_where_nobody_is_left(tmp_path: Path) -> None:
    found, chat = config(tmp_path, ""), Chatting(lambda: found)
    chat.meet(Crowd((PersonRow(1, None),), (), (), 1, 1))
    assert chat.people is None
    assert chat.policy(found) is found.policy


def test_with_the_key_and_no_bot_people_are_told_by_the_channels_there_are(tmp_path: Path, key: Secret) -> None:
    found = config(tmp_path, f"chat: {{key: {key.reference}, channels: []}}\n")
    chat = Chatting(lambda: found)
    chat.meet(crowd(key, 2))
    receivers = chat.policy(found).receivers
    assert chat.listening == frozenset()
    for name in ("@1", "@1/telegram", "@1/fax", f"@1/{USERS_WEBHOOKS}"):
        assert [way.channel for way in receivers[name].destinations] == ["telegram"]
    assert receivers.get("@2") is None


def test_webhooks_of_users_are_a_way_where_they_are_on(tmp_path: Path, key: Secret) -> None:
    found = config(tmp_path, f"chat: {{key: {key.reference}, webhooks: true}}\n")
    chat = Chatting(lambda: found)
    chat.meet(crowd(key, 1))
    ways = {way.channel for way in chat.policy(found).receivers["@1"].destinations}
    assert ways == {"telegram", USERS_WEBHOOKS}
