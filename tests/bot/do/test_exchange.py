"""Export and import: what goes out comes back the same, and what is wrong changes nothing."""

from dataclasses import replace

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alertd.app.terminal import Saying, Terminal
from alertd.bot.asking import LONGEST, LONGEST_FILE, Reply, Upload
from alertd.bot.do import entries
from alertd.bot.do.exchange import in_parts
from alertd.dispatch.policy import Cap
from alertd.model.people import AlertStage, ChatAlert, Role
from alertd.rules.files import RuleText, read_rules
from tests.bot.do.talk import command, crowd, live, log, watches
from tests.bot.room import UNIVERSE, Room, room
from tests.fakes import START

SAMPLES: dict[str, dict[str, str | list[str]]] = {
    # condition: the other keys
    "price > 70000": {},
    "price down 5% in 1h": {"remind": "4h", "note": 'sell: "now", or # never'},
    "price >= 70000": {"for": "5m", "until": "price < 68000", "fire": "3 times"},
    "signal flips to bullish": {"expires": "2027-01-31 18:00", "say": "{symbol} is up"},
    "price crosses above 70000": {"already_true": "ignore", "cooldown": "15m to 4h"},
    "price > 71000": {"at": ["fri 16:00", "mon-fri 09:30"], "no_data": "tell after 15m"},
    "price > 72000": {"note": "yes", "tell": ["fired", "resolved"]},
}


async def stored(stand: Room, name: str) -> list[tuple[AlertStage, entries.Written]]:
    """A person's alerts but for their numbers."""
    found = await stand.store.chat_alerts(stand.person(name).number)
    return [(each.stage, {key: value for key, value in entries.read(each).items() if key != "name"}) for each in found]


async def exported(stand: Room, by: str = "ann") -> str:
    reply = await stand.does(command("export"), by=by)
    assert reply.file is not None
    assert reply.private
    return reply.file[1].decode()


@pytest.mark.parametrize("when", SAMPLES)
async def test_what_one_exports_another_imports(when: str) -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await watches(stand, "ann", 7, when, **SAMPLES[when])
        reply = await stand.does(command("import", await exported(stand)), by="bob")
        assert reply.ok, reply.code
        assert await stored(stand, "bob") == await stored(stand, "ann")
        assert live(stand) == {("@1", "7"), ("@2", "1")}
        await stand.restart()
        assert live(stand) == {("@1", "7"), ("@2", "1")}


async def test_an_imported_alert_tells_whose_it_is() -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.price(BTC=65_000)
        await watches(stand, "ann")
        await stand.does(command("import", await exported(stand)), by="bob")
        await stand.price(BTC=71_000)
        assert (len(stand.sent("ann")), len(stand.sent("bob"))) == (1, 1)


async def test_a_paused_alert_stays_paused() -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        written: entries.Written = {"name": "1", "symbols": ["BTC"], "when": "price > 1"}
        await stand.pipeline.serve(people=[entries.kept(1, 1, written, stage=AlertStage.PAUSED, made=START)])
        assert (await stand.does(command("import", await exported(stand)), by="bob")).ok
        assert await stored(stand, "bob") == await stored(stand, "ann")
        assert live(stand) == set()


async def test_what_one_has_already_is_not_imported_again() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await watches(stand, "ann", 1)
        await watches(stand, "ann", 2, "price > 80k")
        text = await exported(stand)
        assert not (await stand.does(command("import", text), by="ann")).ok
        more = text.replace("80k", "81k")
        assert (await stand.does(command("import", more), by="ann")).said.title == "Imported: #3"


async def test_ways_are_those_of_who_imports_and_groups_are_nobodys() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await stand.link("ann", "mail", "ann@desk.example")
        await stand.enrol("bob")
        await watches(stand, "ann", 1, notify=["mail", "telegram"])
        await watches(stand, "ann", 2, "price > 2", notify=["group:1"])
        assert (await stand.does(command("import", await exported(stand)), by="bob")).ok
        assert [written.get("notify") for _, written in await stored(stand, "bob")] == [["telegram"], None]


