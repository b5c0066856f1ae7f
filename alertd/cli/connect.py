"""`alertd connect telegram`: from the token to the first owner; nobody has to find a chat's id."""

import asyncio
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click
from pydantic import TypeAdapter, ValidationError

from alertd.app.newcomers import PLATFORMS, Found, Platform
from alertd.app.reception import reception
from alertd.app.terminal import Inviting, Terminal
from alertd.cli.options import answer_of, config_option, login_name
from alertd.config import Config, load
from alertd.config.extend import keep_secret, replaced, with_entry
from alertd.config.settings import Section
from alertd.control import Answer
from alertd.errors import AlertdError, ConfigError, ControlError
from alertd.wire.secret import Secret
from alertd.wire.session import http_session
from alertd.wire.settings import HttpsUrl

_LOOK = 0.5
"""Seconds between two looks at whether somebody has come."""
_KEY = "keys/chat"


def _url(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    try:
        return text and TypeAdapter[str](HttpsUrl).validate_python(text)
    except ValidationError as error:
        raise click.BadParameter(error.errors()[0]["msg"]) from None


@click.command()
@click.argument("platform", type=click.Choice(list(PLATFORMS)))
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the token from a file, not from the terminal; Slack's two are two lines.",
)
@click.option("--url", callback=_url, help="Where the platform's API is, if it is not the platform itself.")
@config_option
def command(*, platform: str, token_file: Path | None, url: str | None, config_path: Path) -> None:
    """Walk through a bot's token, check it, keep it in a file, and let you in as the owner.

    PLATFORM is telegram, slack or discord. The token is asked for, or read from standard input, and never shown. It can
    be done again, for a new token too. Ctrl-C leaves everything as it is at that moment.
    """
    config = load(config_path)
    connecting = _Connecting(platform, config, url)
    click.echo(connecting.platform.steps)
    found = connecting.take_token(token_file)
    click.echo(f"{connecting.platform.title} knows it: {found.name}")
    for line in found.todo:
        click.echo(line)
    config = connecting.write()
    try:
        asyncio.run(_let_in(config, connecting.name, connecting.platform, found))
    except KeyboardInterrupt:
        click.echo("\nnobody waits any more; what was written stays. Do it again for a new code.")


class _Connecting:
    """A platform's section of the configuration: as it is, or as it will be. Raises ConfigError where it is written so
    that its bot cannot listen, or where its token is not in a file."""

    def __init__(self, kind: str, config: Config, url: str | None) -> None:
        self.platform = PLATFORMS[kind]
        self._config = config
        self._folder = config.path.parent
        found = [(name, section) for name, section in config.channels.items() if section.kind == kind]
        self.name, section = found[0] if found else (kind, None)
        self._there = section is not None
        self._url = url or (vars(section.settings)["url"] if section else None)
        self._files = {key: self._file(key, section) for key in self.platform.secrets}

    def _file(self, key: str, section: Section | None) -> Path:
        if section is None:
            return (
                self._folder / "keys" / (self.name if key == "token" else f"{self.name}-{key.removesuffix('_token')}")
            )
        secret = vars(section.settings)[key]
        if not isinstance(secret, Secret):
            raise ConfigError(
                f"the bot of {self.name!r} cannot listen as it is written: give it, in place of what is there,\n"
                f"  {self.name}: {self._entry({key: self._file(key, None) for key in self.platform.secrets})}"
            )
        kind, _, place = secret.reference.partition(":")
        if kind != "file":
            raise ConfigError(
                f"{self.name} takes its {key} from {secret.reference}: write file:… there, or put it there"
            )
        return Path(place)

    # ── the token ────────────────────────────────────────────────────────────────────────────────────────────────

    def take_token(self, file: Path | None) -> Found:
        """Ask for it until the platform knows it, and keep it. Raises AlertdError where nobody is there to be asked
        again."""
        while True:
            values = self._read(file)
            try:
                found = asyncio.run(self._check(values))
            except AlertdError as error:
                if file or not sys.stdin.isatty():
                    raise
                click.echo(f"{error}; try again, or Ctrl-C", err=True)
                continue
            for key, value in values.items():
                keep_secret(self._files[key], value)
                click.echo(f"kept in {self._files[key]}")
            return found

    def _read(self, file: Path | None) -> dict[str, str]:
        asked = self.platform.secrets
        if file is not None:
            try:
                lines = file.read_text(encoding="utf-8").split()
            except (OSError, UnicodeDecodeError) as error:
                raise AlertdError(f"cannot read {file}: {error}") from None
        elif sys.stdin.isatty():
            lines = [str(click.prompt(each.title, hide_input=True)).strip() for each in asked.values()]
        else:
            lines = sys.stdin.read().split()
        if len(lines) != len(asked) or not all(line.isascii() and line.isprintable() for line in lines):
            raise AlertdError(f"expected {len(asked)} line(s): {', '.join(each.title for each in asked.values())}")
        return dict(zip(asked, lines, strict=True))

    async def _check(self, values: Mapping[str, str]) -> Found:
        for key, asked in self.platform.secrets.items():
            if not asked.form.fullmatch(values[key]):
                raise AlertdError(f"{asked.title} looks otherwise: {asked.looks}. Nothing was sent anywhere")
        async with http_session() as session:
            return await self.platform.check(session, self._url, values)

    # ── the configuration ────────────────────────────────────────────────────────────────────────────────────────

    def write(self) -> Config:
        """The configuration with what was missing. Raises ConfigError, with what to write, where it is for people."""
        key = self._folder / _KEY
        if not key.exists() and self._config.chat is None:
            keep_secret(key, secrets.token_hex(32))
            click.echo(f"drew {key}, which seals the addresses of people: keep a copy apart from the database's")
        missing = {} if self._there else {"channels": f"{self.name}: {self._entry(self._files)}"}
        if self._config.chat is None:
            missing["chat"] = f'key: "file:{_KEY}"'
        config = self._extended(missing) if missing else self._config
        if config.chat is None or self.name not in config.chat.channels:
            raise ConfigError(f"`chat: channels:` leaves {self.name} out: add it there, and connect again")
        return config

    def _extended(self, missing: Mapping[str, str]) -> Config:
        text = self._config.path.read_text(encoding="utf-8")
        for section, entry in missing.items():
            extended = with_entry(text, section, entry)
            if extended is None:
                raise ConfigError(
                    f"write this under `{section}:` of {self._config.path}, and connect again:\n  {entry}"
                )
            text = extended
        config = replaced(self._config.path, text)
        click.echo(f"wrote {' and '.join(f'`{section}:`' for section in missing)} into {self._config.path}")
        return config

    def _entry(self, files: Mapping[str, Path]) -> str:
        pairs = [f'{key}: "file:{_short(file, self._folder)}"' for key, file in files.items()]
        if self._url:
            pairs.insert(0, f'url: "{self._url}"')
        return f"{{{', '.join(pairs)}}}"


