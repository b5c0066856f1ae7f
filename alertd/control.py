"""The control socket: how `alertd reload` and `alertd status` speak to the daemon.

One request per connection: a JSON line `{"command": "reload"}` → a JSON line `{"ok": true, …}`, or
`{"ok": false, "error": "…"}`.
Whoever may open the socket (mode 0660, so its owner and group) may use it.
"""

import asyncio
import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from alertd.errors import AlertdError, ControlError

Answer = dict[str, object]
Commands = Mapping[str, Callable[[], Awaitable[Answer]]]

MAX_REQUEST = 65_536
MAX_ANSWER = 16 * 2**20
SECONDS_TO_ASK = 10.0

_log = logging.getLogger(__name__)


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


async def ask(path: Path, command: str, *, patience: float = 60.0) -> Answer:
    """The daemon's answer. Raises ControlError where none answers within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_unix_connection(path, limit=MAX_ANSWER)
            try:
                writer.write(json.dumps({"command": command}).encode() + b"\n")
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
            request = json.loads(await reader.readline())
        command = request["command"]
        run = commands[command]
    except (ValueError, TypeError, KeyError):
        return {"ok": False, "error": f'expected {{"command": …}} with one of: {", ".join(sorted(commands))}'}
    try:
        return {"ok": True} | await run()
    except AlertdError as error:
        return {"ok": False, "error": str(error)}
    except Exception as error:  # the daemon goes on; whoever asked learns that it is a bug
        _log.exception("the command %s failed", command)
        return {"ok": False, "error": f"{type(error).__name__}: see the log"}


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
