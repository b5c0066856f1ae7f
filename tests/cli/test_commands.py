"""The command line as its user meets it: what it prints, and how it ends."""

import json
import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from alertd import cli
from alertd.cli import COMMANDS, main

SUPPORT = {"__init__", "options", "show", "wording"}
"""Files of the folder that are no command."""


def alertd(*args: str | Path) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], catch_exceptions=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A first configuration, as `alertd init` writes it."""
    assert alertd("init", tmp_path).exit_code == 0
    return tmp_path / "alertd.yaml"


# ── the frame ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_file_is_in_the_index() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - SUPPORT
    assert files == {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = alertd(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {name}")


def test_version() -> None:
    assert alertd("--version").output == f"alertd, version {version('alertd')}\n"


def test_wrong_use_is_exit_code_2() -> None:
    typo = alertd("chekc")
    assert typo.exit_code == 2
    assert "no command is called 'chekc'; did you mean 'check'?" in typo.stderr
    assert alertd("send-test").exit_code == 2


HEAVY = ("telegram", "slack_sdk", "discord", "aiosmtplib", "aiosmtpd", "watchfiles", "rich", "httpx")
SLOW = ("numpy", "pydantic", "aiohttp", "lark", "msgspec")


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        pytest.param(["--help"], HEAVY + SLOW, id="help"),
        pytest.param(["conditions"], HEAVY + SLOW, id="conditions"),
        pytest.param(["check", "--config", "{config}"], HEAVY, id="check"),
    ],
)
def test_nothing_is_imported_that_is_not_used(config: Path, arguments: list[str], unwanted: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom alertd.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        f"print(sorted(set(sys.modules) & set({unwanted!r})))"
    )
    words = [argument.format(config=config) for argument in arguments]
    run = [sys.executable, "-c", code, *words]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


BUG = """
import os, sys, types, click
from alertd.cli import main
from alertd.wire.secret import Secret

@click.command()
def command():
    raise ValueError("GET /bot" + Secret("env:ALERTD_TEST_KEY").reveal())

sys.modules["alertd.cli.status"] = types.ModuleType("alertd.cli.status")
sys.modules["alertd.cli.status"].command = command
main(["status"])
"""


def test_the_traceback_of_a_bug_has_no_secret() -> None:
    environ = {**os.environ, "ALERTD_TEST_KEY": "canary-0123456789"}
    run = [sys.executable, "-c", BUG]
    done = subprocess.run(run, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ValueError: GET /bot[secret]\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    assert "_ALERTD_COMPLETE" in alertd("completion", shell).output


def test_commands_complete_without_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"_ALERTD_COMPLETE": "bash_complete", "COMP_WORDS": "alertd st", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, prog_name="alertd")
    assert result.output == "plain,status\nplain,store\n"


# ── init and check ───────────────────────────────────────────────────────────────────────────────────────────────


def test_init_writes_what_check_takes(config: Path) -> None:
    result = alertd("check", "--config", config)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "first-move",
        "  when     price moves 1% in 15m",
        "  coins    BTC, ETH, SOL",
        "  watches  price from binance, else coingecko",
        "  tells    me (console me)",
        "source\tcalls a month\tto fill the history\tquota",
        "binance\t259,200\t3\tnone",
        "coingecko\t8,640\t3\tnone",
        "1 rule, 3 alerts: all is well",
    ]


def test_init_overwrites_nothing(config: Path) -> None:
    config.write_text("mine")
    result = alertd("init", config.parent)
    assert result.exit_code == 78
    assert "nothing was written" in result.stderr
    assert config.read_text() == "mine"


def test_init_where_it_may_not_write(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a file")
    result = alertd("init", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"cannot write {tmp_path}/rules/first.yaml: ")


def test_check_without_a_file_says_how_to_begin(tmp_path: Path) -> None:
    result = alertd("check", "--config", tmp_path / "alertd.yaml")
    assert result.exit_code == 78
    assert "alertd init" in result.stderr


def test_check_tells_all_mistakes_of_all_rule_files(config: Path) -> None:
    rules = config.parent / "rules"
    (rules / "a.yaml").write_text("version: 1\nrules:\n  - {name: a, symbols: [BTX], when: price > 1}\n")
    (rules / "b.yaml").write_text("version: 1\nrules:\n  - {name: b, symbols: [BTC], when: pryce > 1}\n")
    result = alertd("check", "--config", config)
    assert result.exit_code == 78
    assert f"{rules}/a.yaml:3:" in result.stderr
    assert f"{rules}/b.yaml:3:" in result.stderr
    assert "did you mean 'price'?" in result.stderr


def test_check_warns_of_what_nobody_gives_or_hears(config: Path) -> None:
    config.write_text(
        config.read_text().replace("route: {to: [me]}", "route: {routes: [{match: {severity: x}, to: me}]}")
    )
    result = alertd("check", "--config", config)
    assert result.exit_code == 0
    assert "warning: first-move: nobody is told" in result.stderr
    assert "  tells    nobody\n" in result.output


LABELLED = """\
version: 1
defaults: {symbols: [BTC, ETH], cooldown: 1h}
rules:
  - {name: btc-breakout, when: price > 70k, labels: {team: desk}}
  - {name: plain, when: price > 70k, labels: {severity: info}}
