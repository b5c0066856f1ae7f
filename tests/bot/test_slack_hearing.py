"""What Slack tells, read: text as it was typed, and nothing but what may be answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertd.bot.slack_hearing import Way, hear, unescape

ME, TEAM, USER, ROOM, DIRECT = "U0BOT", "T0TEAM", "U0ANN", "C0ROOM", "D0ANN"
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
    said = hear("slack", "slash_commands", "envelope", COMMAND | changed, ME)
    assert said is not None
    assert (said.asked.text, said.way, said.url) == (text, Way.COMMAND, COMMAND["response_url"])


def test_a_press_knows_its_message_and_thread() -> None:
    said = hear("slack", "interactive", "envelope", PRESS, ME)
    assert said is not None
    assert (said.asked.button, said.asked.key, said.asked.name) == ("why:e7", "envelope", "ann")
    assert (said.message, said.thread) == ("1700000000.000001", "1600000000.000001")


def test_what_one_person_sees_is_no_message() -> None:
    own = {"message_ts": "1700000000.000001", "is_ephemeral": True}
    said = hear("slack", "interactive", "envelope", PRESS | {"container": own}, ME)
    assert said is not None
    assert said.message == ""


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
        ("events_api", WORD | {"event": WORD["event"] | {"type": "message", "channel_type": "channel"}}),
        ("events_api", WORD | {"event": WORD["event"] | {"channel": DIRECT}}),
        ("hello", COMMAND),
        ("", {}),
    ],
)
def test_what_cannot_be_answered_is_not_heard(kind: str, payload: dict[str, Any]) -> None:
    assert hear("slack", kind, "envelope", payload, ME) is None


_words = st.text(max_size=20) | st.sampled_from([TEAM, USER, ROOM, DIRECT, "message", "im", "block_actions", "/alert"])
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def _spoilt(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An envelope as it should be, with something else in a few places."""
    kind, payload = draw(st.sampled_from([("slash_commands", COMMAND), ("interactive", PRESS), ("events_api", WORD)]))
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
    said = hear("slack", kind, envelope, payload, me)
    if said is not None:
        identity = said.asked.identity
        assert (identity.user, identity.workspace) != ("", "")
        assert said.asked.key.isascii()
        assert said.asked.chat == (said.conversation if said.asked.group else identity.user)


@given(kind=_json, envelope=_json, payload=_json)
def test_nothing_makes_it_fail(kind: object, envelope: object, payload: object) -> None:
    assert hear("slack", kind, envelope, payload, ME) is None
