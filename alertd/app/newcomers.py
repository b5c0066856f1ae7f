"""The platforms whose bots can listen: where an operator gets the token, whether it is one, and how people come.

What is asked of them: https://core.telegram.org/bots/api#getme; https://docs.slack.dev/reference/methods/auth.test and
…/apps.connections.open; https://docs.discord.com/developers/resources/user#get-current-user and
…/topics/oauth2#bot-authorization-flow (scopes, permissions).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, NamedTuple

from alertd.errors import AlertdError
from alertd.wire.failure import in_words
from alertd.wire.session import patience

if TYPE_CHECKING:
    from aiohttp import ClientSession

_PATIENCE = 15.0


class Found(NamedTuple):
    """A bot whose token is right: its public `name`, and what its operator has still to do."""

    name: str
    todo: Sequence[str] = ()


class Asked(NamedTuple):
    """A token that is asked for: what the platform calls it, its form, and that form in words."""

    title: str
    form: re.Pattern[str] = re.compile(r"\S+")
    looks: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """`secrets` are keys of the channel's section, with what is asked for each. `check(session, url, values)` raises
    AlertdError with the platform's words, and what to do. `door(name, code)` is what brings somebody with a code in."""

    title: str
    steps: str
    secrets: Mapping[str, Asked]
    check: Callable[[ClientSession, str | None, Mapping[str, str]], Awaitable[Found]]
    door: Callable[[str, str], str]


async def _asked(
    session: ClientSession, method: str, url: str, *, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A platform's answer, whatever its status. Raises AlertdError where none came."""
    import aiohttp

    place = url.split("/", 3)[2]  # the path may hold the token
    try:
        asking = session.request(method, url, headers=headers, timeout=patience(_PATIENCE), allow_redirects=False)
        async with asking as response:
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise AlertdError(f"{place} cannot be reached: {in_words(error)}") from None
    except (JSONDecodeError, UnicodeDecodeError):
        answer = None
    if not isinstance(answer, dict):
        raise AlertdError(f"{place} answers with something else than JSON: it is not the platform's API")
    return answer


async def _telegram(session: ClientSession, url: str | None, values: Mapping[str, str]) -> Found:
    answer = await _asked(session, "POST", f"{url or 'https://api.telegram.org'}/bot{values['token']}/getMe")
    if answer.get("ok") is not True:
        said = answer.get("description", "no")
        raise AlertdError(f"Telegram says: {said}. The token in force is in BotFather's /mybots, API Token")
    return Found(str(answer["result"].get("username", "")))


async def _slack(session: ClientSession, url: str | None, values: Mapping[str, str]) -> Found:
    base = f"{url or 'https://slack.com'}/api"
    found = await _slack_says(session, f"{base}/auth.test", values["token"], "the bot token")
    await _slack_says(session, f"{base}/apps.connections.open", values["app_token"], "the app-level token")
    return Found(f"{found.get('user', 'alertd')} in {found.get('team', 'your workspace')}")


async def _slack_says(session: ClientSession, url: str, token: str, what: str) -> dict[str, Any]:
    answer = await _asked(session, "POST", url, headers={"Authorization": f"Bearer {token}"})
    if answer.get("ok") is not True:
        said = answer.get("error", "no")
        raise AlertdError(f"Slack says of {what}: {said}. See steps 2 and 3: was the app installed, the scope given?")
    return answer


async def _discord(session: ClientSession, url: str | None, values: Mapping[str, str]) -> Found:
    base, headers = url or "https://discord.com/api/v10", {"Authorization": f"Bot {values['token']}"}
    answer = await _asked(session, "GET", f"{base}/users/@me", headers=headers)
    if "username" not in answer:
        said = answer.get("message", "no")
        raise AlertdError(f"Discord says: {said}. It is shown but once: draw a new one with Bot, Reset Token")
    # The application's number is its bot's, but for applications from before 2016.
    invite = f"https://discord.com/oauth2/authorize?client_id={answer.get('id', '')}&scope=bot+applications.commands"
    return Found(str(answer["username"]), (f"Invite it to your server: {invite}&permissions={_PERMISSIONS}",))


_PERMISSIONS = sum(1 << bit for bit in (10, 11, 14, 15, 16, 38))
"""View channels, send messages, embed links, attach files, read message history, send messages in threads."""

_BOTFATHER = """\
1. Open https://t.me/BotFather and say /newbot. It asks for a name and a username (one that ends in `bot`).
2. It answers with a token: digits, a colon, letters.
3. For groups, where the bot needs to hear no more than its commands, leave /setprivacy as it is.
"""

MANIFEST = """\
display_information:
  name: alertd
features:
  app_home: {messages_tab_enabled: true, messages_tab_read_only_enabled: false}
  bot_user: {display_name: alertd, always_online: true}
  slash_commands:
    - {command: /alert, description: Tell me when something happens, usage_hint: BTC > 70k}
    - {command: /alertd, description: Everything else that alertd does, usage_hint: help}
oauth_config:
  scopes:
    bot:
      [app_mentions:read, channels:read, chat:write, commands, files:read, files:write, im:history, im:read, im:write]
settings:
  event_subscriptions: {bot_events: [app_mention, message.im]}
  interactivity: {is_enabled: true}
  socket_mode_enabled: true
"""
"""A Slack app as https://docs.slack.dev/reference/app-manifest has it."""

_SLACK = f"""\
1. Open https://api.slack.com/apps, Create New App, From a manifest, and paste:

{MANIFEST}
2. Install App: it shows the Bot User OAuth Token.
3. Basic Information, App-Level Tokens, Generate, with the scope connections:write: the App-Level Token.
"""

_PORTAL = """\
1. Open https://discord.com/developers/applications, New Application, then Bot, Reset Token: the bot's token.
2. Leave all Privileged Gateway Intents off: none is needed.
"""

PLATFORMS = {
    "telegram": Platform(
        title="Telegram",
        steps=_BOTFATHER,
        secrets={"token": Asked("The bot's token", re.compile(r"\d+:[\w-]+", re.ASCII), "digits, a colon, letters")},
        check=_telegram,
        door=lambda name, code: f"https://t.me/{name}?start={code}",
    ),
    "slack": Platform(
        title="Slack",
        steps=_SLACK,
        secrets={
            "token": Asked("Bot User OAuth Token", re.compile(r"xoxb-\S+"), "xoxb- and more"),
            "app_token": Asked("App-Level Token", re.compile(r"xapp-\S+"), "xapp- and more"),
        },
        check=_slack,
        door=lambda _, code: f"/alertd start {code}",
    ),
    "discord": Platform(
        title="Discord",
        steps=_PORTAL,
        secrets={"token": Asked("The bot's token")},
        check=_discord,
        door=lambda _, code: f"/start {code}",
    ),
}
"""By the kind of their channel."""
