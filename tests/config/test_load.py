"""The configuration file: what it comes to, and what is said of each mistake in it."""

from pathlib import Path

import pytest

from alertd.config import Config, load
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import Cap, Receiver
from alertd.dispatch.route import Route
from alertd.errors import ConfigError
from alertd.model.notification import Destination
from alertd.sources.tokenmetrics import TokenMetricsSettings
from alertd.wire.secret import Secret

WHOLE = """\
version: 1
state: lib/alertd.db
rules: [rules.d/*.yaml, /srv/rules/*.yaml]
zone: Europe/Madrid
sources:
  coingecko: {every: 5m, plan: demo, keys: ["env:CG_KEY"], ca_file: own.pem}
  binance: {every: 5s}
  binance-eu: {kind: binance, url: "https://eu.example"}
  tokenmetrics: {keys: ["file:/etc/alertd/keys/tm"], quota: 10k/month, every: {signal: 1h, grades: 6h}}
  fear_greed: {}
prices: [binance, coingecko]
coins:
  MINE: {binance: MINEUSDT, also: [OURS]}
  BTC: {tokenmetrics: 3375}
watchlists: {majors: [BTC, ETH, XBT]}
channels:
  console:
  webhook: {url: "https://desk.example/hook", secret: "env:HOOK"}
receivers:
  me: {console: me, cap: 30/h}
  desk: {webhook: [default, "https://other.example/hook"]}
operator: me
route:
  to: [desk]
  group_wait: 30s
  routes: [{match: {severity: critical}, to: [me, desk], continue: true}]
control: run/alertd.sock
http: "[::1]:9000"
watch: true
stale_after: 2m
max_jump: off
clock: {real: 2026-01-01T00:00:00Z, shows: 1504483200, speed: 60}
"""


def read(folder: Path, text: str) -> Config:
    path = folder / "alertd.yaml"
    path.write_text(text)
    return load(path)


def test_the_whole_file(tmp_path: Path) -> None:
    config = read(tmp_path, WHOLE)
    assert config.state == tmp_path / "lib/alertd.db"
    assert config.rules == (f"{tmp_path}/rules.d/*.yaml", "/srv/rules/*.yaml")
    assert config.control == tmp_path / "run/alertd.sock"
    assert config.http == ("::1", 9000)
    assert config.watch
    assert config.stale_after == 120
    assert config.max_jump is None
    assert config.clock is not None
    assert (config.clock.real, config.clock.shows, config.clock.speed) == (1767225600, 1504483200, 60)
    assert {name: section.kind for name, section in config.sources.items()} == {
        "coingecko": "coingecko",
        "binance": "binance",
        "binance-eu": "binance",
        "tokenmetrics": "tokenmetrics",
        "fear_greed": "fear_greed",
    }
    assert {name: section.kind for name, section in config.channels.items()} == {
        "console": "console",
        "webhook": "webhook",
    }
    assert vars(config.sources["coingecko"].settings)["ca_file"] == f"{tmp_path}/own.pem"


def test_what_rules_may_name(tmp_path: Path) -> None:
    config = read(tmp_path, WHOLE)
    universe = config.universe
    assert config.prices == ("binance", "coingecko")
    assert list(universe.sources)[:2] == ["binance", "coingecko"]
    assert universe.sources["fear_greed"] == {"fear_greed"}
    assert universe.intervals["binance", "price"] == 5
    assert universe.intervals["tokenmetrics", "tm_grade"] == 6 * 3600
    assert universe.coin("ours") == "MINE"
    assert universe.watchlists == {"majors": ("BTC", "ETH")}
    assert universe.receivers == frozenset({"me", "desk"})
    assert universe.zone == "Europe/Madrid"
    assert config.coins.ids("binance-eu", "binance")["MINE"] == "MINEUSDT"


def test_who_is_told(tmp_path: Path) -> None:
    policy = read(tmp_path, WHOLE).policy
    hooks = (Destination("webhook", "default"), Destination("webhook", "https://other.example/hook"))
    assert policy.receivers == {
        "me": Receiver("me", (Destination("console", "me"),), Cap(30, 3600)),
        "desk": Receiver("desk", hooks),
    }
    assert policy.operator == ("me",)
    assert policy.route == Route(
        to=("desk",),
        group_wait=30,
        routes=(Route(match={"severity": Matcher("critical")}, to=("me", "desk"), continue_=True),),
    )
    assert str(policy.zone) == "Europe/Madrid"