"""


@pytest.mark.parametrize(
    ("route", "warned"),
    [
        pytest.param(
            "{match: {severty: critical}}", ["no rule has a label 'severty'", "did you mean 'severity'?"], id="label"
        ),
        pytest.param("{match: {severity: critical, team: desk, owner: x, event: fired}}", [], id="all is known"),
        pytest.param(
            "{match: {rule: btc-breakot}}",
            ["no rule is called 'btc-breakot'", "did you mean 'btc-breakout'?"],
            id="rule",
        ),
        pytest.param(
            "{match: {rule: btc-*}}", ["no rule is called 'btc-*'", "write ~btc-.* for a pattern"], id="a glob"
        ),
        pytest.param(
            "{match: {rule: '!btc-*'}}", ["no rule is called 'btc-*'", "write !~btc-.* for a pattern"], id="not a glob"
        ),
        pytest.param("{match: {rule: '~btc-.*', symbol: '!~X'}}", [], id="patterns"),
        pytest.param("{match: {symbol: btc}}", ["no rule watches 'btc'", "did you mean 'BTC'?"], id="a coin's name"),
        pytest.param("{match: {symbol: '!SOL'}}", ["no rule watches 'SOL'"], id="another coin"),
        pytest.param("{match: {symbol: market}}", [], id="the market"),
        pytest.param(
            "{match: {event: resolvd}}", ["there is no event 'resolvd'", "did you mean 'resolved'?"], id="event"
        ),
        pytest.param("{match: {team: deks}}", ["no rule has team: deks", "did you mean 'desk'?"], id="nearly a value"),
        pytest.param("{match: {team: bank}}", [], id="a value that may come"),
        pytest.param("{match: {team: ''}}", [], id="no such label"),
        pytest.param("{group_by: [rule, taem]}", ["no rule has a label 'taem'", "did you mean 'team'?"], id="group_by"),
        pytest.param("{group_by: taem}", ["no rule has a label 'taem'", "did you mean 'team'?"], id="group_by one"),
    ],
)
def test_check_warns_of_names_that_no_rule_has(config: Path, route: str, warned: list[str]) -> None:
    (config.parent / "rules" / "first.yaml").write_text(LABELLED)
    config.write_text(config.read_text().replace("{to: [me]}", f"{{to: [me], routes: [{route}]}}"))
    assert warnings_of(config) == warned


def test_check_warns_of_names_in_inhibit(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(LABELLED)
    inhibit = "inhibit: [{source: {rule: plane}, target: {taem: desk}, equal: [simbol]}]\n"
    config.write_text(config.read_text() + inhibit)
    assert warnings_of(config)[::2] == [
        "no rule is called 'plane'",
        "no rule has a label 'taem'",
        "no rule has a label 'simbol'",
    ]
    (config.parent / "rules" / "first.yaml").write_text("version: 1\nrules: []\n")
    assert warnings_of(config) == []


@pytest.mark.parametrize(
    ("severity", "warns"),
    [
        ("critical", False),
        ("Critical", True),
        ("critcal", True),
        ("CRITICAL", True),
        ("non-critical", False),
        ("info", False),
    ],
)
def test_check_warns_of_what_is_nearly_critical(config: Path, severity: str, warns: bool) -> None:
    (config.parent / "rules" / "first.yaml").write_text(LABELLED.replace("info", severity))
    expected = f"severity '{severity}' passes neither quiet hours nor caps, only 'critical' does"
    lines = warnings_of(config)
    assert [line for line in lines if "labels:" not in line] == (
        [expected, "did you mean 'critical'?"] if warns else []
    )


@pytest.mark.parametrize(
    ("folder", "warned"),
    [
        ("nowhere/", ["there is no folder {0}/nowhere for the database: the daemon will not start",
                      "make it, owned by alertd's user"]),
        ("", []),
        ("/var/lib/not-there-yet/", []),
    ],
    ids=["none", "its own", "a unit's"],
)  # fmt: skip
def test_check_warns_where_the_store_has_no_folder(config: Path, folder: str, warned: list[str]) -> None:
    config.write_text(f"state: {folder}a.db\n" + re.sub(r"(?m)^state:.*\n", "", config.read_text()))
    assert warnings_of(config) == [line.format(config.parent) for line in warned]


def test_check_shows_what_is_said(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(
        "version: 1\nrules:\n"
        '  - {name: a, symbols: [BTC], when: price up 5% in 1h, say: "{symbol} up", note: "buy #1"}\n'
    )
    shown = alertd("check", "--config", config).output.splitlines()
    assert shown[1:4] == ["  when     price up 5% in 1h", "  says     {symbol} up", "  note     buy #1"]


def test_check_warns_where_there_is_no_operator(config: Path) -> None:
    config.write_text(config.read_text().replace("operator: [me]", ""))
    assert warnings_of(config)[0] == "nobody hears of alertd's own troubles"


@pytest.mark.parametrize(
    ("receivers", "operator", "warns"),
    [
        ("me: {console: me}", "me", False),
        ("me: {slack: '#a'}", "me", True),
        ("me: {slack: '#a'}\n  you: {slack: '#b'}", "me, you", True),
        ("me: {slack: '#a'}\n  you: {console: you}", "me, you", False),
        ("me: {slack: '#a', else: {console: me, after: 1m}}", "me", False),
    ],
    ids=["the console", "one way", "two on one channel", "two channels", "another way after a while"],
)
def test_check_warns_where_the_operator_has_one_channel(
    receivers: str, operator: str, warns: bool, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-a-token")
    text = config.read_text().replace("  # slack: {token", "  slack: {token").replace("me: {console: me}", receivers)
    config.write_text(text.replace("operator: [me]", f"operator: [{operator}]"))
    expected = "nobody hears of trouble with slack"
    assert warnings_of(config)[:1] == ([expected] if warns else [])


def warnings_of(config: Path) -> list[str]:
    """What `check` warns of, each with its hint; neither the places nor the lines that show them."""
    result = alertd("check", "--config", config)
    assert result.exit_code == 0, result.output
    lines = [line.rpartition("warning: ")[2] for line in result.stderr.splitlines() if not line.startswith("     ")]
    return [line.strip() for line in lines if line.lstrip() not in config.read_text()]


def test_check_says_how_much_each_wants_to_hear(config: Path) -> None:
    text = config.read_text()
    limits = """me:
    console: me
    cap: 30/h
    quiet: mon-fri 22:00-07:00
    digest: 08:00
    else: {console: boss, after: 2m}
    loud: critical
    silent: [info, debug]
