"""`alertd silence`, `ack`, `unmute` and `outbox`, with a real database and something that answers at the socket."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from alertd.cli import main, outbox, silence
from alertd.cli.options import answer_of
from alertd.control import Answer, Arguments, Command, listen
from alertd.errors import ConfigError, ControlError
from alertd.model.kept import Silence
from alertd.storage.lock import Lock
from alertd.storage.record import read_outbox
from tests.cli import past
from tests.cli.test_commands import alertd
from tests.cli.test_daemon_commands import daemon
from tests.fakes import START

MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "alertd.yaml").write_text(past.CONFIG)
    asyncio.run(past.make(tmp_path / "alertd.db"))
    return tmp_path / "alertd.yaml"


class Desk:
    """What a daemon was asked, and what it says."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[Arguments] = []
        self._answer = answer

    async def take(self, arguments: Arguments) -> Answer:
        self.asked.append(arguments)
        return self._answer


async def refuse(_: Arguments) -> Answer:
    raise ConfigError("no silence has the number 9")


# ── silences ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_add_says_what_it_is_about_now(config: Path) -> None:
    desk = Desk({"number": 4})
    with daemon(config, {"silence-add": desk.take}):
        result = alertd(
            *("silence", "add", "severity=info", "rule=~eth-.*", 'symbol!="BTC"', "--until", "2099-01-02T08:00"),
            *("--from", "2099-01-01", "--during", "nights", "--comment", "upgrade", "--author", "ann", "-c", config),
        )
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "silence 4: severity=info, rule=~eth-.*, symbol!=BTC, until 2099-01-02 08:00:00 CET\n"
        "1 alert that fires now: eth-dip/ETH/1\n"
    )
    assert desk.asked == [
        {
            "matchers": [["severity", "info"], ["rule", "~eth-.*"], ["symbol", "!BTC"]],
            "start": 4_070_905_200.0,
            "end": 4_071_020_400.0,
            "author": "ann",
            "comment": "upgrade",
            "during": "nights",
        }
    ]


def test_add_for_a_while(config: Path) -> None:
    desk = Desk({"number": 5})
    with daemon(config, {"silence-add": desk.take}):
        result = alertd("silence", "add", "rule=xyz", "--for", "2h", "--comment", "upgrade", "-c", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("nothing that fires now is matched\n")
    (asked,) = desk.asked
    start, end = asked["start"], asked["end"]
    assert isinstance(start, float)
    assert end == start + 7_200.0
    assert asked["author"]


def test_behind_sudo_the_person_is_named(config: Path) -> None:
    desk = Desk({"number": 5})
    args = ["silence", "add", "rule=x", "--for", "2h", "--comment", "upgrade", "-c", str(config)]
    with daemon(config, {"silence-add": desk.take}):
        assert CliRunner().invoke(main, args, env={"SUDO_USER": "ann"}).exit_code == 0
    assert desk.asked[0]["author"] == "ann"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["--for", "2h", "--comment", "x"], "say what to silence", id="no matchers"),
        pytest.param(["severity", "--for", "2h", "--comment", "x"], "expected label=value", id="no matcher"),
        pytest.param(["rule=~(", "--for", "2h", "--comment", "x"], "(", id="no regular expression"),
        pytest.param(["a=b", "--for", "2h"], "Missing option '--comment'", id="no comment"),
        pytest.param(["a=b", "--comment", "x"], "say how long", id="no end"),
        pytest.param(["a=b", "--for", "2h", "--until", "2099-01-01", "--comment", "x"], "say how long", id="two ends"),
        pytest.param(["a=b", "--for", "soon", "--comment", "x"], "expected a duration such as", id="no duration"),
        pytest.param(["a=b", "--for", "0", "--comment", "x"], "would end before it begins", id="nothing"),
        pytest.param(
            ["a=b", "--until", "2020-01-01", "--comment", "x"], "would end before it begins", id="in the past"
        ),
        pytest.param(
            ["a=b", "--from", "2020-01-01", "--for", "2h", "--comment", "x"], "over already", id="all in the past"
        ),
        pytest.param(["a=b", "--until", "noon", "--comment", "x"], "expected a time such as", id="no time"),
        pytest.param(
            ["a=b", "--for", "2h", "--during", "night", "--comment", "x"], "did you mean 'nights'?", id="no such hours"
        ),
    ],
)
def test_what_add_refuses(config: Path, args: list[str], said: str) -> None:
    result = alertd("silence", "add", *args, "-c", config)
    assert result.exit_code == 2
    assert said in result.stderr


