"""Who there is and what they may do: users, invite, role, ban, forget-user, audit."""

from typing import Literal

import pytest

from alertd.bot.do import RUN
from alertd.bot.office import Job, Overtaken
from alertd.model.kept import Silence
from alertd.model.people import AlertStage, Identity, Role, alias_of
from tests.bot.do.talk import comes, command, crowd, knocks, live, log, watches
from tests.bot.room import SLACK, TELEGRAM, Room, room

VIEWER, USER, ADMIN, OWNER, BANNED = Role.VIEWER, Role.USER, Role.ADMIN, Role.OWNER, Role.BANNED


async def staffed(stand: Room) -> None:
    """@1 ola an owner, @2 adam an admin, @3 ann a user, @4 vic a viewer, @5 eve banned, @6 amy an admin."""
    roles = {"ola": OWNER, "adam": ADMIN, "ann": USER, "vic": VIEWER, "eve": BANNED, "amy": ADMIN}
    for name, role in roles.items():
        await stand.enrol(name, role)


# ── role and ban: who may do it to whom, as one table ────────────────────────────────────────────────────────────────

MAY = {
    # (by, whom): the roles that they may be given
    ("ola", "ola"): {OWNER},
    ("ola", "adam"): {VIEWER, USER, ADMIN, OWNER, BANNED},
    ("ola", "ann"): {VIEWER, USER, ADMIN, OWNER, BANNED},
    ("ola", "vic"): {VIEWER, USER, ADMIN, OWNER, BANNED},
    ("ola", "eve"): {VIEWER, USER, ADMIN, OWNER, BANNED},
    ("adam", "ola"): set[Role](),
    ("adam", "adam"): set[Role](),
    ("adam", "amy"): set[Role](),
    ("adam", "ann"): {VIEWER, USER, BANNED},
    ("adam", "vic"): {VIEWER, USER, BANNED},
    ("adam", "eve"): {VIEWER, USER, BANNED},
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("by", "whom"), list(MAY))
async def test_who_may_give_whom_which_role(by: str, whom: str, role: Role) -> None:
    async with room() as stand:
        await staffed(stand)
        before, former = await crowd(stand), stand.person(whom).role
        owner = stand.person(whom).owner
        words = command("ban", owner) if role is BANNED else command("role", owner, str(role))
        reply = await stand.does(words, by=by)
        may = role in MAY[by, whom] and role is not former
        assert reply.ok is may
        assert stand.person(whom).role is (role if may else former)
        assert (await crowd(stand) != before) is may
        assert len([1 for *_, denied in await log(stand) if not denied]) == int(may)


@pytest.mark.parametrize(
    "words", [(), ("@3",), ("@99", "user"), ("ann", "user"), ("@3", "god"), ("@3", "banned"), ("@", "user")], ids=str
)
async def test_a_role_that_cannot_be_meant(words: tuple[str, ...]) -> None:
    async with room() as stand:
        await staffed(stand)
        before = await crowd(stand)
        assert not (await stand.does(command("role", *words), by="ola")).ok
        assert await crowd(stand) == before


async def test_an_owner_may_go_when_there_is_another() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.does(command("role", "@2", "owner"), by="ola")
        assert (await stand.does(command("role", "@1", "user"), by="ola")).ok
        assert not (await stand.does(command("role", "@2", "admin"), by="adam")).ok


async def test_what_an_admin_may_not_is_on_record() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.does(command("ban", "@1"), by="adam")
        assert await log(stand) == [("@2", "ban", "@1", "is admin")]


@pytest.mark.parametrize(
    "words", [("ban", "@7"), ("role", "@7", "viewer"), ("role", "@7", "user"), ("role", "@7", "admin")], ids=" ".join
)
async def test_who_comes_by_the_terminal_stays_an_owner(words: tuple[str, ...]) -> None:
    """They would come again by another login, as an owner."""
    async with room() as stand:
        await staffed(stand)
        await stand.enrol("tess", OWNER)
        await stand.link("tess", "terminal", "tess")
        before = await crowd(stand)
        reply = await stand.does(command(*words), by="ola")
        assert (reply.ok, reply.said.title) == (False, "@7 comes by the terminal")
        assert "control socket" in reply.said.lines[0]
        assert "forget-user @7" in reply.said.lines[0]
        assert await crowd(stand) == before
        assert (await stand.does(command("forget-user", "@7", sure="yes"), by="ola")).ok


# ── ban ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_of_theirs_is_watched_or_told_while_they_are_banned() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.price(BTC=65_000)
        await watches(stand, "ann")
        await stand.does(command("ban", "@3"), by="adam")
        await stand.price(BTC=71_000)
        assert (live(stand), stand.sent("ann")) == (set(), [])
        assert [alert.stage for alert in await stand.store.chat_alerts(3)] == [AlertStage.PAUSED]
        assert stand.policy.receivers.get("@3") is None
        assert (await stand.does(command("role", "@3", "user"), by="adam")).ok
        assert stand.policy.receivers.get("@3") is not None


