"""What Slack tells, read: text as it was typed, and nothing but what may be answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.bot.asking import Upload
from alertd.bot.slack_hearing import Way, hear, unescape
from alertd.model.people import Identity
from tests.fakes import unfetched

ME, TEAM, USER, ROOM, DIRECT = "U0BOT", "T0TEAM", "U0ANN", "C0ROOM", "D0ANN"
OTHER = "T0OTHER"
COMMAND: dict[str, Any] = {
    "command": "/alert",
    "text": "BTC",
    "team_id": TEAM,
    "user_id": USER,
    "channel_id": ROOM,
    "response_url": "https://hooks.slack.com/commands/x",
}
PRESS: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": TEAM},
    "user": {"id": USER, "name": "ann"},
    "channel": {"id": ROOM},
    "container": {"message_ts": "1700000000.000001", "is_ephemeral": False},
    "message": {"thread_ts": "1600000000.000001"},
    "actions": [{"value": "why:e7"}],
}
WORD: dict[str, Any] = {
    "team_id": TEAM,
    "event_id": "Ev1",
    "event": {"type": "app_mention", "user": USER, "channel": ROOM, "text": f"<@{ME}> alerts"},
}
HOST = "files.slack.com"
URL = f"https://{HOST}/files-pri/T1-F1/download/my.yaml"
FILE: dict[str, Any] = WORD | {
    "event": {
        "type": "message",
        "subtype": "file_share",
        "channel_type": "im",
        "user": USER,
        "channel": DIRECT,
        "text": "these are mine",
        "files": [{"id": "F1", "name": "my.yaml", "size": 64, "url_private_download": URL}],
    }
}


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("BTC &gt; 70k &amp;&amp; x &lt; 1", "BTC > 70k && x < 1"),
        ("&amp;gt;", "&gt;"),
        ("link <mailto:ann@desk.example|ann@desk.example>", "link ann@desk.example"),
        ("<https://desk.example/a|desk.example/a>", "desk.example/a"),
        ("<https://desk.example/?a=1&amp;b=2>", "https://desk.example/?a=1&b=2"),
        ("<@U1> <!here> <#C1|room>", "<@U1> <!here> <#C1|room>"),
        ("a < b > c", "a  b  c"),
        ("<>", "<>"),
    ],
)
def test_text_is_as_it_was_typed(text: str, typed: str) -> None:
    assert unescape(text) == typed


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"command": "/alert", "text": "BTC"}, "alert BTC"),
        ({"command": "/ALERT", "text": "BTC"}, "alert BTC"),
        ({"command": "/p", "text": "BTC"}, "p BTC"),
        ({"command": "/alertd", "text": "alerts"}, "alerts"),
        ({"command": "/desk-bot", "text": "alert BTC"}, "alert BTC"),
        ({"command": "/help", "text": ""}, "help"),
        ({"command": None, "text": None}, ""),
    ],
)
def test_a_slash_command_is_a_command_or_leads_to_one(changed: dict[str, Any], text: str) -> None:
    said = hear("slack", "slash_commands", "envelope", COMMAND | changed, ME, fetch=unfetched)
    assert said is not None
    assert (said.asked.text, said.way, said.url) == (text, Way.COMMAND, COMMAND["response_url"])


def test_a_press_knows_its_message_and_thread() -> None:
    said = hear("slack", "interactive", "envelope", PRESS, ME, fetch=unfetched)
    assert said is not None
    assert (said.asked.button, said.asked.key, said.asked.name) == ("why:e7", "envelope", "ann")
    assert (said.message, said.thread) == ("1700000000.000001", "1600000000.000001")


def test_what_one_person_sees_is_no_message() -> None:
    own = {"message_ts": "1700000000.000001", "is_ephemeral": True}
    said = hear("slack", "interactive", "envelope", PRESS | {"container": own}, ME, fetch=unfetched)
    assert said is not None
    assert said.message == ""


@pytest.mark.parametrize(
    ("kind", "payload", "team"),
    [
        ("events_api", WORD, TEAM),
        ("events_api", WORD | {"event": WORD["event"] | {"team": TEAM}}, TEAM),
        ("events_api", WORD | {"event": WORD["event"] | {"team": OTHER}}, OTHER),
        ("events_api", WORD | {"event": WORD["event"] | {"user_team": OTHER, "team": TEAM}}, OTHER),
        ("events_api", FILE | {"event": FILE["event"] | {"user_team": OTHER}}, OTHER),
        ("interactive", PRESS, TEAM),
        ("interactive", PRESS | {"user": {"id": USER, "team_id": TEAM}}, TEAM),
        ("interactive", PRESS | {"user": {"id": USER, "team_id": OTHER}}, OTHER),
        ("interactive", PRESS | {"user": {"id": USER, "team_id": OTHER}, "team": None}, OTHER),
        ("slash_commands", COMMAND, TEAM),
        ("slash_commands", COMMAND | {"team_id": OTHER}, OTHER),
    ],
)
def test_who_speaks_in_a_shared_channel_is_of_their_own_workspace(
    kind: str, payload: dict[str, Any], team: str
) -> None:
    said = hear("slack", kind, "envelope", payload, ME, fetch=unfetched)
    assert said is not None
    assert said.asked.identity == Identity("slack", team, USER)


HEAD, BELOW = "1600000000.000001", "1700000000.000001"


@pytest.mark.parametrize(
    ("kind", "payload", "chat"),
    [
        ("events_api", WORD, ROOM),
        ("events_api", WORD | {"event": WORD["event"] | {"thread_ts": HEAD}}, f"{ROOM}/{HEAD}"),
        ("events_api", WORD | {"event": WORD["event"] | {"thread_ts": "odd"}}, ROOM),
        ("events_api", FILE | {"event": FILE["event"] | {"thread_ts": HEAD}}, USER),
        ("interactive", PRESS, f"{ROOM}/{HEAD}"),
        ("interactive", PRESS | {"message": {}}, ROOM),
        ("interactive", PRESS | {"message": {"thread_ts": BELOW}}, ROOM),
        ("interactive", PRESS | {"channel": {"id": DIRECT}}, USER),
        ("slash_commands", COMMAND, ROOM),
    ],
)
def test_what_is_said_in_a_thread_is_said_there(kind: str, payload: dict[str, Any], chat: str) -> None:
    said = hear("slack", kind, "envelope", payload, ME, fetch=unfetched)
    assert said is not None
    assert (said.asked.chat, said.asked.place.user) == (chat, chat)


def test_a_file_is_for_import() -> None:
    said = hear("slack", "events_api", "envelope", FILE, ME, fetch=unfetched)
    assert said is not None
    assert (said.asked.text, said.asked.uploads) == ("import", (Upload("my.yaml", 64, URL, unfetched),))


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("slash_commands", COMMAND | {"team_id": ""}),
        ("slash_commands", COMMAND | {"user_id": "U 1"}),
        ("slash_commands", COMMAND | {"channel_id": None}),
        ("slash_commands", COMMAND | {"user_id": "U1\n"}),
        ("interactive", PRESS | {"type": "view_submission"}),
        ("interactive", PRESS | {"actions": []}),
        ("interactive", PRESS | {"actions": [{"url": "https://desk.example"}]}),
        ("interactive", PRESS | {"user": {"id": ["U1"]}}),
        ("events_api", WORD | {"event_id": ""}),
        ("events_api", WORD | {"event": WORD["event"] | {"bot_id": "B1"}}),
        ("events_api", WORD | {"event": WORD["event"] | {"subtype": "message_changed"}}),
        ("events_api", WORD | {"event": WORD["event"] | {"user": ME}}),
        ("events_api", WORD | {"event": WORD["event"] | {"subtype": "file_share"}}),
        ("events_api", FILE | {"event": FILE["event"] | {"user": ME}}),
        ("events_api", FILE | {"event": FILE["event"] | {"bot_id": "B1"}}),
        ("events_api", FILE | {"event": FILE["event"] | {"channel_type": "channel"}}),
        ("events_api", WORD | {"event": WORD["event"] | {"type": "message", "channel_type": "channel"}}),
        ("events_api", WORD | {"event": WORD["event"] | {"channel": DIRECT}}),
        ("hello", COMMAND),
        ("", {}),
    ],
)
def test_what_cannot_be_answered_is_not_heard(kind: str, payload: dict[str, Any]) -> None:
    assert hear("slack", kind, "envelope", payload, ME, fetch=unfetched) is None


_words = st.text(max_size=20) | st.sampled_from([TEAM, USER, ROOM, DIRECT, "message", "im", "block_actions", "/alert"])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def _spoilt(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An envelope as it should be, with something else in a few places."""
    ways = ("slash_commands", COMMAND), ("interactive", PRESS), ("events_api", WORD), ("events_api", FILE)
    kind, payload = draw(st.sampled_from(ways))
    spoilt = dict(payload)
    for key in draw(st.lists(st.sampled_from(sorted(payload)), max_size=3)):
        inner = spoilt[key]
        if isinstance(inner, dict) and inner and draw(st.booleans()):
            spoilt[key] = {**inner, draw(st.sampled_from(sorted(inner))): draw(_json)}
        else:
            spoilt[key] = draw(_json)
    return kind, spoilt


@given(envelope=_json, found=_spoilt(), me=st.sampled_from(["", ME]))
def test_whatever_comes_is_read_or_left(envelope: object, found: tuple[str, dict[str, Any]], me: str) -> None:
    kind, payload = found
    said = hear("slack", kind, envelope, payload, me, fetch=unfetched)
    if said is not None:
        identity = said.asked.identity
        assert (identity.user, identity.workspace) != ("", "")
        assert said.asked.key.isascii()
        assert said.asked.chat == (said.conversation if said.asked.group else identity.user)


@given(kind=_json, envelope=_json, payload=_json)
def test_nothing_makes_it_fail(kind: object, envelope: object, payload: object) -> None:
    assert hear("slack", kind, envelope, payload, ME, fetch=unfetched) is None
