"""People in memory and sealed rows: what is written opens again as it was, and only with the key."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.bot.people import CODE_LASTS, People
from alertd.errors import ConfigError
from alertd.model.people import AccountRow, Code, CodeRow, CodeUse, Crowd, Identity, PersonRow, Role
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault
from tests.fakes import START

ANN, BOB = Identity("telegram", "", "7"), Identity("slack", "T1", "U7")
Again = Callable[..., People]


@pytest.fixture
def key(tmp_path: Path) -> Secret:
    (tmp_path / "key").write_text(secrets.token_hex(32))
    return Secret(f"file:{tmp_path / 'key'}")


@pytest.fixture
def people(key: Secret) -> People:
    return People(Vault(key), Crowd())


def crowd(*rows: PersonRow | AccountRow | CodeRow) -> Crowd:
    return Crowd(
        tuple(row for row in rows if isinstance(row, PersonRow)),
        tuple(row for row in rows if isinstance(row, AccountRow)),
        tuple(row for row in rows if isinstance(row, CodeRow)),
        last_person=9,
        last_account=9,
    )


def code(use: CodeUse = CodeUse.LINK, person: int = 1, expires: float = START + CODE_LASTS) -> Code:
    return Code(use=use, expires=expires, person=person)


def test_everybody_is_known_again_from_their_rows(people: People, key: Secret) -> None:
    person, row = people.enrol(Role.ADMIN, START)
    linked = people.link(1, ANN, "7", "ann")
    text, coded = people.code(code())
    again = People(Vault(key), crowd(row, linked, coded))
    assert again.find(ANN) == person
    assert again.shown(text, START) == code()
    assert (again.enrol(Role.USER, START)[0].number, again.link(2, BOB, "D7").number) == (10, 10)


def test_who_is_an_admin_of_a_channel(people: People, key: Secret) -> None:
    admin, row = people.enrol(Role.ADMIN, START)
    other, _ = people.enrol(Role.USER, START)
    linked = people.link(admin.number, ANN, "7")
    people.link(other.number, Identity("telegram", "", "8"), "8")
    people.link(admin.number, BOB, "D7")
    assert [set(people.admins(name)) for name in ("telegram", "slack", "discord")] == [{"7"}, {"U7"}, set()]
    assert People(Vault(key), crowd(row, linked)).admins("telegram") == {"7"}
    people.put(replace(other, role=Role.OWNER))
    assert people.admins("telegram") == {"7", "8"}
    people.put(replace(other, role=Role.BANNED))
    people.erase(admin)
    assert people.admins("telegram") == set()


def test_with_another_key_nothing_starts(people: People, tmp_path: Path) -> None:
    _, row = people.enrol(Role.ADMIN, START)
    (tmp_path / "other").write_text(secrets.token_hex(32))
    with pytest.raises(ConfigError, match="person 1 was sealed with another key"):
        People(Vault(Secret(f"file:{tmp_path / 'other'}")), crowd(row))


def test_a_row_does_not_open_in_the_place_of_another(people: People, key: Secret) -> None:
    """Who can write to the store cannot make a user an owner by moving rows about."""
    _, user = people.enrol(Role.USER, START)
    _, owner = people.enrol(Role.OWNER, START)
    with pytest.raises(ConfigError):
        People(Vault(key), crowd(user._replace(body=owner.body)))


@pytest.mark.parametrize(
    "other", [ANN._replace(user="8"), ANN._replace(channel="discord"), ANN._replace(workspace="T1"), BOB]
)
def test_an_identity_is_all_of_its_parts(people: People, other: Identity) -> None:
    person, _ = people.enrol(Role.USER, START)
    people.link(1, ANN, "7")
    assert (people.find(ANN), people.find(other)) == (person, None)


def test_a_group_is_nobody(people: People) -> None:
    people.link(0, ANN, "-100")
    assert people.find(ANN) is None
    assert people.accounts(0) == ()


def test_what_is_to_be_confirmed_is_no_way_yet(people: People) -> None:
    people.enrol(Role.USER, START)
    people.link(1, ANN, "7", confirmed=False)
    assert (people.find(ANN), people.accounts(1), len(people.claims(1))) == (None, (), 1)


def test_an_account_that_another_takes_has_another_number(people: People) -> None:
    for _ in range(2):
        people.enrol(Role.USER, START)
    first, same, other = people.link(1, ANN, "7"), people.link(1, ANN, "8"), people.link(2, ANN, "9")
    assert (first.number, same.number, other.number) == (1, 1, 2)
    assert (people.accounts(1), people.account(1)) == ((), None)


def test_a_code_is_for_its_use_once_and_over_in_time(people: People) -> None:
    text, _ = people.code(code())
    assert people.shown(text, START + CODE_LASTS - 1) == code()
    assert people.shown(text, START + CODE_LASTS) is None
    assert people.use(text).body is None
    assert people.shown(text, START) is None


def test_codes_are_drawn_and_hard_to_guess(people: People) -> None:
    texts = {people.code(code())[0] for _ in range(500)}
    assert len(texts) == 500
    assert {len(text) for text in texts} == {10}
    assert len(set("".join(texts))) == 32


def test_what_is_over_is_forgotten_when_the_next_is_made(people: People) -> None:
    for minute in range(0, 60, 2):
        people.code(code(expires=START + minute * 60 + CODE_LASTS))
    assert len(people.codes(1, 0.0)) == 5


def test_revoked_codes_are_those_of_that_person_and_use(people: People) -> None:
    texts = [people.code(code(use, person))[0] for person in (1, 2) for use in CodeUse]
    assert len(people.revoke(1, CodeUse.LINK)) == 1
    assert [people.shown(text, START) is not None for text in texts] == [True, False, True, True, True, True]


def test_who_is_erased_is_a_stranger(people: People) -> None:
    person, _ = people.enrol(Role.USER, START)
    people.link(1, ANN, "7")
    people.link(1, BOB, "D7", confirmed=False)
    text, _ = people.code(code())
    assert people.erase(person) == PersonRow(1, None)
    assert (people.find(ANN), people.get(1), people.account(1), people.account(2)) == (None,) * 4
    assert people.shown(text, START) is None
    assert people.pseudonym(ANN).startswith("?")


def test_a_pseudonym_is_the_same_for_the_same_and_tells_nothing(people: People) -> None:
    assert people.pseudonym(ANN) == people.pseudonym(ANN) != people.pseudonym(BOB)
    people.enrol(Role.USER, START)
    people.link(1, ANN, "7")
    assert people.pseudonym(ANN) == "@1"