"""
    escalate = "route: {to: [me], escalate: {to: boss, after: 10m}}"
    written = text.replace("me: {console: me}", f"boss: {{console: boss}}\n  {limits}").replace(
        "route: {to: [me]}", escalate
    )
    config.write_text(written)
    result = alertd("check", "--config", config)
    assert result.exit_code == 0, result.output
    shown = result.output.splitlines()
    assert shown[4:13] == [
        "  tells    me (console me)",
        "  later    boss after 10m",
        "me",
        "  cap      30 messages in 1h",
        "  quiet    mon-fri 22:00-07:00 (UTC)",
        "  digest   08:00 (UTC)",
        "  else     console boss after 2m",
        "  loud     critical",
        "  silent   info, debug",
    ]


def test_check_warns_of_a_coin_that_the_named_source_does_not_have(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(
        "version: 1\nrules:\n  - {name: a, symbols: [HYPE], when: binance.price > 1, cooldown: 1h}\n"
    )
    result = alertd("check", "--config", config)
    assert result.exit_code == 0
    assert "first.yaml:3: warning: a: no source gives price of HYPE" in result.stderr


def test_check_warns_of_what_no_history_fills(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(
        "version: 1\nseries: {PAIR: ETH.price / BTC.price}\ndefaults: {symbols: BTC}\nrules:\n"
        "  - {name: window, when: 'PAIR crosses above high(PAIR, 24h)', until: 'PAIR < sma(PAIR, 20, 4h)'}\n"
        "  - {name: move, when: PAIR up 5% in 1h}\n"
        "  - {name: level, when: PAIR crosses above 1}\n"
        "  - {name: price, when: 'price crosses above high(24h)'}\n"
    )
    result = alertd("check", "--config", config)
    assert result.exit_code == 0
    told = [line.rpartition("/")[2] for line in result.stderr.splitlines() if "warning" in line]
    assert told == [
        "first.yaml:5: warning: window: what looks back on PAIR is complete after 3d8h",
        "first.yaml:6: warning: move: what looks back on PAIR is complete after 1h",
    ]
    assert "    a series has no history before the start\n" in result.stderr


def test_check_counts_the_longest_history_of_a_coin_once(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(
        "version: 1\ndefaults: {symbols: BTC, cooldown: 1h}\nrules:\n"
        "  - {name: day, when: price up 5% in 24h}\n  - {name: hour, when: price up 5% in 1h}\n"
    )
    result = alertd("check", "--config", config)
    assert "binance\t259,200\t2\tnone" in result.output


def test_check_of_the_whole_language(config: Path) -> None:
    (config.parent / "rules" / "first.yaml").write_text(
        "version: 1\nseries: {PAIR: ETH.price / BTC.price}\ndefaults: {symbols: [BTC, ETH], cooldown: 1h}\nrules:\n"
        "  - {name: broad, when: 'count(where price > sma(50, 1d)) = 2'}\n"
        "  - {name: weekly, symbols: SOL, when: PAIR > 1, at: [mon-fri 09:30, 'sun, sat 16:00', 12:00]}\n"
        "  - {name: spike, symbols: BTC, when: 'volume(1h) > 3 * average(volume(1h), 7d)'}\n"
    )
    result = alertd("check", "--config", config)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "broad",
        "  when     count(where price > sma(50, 1d)) = 2",
        "  coins    BTC, ETH: one alert for all of them",
        "  watches  price from binance, else coingecko",
        "  tells    me (console me)",
        "weekly",
        "  when     PAIR > 1",
        "  at       mon-fri 09:30; sat, sun 16:00; 12:00 (UTC)",
        "  coins    SOL",
        "  watches  ETH.price from binance, else coingecko; BTC.price from binance, else coingecko",
        "  tells    me (console me)",
        "spike",
        "  when     volume(1h) > 3 * average(volume(1h), 7d)",
        "  coins    BTC",
        "  watches  volume(1h) from binance",
        "  tells    me (console me)",
        "source\tcalls a month\tto fill the history\tquota",
        "binance\t259,920\t3\tnone",
        "coingecko\t8,640\t2\tnone",
        "3 rules, 3 alerts: all is well",
    ]


def test_check_refuses_what_is_over_the_quota(config: Path) -> None:
    config.write_text(config.read_text().replace("{every: 5m}", "{every: 5m, quota: 8k/month}"))
    result = alertd("check", "--config", config)
    assert result.exit_code == 78
    assert "coingecko: 8,640 calls a month" in result.stderr
    assert "over the quota" in result.stderr


# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_coins(config: Path) -> None:
    result = alertd("coins", "ether", "--config", config)
    assert result.exit_code == 0
    assert "ETH\tEthereum\tEther\tbinance=ETHUSDT coingecko=ethereum tokenmetrics=3306" in result.output.splitlines()
    assert alertd("coins", "no such coin", "--config", config).exit_code == 1
    typo = alertd("coins", "bitcon", "--config", config)
    assert (typo.exit_code, typo.stderr) == (1, "no coin 'bitcon'; did you mean 'BITCOIN'?\n")


def test_coins_of_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    assert alertd("coins", "BTC", "--config", tmp_path / "typo.yaml").exit_code == 78


class Gecko(BaseHTTPRequestHandler):
    """CoinGecko, as far as a search goes."""

    def do_GET(self) -> None:
        coins = [
            ("pepe", "pepe", "Pepe"),
            ("mog", "mog", "Mog"),
            ("mog-2", "mog", "Mog on Base"),
            ("new", "new", "New"),
        ]
        body = json.dumps([{"id": id_, "symbol": symbol, "name": name} for id_, symbol, name in coins]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("new", 0, "to watch it, write under coins:  NEW: {coingecko: new}\n"),
        ("mog", 78, "mog is several coins at coingecko: mog (Mog); mog-2 (Mog on Base)\n"),
        ("pepe", 0, "coingecko\tpepe\tPEPE\tPepe\t\n"),
    ],
    ids=["one of that symbol", "several", "known already"],
)
def test_coins_asks_the_sources_and_says_what_to_write(config: Path, text: str, code: int, said: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gecko) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            here = f'{{every: 5m, url: "http://127.0.0.1:{server.server_port}"}}'
            written = config.read_text().replace("  binance: {every: 10s}\n", "").replace("{every: 5m}", here)
            config.write_text(written.replace("[binance, coingecko]", "[coingecko]"))
            result = alertd("coins", text, "--ask", "--config", config)
        finally:
            server.shutdown()
            thread.join()
    assert result.exit_code == code
    assert said in result.output
    assert ("to watch it" in result.output) == (text == "new")


def test_send_test(config: Path) -> None:
    result = alertd("send-test", "me", "--config", config)
    assert result.exit_code == 0
    assert result.output.startswith("[me] A test of alertd\n")
    assert "console me: sent in" in result.output


def test_send_test_tries_each_way(config: Path) -> None:
    """The secrets of channels that the receiver does not have are not asked for; one that it has and that cannot be
    used does not hinder the others."""
    text = config.read_text().replace(
        "  console: {}",
        '  console: {}\n  webhook: {url: "https://desk.example", secret: "env:ALERTD_TEST_UNSET"}\n'
        '  telegram: {token: "env:ALERTD_TEST_UNSET"}',
    )
    config.write_text(text.replace("me: {console: me}", "me: {console: me, else: {console: [boss, lead]}}"))
    result = alertd("send-test", "me", "--config", config)
    assert result.exit_code == 0, result.output
    ways = [line.partition(": sent in ")[0] for line in result.stdout.splitlines() if ": sent in " in line]
    assert ways == ["console me", "else console boss", "else console lead"]
    config.write_text(text.replace("me: {console: me}", "me: {webhook: default, else: {console: boss}}"))
    result = alertd("send-test", "me", "--config", config)
    assert result.exit_code == 1
    assert "else console boss: sent in " in result.stdout
    assert result.stderr.startswith("webhook default: webhook: cannot read the secret env:ALERTD_TEST_UNSET: ")


def test_send_test_to_nobody(config: Path) -> None:
    result = alertd("send-test", "mee", "--config", config)
    assert result.exit_code == 78
    assert result.stderr == "no receiver is called 'mee'; did you mean 'me'?\n"


def test_send_test_that_does_not_arrive(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTD_TEST_HOOK", "canary-0123456789")
    text = config.read_text().replace(
        "  console: {}", '  webhook: {url: "http://127.0.0.1:1", secret: "env:ALERTD_TEST_HOOK"}'
    )
    config.write_text(text.replace("{console: me}", "{webhook: default}"))
    result = alertd("send-test", "me", "--config", config)
    assert result.exit_code == 1
    assert result.stderr.startswith("webhook default: ")
    assert "canary" not in result.output


@pytest.mark.parametrize("command", ["reload", "status"])
def test_no_daemon(config: Path, command: str) -> None:
    result = alertd(command, "--config", config)
    assert result.exit_code == 1
    assert "is it running?" in result.stderr


# ── replay ───────────────────────────────────────────────────────────────────────────────────────────────────────

CANDLES = """\
symbol,open_time,open,high,low,close,volume
BTC,2024-01-01T00:00:00Z,100,100,100,100,1
BTC,2024-01-01T00:01:00Z,100,112,100,110,1
BTC,2024-01-01T00:02:00Z,110,110,90,95,1
"""

LEVEL = """\
version: 1
rules:
  - {name: over-105, symbols: [BTC], when: price > 105, until: price < 100}
  - {name: over-200, symbols: [BTC], when: price > 200, until: price < 100}
