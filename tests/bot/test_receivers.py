"""People as receivers: who is told where, as they have set it, and who is not told at all."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.bot.people import People
from alertd.bot.receivers import Receivers
from alertd.dispatch.policy import Cap, Receiver
from alertd.model.notification import Destination
from alertd.model.people import Crowd, Identity, Role
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault
from tests.fakes import START

DESK = Receiver("desk", (Destination("telegram", "-100"),))
FAX = Receiver("telegram", (Destination("fax", "12"),))
"""A receiver that is called as a channel is."""

CHANNELS = ("telegram", "email", "slack", "discord")


@pytest.fixture
def people(tmp_path: Path) -> People:
    """@1 ann, a user by ~1 telegram, ~2 email (not used), ~3 slack (to be confirmed); ~4 a group; @2 bob by ~5."""
    (tmp_path / "key").write_text(secrets.token_hex(32))
    found = People(Vault(Secret(f"file:{tmp_path / 'key'}")), Crowd())
    for _ in range(2):
        found.enrol(Role.USER, START)
    found.link(1, Identity("telegram", "", "7"), "7")
    found.link(1, Identity("email", "", "a@desk.example"), "a@desk.example")
    found.link(1, Identity("slack", "T", "U"), "D", confirmed=False)
    found.link(0, Identity("telegram", "", "-200"), "-200")
    found.link(2, Identity("discord", "", "8"), "8")
    account = found.account(2)
    assert account is not None
    found.change(replace(account, used=False))
    return found


@pytest.fixture
def receivers(people: People) -> Receivers:
    return Receivers({"desk": DESK, "telegram": FAX}, people, "UTC", channels=CHANNELS)


@pytest.mark.parametrize(
    ("name", "aliases"),
    [
        ("@1", ["~1"]),
        ("@1/telegram", ["~1"]),
        ("@1/email", ["~2"]),
        ("@1/slack", ["~1"]),
        ("@1/fax", ["~1"]),
        ("@1/confirm:3", ["~3"]),
        ("@1/group:4", ["~4"]),
        ("@1/group:5", ["~1"]),
        ("@1/group:x", ["~1"]),
        ("@1/group:²", ["~1"]),
        ("@1/desk", ["~1"]),
        ("@2", ["~5"]),
        ("@2/telegram", ["~5"]),
    ],
)
def test_who_is_told_where(receivers: Receivers, name: str, aliases: list[str]) -> None:
    """What is gone, or was never theirs, leads to the ways that they use."""
    assert [address for _, address in receivers[name].destinations] == aliases


@pytest.mark.parametrize("name", ["@1/confirm:1", "@1/confirm:9", "@2/confirm:3"])
def test_a_code_goes_to_the_mailbox_that_it_confirms_and_nowhere_else(receivers: Receivers, name: str) -> None:
    assert receivers.get(name) is None


@pytest.mark.parametrize("name", ["@1", "@1/slack", "@1/group:5", "@1/desk"])
def test_who_uses_nothing_is_told_by_the_first_that_is_left(receivers: Receivers, people: People, name: str) -> None:
    account = people.account(1)
    assert account is not None
    people.change(replace(account, used=False))
    assert [address for _, address in receivers[name].destinations] == ["~1"]
    people.unlink(account)
    assert [address for _, address in receivers[name].destinations] == ["~2"]


@pytest.mark.parametrize("name", ["@2", "@2/discord", "@2/group:5", "@2/desk"])
def test_who_has_no_way_left_is_not_there(receivers: Receivers, people: People, name: str) -> None:
    account = people.account(5)
    assert account is not None
    assert receivers.get(name) is not None
    people.unlink(account)
    assert receivers.get(name) is None


@pytest.mark.parametrize(
    ("channels", "name", "aliases"),
    [
        (("telegram", "email"), "@1", ["~1"]),
        (("email", "slack"), "@1", ["~2"]),
        (("email", "slack"), "@1/telegram", ["~2"]),
        (("email", "slack"), "@1/group:4", ["~2"]),
        (("slack",), "@1", None),
        (("email",), "@1/confirm:3", None),
        (("terminal", "slack"), "@2", None),
    ],
)
def test_a_channel_that_is_not_configured_is_nobodys_way(
    people: People, channels: tuple[str, ...], name: str, aliases: list[str] | None
) -> None:
    found = Receivers({}, people, "UTC", channels=channels).get(name)
    assert (found and [address for _, address in found.destinations]) == aliases


@pytest.mark.parametrize("name", ["@3", "@3/telegram", "@3/group:9", "@3/desk"])
@pytest.mark.parametrize("linked", [False, True])
def test_who_comes_by_the_terminal_alone_is_the_operator(people: People, name: str, linked: bool) -> None:
    """Another account of theirs is none where its channel is not configured."""
    people.enrol(Role.USER, START)
    people.link(3, Identity("terminal", "", "ola"), "ola")
    if linked:
        people.link(3, Identity("discord", "", "9"), "9")
    found = Receivers({"desk": DESK}, people, "UTC", ("desk",), channels=("telegram",))[name]
    assert found == Receiver(name, DESK.destinations)
    nobody = Receivers({"desk": DESK}, people, "UTC", channels=("telegram",))
    assert nobody.get(name) is None


@pytest.mark.parametrize(("role", "told"), [(Role.USER, ["~1"]), (Role.ADMIN, ["-100"]), (Role.OWNER, ["-100"])])
def test_a_receiver_of_the_configuration_takes_an_admin(
    receivers: Receivers, people: People, role: Role, told: list[str]
) -> None:
    person = people.get(1)
    assert person is not None
    people.put(replace(person, role=role))
    assert [address for _, address in receivers["@1/desk"].destinations] == told


@pytest.mark.parametrize("name", ["@3", "@3/telegram", "nobody", "@", "@x", "@1x"])
def test_who_is_not_there(receivers: Receivers, name: str) -> None:
    with pytest.raises(KeyError):
        receivers[name]
    assert receivers.get(name) is None


@pytest.mark.parametrize("name", ["@1", "@1/telegram", "@1/group:4", "@1/desk"])
def test_who_is_banned_is_told_nothing_whatever_was_said_before(
    receivers: Receivers, people: People, name: str
) -> None:
    person = people.get(1)
    assert person is not None
    assert receivers.get(name) is not None
    people.put(replace(person, role=Role.BANNED))
    assert receivers.get(name) is None


def test_the_configurations_own_are_there_as_they_were(receivers: Receivers) -> None:
    assert (receivers["desk"], receivers["telegram"]) == (DESK, FAX)
    assert list(receivers) == ["desk", "telegram", "@1", "@2"]
    assert len(receivers) == 4


def test_settings_count_at_once_and_in_their_zone(receivers: Receivers, people: People) -> None:
    person = people.get(1)
    assert person is not None
    assert receivers["@1"].quiet is None
    people.put(replace(person, quiet="09:00-10:00", cap="3/h", digest="08:00", zone="Asia/Tokyo"))
    found = receivers["@1"]
    assert found.cap == Cap(3, 3600.0)
    assert found.quiet is not None
    assert found.quiet.covers(START)  # midnight in UTC
    assert found.digest is not None
    assert found.digest.next(START) == START + 23 * 3600
    assert receivers["@1"] is found


def test_what_is_no_setting_any_more_holds_nothing_back(receivers: Receivers, people: People) -> None:
    """A zone that the database no longer knows: the engine goes on, and the person is told."""
    person = people.get(1)
    assert person is not None
    people.put(replace(person, quiet="x", cap="y", digest="z", zone="Mars/Phobos"))
    found = receivers["@1"]
    assert (found.quiet, found.cap, found.digest) == (None, None, None)
    assert len(found.destinations) == 1


def lose(people: People, *numbers: int) -> None:
    for number in numbers:
        account = people.account(number)
        assert account is not None
        people.lost(account, "forbidden", START)


@pytest.mark.parametrize(
    ("name", "lost", "aliases"),
    [
        ("@1", [1], ["~2"]),
        ("@1/telegram", [1], ["~2"]),
        ("@1/email", [2], ["~1"]),
        ("@1/email", [1], ["~2"]),
        ("@1/group:4", [4], ["~1"]),
        ("@1/group:4", [1, 4], ["~2"]),
        ("@1", [1, 2], ["~1"]),
        ("@1/email", [1, 2], ["~1"]),
        ("@1/confirm:3", [3], ["~3"]),
        ("@2", [5], ["~5"]),
        ("@2/group:4", [4, 5], ["~5"]),
    ],
)
def test_what_nothing_reaches_leads_to_what_is_left(
    receivers: Receivers, people: People, name: str, lost: list[int], aliases: list[str]
) -> None:
    """Where nothing is left at all it is tried where it would be, and so is on record."""
    before = receivers[name]
    lose(people, *lost)
    assert [address for _, address in receivers[name].destinations] == aliases
    for number in lost:
        account = people.account(number)
        assert account is not None
        people.reached(account)
    assert receivers[name] == before


@pytest.mark.parametrize(
    ("name", "standby"),
    [
        ("@1", []),
        ("@1/telegram", []),
        ("@1/email", ["~1"]),
        ("@1/group:4", ["~1"]),
        ("@1/confirm:3", []),
        ("@2/group:4", ["~5"]),
        ("@2/discord", []),
    ],
)
def test_what_is_used_stands_by_for_a_way_that_was_named(receivers: Receivers, name: str, standby: list[str]) -> None:
    otherwise = receivers[name].otherwise
    assert [address for _, address in otherwise.destinations if otherwise] == standby if otherwise else not standby


def test_what_belongs_to_a_person_is_nothing_to_a_group(receivers: Receivers, people: People) -> None:
    person, group = people.get(1), people.account(4)
    assert person is not None
    assert group is not None
    people.put(replace(person, quiet="09:00-10:00", cap="3/h", digest="08:00"))
    found = receivers["@1/group:4"]
    assert (found.quiet, found.cap, found.digest) == (None, None, None)
    people.unlink(group)
    assert receivers["@1/group:4"].cap == Cap(3, 3600.0)