@pytest.mark.parametrize(
    ("groups", "role", "paused", "line"),
    [
        ("admins", "user", [1, 3], "Their alerts for groups are paused: 2"),
        ("admins", "viewer", [1, 2, 3], "Their alerts are paused: 3"),
        ("admins", "owner", [], ""),
        ("users", "user", [], ""),
        ("users", "viewer", [1, 2, 3], "Their alerts are paused: 3"),
    ],
)
async def test_a_group_is_told_by_nobody_who_may_not_add_for_it(
    groups: Literal["admins", "users"], role: str, paused: list[int], line: str
) -> None:
    async with room(groups=groups) as stand:
        await staffed(stand)
        await stand.price(BTC=65_000)
        for level, group in ((70, True), (71, False), (72, True)):
            assert (await stand.says(f"alert BTC > {level}k", by="adam", group=group)).ok
        reply = await stand.does(command("role", "@2", role), by="ola")
        assert reply.said.lines == ((line,) if line else ())
        found = {each.number for each in await stand.store.chat_alerts(2) if each.stage is AlertStage.PAUSED}
        assert found == set(paused)
        assert live(stand) == {("@2", str(number)) for number in {1, 2, 3} - found}


async def test_codes_of_theirs_are_good_for_nothing_any_more() -> None:
    async with room() as stand:
        await staffed(stand)
        code = (await stand.does(command("invite"), by="adam")).code.removeprefix("start ")
        await stand.does(command("ban", "@2"), by="ola")
        await knocks(stand, stand.asked(by="mallory"), command("start", code))
        assert stand.office.people.find(stand.identity("mallory")) is None
        assert (await crowd(stand)).codes == ()


async def test_a_setting_on_its_way_does_not_let_them_in_again() -> None:
    """Their command was read before they were banned, and is done after it."""
    async with room() as stand:
        await staffed(stand)
        before = stand.person("ann")
        await stand.does(command("ban", "@3"), by="ola")
        words = command("settings", "zone", "Europe/Madrid")
        with pytest.raises(Overtaken):
            await RUN["settings"](Job(office=stand.office, asked=stand.asked(by="ann"), person=before, command=words))
        assert stand.person("ann").role is BANNED


# ── forget-user ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_is_to_be_erased_is_asked_about_first() -> None:
    async with room() as stand:
        await staffed(stand)
        before = await crowd(stand)
        reply = await stand.does(command("forget-user", "@3"), by="ola")
        assert not reply.ok
        assert [button.label for button in reply.said.buttons] == ["Erase @3"]
        assert reply.said.lines[-1] == "To do it, say: forget-user @3 yes"
        assert await crowd(stand) == before
        assert (await stand.says("forget-user @3 yes", by="ola")).ok
        assert stand.office.people.get(3) is None


async def test_who_is_erased_leaves_nothing_but_their_number() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.price(BTC=65_000)
        await watches(stand, "ann")
        await stand.set("ann", quiet="00:00-12:00")
        await stand.price(BTC=71_000)  # held by their quiet hours
        await stand.does(command("link"), by="ann")
        account = stand.office.people.accounts(3)[0]
        reply = await stand.does(command("forget-user", "@3", sure="yes"), by="ola")
        assert reply.ok
        assert live(stand) == set()
        assert await stand.store.chat_alerts(3) == []
        left = await crowd(stand)
        assert {row.number for row in left.people} == {1, 2, 4, 5, 6}
        assert 3 not in {row.person for row in left.accounts}
        assert left.codes == ()
        assert stand.office.people.find(account.identity) is None
        assert stand.office.people.account(account.number) is None
        assert ("@1", "forget-user", "@3", "") in await log(stand)


async def test_of_who_is_erased_the_log_and_silences_keep_no_words() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.says("watchlist okapis BTC", by="adam")
        for word in ("okapi@desk.example", "okapi/BTC", "@7.okapi", "okapi"):
            assert not (await stand.says(f"ack {word}", by="ann")).ok
        for name, comment in (("adam", "the okapi is ill"), ("amy", "at work")):
            assert (await stand.does(command("silence", "rule=btc", "2h", *comment.split()), by=name)).ok
        assert (await stand.says("forget-user @2 yes", by="ola")).ok
        assert "okapi" not in str(await log(stand))
        await stand.restart()
        said = {each.author: each.comment for each in stand.pipeline.remembered(Silence)}
        assert said == {"@2": "erased", "@6": "at work"}


async def test_what_was_held_for_who_is_erased_is_told_to_nobody() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.price(BTC=65_000)
        await watches(stand, "ann", note="my own business")
        await stand.set("ann", quiet="00:00-12:00")
        await stand.price(BTC=71_000)
        assert stand.pipeline.held() == {"quiet": 1}
        await stand.does(command("forget-user", "@3", sure="yes"), by="ola")
        await stand.after(13 * 3600)
        assert stand.pipeline.held() == {}
        assert stand.sent() == []


