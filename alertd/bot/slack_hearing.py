"""What Slack tells a bot, read: a slash command, a word in a conversation, a button. Pure, and total: whatever comes.

Wire formats: https://docs.slack.dev/apis/events-api/using-socket-mode, …/interactivity/implementing-slash-commands,
…/reference/interaction-payloads/block_actions-payload, …/reference/events/message.im and …/app_mention.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from alertd.bot.asking import Asked
from alertd.bot.catalogue import NAMES
from alertd.model.people import Identity

_ID = re.compile(r"[A-Z][A-Z0-9]{2,40}", re.ASCII)
_TS = re.compile(r"\d{1,20}\.\d{1,10}", re.ASCII)
_KEY = re.compile(r"[!-~]{1,120}", re.ASCII)
_QUOTED = re.compile(r"<(?![@#!])([^<>|]+)(?:\|([^<>|]*))?>")
"""A link as Slack writes it, with what was typed behind the bar."""


class Way(Enum):
    """How something was said."""

    COMMAND = auto()
    """As a slash command: the reply may be a part of the acknowledgement."""
    PRESS = auto()
    WORD = auto()
    """In the conversation with the bot, or with a mention of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was asked, and the way back: the `conversation` and the head of the `thread` that it was said in ("" for
    none), the `message` whose button it was ("" for one that only its reader sees), and the `url` for responses."""

    asked: Asked
    way: Way
    conversation: str
    thread: str = ""
    message: str = ""
    url: str = ""


class _Back(NamedTuple):
    """The way back, as it came."""

    conversation: str
    thread: str = ""
    message: str = ""
    url: str = ""


def hear(channel: str, kind: object, envelope: object, payload: object, me: str) -> Said | None:
    """What an envelope of that kind tells; None where there is nothing to answer. `me` is the bot's own user."""
    key = envelope if isinstance(envelope, str) else ""
    match kind:
        case "slash_commands":
            return _command(channel, key, payload)
        case "interactive":
            return _press(channel, key, payload)
        case "events_api":
            return _word(channel, payload, me)
    return None


def _command(channel: str, envelope: str, payload: object) -> Said | None:
    name = _text(payload, "command").removeprefix("/").lower()
    typed = unescape(_text(payload, "text"))
    return _said(
        channel,
        Way.COMMAND,
        key=envelope,
        who=(_text(payload, "team_id"), _text(payload, "user_id"), _text(payload, "user_name")),
        back=_Back(_text(payload, "channel_id"), url=_text(payload, "response_url")),
        # `/alertd alerts` or `/alerts`: an app names its slash commands itself.
        text=f"{name} {typed}" if name in NAMES else typed,
    )


def _press(channel: str, envelope: str, payload: object) -> Said | None:
    actions = _at(payload, "actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    if _text(payload, "type") != "block_actions" or not _text(action, "value"):
        return None
    own = _at(payload, "container", "is_ephemeral") is True
    team = _text(payload, "team", "id") or _text(payload, "user", "team_id")
    name = _text(payload, "user", "name") or _text(payload, "user", "username")
    back = _Back(
        _text(payload, "channel", "id") or _text(payload, "container", "channel_id"),
        _text(payload, "message", "thread_ts") or _text(payload, "container", "thread_ts"),
        "" if own else _text(payload, "container", "message_ts"),
        _text(payload, "response_url"),
    )
    return _said(
        channel,
        Way.PRESS,
        key=envelope,
        who=(team, _text(payload, "user", "id"), name),
        back=back,
        button=_text(action, "value"),
    )


def _word(channel: str, payload: object, me: str) -> Said | None:
    event = _at(payload, "event")
    direct = _text(event, "type") == "message" and _text(event, "channel_type") == "im"
    mention = _text(event, "type") == "app_mention" and not _text(event, "channel").startswith("D")
    # What has a subtype is an edit, somebody's coming or going, …; what has a bot's id a bot said, this one among them.
    if not (direct or mention) or _text(event, "subtype") or _text(event, "bot_id") or _text(event, "user") == me:
        return None
    text = _text(event, "text")
    return _said(
        channel,
        Way.WORD,
        key=_text(payload, "event_id"),
        who=(_text(payload, "team_id"), _text(event, "user"), ""),
        back=_Back(_text(event, "channel"), _text(event, "thread_ts")),
        text=unescape(text.replace(f"<@{me}>", " ") if me else text),
    )


def _said(
    channel: str,
    way: Way,
    *,
    key: str,
    who: tuple[str, str, str],
    back: _Back,
    text: str = "",
    button: str = "",
) -> Said | None:
    team, user, name = who
    if not (_KEY.fullmatch(key) and all(map(_ID.fullmatch, (team, user, back.conversation)))):
        return None
    group = not back.conversation.startswith("D")
    asked = Asked(
        key=key,
        identity=Identity(channel, team, user),
        # A message to a user's id comes to their conversation with the bot, whichever it was said in.
        chat=back.conversation if group else user,
        direct=user,
        name=name[:80],
        group=group,
        text=text.strip(),
        button=button,
    )
    return Said(
        asked=asked,
        way=way,
        conversation=back.conversation,
        thread=back.thread if _TS.fullmatch(back.thread) else "",
        message=back.message if _TS.fullmatch(back.message) else "",
        url=back.url,
    )


def unescape(text: str) -> str:
    """What somebody typed: Slack escapes three characters, and puts what it takes for a link in angles."""
    text = _QUOTED.sub(lambda found: found[2] or found[1].removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _at(value: object, *path: str) -> object:
    """What stands there in a JSON value, None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object, *path: str) -> str:
    found = _at(value, *path)
    return found if isinstance(found, str) else ""