async def test_an_import_names_no_receiver_of_the_configuration() -> None:
    async with room() as stand:
        await stand.enrol("ann", Role.USER)
        text = "rules: [{name: a, symbols: BTC, when: price > 70k, notify: desk}]"
        assert (await stand.does(command("import", text), by="ann")).ok
        await stand.price(BTC=65_000)
        await stand.price(BTC=71_000)
        assert [delivery.address for delivery in stand.sent()] == ["~1"]


async def test_the_defaults_of_a_file_count() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        text = """\
version: 1
defaults: {cooldown: 15m, rearm: 1%}
rules:
  - {name: a, symbols: [BTC, eth], when: price > 70k}
  - {name: b, symbols: BTC, when: price > 70k, until: price < 60k, cooldown: 1h}
"""
        assert (await stand.does(command("import", text), by="ann")).said.title == "Imported: #1 to #2"
        assert await stored(stand, "ann") == [
            (AlertStage.LIVE, {"cooldown": "15m", "rearm": "1%", "symbols": ["BTC", "ETH"], "when": "price > 70k"}),
            (AlertStage.LIVE, {"cooldown": "1h", "symbols": ["BTC"], "when": "price > 70k", "until": "price < 60k"}),
        ]


async def gives(stand: Room, *files: Upload, by: str, key: str = "") -> Reply:
    """What the clerk answers to files."""
    return await stand.hears(replace(stand.asked("import", by=by, key=key), uploads=files))


class Shelf:
    """Where files lie, by their places; `taken` are those that were fetched."""

    def __init__(self, **files: bytes) -> None:
        self._files = files
        self.taken: list[str] = []

    async def fetch(self, place: str, most: int) -> bytes:
        self.taken.append(place)
        return self._files[place][:most]

    def file(self, place: str, *, name: str = "alerts.yaml", size: int | None = None) -> Upload:
        return Upload(name, len(self._files[place]) if size is None else size, place, self.fetch)


async def parts_of(stand: Room, by: str) -> list[bytes]:
    """All that `export` gives, its buttons pressed to the end."""
    reply = await stand.says("export", by=by)
    found = []
    while reply.file is not None:
        found.append(reply.file[1])
        if not reply.said.buttons:
            break
        (button,) = reply.said.buttons
        reply = await stand.press(button.data, by=by)
    return found


@pytest.mark.parametrize("count", [1, 50])
async def test_all_that_one_has_is_taken_back_as_a_file(count: int) -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.price(BTC=65_000)
        for number in range(count):
            text = f"alert BTC > {66_000 + number} every time note \"sell {number}: é 'half' # of it\""
            assert (await stand.says(text, by="ann")).ok
        (whole,) = await parts_of(stand, "ann")
        reply = await gives(stand, Shelf(whole=whole).file("whole"), by="bob")
        assert reply.ok, reply.code
        assert await stored(stand, "bob") == await stored(stand, "ann")
        assert len(await stored(stand, "bob")) == count


async def test_more_than_a_file_may_hold_comes_in_parts() -> None:
    async with room(alerts=200) as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        for number in range(1, 101):
            await watches(stand, "ann", number, f"price > {66_000 + number}", note="é" * 200, say="ü" * 200)
        parts = await parts_of(stand, "ann")
        assert [len(part) <= LONGEST_FILE for part in parts] == [True, True]
        for part in parts:
            reply = await gives(stand, Shelf(part=part).file("part"), by="bob")
            assert reply.ok, reply.code
        assert await stored(stand, "bob") == await stored(stand, "ann")


async def test_the_same_file_twice_told_is_fetched_and_imported_once() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        shelf = Shelf(good=b"rules:\n" + GOOD.encode())
        first = await gives(stand, shelf.file("good"), by="ann", key="update-x")
        assert await gives(stand, shelf.file("good"), by="ann", key="update-x") == first
        assert (first.said.title, shelf.taken, live(stand)) == ("Imported: #1", ["good"], {("@1", "1")})


