"""For admins: rules of the files, silences, how the daemon is; and help for everybody."""

import pytest

from alertd.bot.catalogue import COMMANDS, OPTIONS, TOPICS, Option
from alertd.bot.do import entries
from alertd.bot.language.command import Command
from alertd.bot.language.parse import understand
from alertd.model.kept import Silence
from alertd.model.people import Role
from alertd.rules.rule import Rule
from tests.bot.do.talk import command, log
from tests.bot.room import UNIVERSE, Room, room
from tests.fakes import START


def rule(name: str, when: str = "price > 70k") -> Rule:
    made, problems = entries.rule_from({"name": name, "symbols": ["BTC", "ETH"], "when": when}, "", UNIVERSE, START)
    assert made is not None, problems
    return made


async def test_the_rules_of_the_files_with_how_they_stand() -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        await stand.load(rule("breakout"), rule("calm", "price > 900k"))
        await stand.price(BTC=65_000, ETH=3_000)
        await stand.price(BTC=71_000)
        reply = await stand.does(command("rules"), by="adam")
        assert reply.said.title == "2 rules of the files"
        assert reply.code.splitlines() == ["breakout  2 alerts, 1 firing", "calm  2 alerts"]


async def test_one_rule_of_the_files() -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        await stand.load(rule("breakout"))
        facts = dict((await stand.does(command("rules", "breakout"), by="adam")).said.facts)
        assert (facts["When"], facts["Now"]) == ("price > 70k", "2 alerts")
        reply = await stand.does(command("rules", "braekout"), by="adam")
        assert (reply.ok, reply.said.lines) == (False, ("did you mean 'breakout'?",))


async def test_without_rules() -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        assert (await stand.does(command("rules"), by="adam")).said.title == "There are no rules in the files"


def silences(stand: Room) -> list[Silence]:
    return [each for each in stand.pipeline.remembered(Silence) if each.end > stand.clock.now()]


async def test_a_silence_begins_is_shown_and_ends() -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        assert (await stand.does(command("silence", "rule=btc", "symbol!=ETH", "2h", "at", "work"), by="adam")).ok
        (silence,) = silences(stand)
        assert silence.matchers == (("rule", "btc"), ("symbol", "!ETH"), ("owner", ""))
        assert (silence.author, silence.comment, silence.end - silence.start) == ("@1", "at work", 7200.0)
        shown = await stand.does(command("silence", "list"), by="adam")
        assert shown.code == "1  rule=btc symbol!=ETH  2h left  @1: at work"
        assert (await stand.does(command("silence", "end", "#1"), by="adam")).ok
        assert silences(stand) == []
        assert [did for _, did, _, _ in await log(stand)] == ["silence", "end silence"]


@pytest.mark.parametrize(
    "words",
    ["rule=btc", "2h", "rule 2h", "rule=btc 0s", "rule=~( 2h", "end 7", "end x", "rule=btc 2h " + "x" * 501, "= 2h"],
)
async def test_a_silence_that_cannot_be_meant(words: str) -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        assert not (await stand.does(command("silence", *words.split()), by="adam")).ok
        assert silences(stand) == []
        assert await log(stand) == []


async def test_how_the_daemon_is() -> None:
    async with room() as stand:
        await stand.enrol("adam", Role.ADMIN)
        assert (await stand.does(command("status"), by="adam")).said.facts == (("Alerts", "0"),)


# ── help ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

STAFF = {"users", "invite", "role", "ban", "forget-user", "audit", "rules", "silence", "status"}
LOOK = {"price", "chart", "signal", "history", "why", "help", "start"}


@pytest.mark.parametrize(
    ("role", "commands"),
    [(Role.VIEWER, LOOK), (Role.USER, set(COMMANDS) - STAFF), (Role.ADMIN, set(COMMANDS)), (Role.OWNER, set(COMMANDS))],
)
async def test_help_shows_what_one_may_use(role: Role, commands: set[str]) -> None:
    async with room() as stand:
        await stand.enrol("ann", role)
        reply = await stand.does(command("help"), by="ann")
        assert {line.split()[0] for line in reply.code.splitlines()} == commands


@pytest.mark.parametrize("name", ["alert", "a", "/alert", "ALERT"])
async def test_help_of_one_command_has_examples_that_run(name: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = await stand.does(command("help", name), by="ann")
        assert [button.label for button in reply.said.buttons] == list(COMMANDS["alert"].examples)
        pressed = await stand.press(COMMANDS["alert"].examples[0], on=reply, by="ann")
        assert pressed.ok


@pytest.mark.parametrize("word", ["alert", "edit", "options"])
async def test_help_lists_every_option_with_how_it_looks(word: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = await stand.says(f"help {word}", by="ann")
        rows = reply.code.splitlines()
        for option in OPTIONS:
            assert any(row.startswith(f"{option.sample}  ") and row.endswith(option.says) for row in rows)


@pytest.mark.parametrize("option", OPTIONS, ids=[option.sample for option in OPTIONS])
async def test_an_option_is_one_of_the_language_and_behind_an_alert_it_is_what_help_says(option: Option) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "email", "ann@desk.example")
        await stand.price(BTC=65_000)
        found = understand(f"alert BTC > 70k {option.sample}", UNIVERSE)
        assert isinstance(found, Command)
        assert option.name in found.options
        assert (await stand.says(f"alert BTC > 70k {option.sample}", by="ann")).ok


@pytest.mark.parametrize("word", TOPICS)
async def test_help_knows_an_option_by_every_name(word: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = await stand.says(f"help {word}", by="ann")
        assert reply.ok
        assert all(option.sample in reply.code for option in OPTIONS if option.name == TOPICS[word])


@pytest.mark.parametrize("name", ["users", "ban", "nothing"])
async def test_there_is_no_help_for_what_one_may_not(name: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        assert not (await stand.does(command("help", name), by="ann")).ok
