"""Settings, accounts and watchlists of one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Unpack

import pytest

from alertd.channels import user_webhooks
from alertd.model.people import Person, alias_of, person_of
from tests.bot.do.talk import command, crowd, knocks, live, log, watches
from tests.bot.room import DISCORD, SLACK, TELEGRAM, Room, Terms, room
from tests.fakes import START

HOUR, DAY = 3600.0, 86_400.0


@asynccontextmanager
async def ann(**terms: Unpack[Terms]) -> AsyncIterator[Room]:
    """@1 ann, a user, in a room with a channel for email."""
    async with room(**terms) as stand:
        await stand.enrol("ann")
        channels = {TELEGRAM: "telegram", SLACK: "slack", DISCORD: "discord", "mail": "email"}
        stand.office = replace(stand.office, channels=channels)
        yield stand


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("zone Europe/Madrid", "zone", "Europe/Madrid"),
        ("zone UTC", "zone", "UTC"),
        ("zone default", "zone", ""),
        ("quiet 23:00-07:00", "quiet", "23:00-07:00"),
        ("quiet mon-fri 22:00-07:00", "quiet", "mon-fri 22:00-07:00"),
        ("QUIET off", "quiet", ""),
        ("digest 08:00", "digest", "08:00"),
        ("digest 0 8 * * *", "digest", "0 8 * * *"),
        ("digest off", "digest", ""),
        ("cap 10/h", "cap", "10/h"),
        ("cap off", "cap", ""),
    ],
)
async def test_a_setting_is_kept_over_a_restart(words: str, name: str, value: str) -> None:
    async with ann() as stand:
        await stand.set("ann", zone="Asia/Tokyo", quiet="01:00-02:00", digest="09:00", cap="1/d")
        assert (await stand.does(command("settings", *words.split()), by="ann")).ok
        await stand.restart()
        assert getattr(stand.person("ann"), name) == value


@pytest.mark.parametrize(
    "words",
    [
        "zone",
        "zone Europe/Nowhere",
        "zone ../../etc/passwd",
        "zone madrid",
        "quiet",
        "quiet now",
        "quiet 25:00-07:00",
        "quiet 00:00-24:00",
        "quiet desk",
        "digest 25:00",
        "digest every now and then",
        "cap 0/h",
        "cap lots",
        "cap 10/w",
        "role owner",
        "colour red",
        "channels",
        "channels fax",
        "zone " + "x" * 200,
    ],
)
async def test_a_setting_that_cannot_be_meant_changes_nothing(words: str) -> None:
    async with ann() as stand:
        before = await crowd(stand)
        reply = await stand.does(command("settings", *words.split()), by="ann")
        assert not reply.ok
        assert await crowd(stand) == before
        assert await log(stand) == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("madrid", "Europe/Madrid"),
        ("europe/madrid", "Europe/Madrid"),
        ("Europe/Madird", "Europe/Madrid"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
async def test_a_zone_that_is_nearly_right_is_offered(typed: str, offered: str) -> None:
    async with ann() as stand:
        reply = await stand.does(command("settings", "zone", *typed.split()), by="ann")
        assert f"settings zone {offered}" in [button.label for button in reply.said.buttons]


async def test_all_settings_at_a_glance() -> None:
    async with ann() as stand:
        await stand.set("ann", quiet="23:00-07:00")
        reply = await stand.does(command("settings"), by="ann")
        assert dict(reply.said.facts) == {
            "Zone": "UTC (the daemon’s)",
            "Quiet hours": "23:00-07:00",
            "Digest": "off",
            "Cap": "off",
            "Channels": "telegram",
            "You are": "@1, user",
        }
        assert reply.private


async def held_at_night(stand: Room) -> None:
    """It is two at night, and ann's alert has fired in her quiet hours, which end at nine."""
    await stand.set("ann", quiet="00:00-09:00")
    await watches(stand, "ann", no_data="ignore")
    await stand.after(2 * HOUR)
    await stand.price(BTC=65_000)
    await stand.price(BTC=71_000)
    assert stand.pipeline.held() == {"quiet": 1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param("quiet off", START + 2 * HOUR, id="none any more"),
        pytest.param("quiet 01:00-01:30", START + 2 * HOUR, id="over by now"),
        pytest.param("quiet 00:00-03:00", START + 3 * HOUR, id="shorter"),
        pytest.param("zone Asia/Tokyo", START + 2 * HOUR, id="it is eleven there"),
        pytest.param("quiet 00:00-10:00", START + 10 * HOUR, id="longer"),
        pytest.param("cap 5/h", START + 9 * HOUR, id="about something else"),
    ],
)
async def test_what_is_held_goes_by_the_new_setting(words: str, told: float) -> None:
    async with ann() as stand:
        await held_at_night(stand)
        await stand.does(command("settings", *words.split()), by="ann")
        await stand.after(12 * HOUR)
        (message,) = stand.sent("ann")
        assert message.created == told