async def test_numbers_are_not_given_again() -> None:
    async with room() as stand:
        await stand.enrol("ola", OWNER)
        await comes(stand, "ann", USER)
        await stand.does(command("forget-user", "@2", sure="yes"), by="ola")
        await stand.restart()
        assert (await comes(stand, "bob", USER)).number == 3
        assert {alias_of(each.number) for each in stand.office.people.accounts(3)} == {"~3"}


@pytest.mark.parametrize(("by", "whom"), [("ola", "@1"), ("adam", "@1"), ("adam", "@6"), ("adam", "@2"), ("ola", "@9")])
async def test_who_may_not_be_erased(by: str, whom: str) -> None:
    async with room() as stand:
        await staffed(stand)
        before = await crowd(stand)
        assert not (await stand.does(command("forget-user", whom, sure="yes"), by=by)).ok
        assert await crowd(stand) == before


# ── invite ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("by", "word", "ok"),
    [
        ("ola", "", True), ("ola", "viewer", True), ("ola", "user", True), ("ola", "admin", True),
        ("ola", "owner", False), ("ola", "banned", False), ("ola", "king", False),
        ("adam", "", True), ("adam", "viewer", True), ("adam", "user", True), ("adam", "admin", False),
        ("adam", "owner", False),
    ],
)  # fmt: skip
async def test_who_may_invite_whom(by: str, word: str, ok: bool) -> None:
    async with room() as stand:
        await staffed(stand)
        reply = await stand.does(command("invite", *([word] if word else [])), by=by)
        assert reply.ok is ok
        assert len((await crowd(stand)).codes) == int(ok)
        assert reply.private


async def test_an_invite_has_a_link_where_the_bot_is() -> None:
    async with room() as stand:
        await stand.enrol("ola", OWNER)
        stand.office.bots[TELEGRAM] = "https://t.me/somebody_bot"
        reply = await stand.does(command("invite"), by="ola")
        code = reply.code.removeprefix("start ")
        assert [link.url for link in reply.said.links] == [f"https://t.me/somebody_bot?start={code}"]


async def test_so_many_invites_wait_and_no_more() -> None:
    async with room() as stand:
        await stand.enrol("ola", OWNER)
        replies = [await stand.does(command("invite"), by="ola") for _ in range(21)]
        assert [reply.ok for reply in replies] == [True] * 20 + [False]
        await stand.after(600)
        assert (await stand.does(command("invite"), by="ola")).ok


# ── users, audit ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_users_shows_who_there_is_and_no_address() -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.enrol("ann", USER, SLACK)
        await stand.link("ann", "email", "ann@desk.example")
        await watches(stand, "ann")
        reply = await stand.does(command("users"), by="adam")
        assert reply.private
        assert reply.said.title == "6 people"
        row = next(line for line in reply.code.splitlines() if line.startswith("@3"))
        assert row.split() == ["@3", "user", "2026-01-01", "1", "telegram,", "slack,", "email", "ann"]
        addresses = [
            account.address for each in stand.office.people for account in stand.office.people.accounts(each.number)
        ]
        assert not any(address in reply.code for address in addresses)


async def test_users_come_in_pages() -> None:
    async with room() as stand:
        await stand.enrol("ola", OWNER)
        for number in range(40):
            await stand.enrol(f"guest-{number}", VIEWER)
        first, second = [await stand.does(command("users", word), by="ola") for word in ("1", "2")]
        assert first.said.lines == ("11 more: users 2",)
        assert [len(reply.code.splitlines()) for reply in (first, second)] == [31, 12]
        assert not (await stand.does(command("users", "3"), by="ola")).ok


async def test_a_name_of_a_platform_cannot_draw_a_row_of_its_own() -> None:
    async with room() as stand:
        await stand.enrol("ola", OWNER)
        row = stand.office.people.link(1, Identity(SLACK, "T1", "U1"), "D1", "x\n@9  owner\u202e")
        await stand.pipeline.serve(people=[row])
        reply = await stand.does(command("users"), by="ola")
        assert len(reply.code.splitlines()) == 2


@pytest.mark.parametrize(("words", "rows"), [((), 3), (("@3",), 1), (("@2",), 2), (("@9",), 0)])
async def test_audit_shows_the_log(words: tuple[str, ...], rows: int) -> None:
    async with room() as stand:
        await staffed(stand)
        await stand.does(command("ban", "@3"), by="adam")
        await stand.does(command("role", "@4", "user"), by="ola")
        await stand.does(command("ban", "@1"), by="adam")
        reply = await stand.does(command("audit", *words), by="ola")
        assert len(reply.code.splitlines()) == rows
        assert not (await stand.does(command("audit", "ann"), by="ola")).ok
