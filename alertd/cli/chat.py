"""`alertd chat`: the commands of the chat platforms, in a terminal or line by line from standard input.

alertd chat
echo 'alert BTC > 70k' | alertd chat --json
"""

import asyncio
import codecs
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import mkdtemp

import click
import msgspec
from click.core import ParameterSource

from alertd.app.alone import alone, shipped
from alertd.app.terminal import Said, Saying
from alertd.bot.asking import LONGEST_FILE
from alertd.cli.options import answer_of, config_option, control_of, login_name
from alertd.config import Config, load
from alertd.errors import AlertdError, ControlError

Asking = Callable[[Saying], Awaitable[Said]]

_PROMPT = "alertd> "
_LEAVING = ("exit", "quit", "bye")
_SHORT = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}
_NOBODY = "terminal"
"""Who it is where no daemon runs."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each line of input.")
@config_option
@click.pass_context
def command(context: click.Context, *, as_json: bool, config_path: Path) -> None:
    """Say what people say to the bots: `alert BTC > 70k`, `alerts`, `help`. Ctrl-D ends it.

    Lines come from standard input too; `import alerts.yaml` takes the alerts of that file. With --json each gives
    input, ok, command, symbols, condition, options and reply. Without a configuration, or without a daemon, nothing
    is watched and all of it is forgotten at the end.
    """
    given = context.get_parameter_source("config_path") is not ParameterSource.DEFAULT
    config = load(config_path) if given or config_path.exists() else None
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            asking = runner.run(_asking(config, stack))
            if sys.stdin.isatty() and not as_json:
                _converse(lambda saying: runner.run(_run(asking, saying)), _who(config))
            else:
                _answer_lines(lambda saying: runner.run(_run(asking, saying)), _who(config), as_json=as_json)
        finally:
            runner.run(stack.aclose())


async def _run(asking: Asking, saying: Saying) -> Said:
    return await asking(saying)


def _who(config: Config | None) -> str:
    return login_name() if config else _NOBODY


async def _asking(config: Config | None, stack: AsyncExitStack) -> Asking:
    """The daemon, where one answers; else a clerk in this process."""
    if config is not None:
        try:
            socket = control_of(config)
            known = await answer_of(socket, "chat-people", {})
            if known["ok"]:
                return lambda saying: _ask_daemon(socket, saying)
            click.echo("the daemon takes no commands by chat: its configuration has no `chat:`", err=True)
        except ControlError as error:
            click.echo(f"{error}", err=True)
        click.echo("what is said here is forgotten at the end", err=True)
    terminal = await stack.enter_async_context(alone(config or shipped()))
    return terminal.ask


async def _ask_daemon(socket: Path, saying: Saying) -> Said:
    """Raises ControlError where it has gone meanwhile."""
    answer = await answer_of(socket, "chat", msgspec.to_builtins(saying))
    if not answer["ok"]:
        raise AlertdError(str(answer["error"]))
    return msgspec.convert(answer["said"], Said)


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines() -> Iterator[str]:
    """Of standard input, each as soon as it is there, without its end, nor the byte-order mark of a file."""
    for number, line in enumerate(sys.stdin.buffer):
        begun = line if number else line.removeprefix(codecs.BOM_UTF8)
        yield begun.removesuffix(b"\n").removesuffix(b"\r").decode(errors="replace")


def _answer_lines(ask: Callable[[Saying], Said], who: str, *, as_json: bool) -> None:
    for line in _lines():
        if not as_json and not line.strip():
            continue
        said = ask(Saying(by=who, text=_typed(line)))
        if as_json:
            click.echo(_as_json(line, said))
        else:
            click.echo(_whole(said))
        sys.stdout.flush()


def _typed(line: str) -> str:
    """What a line says: `import alerts.yaml` says what is in that file, where there is one."""
    word, _, name = line.strip().partition(" ")
    path = Path(name.strip()).expanduser()
    if word.lower() == "import" and name.strip().endswith((".yaml", ".yml")) and path.is_file():
        with suppress(OSError), path.open(encoding="utf-8-sig", errors="replace") as file:
            line = f"import\n{file.read(LONGEST_FILE)}"
    return line[: LONGEST_FILE + 1]


def _as_json(line: str, said: Said) -> str:
    return json.dumps(
        {
            "input": line,
            "ok": said.ok,
            "command": said.command,
            "symbols": list(said.symbols),
            "condition": said.condition,
            "options": dict(said.options),
            "reply": _whole(said),
        }
    )


def _whole(said: Said) -> str:
    """The reply with what can only be tapped elsewhere: a file, and what was meant perhaps."""
    rows = [said.reply, *_file(said)]
    if said.offers:
        rows.append(f"Did you mean: {' | '.join(said.offers)}")
    if said.says:
        rows.append(f"You can say: {' | '.join(said.says)}")
    return "\n".join(rows)


def _file(said: Said) -> Iterator[str]:
    """The text of a file, where the reply does not show it already."""
    text = said.file[1].decode(errors="replace").strip() if said.file else ""
    if text and text not in said.reply:
        yield text


# ── a conversation ───────────────────────────────────────────────────────────────────────────────────────────────


def _converse(ask: Callable[[Saying], Said], who: str) -> None:
    """Until Ctrl-D, or `exit`. The buttons under a reply have numbers, and a number presses one."""
    import readline  # lines can be edited, and called back

    readline.set_history_length(1000)
    offered: tuple[tuple[str, str], ...] = ()
    click.echo("`help` says what you can say here; Ctrl-D ends it.")
    while True:
        try:
            line = input(_PROMPT).strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if line.lower() in _LEAVING:
            return
        if not line:
            continue
        button = _pressed(line, offered)
        said = ask(Saying(by=who, button=button) if button else Saying(by=who, text=_typed(line)))
        offered = said.buttons
        _show(said)


def _pressed(line: str, offered: Sequence[tuple[str, str]]) -> str:
    """The data of the button that is meant: by its number, or the one that says so by `yes` or `no`; "" for none."""
    number = int(line) if line.isdecimal() and line.isascii() and len(line) < 3 else 0
    if 1 <= number <= len(offered):
        return offered[number - 1][1]
    word = _SHORT.get(line.lower(), line.lower())
    return next((data for label, data in offered if word in _SHORT.values() and label.lower().startswith(word)), "")


def _show(said: Said) -> None:
    first, _, rest = said.reply.partition("\n")
    click.secho(first, bold=said.ok, fg=None if said.ok else "yellow")
    if rest:
        click.echo(rest)
    for text in _file(said):
        click.echo(text)
    if said.picture:
        path = Path(mkdtemp(prefix="alertd-"), "chart.png")
        path.write_bytes(said.picture)
        click.echo(f"picture: {path}")
    for number, (label, _) in enumerate(said.buttons, 1):
        click.secho(f"  {number}  {label}", fg="cyan")