async def test_the_settings_of_one_release_nothing_of_others() -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        await held_at_night(stand)
        await stand.does(command("settings", "quiet", "off"), by="bob")
        assert stand.pipeline.held() == {"quiet": 1}


@pytest.mark.parametrize(
    ("words", "used"),
    [
        ("telegram", {TELEGRAM}),
        ("slack email", {SLACK, "mail"}),
        ("slack, mail", {SLACK, "mail"}),
        ("all", {TELEGRAM, SLACK, "mail"}),
    ],
)
async def test_channels_are_those_that_are_told(words: str, used: set[str]) -> None:
    async with ann() as stand:
        await stand.enrol("ann", platform=SLACK)
        await stand.link("ann", "mail", "ann@desk.example")
        assert (await stand.does(command("settings", "channels", *words.split()), by="ann")).ok
        receiver = stand.policy.receivers["@1"]
        assert {destination.channel for destination in receiver.destinations} == used


# ── accounts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def link_code(stand: Room) -> str:
    return (await stand.does(command("link"), by="ann")).code.removeprefix("link ")


@pytest.mark.parametrize("name", ["link", "start"])
async def test_a_stranger_with_a_link_code_is_that_person(name: str) -> None:
    async with ann() as stand:
        code = await link_code(stand)
        await knocks(stand, stand.asked(by="ann", platform=SLACK), command(name, code))
        assert [each.identity.channel for each in stand.office.people.accounts(1)] == [TELEGRAM, SLACK]
        assert len(stand.office.people) == 1
        await stand.restart()
        assert stand.office.people.find(stand.identity("ann", SLACK)) == stand.person("ann")


async def test_a_new_link_code_takes_the_place_of_the_last() -> None:
    async with ann() as stand:
        first = await link_code(stand)
        await link_code(stand)
        await knocks(stand, stand.asked(by="ann", platform=SLACK), command("link", first))
        assert len(stand.office.people.accounts(1)) == 1
        assert len((await crowd(stand)).codes) == 1


@pytest.mark.parametrize("by", ["ann", "bob"])
async def test_a_link_code_is_not_used_up_by_who_cannot_use_it(by: str) -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        code = await link_code(stand)
        assert not (await stand.does(command("link", code), by=by)).ok
        await knocks(stand, stand.asked(by="ann", platform=SLACK), command("link", code))
        assert len(stand.office.people.accounts(1)) == 2


def mailed(stand: Room) -> list[tuple[str, str]]:
    """(address in the outbox, the code that their person waits for by now) of all letters."""
    people, now = stand.office.people, stand.clock.now()
    return [
        (delivery.address, next((each.text for each in people.codes(number, now) if each.text), ""))
        for delivery in stand.sent()
        if delivery.channel == "mail" and (number := person_of(delivery.receiver.partition("/")[0]))
    ]


async def test_a_mailbox_is_used_once_its_code_is_said() -> None:
    async with ann() as stand:
        await stand.price(BTC=65_000)
        await watches(stand, "ann")
        assert (await stand.does(command("link", "Ann@Desk.example"), by="ann")).ok
        ((address, code),) = mailed(stand)
        assert address == alias_of(stand.office.people.claims(1)[0].number)
        await stand.price(BTC=71_000)
        await stand.price(BTC=69_000)
        assert len(mailed(stand)) == 1  # the alert did not go there
        assert (await stand.does(command("link", code), by="ann")).ok
        await stand.restart()
        await stand.price(BTC=72_000)
        assert [delivery.channel for delivery in stand.sent()].count("mail") == 2
        assert [each.address for each in stand.office.people.accounts(1)][-1] == "Ann@Desk.example"


