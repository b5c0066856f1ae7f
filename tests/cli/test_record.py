"""`alertd history` and `alertd why`, on a real database."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from alertd.cli.why import tell
from alertd.model.event import Entry, EventKind
from alertd.model.notification import ItemFate, ItemRow
from alertd.rows import Commit
from alertd.storage.record import read_episode
from alertd.storage.sqlite import SqliteStore
from alertd.storage.standing import read_kept
from tests.cli import past
from tests.cli.test_commands import alertd
from tests.fakes import START

UTC_PLUS_1 = timezone(timedelta(hours=1))

FIRED = "desk: slack sent 01:00:14 (2nd attempt), email not delivered: the recipient's server refuses it (1 attempt)"
HELD = "me: held by quiet hours until 07:00:00"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "alertd.yaml").write_text(past.CONFIG)
    asyncio.run(past.make(tmp_path / "alertd.db"))
    return tmp_path / "alertd.yaml"


def history(config: Path, *args: str) -> list[str]:
    result = alertd("history", *args, "--config", config)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def word(config: Path) -> str:
    """The store's own, in every message's name."""
    (line,) = history(config, "--json", "--limit", "1")
    name = json.loads(line)["receivers"][0]["message"]
    assert isinstance(name, str)
    return name.partition("-")[0]


def test_history_has_the_latest_last(config: Path) -> None:
    assert [line.replace(word(config), "WORD") for line in history(config)] == [
        "time (Europe/Madrid)\tepisode\twhat happened\twhat became of it",
        "2025-12-31 23:00:00\tbtc-breakout/BTC/2\tfired: BTC 71,204 (+5.2%)\tdesk: told in message WORD-9",
        "2026-01-01 00:00:00\tbtc-breakout/BTC/2\tBTC 71,204 (+5.2%) resolved after 1h\t",
        "2026-01-01 01:00:05\teth-dip/ETH/1\tfired: ETH 71,204 (+5.2%)\tdropped: its rule is a draft",
        "2026-01-01 01:00:10\tbtc-breakout/BTC/3\tfired: BTC 71,204 (+5.2%)"
        f"\t{FIRED}; {HELD}; night: dropped: silence 3; desk: told again 01:00:10, as it still held"
        "; left: was to be told 01:00:10, and is no longer in the configuration",
        "2026-01-01 03:00:10\tbtc-breakout/BTC/3\tBTC 71,204 (+5.2%) resolved after 2h"
        "\tdesk: waits to be sent, after it was held by grouping",
    ]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param(["--rule", "eth-dip"], [3], id="of a rule"),
        pytest.param(["--symbol", "btc"], [1, 2, 4, 5], id="of a coin"),
        pytest.param(["--receiver", "me"], [4], id="for a receiver"),
        pytest.param(["--receiver", "left"], [4], id="for one that was to be told beside its item"),
        pytest.param(["--since", "2026-01-01T01:00:07"], [4, 5], id="since a time in the configured zone"),
        pytest.param(["--since", "2026-01-01T00:00:07Z"], [4, 5], id="since a time in its own zone"),
        pytest.param(["--limit", "2"], [4, 5], id="the latest two"),
        pytest.param(["--rule", "btc-breakout", "--limit", "1"], [5], id="the latest of a rule"),
        pytest.param(["--rule", "eth-dip", "--symbol", "BTC"], [], id="neither nor"),
    ],
)
def test_history_as_json(config: Path, args: list[str], expected: list[int]) -> None:
    result = alertd("history", "--json", *args, "--config", config)
    assert result.exit_code == 0
    assert [json.loads(line)["number"] for line in result.stdout.splitlines()] == expected


def test_json_holds_everything(config: Path) -> None:
    (line,) = history(config, "--json", "--since", "2026-01-01T01:00:07", "--symbol", "BTC", "--receiver", "me")
    assert [share["receiver"] for share in json.loads(line)["receivers"]] == ["me"]
    found = json.loads(history(config, "--json")[3])
    assert found["iso"] == "2026-01-01T00:00:10+00:00"
    assert (found["time"], found["kind"], found["episode_name"]) == (START + 10.0, "fired", "btc-breakout/BTC/3")
    assert (found["when"], found["labels"], found["values"]["price"]) == ("price > 70k", {"severity": "info"}, 71_204.0)
    desk, me, night = found["receivers"]
    assert [parcel["state"] for parcel in desk["parcels"]] == ["sent", "buried"]
    assert (me["fate"], me["reason"], me["until"]) == ("held", "quiet", START + 21_600.0)
    assert night["reason"] == "silence:3"
    assert [(one["receiver"], one["reason"], len(one["parcels"])) for one in found["again"]] == [
        ("desk", "repeated", 1),
        ("left", "receiver_gone", 0),
    ]


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        pytest.param(["--rule", "btc-braekout"], 78, "did you mean 'btc-breakout'?", id="a mistyped rule"),
        pytest.param(["--rule", "x"], 78, "there are btc-breakout, eth-dip", id="another rule"),
        pytest.param(["--receiver", "dsk"], 78, "did you mean 'desk'?", id="a mistyped receiver"),
        pytest.param(["--since", "yesterday"], 2, "expected 1d (ago) or a time such as 2026-01-01T08:00", id="no time"),
        pytest.param(["--since", "2026-13-01"], 2, "not '2026-13-01'", id="no date"),
        pytest.param(["--limit", "0"], 2, "0 is not in the range", id="none"),
    ],
)
def test_mistakes(config: Path, args: list[str], status: int, said: str) -> None:
    result = alertd("history", *args, "--config", config)
    assert result.exit_code == status
    assert said in result.stderr


@pytest.fixture
def moments(tmp_path: Path) -> Path:
    """Three crossings, each with its end of that very moment; somebody was told of the second one's."""
    (tmp_path / "alertd.yaml").write_text(past.CONFIG)

    async def make() -> None:
        store = await SqliteStore.open(tmp_path / "alertd.db", now=START)
        entries, items = [], []
        for episode in (1, 2, 3):
            at = START + 100.0 * episode
            for number, kind in ((episode * 2 - 1, EventKind.FIRED), (episode * 2, EventKind.RESOLVED)):
                _, event, words = past.entry(number, kind, at, episode=episode)
                entries.append(Entry(number, replace(event, opened=at), words))
            items.append(ItemRow(episode * 2 - 1, "desk", ItemFate.TOLD, message=episode))
            told = ItemRow(episode * 2, "desk", ItemFate.TOLD, message=9)
            items.append(told if episode == 2 else ItemRow(episode * 2, "", ItemFate.DROPPED, "unwanted"))
        await store.commit(Commit(now=START + 400.0, entries=entries, items=items))
        await store.close()

    asyncio.run(make())
    return tmp_path / "alertd.yaml"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param([], ["1 fired:", "2 fired:", "2 BTC", "3 fired:"], id="what says something"),
        pytest.param(["--all"], ["1 fired:", "1 BTC", "2 fired:", "2 BTC", "3 fired:", "3 BTC"], id="all"),
        pytest.param(["--limit", "2"], ["2 BTC", "3 fired:"], id="so many of what says something"),
        pytest.param(["--all", "--limit", "2"], ["3 fired:", "3 BTC"], id="so many of all"),
    ],
)
def test_the_end_of_a_moment_says_nothing(moments: Path, args: list[str], expected: list[str]) -> None:
    rows = [line.split("\t") for line in history(moments, *args)[1:]]
    assert [f"{row[1].rpartition('/')[2]} {row[2].split()[0]}" for row in rows] == expected
    assert len(history(moments, "--json")) == 6