RULES = """\
version: 1
rules:
  - {name: btc-breakout, symbols: [BTC, ETH], when: price > 70k, cooldown: 1h, labels: {severity: critical, team: desk}}
"""


@pytest.fixture
def ruled(config: Path) -> Path:
    """A configuration with coins and a rule."""
    config.write_text(f"{past.CONFIG}sources: {{binance: {{}}}}\nprices: binance\n")
    (config.parent / "rules").mkdir()
    (config.parent / "rules" / "first.yaml").write_text(RULES)
    return config


@pytest.mark.parametrize(
    ("matcher", "sent", "said"),
    [
        pytest.param("team=desk", ["team", "desk"], "", id="a label of a rule"),
        pytest.param("severity=info", ["severity", "info"], "", id="one of what fires"),
        pytest.param(
            "severity=crtical",
            ["severity", "crtical"],
            "no rule has severity=crtical now; did you mean 'critical'?\n",
            id="a value that nothing has",
        ),
        pytest.param("team!=bank", ["team", "!bank"], "no rule has team=bank now\n", id="its opposite"),
        pytest.param("symbol=btc", ["symbol", "BTC"], "", id="a coin in small letters"),
        pytest.param("symbol!=xbt", ["symbol", "!BTC"], "", id="a coin's other name"),
        pytest.param(
            "symbol=BTX", ["symbol", "BTX"], "no rule has symbol=BTX now; did you mean 'BTC'?\n", id="no coin"
        ),
        pytest.param("symbol=~btc", ["symbol", "~btc"], "", id="a pattern"),
        pytest.param(
            "rule=btc-*",
            ["rule", "btc-*"],
            "no rule has rule=btc-* now; for a pattern write rule=~btc-.*\n",
            id="a glob",
        ),
        pytest.param(
            "event=resolvd",
            ["event", "resolvd"],
            "no rule has event=resolvd now; did you mean 'resolved'?\n",
            id="event",
        ),
        pytest.param("owner=tg.1", ["owner", "tg.1"], "", id="an owner"),
        pytest.param('team=""', ["team", ""], "", id="a label that is not to be there"),
    ],
)
def test_add_says_what_is_odd(ruled: Path, matcher: str, sent: list[str], said: str) -> None:
    desk = Desk({"number": 4})
    with daemon(ruled, {"silence-add": desk.take}):
        result = alertd("silence", "add", matcher, "--for", "2h", "--comment", "x", "-c", ruled)
    assert (result.exit_code, result.stderr) == (0, said)
    assert desk.asked[0]["matchers"] == [sent]


def test_add_refuses_a_label_that_nothing_has(ruled: Path) -> None:
    refused = alertd("silence", "add", "ruel=x", "--for", "2h", "--comment", "x", "-c", ruled)
    assert refused.exit_code == 2
    assert "no rule has a label 'ruel'; did you mean 'rule'?" in refused.stderr
    (ruled.parent / "rules" / "second.yaml").write_text("version: 1\nrules: [{name: a}]\n")
    desk = Desk({"number": 4})
    with daemon(ruled, {"silence-add": desk.take}):
        result = alertd("silence", "add", "desk=x", "--for", "2h", "--comment", "x", "-c", ruled)
    assert (result.exit_code, len(desk.asked)) == (0, 1), "a rule with a mistake in it may have that label"
    assert result.stderr.startswith("no rule without a mistake in it has a label 'desk'; there are ")