async def test_a_mailbox_that_is_not_confirmed_is_nobodys_way() -> None:
    async with ann() as stand:
        await stand.does(command("link", "ann@desk.example"), by="ann")
        claim = stand.office.people.claims(1)[0]
        receivers = stand.policy.receivers
        assert [way.channel for way in receivers["@1"].destinations] == [TELEGRAM]
        for name in ("@1/mail", f"@1/group:{claim.number}"):
            assert receivers[name].destinations == receivers["@1"].destinations
        assert stand.office.people.find(claim.identity) is None


async def test_the_code_of_a_mail_is_not_in_the_store() -> None:
    async with ann() as stand:
        await stand.does(command("link", "ann@desk.example"), by="ann")
        ((_, code),) = mailed(stand)
        assert stand.office.people.shown(code, stand.clock.now())
        assert code not in repr(stand.store.commits)
        await stand.restart()
        claim = stand.office.people.claims(1)[0]
        assert stand.office.people.code_for(claim, stand.clock.now()) == code


@pytest.mark.parametrize("by", ["bob", "ann"])
async def test_only_who_asked_for_a_code_confirms_by_it(by: str) -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        await stand.does(command("link", "ann@desk.example"), by="ann")
        ((_, code),) = mailed(stand)
        assert (await stand.does(command("link", code), by=by)).ok is (by == "ann")
        assert len(stand.office.people.claims(1)) == int(by == "bob")


async def test_a_code_from_the_mail_is_over_after_ten_minutes() -> None:
    async with ann() as stand:
        await stand.does(command("link", "ann@desk.example"), by="ann")
        ((_, code),) = mailed(stand)
        await stand.after(600)
        assert not (await stand.does(command("link", code), by="ann")).ok


PEOPLE = ("ann", "bob", "carl", "dan", "eve", "fay")


@pytest.mark.parametrize(
    ("asks", "mails"),
    [
        pytest.param([(0, "ann", "a@desk.example"), (60, "ann", "a@desk.example")], 1, id="one mailbox, one an hour"),
        pytest.param([(0, "ann", "a@desk.example"), (60, "bob", "A@desk.example")], 1, id="while a code is good"),
        pytest.param([(0, "ann", "a@desk.example"), (601, "bob", "A@desk.example")], 2, id="when it is over"),
        pytest.param([(601 * at, by, "a@desk.example") for at, by in enumerate(PEOPLE)], 5, id="whoever asks"),
        pytest.param([(0, "ann", "a@desk.example"), (3601, "ann", "a@desk.example")], 2, id="an hour later"),
        pytest.param([(at, "ann", f"{at}@desk.example") for at in range(5)], 3, id="three a day"),
        pytest.param([(at, by, f"{at}{by}@desk.example") for at in range(5) for by in ("ann", "bob")], 6, id="each"),
    ],
)
async def test_codes_are_not_mailed_without_end(asks: list[tuple[float, str, str]], mails: int) -> None:
    async with ann() as stand:
        for name in PEOPLE[1:]:
            await stand.enrol(name)
        for at, by, address in asks:
            await stand.after(START + at - stand.clock.now())
            await stand.does(command("link", address), by=by)
        assert len(mailed(stand)) == mails


@pytest.mark.parametrize(
    "address",
    [
        "@",
        "a@b@c.example",
        "ann@desk.example,bob@desk.example",
        "Ann <a@desk.example>",
        "a..b@desk.example",
        "ä@desk.example",
        "a@desk.example\nBcc: b@desk.example",
    ],
)
async def test_what_is_no_mailbox_gets_no_mail(address: str) -> None:
    async with ann() as stand:
        assert not (await stand.does(command("link", address), by="ann")).ok
        assert mailed(stand) == []


async def test_a_mailbox_of_somebody_else_is_not_taken_over() -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        await stand.link("bob", "mail", "bob@desk.example")
        known = await stand.does(command("link", "BOB@desk.example"), by="ann")
        glance = (await stand.does(command("settings"), by="ann")).said.facts
        assert mailed(stand) == []
        await stand.after(HOUR)
        new = await stand.does(command("link", "NEW@desk.example"), by="ann")
        assert (known.said.title, len(known.said.lines)) == (new.said.title, len(new.said.lines))
        assert (await stand.does(command("settings"), by="ann")).said.facts == glance, "nothing tells the two apart"
        assert [each.identity.channel for each in stand.office.people.accounts(2)] == [TELEGRAM, "mail"]