@pytest.fixture
def alerts(tmp_path: Path) -> Path:
    """A rule of the files that is called 1, and the alerts 1 of two people, of which one was deleted."""
    (tmp_path / "alertd.yaml").write_text(past.CONFIG)

    async def make() -> None:
        store = await SqliteStore.open(tmp_path / "alertd.db", now=START)
        entries = []
        for number, owner in enumerate(("", "@1", "@2"), 1):
            first = past.entry(number, EventKind.FIRED, START + number, episode=1)
            entries.append(first._replace(event=replace(first.event, alert=number, owner=owner, rule="1")))
        ended = past.entry(4, EventKind.RESOLVED, START + 9, episode=1)
        entries.append(ended._replace(event=replace(ended.event, alert=2, owner="@1", rule="1", reason="removed")))
        await store.commit(Commit(now=START + 9.0, entries=entries))
        await store.close()

    asyncio.run(make())
    return tmp_path / "alertd.yaml"


@pytest.mark.parametrize(
    ("rule", "episodes"),
    [("1", ["1/BTC/1"]), ("@1.1", ["@1.1/BTC/1", "@1.1/BTC/1"]), ("@2.1", ["@2.1/BTC/1"]), ("@2:1", ["@2.1/BTC/1"])],
)
def test_an_alert_of_chat_has_one_name(alerts: Path, rule: str, episodes: list[str]) -> None:
    rows = [line.split("\t") for line in history(alerts, "--rule", rule)[1:]]
    assert [row[1] for row in rows] == episodes
    story = alertd("why", rows[0][1], "--config", alerts)
    assert (story.exit_code, story.stdout.splitlines()[0]) == (0, f"{episodes[0]}, times in Europe/Madrid")
    assert alertd("why", rule, "--config", alerts).stdout == story.stdout
    assert f"\t{rule.replace(':', '.')}\tBTC" in alertd("status", "--config", alerts).stdout


