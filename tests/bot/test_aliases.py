"""Aliases: the channel sees an address, everything that is stored an alias."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.bot.aliases import GONE, NOBODY_KNOWN, Aliased
from alertd.bot.people import People
from alertd.errors import DeliveryDelayed, DeliveryMoved, DeliveryRefused
from alertd.model.notification import Delivery
from alertd.model.people import Account, Code, CodeUse, Crowd, Identity, Role, Unreached
from alertd.ports import Limit
from alertd.wire.secret import Secret
from alertd.wire.vault import Vault
from tests.channels.samples import delivery
from tests.fakes import START, HandClock, ScriptedChannel

ADDRESS = "123/45"


@pytest.fixture
def people(tmp_path: Path) -> People:
    """@1 by ~1 on the channel `chat`, and by ~2 on another."""
    (tmp_path / "key").write_text(secrets.token_hex(32))
    found = People(Vault(Secret(f"file:{tmp_path / 'key'}")), Crowd())
    found.enrol(Role.USER, START)
    found.link(1, Identity("chat", "", "123"), ADDRESS)
    found.link(1, Identity("mail", "", "a@desk.example"), "a@desk.example")
    return found


class Stand:
    def __init__(self, people: People, *answers: Exception) -> None:
        limit = Limit(1.0)
        self.channel = ScriptedChannel(HandClock(), overall=limit, per_address=limit, answers=answers)
        self.moved: list[tuple[Account, str]] = []
        self.aliased = Aliased(self.channel, lambda: people, lambda account, to: self.moved.append((account, to)))

    async def send(self, address: str) -> Delivery:
        await self.aliased.send(delivery(address=address), START)
        return self.channel.taken[-1]


@pytest.mark.parametrize(("address", "sent"), [("~1", ADDRESS), ("-100", "-100"), ("~", "~"), ("~x", "~x")])
async def test_an_alias_is_opened_in_the_moment_of_sending(people: People, address: str, sent: str) -> None:
    assert (await Stand(people).send(address)).address == sent


@pytest.mark.parametrize("address", ["~2", "~3", "~0"])
async def test_nobody_is_behind_it(people: People, address: str) -> None:
    """An account of another channel, one that never was."""
    stand = Stand(people)
    with pytest.raises(DeliveryRefused) as refused:
        await stand.send(address)
    assert refused.value.reason == GONE
    assert stand.channel.tried == []


@pytest.mark.parametrize("how", ["erased", "banned", "unlinked"])
async def test_what_waits_for_who_has_gone_goes_nowhere(people: People, how: str) -> None:
    stand, person, account = Stand(people), people.get(1), people.account(1)
    assert person
    assert account
    if how == "erased":
        people.erase(person)
    elif how == "banned":
        people.put(replace(person, role=Role.BANNED))
    else:
        people.unlink(account)
    with pytest.raises(DeliveryRefused):
        await stand.send("~1")
    assert stand.aliased.buckets("~1") == ()
    assert stand.channel.tried == []


async def test_what_is_for_people_waits_while_nobody_knows_them() -> None:
    channel = ScriptedChannel(HandClock())
    aliased = Aliased(channel, lambda: None, lambda account, to: None)
    with pytest.raises(DeliveryDelayed) as delayed:
        await aliased.send(delivery(address="~1"), START)
    assert (delayed.value.reason, delayed.value.bucket, delayed.value.whole_channel) == (NOBODY_KNOWN, "", False)
    assert channel.tried == []
    await aliased.send(delivery(address="-100"), START)
    assert len(channel.taken) == 1


def test_paces_are_kept_by_alias(people: People) -> None:
    stand = Stand(people)
    assert [bucket.name for bucket in stand.aliased.buckets("~1")] == ["bot", "chat:~1"]
    assert [bucket.name for bucket in stand.aliased.buckets("-100")] == ["bot", "chat:-100"]


@pytest.mark.parametrize(
    ("bucket", "kept"), [("chat:123", "chat:~1"), ("chat:123/45", "chat:~1"), ("bot:1", "bot:1"), ("", "")]
)
async def test_what_a_platform_says_of_its_limits_is_kept_by_alias(people: People, bucket: str, kept: str) -> None:
    stand = Stand(people, DeliveryDelayed("slow down", reason="rate_limited", bucket=bucket))
    with pytest.raises(DeliveryDelayed) as delayed:
        await stand.send("~1")
    assert delayed.value.bucket == kept


async def test_a_chat_that_moved_is_the_accounts_new_address(people: People) -> None:
    stand = Stand(people, DeliveryMoved("moved", to="-100999"))
    with pytest.raises(DeliveryDelayed):
        await stand.send("~1")
    ((account, to),) = stand.moved
    assert (account.number, to) == (1, "-100999")


async def test_a_chart_goes_where_its_message_went(people: People) -> None:
    stand = Stand(people)
    await stand.aliased.illustrate(delivery(address="~1"), "ref", b"png")
    await stand.aliased.illustrate(delivery(address="~9"), "ref", b"png")
    assert [each.address for each, _, _ in stand.channel.illustrated] == [ADDRESS]


CLAIM = Identity("chat", "", "ann@desk.example")


def claimed(people: People) -> str:
    """`~3` of @1, which is yet to be confirmed; its code."""
    people.link(1, CLAIM, "ann@desk.example", confirmed=False)
    return people.code(Code(use=CodeUse.CONFIRM, expires=START + 600, person=1, identity=CLAIM))[0]


async def test_a_code_is_in_the_mail_alone(people: People) -> None:
    code, stand = claimed(people), Stand(people)
    letter = delivery(address="~3")
    await stand.aliased.send(letter, START + 599)
    (sent,) = stand.channel.taken
    assert sent.notification.lines == (
        f"Say to alertd, where you asked for it: link {code}",
        *letter.notification.lines,
    )
    assert sent.address == "ann@desk.example"


@pytest.mark.parametrize("how", ["late", "used", "revoked"])
async def test_a_code_that_is_over_is_not_mailed(how: str, people: People) -> None:
    code, stand = claimed(people), Stand(people)
    if how == "used":
        people.use(code)
    elif how == "revoked":
        people.revoke(1, CodeUse.CONFIRM)
    with pytest.raises(DeliveryRefused) as refused:
        await stand.aliased.send(delivery(address="~3"), START + (600 if how == "late" else 0))
    assert (refused.value.reason, stand.channel.tried) == (GONE, [])


async def test_an_account_that_refuses_is_lost_until_something_arrives(people: People) -> None:
    """Of a message that is refused alone nothing is held against its account."""
    refusals = [DeliveryRefused("no", reason="forbidden", dead=dead) for dead in (False, True)]
    stand, account = Stand(people, *refusals), people.account(1)
    assert account
    found = []
    for refusal in refusals:
        with pytest.raises(DeliveryRefused) as refused:
            await stand.send("~1")
        assert refused.value is refusal
        found.append(people.unreached(account))
    assert found == [None, Unreached(1, "forbidden", START)]
    await stand.send("~1")
    assert people.unreached(account) is None
