"""What Discord says of an interaction, as what the clerk is asked. Pure.

Wire format: https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object.
"""

from enum import IntEnum
from typing import Annotated, NamedTuple

import msgspec

from alertd.bot.asking import Asked, Fetch, Upload
from alertd.bot.discord_commands import IMPORT, OPTIONS, Type, line
from alertd.channels.discord_message import CHART
from alertd.model.people import Identity


class Kind(IntEnum):
    COMMAND = 2
    BUTTON = 3
    TYPING = 4
    WINDOW = 5
    """What was written into a window of our own."""


_DIRECT = 1
"""The context of an interaction in the bot's private chat with somebody."""

Snowflake = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}$")]


class _User(msgspec.Struct):
    id: Snowflake
    username: str = ""
    global_name: str | None = None


class _Member(msgspec.Struct):
    user: _User


class _Option(msgspec.Struct):
    name: str
    value: str | bool | int | float = ""
    type: int = Type.STRING
    focused: bool = False


class _Input(msgspec.Struct):
    value: str = ""


class _Row(msgspec.Struct):
    components: tuple[_Input, ...] = ()


class _Attachment(msgspec.Struct):
    filename: str = ""
    size: int = 0
    url: str = ""


class _Resolved(msgspec.Struct):
    """What the options name by its id."""

    attachments: dict[str, _Attachment] = {}


class _Data(msgspec.Struct):
    name: str = ""
    options: tuple[_Option, ...] = ()
    resolved: _Resolved = msgspec.field(default_factory=_Resolved)
    custom_id: str = ""
    components: tuple[_Row, ...] = ()


class _Message(msgspec.Struct):
    attachments: tuple[_Attachment, ...] = ()


class _Interaction(msgspec.Struct):
    id: Snowflake
    application_id: Snowflake
    type: Kind
    token: str
    channel_id: Snowflake
    data: _Data
    guild_id: Snowflake | None = None
    context: int | None = None
    member: _Member | None = None
    user: _User | None = None
    message: _Message | None = None


class Typing(NamedTuple):
    """`what` is being typed, `typed` so far; `before` is what stands in the same option ahead of it."""

    what: str
    typed: str
    before: str = ""


class Heard(NamedTuple):
    """An interaction. `token` is what an answer shows, for fifteen minutes. `illustrated` says that the message of the
    button has a chart."""

    number: int
    token: str
    application: int
    kind: Kind
    asked: Asked
    typing: Typing | None = None
    illustrated: bool = False

    @property
    def wants_window(self) -> bool:
        return self.kind is Kind.COMMAND and self.asked.text == IMPORT and not self.asked.uploads


def hear(raw: object, channel: str, fetch: Fetch) -> Heard | None:
    """None for what is no interaction of ours, or a malformed one. `fetch` would bring a file, by its URL."""
    try:
        said = msgspec.convert(raw, _Interaction)
    except (msgspec.ValidationError, UnicodeError):  # half a surrogate pair is no text to msgspec
        return None
    user = said.member.user if said.member else said.user
    if user is None or not said.token:
        return None
    asked = Asked(
        key=said.id,
        identity=Identity(channel, "", user.id),
        chat=said.channel_id,
        direct=f"user:{user.id}",
        name=user.global_name or user.username,
        group=said.guild_id is not None if said.context is None else said.context != _DIRECT,
        text="" if said.type is Kind.BUTTON else _text(said.type, said.data),
        button=said.data.custom_id if said.type is Kind.BUTTON else "",
        uploads=_uploads(said.data, fetch) if said.type is Kind.COMMAND else (),
    )
    return Heard(
        number=int(said.id),
        token=said.token,
        application=int(said.application_id),
        kind=said.type,
        asked=asked,
        typing=_typing(said.data) if said.type is Kind.TYPING else None,
        illustrated=any(each.filename == CHART for each in (said.message.attachments if said.message else ())),
    )


def _text(kind: Kind, data: _Data) -> str:
    if kind is Kind.TYPING:
        return ""  # what is still being typed is not to be done
    if kind is Kind.WINDOW:
        written = [field.value for row in data.components for field in row.components]
        return "\n".join([data.custom_id, *written])
    return line(data.name, {option.name: str(option.value) for option in data.options if option.type != Type.FILE})


def _uploads(data: _Data, fetch: Fetch) -> tuple[Upload, ...]:
    named = [str(option.value) for option in data.options if option.type == Type.FILE]
    files = [data.resolved.attachments[each] for each in named if each in data.resolved.attachments]
    return tuple(Upload(file.filename, file.size, file.url, fetch) for file in files)


def _typing(data: _Data) -> Typing | None:
    """What is completed: of an option that takes more than one word, the last one."""
    focused = next((option for option in data.options if option.focused), None)
    if focused is None:
        return None
    what = next((option.completes for option in OPTIONS.get(data.name, ()) if option.name == focused.name), "")
    typed = str(focused.value)
    if what != "coin":
        return Typing(what, typed) if what else None
    before, blank, last = typed.rpartition(" ")
    return Typing(what, last, before + blank)