def test_the_end_of_one_that_was_deleted_says_so(alerts: Path) -> None:
    ends = [line.split("\t")[2] for line in history(alerts, "--rule", "@1.1")]
    assert ends[-1].endswith("(it was deleted, paused or armed anew)")


def test_a_number_that_is_somebodys_is_told_by_its_name(alerts: Path) -> None:
    result = alertd("history", "--rule", "3", "--config", alerts)
    assert result.exit_code == 78
    assert "there are 1, @1.1, @2.1" in result.stderr


def test_nothing_of_that(config: Path) -> None:
    assert history(config, "--rule", "eth-dip", "--symbol", "BTC") == ["nothing is on record of that"]


def test_without_a_database(config: Path) -> None:
    (config.parent / "alertd.db").unlink()
    result = alertd("history", "--config", config)
    assert result.exit_code == 1
    assert "there is no database" in result.stderr


STORY = """\
btc-breakout/BTC/3, times in Europe/Madrid
when price > 70k
until price < 68k
labels severity=info

2026-01-01 01:00:10  fired: BTC 71,204 (+5.2%)
    seen: price 71,204, level 70,000, change +5.2%
    read from binance 2s before
    desk: message WORD-12
        slack #alerts: made 01:00:10, sent 01:00:14 (2nd attempt); slack calls it 1735.02
        email desk@desk.example: made 01:00:10, not delivered: the recipient's server refuses it (1 attempt)
    me: held by quiet hours until 07:00:00
    night: dropped: silence 3 (severity=info, rule=~btc-.*; by ann: exchange upgrade)
    desk: told again 01:00:10, as it still held: message WORD-13
        slack #alerts: made 01:00:10, waits to be sent
    left: was to be told 01:00:10, and is no longer in the configuration
2026-01-01 01:01:00  acknowledged by ann
2026-01-01 01:01:40  it was true again and no episode opened: it was in its cooldown, 2 times until 01:05:00
2026-01-01 01:06:40  it was true again and no episode opened: it was outside the rule's hours
2026-01-01 03:00:10  BTC 71,204 (+5.2%) resolved after 2h
    seen: price 71,204, level 70,000, change +5.2%
    read from binance 2s before
    desk: held 01:00:10 by grouping
    desk: message WORD-13
        slack #alerts: made 01:00:10, waits to be sent
"""


@pytest.mark.parametrize("episode", ["btc-breakout/BTC/3", "btc-breakout/BTC", "btc-breakout"])
def test_why(config: Path, episode: str) -> None:
    result = alertd("why", episode, "--config", config)
    assert result.exit_code == 0, result.output
    assert result.stdout.replace(word(config), "WORD") == STORY


@pytest.mark.parametrize(
    ("episode", "said"),
    [
        pytest.param("btc-braekout/BTC/3", "did you mean 'btc-breakout'?", id="a mistyped rule"),
        pytest.param("xyz", "`alertd history` shows what is", id="another rule"),
        pytest.param("btc-breakout/BTC/9", "no episode 'btc-breakout/BTC/9' is on record", id="another episode"),
        pytest.param("btc-breakout/ETH", "`alertd history --rule btc-breakout` shows", id="another coin"),
    ],
)
def test_why_of_what_is_not_there(config: Path, episode: str, said: str) -> None:
    result = alertd("why", episode, "--config", config)
    assert result.exit_code == 78
    assert said in result.stderr


def test_what_did_not_open_belongs_to_the_episode_before(config: Path) -> None:
    result = alertd("why", "btc-breakout/BTC/2", "--config", config)
    assert "resolved after 1h" in result.stdout
    assert "no episode opened" not in result.stdout


def test_an_empty_record(tmp_path: Path) -> None:
    (tmp_path / "alertd.yaml").write_text(past.CONFIG)

    async def create() -> None:
        await (await SqliteStore.open(tmp_path / "alertd.db", now=START)).close()

    asyncio.run(create())
    config = tmp_path / "alertd.yaml"
    assert alertd("history", "--config", config).stdout == "nothing is on record yet\n"
    assert alertd("why", "btc", "--config", config).stderr == "nothing at all is on record yet\n"
    assert alertd("outbox", "list", "--config", config).stdout == "nothing waits\n"
    assert alertd("silence", "list", "--config", config).stdout == "nothing is silenced\n"


def test_why_says_who_is_next(config: Path) -> None:
    state = config.parent / "alertd.db"
    story = read_episode(state, "btc-breakout/BTC/3")
    assert story is not None
    kept = read_kept(state)
    ahead = "2026-01-01 01:10:00  will be told to boss, unless it is acknowledged or over by then"
    assert ahead in tell(story, kept, UTC_PLUS_1, START + 599.0)
    assert ahead not in tell(story, kept, UTC_PLUS_1, START + 600.0)