def test_what_is_left_out_has_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, "version: 1\n")
    assert config.state == tmp_path / "alertd.db"
    assert config.rules == (f"{tmp_path}/rules/*.yaml",)
    assert config.http == ("127.0.0.1", 9464)
    assert (config.control, config.watch, config.stale_after, config.clock) == (None, False, None, None)
    assert config.max_jump == 50
    assert config.policy.route is None


@pytest.mark.parametrize("word", ["null", "off"])
def test_what_has_a_default_can_be_turned_off(tmp_path: Path, word: str) -> None:
    config = read(tmp_path, f"version: 1\nhttp: {word}\nmax_jump: {word}\ncontrol: {word}\nchart: {word}\n")
    assert (config.http, config.max_jump, config.control, config.policy.chart) == (None, None, None, "")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="alertd init"):
        load(tmp_path / "alertd.yaml")


MISTAKES = [
    ("no version", "state: a.db", "1:1: 'version' is missing"),
    ("another version", "version: 2", "1:10: expected '1'"),
    ("an unknown key", "version: 1\nrulez: []", "2:1: there is no key 'rulez'\n…did you mean 'rules'?"),
    ("a twin key", "version: 1\nzone: UTC\nzone: UTC", "3:1: "),
    ("not a mapping", "- a", "1:1: expected keys and values such as `version: 1`"),
    ("a zone", "version: 1\nzone: Madrid", "2:7: expected a time zone such as Europe/Madrid or UTC"),
    ("an unknown source", "version: 1\nsources: {binanse: {}}", "2:11: no kind of source is called 'binanse'"),
    ("an unknown kind", "version: 1\nsources: {a: {kind: b}}", "2:15: no kind of source is called 'b'"),
    ("an unknown channel", "version: 1\nchannels: {consol: {}}", "2:12: no kind of channel is called 'consol'"),
    ("a source's key", "version: 1\nsources: {binance: {evry: 5s}}", "2:21: there is no key 'evry'"),
    ("a source's duration", "version: 1\nsources: {binance: {every: 5 s}}", "2:28: binance.every: expected a duration"),
    (
        "a source that is there but wrong",
        "version: 1\nprices: [binance]\nsources: {binance: {evry: 5s}}\nwatchlists: {a: [ETX]}",
        "3:21: there is no key 'evry'",
    ),
    (
        "sources that are no sections",
        "version: 1\nprices: [binance]\nsources: [binance]\nwatchlists: {a: [BTC]}",
        "3:1: expected keys and values",
    ),
    ("a source not named", "version: 1\nsources: {binance: {}}\nprices: [binanse]", "3:10: no source is called"),
    (
        "a source without prices",
        "version: 1\nsources: {fear_greed: {}}\nprices: fear_greed",
        "3:9: fear_greed gives no",
    ),
    ("http", "version: 1\nhttp: 9464", "2:7: expected host:port"),
    ("http far out", "version: 1\nhttp: localhost:99999", "2:7: expected host:port"),
    ("a jump without a sign", "version: 1\nmax_jump: 50", "2:11: expected percents"),
    (
        "a coin in a list",
        "version: 1\nsources: {binance: {}}\nwatchlists: {a: [BTC, ETX]}",
        "3:23: no source has a coin",
    ),
    ("a coin's source", "version: 1\ncoins: {BTC: {binanse: x}}", "2:15: no source is called 'binanse'"),
    ("a coin's alias", "version: 1\ncoins: {MINE: {also: [BTC]}}", "2:1: "),
    ("a receiver's channel", "version: 1\nreceivers: {me: {console: a}}", "2:18: no channel is called 'console'"),
    ("no address", "version: 1\nreceivers: {me: {cap: 3/h}}", "2:13: 'me' has no address on any channel"),
    ("an operator", "version: 1\noperator: [me]", "2:12: no receiver is called 'me'"),
    ("a route", "version: 1\nroute: {routes: [{to: me}]}", "2:23: no receiver is called 'me'"),
    ("a matcher", "version: 1\nroute: {match: {a: '~('}}", "2:20: match.a: '(' is not a regular expression"),
    (
        "a clock without a zone",
        "version: 1\nclock: {real: 2026-01-01T00:00, shows: 0}",
        "2:15: clock.real: expected a time with its",
    ),
    ("a chart's place", "version: 1\nchart: https://x.example/{coin}", "2:8: expected an https:// link"),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_each_mistake_has_its_place(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert len(caught.value.problems) == 1
    shown = str(caught.value).removeprefix(f"{tmp_path}/alertd.yaml:")
    first, *hints = expected.split("\n…")
    assert shown.startswith(first)
    assert all(hint in shown for hint in hints)


RECEIVER = """\
version: 1
channels: {{console: {{}}, webhook: {{url: "https://a.example", secret: "env:A"}}}}
receivers: {{me: {}}}
"""


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("{consol: a}", "no channel is called 'consol'", id="a misspelt channel"),
        pytest.param("{console: a, cap: often}", "expected a cap such as 30/h", id="a cap"),
        pytest.param("{console: a, cap: 0/h}", "expected a cap such as 30/h", id="a cap of nothing"),
        pytest.param("{webhook: nowhere}", "'nowhere' is no address of webhook: ", id="an address"),
    ],
)
def test_mistakes_in_a_receiver(tmp_path: Path, entry: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read(tmp_path, RECEIVER.format(entry))


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
version: 1
zone: Mars
sources: {binance: {every: soon}, coinbse: {}}
prices: [kraken]
channels: {console: {colour: red}}
receivers: {me: {console: a, slak: b}}
operator: [you]
"""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 3, 4, 5, 6, 7]


def test_a_secret_by_a_relative_path_is_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "tm").write_text("canary-0123456789")
    config = read(tmp_path, 'version: 1\nsources: {tokenmetrics: {keys: ["file:tm", "env:TM"], proxy: "file:/p"}}\n')
    settings = config.sources["tokenmetrics"].settings
    assert isinstance(settings, TokenMetricsSettings)
    assert settings.keys[0].reveal() == "canary-0123456789"
    assert [settings.keys[1], settings.proxy] == [Secret("env:TM"), Secret("file:/p")]


def test_more_addresses_than_a_message_can_have(tmp_path: Path) -> None:
    text = "version: 1\nchannels: {console: {}}\nreceivers: {all: {console: [%s]}}\n"
    read(tmp_path, text % ", ".join(f"a{number}" for number in range(63)))
    with pytest.raises(ConfigError, match="'all' has 64 addresses, more than 63"):
        read(tmp_path, text % ", ".join(f"a{number}" for number in range(64)))


def test_a_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    canary = "canary-0123456789"
    text = f"version: 1\nchannels:\n  webhook:\n    url: https://a.example\n    secret: {canary}\n"
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert canary not in str(caught.value)
    assert "env:NAME, file:/path or cred:name" in str(caught.value)
    assert caught.value.problems[0].line == 5


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (
            'quiet: "23:00-07:00"',
            [("there is no key 'quiet'", "it is a receiver's: receivers: {me: {quiet: …}}")],
        ),
        ("group_by: [rule]", [("there is no key 'group_by'", "it stands below `route:`: route: {group_by: …}")]),
        (
            "when: price > 3",
            [("there is no key 'when'", "it stands in a rule, in a file that `rules:` names: when: …")],
        ),
        ("storm: 50", [("expected keys and values", "write storm: {coins: …, within: …}")]),
        ("heartbeat: http://x", [("expected keys and values", "write heartbeat: {url: …}")]),
        (
            "hours: {nights: {times: [8-22, 22:00-07:00, x], months: foo, day: mon}}",
            [
                ("expected hours such as \"08:00-22:00\", not '8-22'", ""),
                ("expected hours such as \"08:00-22:00\", not 'x'", ""),
                ("expected months such as jan, 12 or jun-aug, not 'foo'", ""),
                ("there is no key 'day'", "did you mean 'days'?"),
            ],
        ),
        (
            "channels: {console: {}}\nreceivers:\n  me:\n    console: #me",
            [("there is nothing here", "#me begins a comment: put it in quotes")],
        ),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_a_mistake_says_what_to_write(tmp_path: Path, added: str, told: list[tuple[str, str]]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, f"version: 1\n{added}\n")
    assert [(problem.message, problem.hint) for problem in caught.value.problems] == told
