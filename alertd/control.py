"""The control socket: how `alertd reload`, `alertd silence` and others speak to the daemon.

One request per connection: a JSON line `{"command": "ack", "arguments": {"episode": "btc/BTC/3", "by": "ann"}}` → a
JSON line `{"ok": true, …}`, or `{"ok": false, "error": "…"}`. Without arguments they may be left out.
Whoever may open the socket (mode 0660, so its owner and group) may use it.
"""

import asyncio
import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from alertd.dispatch.matcher import Matcher
from alertd.errors import AlertdError, ControlError, did_you_mean
from alertd.model.order import AddSilence

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Answer = dict[str, object]
Arguments = Mapping[str, object]
Command = Callable[[Arguments], Awaitable[Answer]]
Commands = Mapping[str, Command]

MAX_REQUEST = 524_288
MAX_ANSWER = 16 * 2**20
SECONDS_TO_ASK = 10.0

_LONGEST = 10 * 366 * 86_400.0
_MATCHERS, _AUTHOR, _COMMENT = 20, 100, 500

_log = logging.getLogger(__name__)

_Asked = TypeVar("_Asked", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Nothing:
    """The arguments of a command that takes none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledging:
    """The arguments of `ack`: `rule/COIN/3`, `rule/COIN`, or `rule` for all its coins; and who has seen it."""

    episode: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The arguments of `outbox-retry` and `outbox-bury`: rows of the outbox."""

    rows: tuple[int, ...]


def taken(arguments: Arguments, kind: type[_Asked]) -> _Asked:
    """A command's arguments as the dataclass that it works with. Raises ControlError, which says what is expected."""
    names = {field.name: field.default is MISSING for field in fields(kind)}
    expected = ", ".join(name if needed else f"{name} (optional)" for name, needed in names.items())
    if unknown := [name for name in arguments if name not in names]:
        raise ControlError(f"there is no argument {unknown[0]!r}; expected {expected or 'none'}")
    try:
        return msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise ControlError(f"{error}; expected {expected}") from None


def silencing(arguments: Arguments, *, now: float, hours: Collection[str]) -> AddSilence:
    """The arguments of `silence-add`, all of which is right: what is not would be in force, and in the store, until it
    ends. `hours` are the names of those that the policy in force knows. Raises ControlError."""
    order = taken(arguments, AddSilence)
    _check_size(order)
    try:
        for _, text in order.matchers:
            Matcher(text)
    except ValueError as error:
        raise ControlError(str(error)) from None
    if not order.matchers:
        raise ControlError("a silence needs a matcher: [label, text]")
    if not (abs(order.start - now) <= _LONGEST and abs(order.end - now) <= _LONGEST):
        raise ControlError("a silence begins and ends within ten years")
    if order.start >= order.end:
        raise ControlError("a silence has to begin before it ends")
    if order.end <= now:
        raise ControlError("the silence would be over already")
    if order.during and order.during not in hours:
        hint = did_you_mean(order.during, hours) or f"there are {', '.join(hours) or 'none'}"
        raise ControlError(f"no `hours` of the configuration in force are called {order.during!r}; {hint}")
    if not order.author.strip() or not order.comment.strip():
        raise ControlError("a silence needs an author and a comment")
    return order


def _check_size(order: AddSilence) -> None:
    """It is shown to people, and looked at with every event."""
    if len(order.matchers) > _MATCHERS:
        raise ControlError(f"a silence takes {_MATCHERS} matchers at the most")
    for name, text, most in (("author", order.author, _AUTHOR), ("comment", order.comment, _COMMENT)):
        if len(text) > most:
            raise ControlError(f"the {name} of a silence has {most} characters at the most")


@asynccontextmanager
async def listen(path: Path, commands: Commands) -> AsyncIterator[None]:
    """Answer at the socket while the block runs. Raises ControlError where another daemon answers there already.

    A command's AlertdError becomes its answer; anything else that it raises does too, and is logged.
    """
    _clear(path)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await _answer(reader, commands)
            writer.write(json.dumps(answer, default=str).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, TimeoutError):
            pass  # Who asked has gone: there is nobody to tell.
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, sock=_bind(path), limit=MAX_REQUEST)
    ours = _inode(path)
    try:
        yield
    finally:
        server.close()
        # A newer daemon may have put its own socket there.
        if _inode(path) == ours:
            os.unlink(path)


async def ask(path: Path, command: str, arguments: Arguments | None = None, *, patience: float = 60.0) -> Answer:
    """The daemon's answer. Raises ControlError where none answers within `patience` seconds."""
    request = {"command": command} | ({"arguments": dict(arguments)} if arguments else {})
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path, limit=MAX_ANSWER)
            try:
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                answer = json.loads(await reader.readline())
            finally:
                writer.close()
    except PermissionError:
        raise ControlError(f"may not open {path}: only its owner and its group may") from None
    except TimeoutError:
        raise ControlError(f"no answer at {path} within {patience:g} s") from None
    except (OSError, ValueError):
        raise ControlError(f"no alertd answers at {path}: is it running?") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ControlError(f"what answers at {path} is not alertd")
    return answer


async def _answer(reader: asyncio.StreamReader, commands: Commands) -> Answer:
    try:
        async with asyncio.timeout(SECONDS_TO_ASK):
            request = json.loads(await reader.readline(), parse_constant=_refuse)
        command = request["command"]
        run = commands[command]
        arguments = request.get("arguments", {})
    except (ValueError, TypeError, KeyError):
        return {"ok": False, "error": f'expected {{"command": …}} with one of: {", ".join(sorted(commands))}'}
    if not isinstance(arguments, dict):
        return {"ok": False, "error": 'expected {"command": …, "arguments": {…}}'}
    try:
        return {"ok": True} | await run(arguments)
    except AlertdError as error:
        return {"ok": False, "error": str(error)}
    except Exception as error:  # the daemon goes on; whoever asked learns that it is a bug
        _log.exception("the command %s failed", command)
        return {"ok": False, "error": f"{type(error).__name__}: see the log"}


def _refuse(word: str) -> float:
    """NaN and the infinities, which are no JSON: nothing that is asked for has such a number."""
    raise ValueError(word)


def _clear(path: Path) -> None:
    """Take a dead daemon's socket away; leave anything else."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ControlError(f"{path} is there and is no socket: name another place in `control`")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except OSError as error:
            raise ControlError(f"cannot tell who answers at {path}: {error.strerror or error}") from None
        else:
            raise ControlError(f"another alertd answers at {path}")


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except FileNotFoundError:
        return None


def _bind(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    # The mask is set around the bind, so that the socket never stands open to others, not for a moment.
    mask = os.umask(0o117)
    try:
        sock.bind(str(path))
    except OSError as error:
        sock.close()
        raise ControlError(f"cannot listen at {path}: {error.strerror or error}") from None
    finally:
        os.umask(mask)
    return sock
