"""The door: who comes in by a code or by the allow list, and what everybody else is told."""

import pytest

from alertd.bot.asking import Reply
from alertd.bot.people import CODE_LASTS
from alertd.model.people import Code, CodeUse, Person, Role
from tests.bot.do.talk import alone, comes, command, crowd, invited, knocks, log
from tests.bot.room import SLACK, room

HELLO, HELP = None, command("help")


def is_no(reply: Reply | Person | None) -> Reply:
    assert isinstance(reply, Reply)
    assert not reply.ok
    return reply


# ── strangers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("wanted", [HELLO, HELP, command("alerts"), command("start")], ids=str)
async def test_a_stranger_is_told_the_way_in_and_no_more(wanted: None) -> None:
    async with room() as stand:
        reply = is_no(await knocks(stand, stand.asked(by="eve"), wanted))
        assert reply.said.title == "I do not know you"
        assert (await crowd(stand)).people == ()


async def test_a_stranger_in_a_group_is_told_nothing() -> None:
    async with room() as stand:
        assert await knocks(stand, stand.asked(by="eve", group=True), HELP) is None


async def test_a_denial_is_on_record_by_a_pseudonym() -> None:
    async with room() as stand:
        await knocks(stand, stand.asked(by="eve"), command("alerts"))
        (line,) = await log(stand)
        assert line[1:] == ("alerts", "", "is unknown")
        assert line[0].startswith("?")
        assert stand.identity("eve").user not in line[0]


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [Role.VIEWER, Role.USER, Role.ADMIN])
async def test_a_code_lets_somebody_in_with_its_role(role: Role) -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        person = await comes(stand, "ann", role)
        assert person.role is role
        (account,) = stand.office.people.accounts(person.number)
        assert (account.address, account.name) == (stand.chat("ann"), "ann")
        assert ("@2", "enrol", "@1", "") in await log(stand)


async def test_who_came_in_is_there_after_a_restart() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        await comes(stand, "ann", Role.USER)
        await stand.restart()
        assert stand.person("ann").role is Role.USER
        assert stand.office.people.find(stand.identity("ann")) == stand.person("ann")


async def test_the_first_owner_has_a_code_of_the_operator() -> None:
    async with room() as stand:
        text, row = stand.office.people.code(
            Code(use=CodeUse.ENROL, expires=stand.clock.now() + CODE_LASTS, role=Role.OWNER)
        )
        await stand.pipeline.serve(people=[row])
        await stand.restart()
        reply = await knocks(stand, stand.asked(by="ola"), command("start", text))
        assert isinstance(reply, Reply)
        assert reply.said.title == "Welcome: you are @1 here, an owner"
        assert stand.office.people.owners() == 1


async def test_a_code_is_good_once() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        code = await invited(stand, "ola")
        await knocks(stand, stand.asked(by="ann"), command("start", code))
        is_no(await knocks(stand, stand.asked(by="eve"), command("start", code)))
        assert len((await crowd(stand)).people) == 2
        assert (await crowd(stand)).codes == ()


@pytest.mark.parametrize(("after", "people"), [(CODE_LASTS - 1, 2), (CODE_LASTS, 1), (CODE_LASTS + 60, 1)])
async def test_a_code_is_good_for_ten_minutes(after: float, people: int) -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        code = await invited(stand, "ola")
        await stand.after(after)
        await knocks(stand, stand.asked(by="ann"), command("start", code))
        assert len((await crowd(stand)).people) == people


@pytest.mark.parametrize(
    "spelt", [str.lower, lambda code: f" {code[:5]} {code[5:]} ", lambda code: f"{code[:3]}-{code[3:]}"], ids=range(3)
)
async def test_a_code_may_be_typed_in_many_ways(spelt: "type[str]") -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        await knocks(stand, stand.asked(by="ann"), command("start", spelt(await invited(stand, "ola"))))
        assert len((await crowd(stand)).people) == 2


async def test_codes_are_kept_as_hashes_only() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        code = await invited(stand, "ola")
        (row,) = (await crowd(stand)).codes
        assert code.encode() not in row.hash + (row.body or b"")