SAME = ["silence", "add", "rule=~btc-.*", "severity=info", "--comment", "x", "--for", "2h"]


def test_the_same_is_not_silenced_twice(config: Path) -> None:
    refused = alertd(*SAME, "-c", config)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("silence 3 is the same, until 2035-12-30 01:00:00 CET: ")
    _, _, later = refused.stderr.strip().rpartition(" ")
    desk = Desk({"number": 4})
    with daemon(config, {"silence-add": desk.take}):
        assert alertd(*SAME, "--from", later, "-c", config).exit_code == 0
        assert alertd(*SAME, "--during", "nights", "-c", config).exit_code == 0
        assert alertd(*SAME, "symbol=ETH", "-c", config).exit_code == 0


def test_list_beside_no_daemon(config: Path) -> None:
    head, *found = alertd("silence", "list", "-c", config).stdout.splitlines()
    assert head.startswith("number\twhat\tstate\tfrom (Europe/Madrid)\t")
    assert [line.split("\t")[0] for line in found] == ["3"]
    every = alertd("silence", "list", "--all", "--json", "-c", config).stdout.splitlines()
    two, three = (json.loads(line) for line in every)
    assert (two["number"], two["matchers"], two["state"]) == (2, [["symbol", "!ETH"]], "over")
    assert (three["author"], three["comment"], three["start"]) == ("ann", "exchange upgrade", START - 3_600.0)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param(START - 60.0, "begins in 1m", id="before"),
        pytest.param(START, "ends in 2h", id="at its start"),
        pytest.param(START + 7_200.0, "over", id="at its end"),
    ],
)
def test_how_a_silence_is(now: float, state: str) -> None:
    one = Silence(
        number=7,
        matchers=(("symbol", "!ETH"), ("rule", "!~btc-.*")),
        start=START,
        end=START + 7_200.0,
        author="ann",
        comment="upgrade",
        during="nights",
    )
    assert list(silence.rows([one], MADRID, now)) == [
        (
            7,
            "symbol!=ETH, rule!~btc-.*",
            state,
            "2026-01-01 01:00:00",
            "2026-01-01 03:00:00",
            "nights",
            "ann",
            "upgrade",
        )
    ]


# ── orders in one line ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("args", "command", "asked"),
    [
        pytest.param(["silence", "expire", "3"], "silence-expire", {"number": 3}, id="expire"),
        pytest.param(["ack", "btc/BTC/3", "--by", "ann"], "ack", {"episode": "btc/BTC/3", "by": "ann"}, id="ack"),
        pytest.param(["unmute", "btc"], "unmute", {"rule": "btc", "owner": ""}, id="unmute"),
        pytest.param(["unmute", "tg.1:btc"], "unmute", {"rule": "btc", "owner": "tg.1"}, id="unmute a chat user's"),
        pytest.param(["unmute", "a:b"], "unmute", {"rule": "a:b", "owner": ""}, id="unmute a rule with a colon"),
    ],
)
def test_an_order(config: Path, args: list[str], command: str, asked: Mapping[str, object]) -> None:
    desk = Desk({"text": "done, in the daemon's words"})
    with daemon(config, {command: desk.take}):
        result = alertd(*args, "-c", config)
    assert (result.exit_code, result.stdout) == (0, "done, in the daemon's words\n")
    assert desk.asked == [asked]


def test_an_order_that_is_refused(config: Path) -> None:
    with daemon(config, {"silence-expire": refuse}):
        result = alertd("silence", "expire", "9", "-c", config)
    assert (result.exit_code, result.stderr) == (1, "no silence has the number 9\n")


@pytest.mark.parametrize(
    "args",
    [
        ["silence", "expire", "3"],
        ["silence", "add", "rule=b", "--for", "2h", "--comment", "x"],
        ["ack", "btc/BTC/3"],
        ["unmute", "btc"],
    ],
)
def test_an_order_without_a_daemon(config: Path, args: list[str]) -> None:
    result = alertd(*args, "-c", config)
    assert result.exit_code == 1
    assert "is it running?" in result.stderr


