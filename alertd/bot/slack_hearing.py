"""What Slack tells a bot, read: a slash command, a word in a conversation, a button. Pure, and total: whatever comes.

Wire formats: https://docs.slack.dev/apis/events-api/using-socket-mode, …/interactivity/implementing-slash-commands,
…/reference/interaction-payloads/block_actions-payload, …/reference/events/message.im and …/app_mention.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from alertd.bot.asking import Asked, Fetch, Upload
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


def hear(channel: str, kind: object, envelope: object, payload: object, me: str, *, fetch: Fetch) -> Said | None:
    """What an envelope of that kind tells; None where there is nothing to answer. `me` is the bot's own user. Files
    that somebody shares with the bot are for `import`; `fetch` would bring one, by its URL."""
    key = envelope if isinstance(envelope, str) else ""
    match kind:
        case "slash_commands":
            return _command(channel, key, payload)
        case "interactive":
            return _press(channel, key, payload)
        case "events_api":
            return _word(channel, payload, me, fetch)
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
    # In a channel that is shared with another workspace, `team` is where the button is, and not whose member presses.
    team = _text(payload, "user", "team_id") or _text(payload, "team", "id")
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


def _word(channel: str, payload: object, me: str, fetch: Fetch) -> Said | None:
    event = _at(payload, "event")
    direct = _text(event, "type") == "message" and _text(event, "channel_type") == "im"
    mention = _text(event, "type") == "app_mention" and not _text(event, "channel").startswith("D")
    # What has another subtype is an edit, somebody's coming or going, …; what has a bot's id a bot said, this one among
    # them.
    shares = direct and _text(event, "subtype") == "file_share"
    odd = _text(event, "subtype") and not shares
    if not (direct or mention) or odd or _text(event, "bot_id") or _text(event, "user") == me:
        return None
    text = "import" if shares else _text(event, "text")
    # Users' ids are only one workspace's own: who speaks in a shared channel may be another's member.
    team = _text(event, "user_team") or _text(event, "team") or _text(payload, "team_id")
    return _said(
        channel,
        Way.WORD,
        key=_text(payload, "event_id"),
        who=(team, _text(event, "user"), ""),
        back=_Back(_text(event, "channel"), _text(event, "thread_ts")),
        text=unescape(text.replace(f"<@{me}>", " ") if me else text),
        uploads=_uploads(event, fetch) if shares else (),
    )


def _uploads(event: object, fetch: Fetch) -> tuple[Upload, ...]:
    files = _at(event, "files")
    found = []
    for file in files if isinstance(files, list) else []:
        size = _at(file, "size")
        place = _text(file, "url_private_download")
        found.append(Upload(_text(file, "name"), size if isinstance(size, int) else 0, place, fetch))
    return tuple(found)


def _said(
    channel: str,
    way: Way,
    *,
    key: str,
    who: tuple[str, str, str],
    back: _Back,
    text: str = "",
    button: str = "",
    uploads: tuple[Upload, ...] = (),
) -> Said | None:
    team, user, name = who
    if not (_KEY.fullmatch(key) and all(map(_ID.fullmatch, (team, user, back.conversation)))):
        return None
    group = not back.conversation.startswith("D")
    thread = back.thread if _TS.fullmatch(back.thread) else ""
    # The head of a thread bears its own number as the thread's: it stands in the conversation.
    inside = thread and thread != back.message
    asked = Asked(
        key=key,
        identity=Identity(channel, team, user),
        # A message to a user's id comes to their conversation with the bot, whichever it was said in.
        chat=user if not group else f"{back.conversation}/{thread}" if inside else back.conversation,
        direct=user,
        name=name[:80],
        group=group,
        text=text.strip(),
        button=button,
        uploads=uploads,
    )
    return Said(
        asked=asked,
        way=way,
        conversation=back.conversation,
        thread=thread,
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