async def test_who_guesses_is_stopped() -> None:
    """The right one is not taken any more, either; later it is."""
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        for _ in range(10):
            assert is_no(await knocks(stand, stand.asked(by="eve"), command("start", "AAAAABBBBB"))).said.title != (
                "Too many codes: try again in ten minutes"
            )
        code = await invited(stand, "ola")
        reply = is_no(await knocks(stand, stand.asked(by="eve"), command("start", code)))
        assert reply.said.title == "Too many codes: try again in ten minutes"
        assert isinstance(await knocks(stand, stand.asked(by="ann"), command("start", code)), Reply)
        assert len((await crowd(stand)).people) == 2


async def test_a_code_in_a_group_without_a_private_chat_is_left_for_there() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        code = await invited(stand, "ola")
        reply = is_no(await knocks(stand, alone(stand.asked(by="ann")), command("start", code)))
        assert reply.said.title == "Say that to me in a private chat"
        await knocks(stand, stand.asked(by="ann"), command("start", code))
        assert len((await crowd(stand)).people) == 2


async def test_a_code_in_a_group_leads_to_the_private_chat() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        code = await invited(stand, "ola")
        await knocks(stand, stand.asked(by="ann", group=True), command("start", code))
        (account,) = stand.office.people.accounts(2)
        assert account.address == stand.chat("ann")


async def test_the_same_update_twice_is_answered_from_the_store() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        asked = stand.asked(by="ann")
        reply = await knocks(stand, asked, command("start", await invited(stand, "ola")))
        assert await stand.office.reply_to(asked) == reply


# ── codes of those who are in ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_higher_role_is_taken_on_and_a_lower_one_is_not() -> None:
    async with room() as stand:
        await stand.enrol("ola", Role.OWNER)
        await stand.enrol("ann", Role.USER)
        lower, higher = await invited(stand, "ola", "viewer"), await invited(stand, "ola", "admin")
        assert not (await stand.does(command("start", lower), by="ann")).ok
        assert stand.person("ann").role is Role.USER
        assert (await stand.does(command("start", higher), by="ann")).ok
        assert stand.person("ann").role is Role.ADMIN


async def test_start_alone_greets() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.VIEWER)
        reply = await stand.does(command("start"), by="ann")
        assert [button.label for button in reply.said.buttons] == ["help"]


# ── the allow list, and who was banned ───────────────────────────────────────────────────────────────────────────────


async def test_the_allow_list_lets_in_as_a_user_whatever_is_said() -> None:
    async with room() as stand:
        identity = stand.identity("ann")
    async with room(allowed=frozenset({identity})) as stand:
        person = await knocks(stand, stand.asked(by="ann"), HELP)
        assert isinstance(person, Person)
        assert person.role is Role.USER
        assert await log(stand) == [("@1", "enrol", "the allow list", "")]
        is_no(await knocks(stand, stand.asked(by="eve"), HELP))


async def test_the_allow_list_goes_by_platform_and_workspace() -> None:
    async with room() as stand:
        slack = stand.identity("ann", SLACK)
    async with room(allowed=frozenset({slack})) as stand:
        is_no(await knocks(stand, stand.asked(by="ann"), HELP))
        assert isinstance(await knocks(stand, stand.asked(by="ann", platform=SLACK), HELP), Person)


async def test_who_was_banned_is_told_so_once_and_in_no_group() -> None:
    async with room(allowed=frozenset()) as stand:
        await stand.enrol("eve", Role.BANNED)
        assert await knocks(stand, stand.asked(by="eve", group=True), HELP) is None
        assert is_no(await knocks(stand, stand.asked(by="eve"), HELP)).said.title == "You are banned here"
        assert await knocks(stand, stand.asked(by="eve"), HELP) is None
        assert [denied for *_, denied in await log(stand)] == ["is banned"] * 3


async def test_no_code_and_no_list_lets_in_who_was_banned() -> None:
    async with room() as stand:
        identity = stand.identity("eve")
    async with room(allowed=frozenset({identity})) as stand:
        await stand.enrol("ola", Role.OWNER)
        await stand.enrol("eve", Role.BANNED)
        await knocks(stand, stand.asked(by="eve"), command("start", await invited(stand, "ola")))
        assert stand.person("eve").role is Role.BANNED
        assert len((await crowd(stand)).people) == 2
