"""The `chat:` section: whose bots listen, and who may ask them for what."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from alertd.config import times
from alertd.dispatch.policy import Cap
from alertd.errors import did_you_mean
from alertd.model.people import Identity
from alertd.rules.document import Path
from alertd.rules.wrong import Wrong
from alertd.wire.secret import Secret
from alertd.wire.settings import Names, Settings

COMMANDS = Cap(20, 60.0)
"""Of one person, where nothing else is said."""


def _commands(value: object) -> Cap:
    try:
        return value if isinstance(value, Cap) else times.cap(str(value))
    except Wrong:
        raise PydanticCustomError("commands", "expected commands of one person such as 20/m") from None


class ChatSettings(Settings):
    """Commands by chat: none without this section.

    `channels` are those whose bot listens, all that can where it says nothing, none where it is empty: alerts are told
    all the same. `key` seals the addresses of people in
    the store. Whoever is in `allow` (by channel: ids of users; on Slack with their team, `T…/U…`) is let in as a
    `user`; everybody else needs a code. `groups` says who may add alerts for a group; `alerts` and `commands` are for
    each person; with `webhooks` users may be told by webhooks of their own.
    """

    key: Secret
    channels: Names | None = None
    allow: dict[str, Names] = Field(default_factory=dict)
    groups: Literal["admins", "users"] = "admins"
    alerts: int = Field(default=50, ge=1, le=100_000)
    commands: Annotated[Cap, BeforeValidator(_commands)] = COMMANDS
    webhooks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """See `ChatSettings`; `channels` are those that listen, `allowed` who is let in without a code."""

    key: Secret
    channels: tuple[str, ...]
    allowed: frozenset[Identity] = frozenset()
    groups: Literal["admins", "users"] = "admins"
    alerts: int = 50
    commands: Cap = COMMANDS
    webhooks: bool = False


_USERS = {
    "telegram": (re.compile(r"[1-9][0-9]*"), "the user's number, such as 123456789"),
    "discord": (re.compile(r"[1-9][0-9]*"), "the user's number, such as 123456789012345678"),
    "slack": (re.compile(r"[TE][A-Z0-9]+/[UW][A-Z0-9]+"), "team and user, such as T0AAA/U0BBB"),
}
"""What tells a user, by the kind of a channel: never a name, which anybody may take."""

Blame = Callable[[Path, str, str], None]


def chat(settings: ChatSettings, deaf: Mapping[str, str | None], kinds: Mapping[str, str], blame: Blame) -> Chat:
    """The section, checked. `deaf` are all channels with why their bot cannot listen, None where it can, `kinds` what
    they are; what is wrong is told to `blame` (path, message, hint)."""
    able = [name for name, why in deaf.items() if why is None]
    channels = able if settings.channels is None else list(settings.channels)
    for name in channels:
        why = deaf.get(name, f"there is no channel {name!r}")
        if why is not None:
            blame(("chat", "channels"), why, did_you_mean(name, able))
    if settings.channels is None and not channels:
        blame(("chat",), "no channel has a bot that can listen", "telegram, slack and discord have one, by a token")
    for name, users in settings.allow.items():
        if name not in channels:
            blame(("chat", "allow", name), f"the bot of {name!r} does not listen", did_you_mean(name, channels))
        elif kinds.get(name) in _USERS:
            _check_users(name, users, kinds[name], blame)
    return Chat(
        key=settings.key,
        channels=tuple(dict.fromkeys(channels)),
        allowed=frozenset(_identity(name, each) for name, users in settings.allow.items() for each in users),
        groups=settings.groups,
        alerts=settings.alerts,
        commands=settings.commands,
        webhooks=settings.webhooks,
    )


def _check_users(name: str, users: Iterable[str], kind: str, blame: Blame) -> None:
    form, hint = _USERS[kind]
    for place, user in enumerate(users):
        if not form.fullmatch(user):
            blame(("chat", "allow", name, place), f"nobody on {kind} is {user!r}", f"expected {hint}")


def _identity(channel: str, user: str) -> Identity:
    workspace, _, own = user.rpartition("/")
    return Identity(channel, workspace, own)