def test_a_silence_before_the_first_start(config: Path) -> None:
    """What is wrong with it is told first; then that nobody is there to take it."""
    (config.parent / "alertd.db").unlink()
    wrong = alertd("silence", "add", "ruel=x", "--for", "1h", "--comment", "why", "--config", config)
    assert (wrong.exit_code, "did you mean 'rule'" in wrong.stderr) == (2, True)
    right = alertd("silence", "add", "symbol=BTC", "--for", "1h", "--comment", "why", "--config", config)
    assert (right.exit_code, "is it running?" in right.stderr) == (1, True)


async def test_a_daemon_that_is_busy(tmp_path: Path) -> None:
    released = asyncio.Event()

    async def busy(_: Arguments) -> Answer:
        await released.wait()
        return {}

    control = tmp_path / "alertd.sock"
    async with listen(control, {"ack": busy}):
        with pytest.raises(ControlError, match=r"did not answer within 0\.05 s .* what was asked may still be done"):
            await answer_of(control, "ack", {}, patience=0.05)
        released.set()


# ── the outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

WAITS, BURIED, SENT = 13 * 64, 12 * 64 + 1, 12 * 64


def states(config: Path, state: str = "") -> list[int]:
    return [each.parcel.row for each in read_outbox(config.parent / "alertd.db", state=state, limit=100)]


def test_what_waits(config: Path) -> None:
    found = read_outbox(config.parent / "alertd.db", limit=100)
    assert list(outbox.rows_of(found, MADRID, START + 3_610.0)) == [
        (WAITS, "1h", "slack", "#alerts", "desk", "waits to be sent", "BTC 71,204 (+5.2%) resolved after 2h"),
        (14 * 64, "1h", "console", "desk", "desk", "waits to be sent", "the source binance is silent"),
    ]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param([], [WAITS, 14 * 64], id="waiting"),
        pytest.param(["--channel", "console"], [14 * 64], id="of a channel"),
        pytest.param(["--state", "buried"], [BURIED], id="buried"),
        pytest.param(["--state", "sent"], [SENT], id="sent"),
        pytest.param(["--limit", "1"], [WAITS], id="the oldest"),
    ],
)
def test_list(config: Path, args: list[str], expected: list[int]) -> None:
    lines = alertd("outbox", "list", "--json", *args, "-c", config).stdout.splitlines()
    assert [json.loads(line)["row"] for line in lines] == expected
    table = alertd("outbox", "list", *args, "-c", config).stdout.splitlines()
    assert [int(line.split("\t")[0]) for line in table[1:]] == expected


def test_list_of_nothing(config: Path) -> None:
    assert alertd("outbox", "list", "--state", "expired", "-c", config).stdout == "nothing is expired\n"
    assert (
        alertd("outbox", "list", "--channel", "console", "--state", "sent", "-c", config).stdout == "nothing is sent\n"
    )