def _short(file: Path, folder: Path) -> Path:
    return file.relative_to(folder) if file.is_relative_to(folder) else file


# ── the owner ────────────────────────────────────────────────────────────────────────────────────────────────────


async def _let_in(config: Config, channel: str, platform: Platform, found: Found) -> None:
    """By the daemon where one runs, else by the bot alone, here."""
    inviting = Inviting(channel=channel, by=login_name())
    if config.control is not None and await _answers(config.control):
        await _await_restart(config.control, channel)
        await _await_owner(_Daemon(config.control), inviting, platform, found)
        return
    async with reception(config, channel) as terminal:
        click.echo("no daemon runs: this bot listens here until you have come")
        await _await_owner(_Here(terminal), inviting, platform, found)


async def _answers(control: Path) -> bool:
    try:
        await answer_of(control, "chat-people", {})
    except ControlError:
        return False
    return True


async def _await_restart(control: Path, channel: str) -> None:
    """Until the daemon's bot of the channel listens."""
    told = False
    while True:
        try:
            answer = await answer_of(control, "chat-people", {})
        except ControlError:
            answer = {"ok": False}
        if answer["ok"] and channel in cast("list[str]", answer["listening"]):
            return
        if not told:
            click.echo("restart the daemon, so that its bot listens (systemctl restart alertd); waiting for that")
            told = True
        await asyncio.sleep(_LOOK)


class _Daemon:
    """The daemon's terminal, by its socket."""

    def __init__(self, control: Path) -> None:
        self._control = control

    async def code(self, inviting: Inviting) -> Answer:
        arguments = {"channel": inviting.channel, "by": inviting.by}
        return _good(await answer_of(self._control, "chat-code", arguments))

    async def people(self) -> Answer:
        return _good(await answer_of(self._control, "chat-people", {}))


class _Here:
    """The same of a clerk in this process."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    async def code(self, inviting: Inviting) -> Answer:
        return await self._terminal.code(inviting)

    async def people(self) -> Answer:
        return self._terminal.people()


def _good(answer: Answer) -> Answer:
    if not answer["ok"]:
        raise AlertdError(str(answer["error"]))
    return answer


async def _await_owner(desk: _Daemon | _Here, inviting: Inviting, platform: Platform, found: Found) -> None:
    """Show the code, and wait until somebody has come with it."""
    before = _known((await desk.people())["people"], inviting.channel)
    answer = await desk.code(inviting)
    if not answer["code"]:
        click.echo(f"done: you are {answer['who']} there already")
        return
    click.echo(
        f"Open this within ten minutes, or say it to the bot:\n\n  {platform.door(found.name, str(answer['code']))}\n"
    )
    click.echo("waiting for you; Ctrl-C ends that")
    sys.stdout.flush()
    while True:
        now = _known((await desk.people())["people"], inviting.channel)
        for who in now.keys() - before.keys():
            if now[who] == "owner":
                click.echo(f"done: {who} is the owner")
                return
        before |= now
        await asyncio.sleep(_LOOK)


def _known(people: object, channel: str) -> dict[str, str]:
    """Who has an account there: by `@1`, their role."""
    listed = cast("Sequence[Mapping[str, Any]]", people)
    return {str(each["who"]): str(each["role"]) for each in listed if channel in each["channels"]}