async def test_several_files_at_once_are_none() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        shelf = Shelf(good=b"rules:\n" + GOOD.encode())
        reply = await gives(stand, shelf.file("good"), shelf.file("good"), by="ann")
        assert (reply.ok, reply.said.title) == (False, "Nothing was imported: give me one file at a time")
        assert (shelf.taken, live(stand)) == ([], set())


async def test_a_file_of_which_no_size_is_told_is_read_as_far_as_may_be() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        shelf = Shelf(huge=b"#" * (LONGEST_FILE + 2))
        reply = await gives(stand, shelf.file("huge", size=0), by="ann")
        assert reply.said.title == "Nothing was imported: the file is larger than 64 KiB"


async def test_files_count_as_commands_do() -> None:
    async with room(commands=Cap(2, 60.0)) as stand:
        await stand.enrol("ann")
        shelf = Shelf(good=b"rules:\n" + GOOD.encode(), bad=b"rules: [")
        for place in ("good", "bad"):
            await gives(stand, shelf.file(place), by="ann")
        assert "That is a lot" in (await gives(stand, shelf.file("good"), by="ann")).said.title
        assert shelf.taken == ["good", "bad"]


async def test_a_terminal_has_it_in_one_and_takes_it_in_one() -> None:
    async with room() as stand:
        await stand.price(BTC=65_000)
        terminal = Terminal(stand.clerk, stand.office)
        for number in range(50):
            assert (await terminal.ask(Saying(by="ann", text=f"alert BTC > {66_000 + number} every time note one"))).ok
        said = await terminal.ask(Saying(by="ann", text="export"))
        assert said.file is not None
        assert said.buttons == ()
        text = said.file[1].decode()
        assert len(text) > LONGEST
        taken = await terminal.ask(Saying(by="bob", text=f"import\n{text}"))
        assert taken.ok, taken.reply
        assert taken.reply.startswith("Imported: #1 to #50")


async def test_what_is_over_is_left_out_and_told_of() -> None:
    async with room() as stand:
        for name in ("ann", "bob"):
            await stand.enrol(name)
        await stand.price(BTC=65_000)
        for text in ("alert BTC > 70k until tomorrow", "alert BTC > 80k until tomorrow", "alert BTC > 90k", "pause 2"):
            assert (await stand.says(text, by="ann")).ok
        await stand.after(3 * 86_400)
        reply = await stand.says("export", by="ann")
        assert "Left out, as they are over: #1 and #2." in reply.said.lines
        assert reply.file is not None
        assert (await stand.says(f"import\n{reply.file[1].decode()}", by="bob")).ok
        assert [written["when"] for _, written in await stored(stand, "bob")] == ["price > 90000"]
        assert (await stand.says("delete 3", by="ann")).ok
        assert (await stand.says("export", by="ann")).said.title == "All of your alerts are over"


@pytest.mark.parametrize("part", ["0", "9", "9" * 3_000])
async def test_a_part_that_is_not_there_is_one_that_is(part: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        await watches(stand, "ann")
        assert (await stand.says(f"export {part}", by="ann")).said.title == "Your alerts, 1 in all"


GOOD = "  - {name: good, symbols: BTC, when: price > 70k}\n"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        pytest.param("rules:\n" + GOOD + "  - {name: b, symbols: BTC, when: price >> 70k}\n", ["3:"], id="a sentence"),
        pytest.param("rules:\n  - {name: b, symbols: XQZW, when: price >}\n" + GOOD, ["2:", "2:"], id="two at once"),
        pytest.param("rules:\n" + GOOD + GOOD, ["3:"], id="a name twice"),
        pytest.param(
            "rules:\n" + GOOD + "  - {name: b, symbols: BTC, when: price > 1, labels: {a: b}}\n", ["3:"], id="labels"
        ),
        pytest.param(
            "rules:\n  - {name: b, symbols: BTC, when: price > 1, expires: 2020-01-01}\n", ["2:"], id="long over"
        ),
        pytest.param("rules:\n  - {name: b, symbols: BTC, when: price > 1, remind: 1s}\n", ["2:"], id="too often"),
        pytest.param("rules:\n  - {name: b, symbols: all, when: price > 1}\n", ["2:"], id="too many coins"),
        pytest.param("defaults: {labels: {a: b}}\nrules:\n" + GOOD, ["1:"], id="in the defaults"),
        pytest.param("series: {ratio: BTC.price / ETH.price}\nrules:\n" + GOOD, ["1:"], id="series"),
        pytest.param("rules: [", ["2:"], id="not YAML"),
        pytest.param("rules:\n  - &a {name: x}\n", ["2:"], id="an anchor"),
        pytest.param("[]", ["1:"], id="a list"),
        pytest.param("hello", ["1:"], id="words"),
    ],
)
async def test_one_mistake_and_nothing_is_imported(text: str, places: list[str]) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        before = await crowd(stand)
        reply = await stand.does(command("import", text), by="ann")
        assert not reply.ok
        found = [line for line in reply.code.splitlines() if line.startswith("alerts.yaml:")]
        assert [line.split(":", 1)[1][: len(place)] for line, place in zip(found, places, strict=True)] == places
        assert (await crowd(stand), live(stand), await log(stand)) == (before, set(), [])
        assert await stand.store.chat_alerts(1) == []