@pytest.mark.parametrize(
    ("args", "command", "rows", "said"),
    [
        pytest.param(["retry", str(BURIED)], "outbox-retry", [BURIED], "1 delivery will be tried at once", id="retry"),
        pytest.param(["retry", "--all-buried"], "outbox-retry", [BURIED], "1 delivery will be tried at once", id="all"),
        pytest.param(
            ["bury", str(WAITS), "7"], "outbox-bury", [WAITS, 7], "1 delivery given up; no such row (`", id="bury"
        ),
    ],
)
def test_the_daemon_does_it(config: Path, args: list[str], command: str, rows: list[int], said: str) -> None:
    desk = Desk({"count": 1})
    with daemon(config, {command: desk.take}):
        result = alertd("outbox", *args, "-c", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(said)
    assert desk.asked == [{"rows": rows}]


@pytest.mark.parametrize("command", ["retry", "bury"])
def test_rows_that_are_not_there(config: Path, command: str) -> None:
    result = alertd("outbox", command, "1", "-c", config)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "no such row (`alertd outbox list` shows those that there are): 1\n"


@pytest.mark.parametrize(
    ("command", "rows", "said"),
    [
        pytest.param("bury", [BURIED], f"given up already: {BURIED}", id="given up"),
        pytest.param("bury", [SENT], f"sent already: {SENT}", id="sent"),
        pytest.param("bury", [SENT, BURIED], f"sent already: {SENT}; given up already: {BURIED}", id="both"),
        pytest.param("retry", [SENT], f"sent already: {SENT}", id="sent, to be sent again"),
    ],
)
def test_with_what_has_ended_nothing_is_done(config: Path, command: str, rows: list[int], said: str) -> None:
    result = alertd("outbox", command, *map(str, rows), "-c", config)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{said}\n")
    assert states(config) == [WAITS, 14 * 64]


def test_many_rows_go_in_parts(config: Path) -> None:
    desk = Desk({"count": 2})
    commands: dict[str, Command] = {"outbox-retry": desk.take}
    with daemon(config, commands):
        result = alertd("outbox", "retry", *(str(10**17 + row) for row in range(4_500)), "-c", config)
    first = ", ".join(str(10**17 + row) for row in range(5))
    assert result.stdout.startswith("6 deliveries will be tried at once; no such row")
    assert result.stdout.endswith(f": {first} and 4,495 more\n")
    assert [len(list(map(str, asked["rows"]))) for asked in desk.asked if isinstance(asked["rows"], list)] == [
        2_000,
        2_000,
        500,
    ]


def test_without_a_daemon_the_file_is_changed(config: Path) -> None:
    retried = alertd("outbox", "retry", "--all-buried", "-c", config)
    assert (retried.exit_code, retried.stdout) == (0, "1 delivery will be tried at once\n")
    assert states(config) == [BURIED, WAITS, 14 * 64]
    buried = alertd("outbox", "bury", str(WAITS), str(SENT), "-c", config)
    assert buried.stdout == f"1 delivery given up; sent already: {SENT}\n"
    assert states(config, "buried") == [WAITS]


def test_nothing_is_buried(config: Path) -> None:
    result = alertd("outbox", "retry", "--all-buried", "--channel", "console", "-c", config)
    assert (result.exit_code, result.stdout) == (0, "nothing is buried\n")


def test_a_daemon_that_does_not_answer_keeps_its_file(config: Path) -> None:
    lock = Lock.take(config.parent / "alertd.db")
    try:
        result = alertd("outbox", "retry", "--all-buried", "-c", config)
    finally:
        lock.release()
    assert result.exit_code == 1
    assert "is it running?" in result.stderr
    assert "is in use by another alertd (process" in result.stderr
    assert states(config, "buried") == [BURIED]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["retry"], "name rows", id="retry nothing"),
        pytest.param(["retry", "64", "--all-buried"], "name rows", id="retry both"),
        pytest.param(["retry", "64", "--channel", "slack"], "--channel goes with --all-buried", id="rows of a channel"),
        pytest.param(["bury"], "name rows", id="bury nothing"),
        pytest.param(["bury", "x"], "'x' is not a valid integer", id="no row"),
        pytest.param(
            ["retry", "--all-buried", "--channel", "consol"], "did you mean 'console'?", id="retry of no such channel"
        ),
        pytest.param(["list", "--channel", "consol"], "did you mean 'console'?", id="list of no such channel"),
        pytest.param(["list", "--state", "lost"], "'lost' is not one of", id="no state"),
    ],
)
def test_wrong_use(config: Path, args: list[str], said: str) -> None:
    result = alertd("outbox", *args, "-c", config)
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_was_given_up_by_hand_stays_so(config: Path) -> None:
    alertd("outbox", "bury", str(WAITS), "-c", config)
    retried = alertd("outbox", "retry", "--all-buried", "-c", config)
    assert retried.stdout == "1 delivery will be tried at once\n"
    assert states(config, "buried") == [WAITS]