@pytest.mark.parametrize("after", [0, 601], ids=["while the code is good", "when it is over"])
async def test_taking_a_claim_back_tells_nothing_of_whose_mailbox_it_is(after: float) -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        await stand.link("bob", "mail", "bob@desk.example")
        said = []
        for address in ("bob@desk.example", "new@desk.example"):
            await stand.does(command("link", address), by="ann")
            await stand.after(after)
            said.append(
                [await stand.does(command("link", "remove", what), by="ann") for what in ("fax", "mail", "mail")]
            )
        assert said[0] == said[1]
        assert [reply.ok for reply in said[0]] == [False, not after, False]
        assert "mail" in [each.identity.channel for each in stand.office.people.accounts(2)]
        assert (stand.office.people.claims(1) == ()) is not bool(after)


async def test_who_claims_a_mailbox_first_does_not_keep_it_from_its_owner() -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        await stand.does(command("link", "bob@desk.example"), by="ann")
        await stand.after(HOUR)
        await stand.does(command("link", "bob@desk.example"), by="bob")
        (first, anns), (second, bobs) = mailed(stand)
        assert first != second  # what is under way for the one does not reach the other
        assert not (await stand.does(command("link", anns), by="ann")).ok
        assert (await stand.does(command("link", bobs), by="bob")).ok
        assert [each.identity.channel for each in stand.office.people.accounts(2)] == [TELEGRAM, "mail"]


async def test_who_asks_for_a_mailbox_learns_nothing_of_who_else_did_and_blocks_nobody() -> None:
    async with ann() as stand:
        await stand.enrol("bob")
        first = await stand.does(command("link", "ann@desk.example"), by="ann")
        ((_, code),) = mailed(stand)
        assert await stand.does(command("link", "ann@desk.example"), by="bob") == first
        assert (await stand.does(command("link", code), by="ann")).ok
        assert [each.identity.channel for each in stand.office.people.accounts(1)] == [TELEGRAM, "mail"]


async def test_without_a_channel_for_email_no_mailbox_is_linked() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        stand.office = replace(stand.office, channels={TELEGRAM: "telegram"})
        assert not (await stand.does(command("link", "ann@desk.example"), by="ann")).ok


async def test_addresses_are_sealed_in_the_store() -> None:
    async with ann() as stand:
        await stand.does(command("link", "ann@desk.example"), by="ann")
        written = repr(stand.store.commits)
        assert "ann@desk.example" not in written
        assert stand.identity("ann").user not in written


# ── one less ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["mail", "email", "EMAIL"])
async def test_an_account_goes_by_its_channel_or_kind(name: str) -> None:
    async with ann() as stand:
        await stand.link("ann", "mail", "ann@desk.example")
        assert (await stand.does(command("link", "remove", name), by="ann")).ok
        await stand.restart()
        assert [each.identity.channel for each in stand.office.people.accounts(1)] == [TELEGRAM]


async def test_who_has_the_terminal_can_still_talk() -> None:
    async with ann() as stand:
        await stand.link("ann", "terminal", "ann")
        assert (await stand.does(command("link", "remove", "telegram"), by="ann")).ok
        assert [each.identity.channel for each in stand.office.people.accounts(1)] == ["terminal"]


@pytest.mark.parametrize("name", ["telegram", "fax", "slack"])
async def test_what_does_not_go(name: str) -> None:
    """The last way to talk, and what is not there."""
    async with ann() as stand:
        await stand.link("ann", "mail", "ann@desk.example")
        assert not (await stand.does(command("link", "remove", name), by="ann")).ok
        assert len(stand.office.people.accounts(1)) == 2


async def test_the_last_way_that_is_told_is_asked_about_while_alerts_are_live() -> None:
    async with ann() as stand:
        await stand.link("ann", "mail", "ann@desk.example")
        await stand.does(command("settings", "channels", "mail"), by="ann")
        await watches(stand, "ann")
        reply = await stand.does(command("link", "remove", "mail"), by="ann")
        assert [button.label for button in reply.said.buttons] == ["Remove mail"]
        assert (await stand.does(command("link", "remove", "mail", sure="yes"), by="ann")).ok
        assert len(live(stand)) == 1


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_webhooks_are_off_by_default() -> None:
    async with ann() as stand:
        assert not (await stand.does(command("link", "webhook", "https://hook.example/in"), by="ann")).ok
        assert len(stand.office.people.accounts(1)) == 1