"""


@pytest.fixture
def played(tmp_path: Path) -> list[str | Path]:
    (tmp_path / "rules.yaml").write_text(LEVEL)
    (tmp_path / "btc.csv").write_text(CANDLES)
    return ["replay", tmp_path / "rules.yaml", "--prices", tmp_path / "btc.csv"]


def test_replay_as_json(played: list[str | Path]) -> None:
    result = alertd(*played, "--json")
    assert result.exit_code == 0
    events = [json.loads(line) for line in result.output.splitlines()]
    assert [(event["time"], event["rule"], event["symbol"], event["episode"], event["event"]) for event in events] == [
        ("2024-01-01T00:02:00.000Z", "over-105", "BTC", 1, "fired"),
        ("2024-01-01T00:03:00.000Z", "over-105", "BTC", 1, "resolved"),
    ]
    assert events[0]["values"] == {"price": 110.0, "level": 105.0}


def test_replay_as_a_table_per_rule(played: list[str | Path]) -> None:
    result = alertd(*played)
    assert result.output.splitlines() == [
        "over-105: price > 105 — 1 episode",
        "time (UTC)\tcoin\tevent\tepisode\tvalues",
        "2024-01-01 00:02:00\tBTC\tfired\t1\tprice=110 level=105",
        "2024-01-01 00:03:00\tBTC\tresolved\t1\tprice=95 level=105",
        "over-200: price > 200 — 0 episodes",
    ]


def test_replay_between_two_times(played: list[str | Path]) -> None:
    assert alertd(*played, "--json", "--to", "2024-01-01T00:01").output == ""
    assert alertd(*played, "--from", "yesterday").exit_code == 2


def test_replay_says_what_the_files_do_not_have(played: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(LEVEL.replace("[BTC]", "[BTCUSD]"))
    result = alertd(*played, "--json")
    assert (result.exit_code, result.stdout) == (78, "")
    assert result.stderr == "there are no prices of BTCUSD; the files have BTC\n    did you mean 'BTC'?\n"


def test_replay_of_a_rule_whose_coins_no_file_has(played: list[str | Path], tmp_path: Path) -> None:
    other = "  - {name: other, symbols: [BTCUSD], when: volume(1h) > 200, cooldown: 1h}\n"
    (tmp_path / "rules.yaml").write_text(LEVEL + other)
    result = alertd(*played)
    assert result.exit_code == 0
    assert result.stderr == "warning: there are no prices of BTCUSD; the files have BTC\n    did you mean 'BTC'?\n"


def test_replay_takes_the_symbols_of_the_files_in_a_configuration(
    played: list[str | Path], tmp_path: Path, config: Path
) -> None:
    (tmp_path / "rules.yaml").write_text(LEVEL.replace("[BTC]", "mine"))
    (tmp_path / "btc.csv").write_text(CANDLES.replace("BTC", "BTCUSDT"))
    config.write_text(config.read_text().replace("watchlists:\n", "watchlists:\n  mine: [btcusdt]\n"))
    result = alertd(*played, "--json", "--config", config)
    assert (result.exit_code, result.stderr) == (0, "")
    assert {json.loads(line)["symbol"] for line in result.stdout.splitlines()} == {"BTCUSDT"}


def test_replay_takes_watchlists_from_a_configuration(played: list[str | Path], tmp_path: Path, config: Path) -> None:
    (tmp_path / "rules.yaml").write_text(LEVEL.replace("[BTC]", "majors"))
    without = alertd(*played, "--json")
    assert (without.exit_code, without.stdout) == (78, "")
    assert "if it is a watchlist, --config says what is in it" in without.stderr
    assert len(alertd(*played, "--json", "--config", config).stdout.splitlines()) == 2


def test_replay_of_rules_with_mistakes(played: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(LEVEL.replace("price > 105", "signal is bulish"))
    result = alertd(*played)
    assert result.exit_code == 78
    assert "rules.yaml:3:" in result.stderr


def test_replay_of_a_rule_that_asks_for_more_than_prices(played: list[str | Path], tmp_path: Path) -> None:
    either = LEVEL.replace("price > 105", "price > 105 and (signal is bullish or price > 106)")
    (tmp_path / "rules.yaml").write_text(either.replace("price > 200", "price > 105 and market.fear_greed < 20"))
    result = alertd(*played, "--json")
    assert result.exit_code == 0
    assert {json.loads(line)["rule"] for line in result.stdout.splitlines()} == {"over-105"}
    assert [line.partition("warning: ")[2] for line in result.stderr.splitlines()] == [
        "over-105: the files do not tell signal, which is never known here",
        "over-200: the files do not tell fear_greed, which is never known here",
    ]


def test_replay_of_the_whole_language(played: list[str | Path], tmp_path: Path) -> None:
    """A series, what was traded, what is counted over the coins, sources by name."""
    (tmp_path / "rules.yaml").write_text(LANGUAGE)
    (tmp_path / "btc.csv").write_text(
        CANDLES + CANDLES.partition("\n")[2].replace("BTC", "ETH").replace(",1\n", ",3\n")
    )
    result = alertd(*played, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    events = [json.loads(line) for line in result.output.splitlines()]
    assert [
        (event["rule"], event["symbol"], event["time"][14:19]) for event in events if event["event"] == "fired"
    ] == [
        ("sum", "BTC", "02:00"),
        ("both", "market", "02:00"),
        ("agreed", "ETH", "02:00"),
        ("fall", "BTC", "03:00"),
        ("traded", "ETH", "03:00"),
    ]


LANGUAGE = """\
version: 1
defaults: {cooldown: 1h}
series: {SUM: BTC.price + ETH.price}
rules:
  - {name: sum, symbols: [BTC], when: SUM > 210}
  - {name: both, symbols: [BTC, ETH], when: count(where price > 105) = 2}
  - {name: agreed, symbols: [ETH], when: price up 5% in 1h confirmed by 2 sources}
  - {name: fall, symbols: [BTC], when: binance.price < 100}
  - {name: traded, symbols: [BTC, ETH], when: base_volume(1m) > 2 and price < 100}