async def test_a_name_is_no_file() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        reply = await stand.says("import nofile.yaml", by="ann")
        assert (reply.ok, reply.said.title) == (False, "There is no file nofile.yaml")


@pytest.mark.parametrize("text", ["", "rules: []", "rules:"])
async def test_nothing_in_it(text: str) -> None:
    async with room() as stand:
        await stand.enrol("ann")
        assert not (await stand.does(command("import", text), by="ann")).ok
        assert not (await stand.does(command("import"), by="ann")).ok
        exported = await stand.does(command("export"), by="ann")
        assert (exported.ok, exported.file, exported.said.title) == (True, None, "You have no alerts yet")


async def test_the_quota_holds() -> None:
    async with room(alerts=2) as stand:
        await stand.enrol("ann")
        await watches(stand, "ann", 1, "price > 1")
        rules = "".join(f"  - {{name: r{level}, symbols: BTC, when: price > {level}}}\n" for level in (2, 3))
        assert not (await stand.does(command("import", f"rules:\n{rules}"), by="ann")).ok
        assert len(await stand.store.chat_alerts(1)) == 1


NOTES = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=60).filter(
    lambda text: " ".join(text.split()) == text
)


@given(NOTES, st.sampled_from(["price > 70000", "price < 0.5"]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_note_reads_back_as_it_was(note: str, when: str, paused: bool) -> None:
    written = {"name": "3", "symbols": ["BTC", "1INCH"], "when": when, "note": note, "fire": "once"}
    stage = AlertStage.PAUSED if paused else AlertStage.LIVE
    (content,) = in_parts([ChatAlert(1, 3, stage, START, msgspec.json.encode(written).decode())], 3_800)
    loaded = read_rules([RuleText("alerts.yaml", content)], UNIVERSE, START)
    assert [problem for problem in loaded.problems if not problem.warning] == []
    (rule,) = loaded.rules
    assert (rule.name, rule.note, rule.when_text, rule.draft) == ("alert-3", note, when, paused)
    assert yaml.safe_load(content)["version"] == 1


async def test_what_was_imported_is_listed_with_what_it_does_and_what_was_left_out() -> None:
    async with room() as stand:
        await stand.enrol("ann")
        yaml = (
            "version: 1\nrules:\n"
            "  - {name: a, symbols: [BTC], when: price > 90000, notify: [oncall]}\n"
            "  - {name: b, symbols: [ETH], when: price < 1000, fire: once, for: 5m, draft: true}\n"
        )
        reply = await stand.says(f"import\n{yaml}", by="ann")
        assert reply.ok, reply.code
        assert list(reply.said.lines) == [
            "#1: BTC: price > 90000, every time",
            "#2: ETH: price < 1000, once, when it has held for 5m, paused",
            "Not taken over: notify oncall. Those are no ways of yours; edit NUMBER via … names one.",
        ]