async def test_a_webhook_has_a_secret_of_its_own_which_is_told_once() -> None:
    async with ann(webhooks=True) as stand:
        first, second = [
            await stand.does(command("link", "webhook", "https://hook.example/in"), by="ann") for _ in "12"
        ]
        assert first.ok
        assert first.private
        assert first.code != second.code
        account = stand.office.people.accounts(1)[-1]
        assert len(stand.office.people.accounts(1)) == 2
        assert account.address == f"https://hook.example/in#{second.code}"
        assert user_webhooks.secret_of(account.address) == second.code
        shown = await stand.does(command("settings"), by="ann")
        assert second.code not in repr(shown)
        assert second.code not in repr(stand.store.commits)


async def test_two_people_may_have_the_same_endpoint() -> None:
    async with ann(webhooks=True) as stand:
        await stand.enrol("bob")
        replies = [
            await stand.does(command("link", "webhook", "https://hook.example/in"), by=by) for by in ("ann", "bob")
        ]
        assert [reply.ok for reply in replies] == [True, True]
        assert [len(stand.office.people.accounts(number)) for number in (1, 2)] == [2, 2]


# ── watchlists ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def says(stand: Room, *words: str, coins: str = "") -> bool:
    return (await stand.does(command("watchlist", *words, symbols=tuple(coins.split())), by="ann")).ok


async def lists(stand: Room) -> dict[str, tuple[str, ...]]:
    await stand.restart()
    person: Person = stand.person("ann")
    return dict(person.watchlists)


async def test_lists_come_change_and_go() -> None:
    async with ann() as stand:
        assert await says(stand, "Majors", coins="BTC ETH BTC")
        assert await lists(stand) == {"majors": ("BTC", "ETH")}
        assert await says(stand, "majors", coins="SOL")
        assert await says(stand, "memes", coins="DOGE")
        assert await lists(stand) == {"majors": ("SOL",), "memes": ("DOGE",)}
        assert await says(stand, "majors", "delete")
        assert await lists(stand) == {"memes": ("DOGE",)}


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("watchlist add majors doge", {"majors": ("BTC", "ETH", "DOGE")}),
        ("watchlist majors + sol", {"majors": ("BTC", "ETH", "SOL")}),
        ("watchlist majors add eth sol", {"majors": ("BTC", "ETH", "SOL")}),
        ("watchlist add memes doge", {"majors": ("BTC", "ETH"), "memes": ("DOGE",)}),
        ("watchlist remove majors eth", {"majors": ("BTC",)}),
        ("watchlist majors - btc", {"majors": ("ETH",)}),
        ("watchlist delete majors", {}),
    ],
)
async def test_a_list_is_added_to_and_taken_from(line: str, left: dict[str, tuple[str, ...]]) -> None:
    async with ann() as stand:
        assert await says(stand, "majors", coins="BTC ETH")
        assert (await stand.says(line, by="ann")).ok
        assert await lists(stand) == left


@pytest.mark.parametrize("line", ["watchlist remove majors btc eth", "watchlist remove majors sol", "watchlist add"])
async def test_a_list_that_nothing_can_be_taken_from(line: str) -> None:
    async with ann() as stand:
        assert await says(stand, "majors", coins="BTC ETH")
        assert not (await stand.says(line, by="ann")).ok
        assert await lists(stand) == {"majors": ("BTC", "ETH")}


@pytest.mark.parametrize(
    ("words", "coins"),
    [
        (("btc",), "BTC ETH"),
        (("add",), "BTC ETH"),
        (("remove",), "BTC ETH"),
        (("a b",), "BTC"),
        (("x" * 31,), "BTC"),
        (("delete",), "BTC"),
        (("12",), "BTC"),
        (("ünï",), "BTC"),
        (("nothing",), ""),
        (("nothing", "delete"), ""),
        (("majors", "sell"), ""),
        (("",), "BTC"),
        (("long",), " ".join(f"C{number}" for number in range(101))),
    ],
)
async def test_lists_that_cannot_be(words: tuple[str, ...], coins: str) -> None:
    async with ann() as stand:
        assert not await says(stand, *words, coins=coins)
        assert await lists(stand) == {}


async def test_so_many_lists_and_no_more() -> None:
    async with ann() as stand:
        assert [await says(stand, f"list{number}", coins="BTC") for number in range(21)] == [True] * 20 + [False]
        assert await says(stand, "list0", coins="ETH")