"""


COVERED = "the files cover 2024-01-01 00:01:00 to 2024-01-01 00:03:00 (UTC)\n"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (["--from", "2025-01-01"], f"no bars from 2025-01-01 00:00:00 on; {COVERED}"),
        (["--to", "2023-01-01"], f"no bars up to 2023-01-01 00:00:00; {COVERED}"),
        (
            ["--from", "2024-01-01T00:03", "--to", "2024-01-01T00:02"],
            f"no bars between 2024-01-01 00:03:00 and 2024-01-01 00:02:00; {COVERED}",
        ),
    ],
    ids=["after the end", "before the beginning", "backwards"],
)
def test_replay_of_no_bar(played: list[str | Path], span: list[str], said: str) -> None:
    result = alertd(*played, *span)
    assert (result.exit_code, result.stderr) == (78, said)


def test_replay_of_an_empty_file(played: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "btc.csv").write_text(CANDLES.splitlines()[0])
    result = alertd(*played)
    assert (result.exit_code, result.stderr) == (78, "the files have no bars\n")


RECORDED = """\
version: 1
sources: {recorded: {kind: candles, files: [btc.csv]}}
channels: {console: }
receivers: {me: {console: me}}
route: {to: me}
rules: rules.yaml
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RECORDED, ["rules.yaml:3:32: there is no coin or watchlist 'BTCX'"]),
        (
            f"{RECORDED}max_jump: 50\n",
            ["alertd.yaml:7:11: expected percents such as 50%, or off", "rules.yaml:3:32: there is no coin"],
        ),
        (RECORDED.replace("btc.csv", "no.csv"), ["no.csv: cannot read it: No such file or directory"]),
    ],
    ids=["a coin that the files do not have", "with a mistake in the configuration", "until the files can be read"],
)
def test_check_of_a_mistyped_coin(played: list[str | Path], tmp_path: Path, text: str, said: list[str]) -> None:
    (tmp_path / "rules.yaml").write_text(LEVEL.replace("over-105, symbols: [BTC]", "over-105, symbols: [BTCX]"))
    (tmp_path / "alertd.yaml").write_text(text)
    result = alertd("check", "--config", tmp_path / "alertd.yaml")
    assert result.exit_code == 78
    told = [line.removeprefix(f"{tmp_path}/") for line in result.stderr.splitlines() if not line.startswith(" ")]
    assert len(told) == len(said)
    assert all(line.startswith(start) for line, start in zip(told, said, strict=True))
