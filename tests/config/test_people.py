"""What the configuration says of people: how much each wants to hear, when and how; and each mistake in it."""

from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alertd.config import load
from alertd.dispatch.hours import Hours, Span
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import Cap, Follow, Otherwise, Policy, Receiver, StormLimit
from alertd.dispatch.route import Escalate, Leg, Route, legs
from alertd.dispatch.schedule import Schedule
from alertd.errors import ConfigError
from alertd.model.notification import Destination, Loudness
from alertd.rules.rule import Active
from tests.dispatch.samples import rule

MADRID, TOKYO = ZoneInfo("Europe/Madrid"), ZoneInfo("Asia/Tokyo")
ALL_DAYS, WEEKDAYS = frozenset(range(7)), frozenset(range(5))

HEAD = """\
version: 1
zone: Europe/Madrid
channels: {console: {}, webhook: {url: "https://a.example", secret: "env:A"}}
"""

WHOLE = f"""{HEAD}
hours:
  nights: "22:00-07:00"
  office: {{times: ["09:00-13:00", "14:00-18:00"], days: mon-fri, zone: Asia/Tokyo}}
  quiet-days:
    - {{days_of_month: "-1"}}
    - {{days_of_month: [1-5, "-3--2"], months: nov-feb, times: 00:00-12:00}}
receivers:
  desk: {{console: desk}}
  boss: {{console: boss}}
  me:
    console: me
    cap: 30/h
    quiet: [nights, "sat,sun 07:00-10:00"]
    zone: Asia/Tokyo
    digest: mon-fri 08:00
    else: {{webhook: default, after: 2m}}
    loud: critical
    silent: [info, debug]
    follow_ups: reply
route:
  to: desk
  group_interval: 5m
  repeat_interval: 4h
  mute: nights
  routes:
    - {{match: {{severity: critical}}, mute: [], active: office, escalate: {{to: boss, after: 10m}}}}
inhibit:
  - {{source: {{rule: market-crash}}, target: {{severity: "!critical"}}, equal: symbol}}
storm: {{coins: 20, within: 2m}}
runaway: 10/m
expires: 1h
public_url: https://alerts.example/
"""


def read(folder: Path, text: str) -> Policy:
    path = folder / "alertd.yaml"
    path.write_text(text)
    return load(path).policy


def span(start: str, end: str, days: frozenset[int] = ALL_DAYS, zone: ZoneInfo = MADRID) -> Span:
    return Span(Active(days, time.fromisoformat(start), time.fromisoformat(end), zone))


def test_named_hours(tmp_path: Path) -> None:
    every_day = span("00:00", "00:00")
    assert read(tmp_path, WHOLE).hours == {
        "nights": Hours((span("22:00", "07:00"),)),
        "office": Hours((span("09:00", "13:00", WEEKDAYS, TOKYO), span("14:00", "18:00", WEEKDAYS, TOKYO))),
        "quiet-days": Hours(
            (
                Span(every_day.active, ((-1, -1),)),
                Span(span("00:00", "12:00").active, ((1, 5), (-3, -2)), frozenset({11, 12, 1, 2})),
            )
        ),
    }


def test_a_receiver(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).receivers["me"] == Receiver(
        "me",
        (Destination("console", "me"),),
        cap=Cap(30, 3600.0),
        # A name brings its own zone along.
        quiet=Hours((span("22:00", "07:00"), span("07:00", "10:00", frozenset({5, 6}), TOKYO))),
        digest=Schedule("mon-fri 08:00", TOKYO),
        otherwise=Otherwise((Destination("webhook", "default"),), 120.0),
        loudness={"critical": Loudness.LOUD, "info": Loudness.SILENT, "debug": Loudness.SILENT},
        follow=Follow.REPLY,
    )


def test_routes(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE).route == Route(
        to=("desk",),
        group_interval=300.0,
        repeat_interval=14_400.0,
        mute=("nights",),
        routes=(
            Route(
                match={"severity": Matcher("critical")},
                mute=(),
                active=("office",),
                escalate=Escalate(("boss",), 600.0),
            ),
        ),
    )


def test_a_child_has_what_it_does_not_say_from_its_parent(tmp_path: Path) -> None:
    route = read(tmp_path, WHOLE).route
    told = list(legs(route, rule(notify=()), {"severity": "critical"}))
    assert told == [Leg("desk", ("rule",), 0.0, 300.0, 14_400.0, (), ("office",), Escalate(("boss",), 600.0))]


def test_the_rest(tmp_path: Path) -> None:
    policy = read(tmp_path, WHOLE)
    assert policy.inhibit == (
        Inhibition({"rule": Matcher("market-crash")}, {"severity": Matcher("!critical")}, ("symbol",)),
    )
    assert (policy.storm, policy.runaway) == (StormLimit(20, 120.0), Cap(10, 60.0))
    assert (policy.expires, policy.public_url) == (3600.0, "https://alerts.example")


def test_defaults(tmp_path: Path) -> None:
    policy = read(tmp_path, f"{HEAD}receivers: {{me: {{console: a, else: {{webhook: default}}}}}}\n")
    plain = Policy(receivers={}, zone=MADRID)
    assert policy.receivers["me"].otherwise == Otherwise((Destination("webhook", "default"),), 60.0)
    assert (policy.storm, policy.runaway, policy.expires) == (plain.storm, plain.runaway, plain.expires)
    assert (policy.hours, policy.inhibit, policy.public_url) == ({}, (), "")


def test_what_can_be_turned_off(tmp_path: Path) -> None:
    policy = read(tmp_path, f"{HEAD}storm: off\nrunaway: off\npublic_url: off\n")
    assert (policy.storm, policy.runaway, policy.public_url) == (None, None, "")


@pytest.mark.parametrize(
    ("written", "moment", "covered"),
    [
        pytest.param("22:00-07:00", "2026-01-05T23:00", True, id="times"),
        pytest.param("mon-fri 22:00-07:00", "2026-01-04T23:00", False, id="days before them"),
        pytest.param("[fri 18:00-24:00, sat 00:00-24:00]", "2026-01-09T20:00", True, id="a list"),
        pytest.param("{months: 12}", "2026-12-05T23:00", True, id="a month by its number"),
        pytest.param("{months: [jan-feb, december]}", "2026-12-05T23:00", True, id="months"),
        pytest.param("{days_of_month: 1--1}", "2026-12-05T23:00", True, id="from the first to the last"),
    ],
)
def test_hours_as_they_are_written(tmp_path: Path, written: str, moment: str, covered: bool) -> None:
    policy = read(tmp_path, f"version: 1\nhours: {{some: {written}}}\n")
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    assert policy.hours["some"].covers(now) is covered


HOURS = [
    ("no times", "22-07", 'expected hours such as "08:00-22:00", not'),
    ("no day", "moo 22:00-07:00", "expected days such as mon-fri"),
    ("a key", "{time: 22:00-07:00}", "there is no key 'time'\n…did you mean 'times'?"),
    ("a zone", "{zone: Mars}", "there is no time zone 'Mars'"),
    ("a month", "{months: foo}", "expected months such as jan, 12 or jun-aug, not 'foo'"),
    ("a thirteenth month", "{months: 13}", "expected months such as"),
    ("a date", "{days_of_month: 32}", "expected days of the month such as 1, 1-5 or -1 (the last), not '32'"),
    ("dates backwards", "{days_of_month: 5-1}", "expected days of the month"),
    ("dates from the end to the beginning", "{days_of_month: -1-5}", "expected days of the month"),
    ("a date that never comes", "{days_of_month: 30, months: feb}", "these hours never come"),
    ("no hours", "[]", "these hours never come"),
]


@pytest.mark.parametrize(("written", "expected"), [case[1:] for case in HOURS], ids=[case[0] for case in HOURS])
def test_mistakes_in_hours(tmp_path: Path, written: str, expected: str) -> None:
    # What is wrong in them is not told again of those who name them.
    text = f"version: 1\nhours: {{nights: {written}}}\nroute: {{mute: nights}}\n"
    assert _mistake(tmp_path, text, expected).startswith("2:")


RECEIVER = [
    ("a key", "quite: nights", "no channel is called 'quite'\n…did you mean 'quiet'?"),
    ("hours", "quiet: nigts", "no hours are called 'nigts'\n…did you mean 'nights'?"),
    ("hours without a hint", "quiet: always", "no hours are called 'always'\n…write some such as \"23:00-07:00\""),
    ("times", "quiet: 23:00-7", 'expected hours such as "08:00-22:00", not'),
    ("always quiet", "quiet: [00:00-12:00, 12:00-24:00]", "these hours never end: nothing but what is critical"),
    ("a digest", "digest: daily", "expected a time such as 08:00 or mon-fri 08:00, or a cron expression"),
    ("a digest each minute", 'digest: "* * * * *"', "comes more often than every 5 minutes"),
    ("a zone of nothing", "zone: UTC", "the zone of what?"),
    ("a zone", "{quiet: nights, zone: Mars}", "there is no time zone 'Mars'"),
    ("loud and silent", "{loud: info, silent: [info]}", "'info' is loud already"),
    ("follow-ups", "follow_ups: none", "expected edit, reply or new, not 'none'"),
    ("another way by name", "else: email", "expected channels with addresses"),
    ("another way to nowhere", "else: {after: 1m}", "there is no address on any channel"),
    ("another way by no channel", "else: {webhok: a, webhook: default}", "no channel is called 'webhok'"),
    ("another way to a wrong address", "else: {webhook: nowhere}", "'nowhere' is no address of webhook"),
    ("the same way", "else: {console: a}", "'a' is told already"),
    ("another way at once", "else: {webhook: default, after: 0}", "expected a duration longer than 0"),
    ("an address that is none", "webhook: {a: b}", "expected a name or a list of names"),
]


@pytest.mark.parametrize(("written", "expected"), [case[1:] for case in RECEIVER], ids=[case[0] for case in RECEIVER])
def test_mistakes_in_a_receiver(tmp_path: Path, written: str, expected: str) -> None:
    own = written.removeprefix("{").removesuffix("}") if written.startswith("{") else written
    text = f'{HEAD}hours: {{nights: "22:00-07:00"}}\nreceivers: {{me: {{console: a, {own}}}}}\n'
    assert _mistake(tmp_path, text, expected).startswith("5:")


REST = [
    ("hours of a route", "route: {mute: [night]}", "no hours are called 'night'\n…did you mean 'nights'?"),
    ("active hours of a child", "route: {routes: [{active: office}]}", "no hours are called 'office'"),
    ("muted and active", "route: {active: nights, routes: [{mute: nights}]}", "nothing is ever told here: 'nights' is"),
    (
        "repeated too soon",
        "route: {group_interval: 1h, routes: [{repeat_interval: 5m}]}",
        "repeat_interval (5m) is shorter than group_interval (1h)",
    ),
    (
        "told too late to be repeated",
        "route: {repeat_interval: 5m, routes: [{group_interval: 1h}]}",
        "repeat_interval (5m) is shorter than group_interval (1h)",
    ),
    ("an escalation", "route: {escalate: {to: bos, after: 5m}}", "no receiver is called 'bos'\n…did you mean 'boss'?"),
    ("an escalation without a time", "route: {escalate: {to: boss}}", "'after' is missing"),
    ("an escalation to nobody", "route: {escalate: {to: [], after: 5m}}", "expected at least 1"),
    ("an inhibition by anything", "inhibit: [{target: {a: b}}]", "'source' is missing"),
    ("an inhibition by no label", "inhibit: [{source: {}, target: {a: b}}]", "expected at least 1"),
    ("an inhibition's matcher", "inhibit: [{source: {a: '~('}, target: {a: b}}]", "is not a regular expression"),
    ("a storm of one", "storm: {coins: 1}", "expected 2 or more"),
    ("a storm by another name", "storm: {count: 5}", "there is no key 'count'"),
    ("a runaway", "runaway: often", "expected messages of one rule such as 60/h, or off"),
    ("an expiry at once", "expires: 0", "expected more than 0"),
    ("an address of our own", "public_url: http://alerts.example", "expected https://"),
    (
        "links to what is off",
        "public_url: https://alerts.example\nhttp: off",
        "nothing answers there while `http` is off",
    ),
]


@pytest.mark.parametrize(("written", "expected"), [case[1:] for case in REST], ids=[case[0] for case in REST])
def test_other_mistakes(tmp_path: Path, written: str, expected: str) -> None:
    text = f'{HEAD}hours: {{nights: "22:00-07:00"}}\nreceivers: {{boss: {{console: a}}}}\n{written}\n'
    assert _mistake(tmp_path, text, expected).startswith("6:")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("zone", "it is a key of receivers"),
        ("terminal", "it is that of those who come by the control socket"),
        ("webhooks", "it is that of users' own webhooks"),
    ],
)
def test_what_no_channel_can_be_called(tmp_path: Path, name: str, why: str) -> None:
    text = f"version: 1\nchannels: {{{name}: {{kind: console}}}}\n"
    assert _mistake(tmp_path, text, f"a channel cannot be called '{name}': {why}").startswith("2:12:")


def test_a_receiver_is_not_called_as_a_person_is(tmp_path: Path) -> None:
    text = f'{HEAD}receivers: {{"@7": {{console: a}}}}\n'
    assert _mistake(tmp_path, text, "a receiver cannot be called '@7': people have such names").startswith("4:13:")


def test_more_addresses_than_a_message_can_have_with_those_of_another_way(tmp_path: Path) -> None:
    text = HEAD + "receivers: {all: {console: [%s], else: {webhook: default}}}\n"
    read(tmp_path, text % ", ".join(f"a{number}" for number in range(62)))
    with pytest.raises(ConfigError, match="'all' has 64 addresses, more than 63"):
        read(tmp_path, text % ", ".join(f"a{number}" for number in range(63)))


def _mistake(folder: Path, text: str, expected: str) -> str:
    """The only mistake in a text, from its place on; it says all that is expected."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    assert len(caught.value.problems) == 1, caught.value
    shown = str(caught.value).removeprefix(f"{folder}/alertd.yaml:")
    assert all(part in shown for part in expected.split("\n…")), shown
    return shown
