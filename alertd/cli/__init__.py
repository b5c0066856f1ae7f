"""The command line. Each command is a file of this folder and a line of `COMMANDS`, imported when it is called.

Exit codes: 0, 1 (it did not work), 2 (wrong use), 78 (the configuration or the rules have to be mended).
"""

import sys
import traceback
from importlib import import_module
from types import TracebackType
from typing import cast

import click
from click.shell_completion import CompletionItem

from alertd.errors import AlertdError, ConfigError, did_you_mean

COMMANDS = {
    "run": "Run the daemon.",
    "check": "Say what is wrong with the configuration and the rules, and what they do.",
    "replay": "Play rules over past prices.",
    "demo": "A market day with a crash, on this machine alone.",
    "chat": "Say here what people say to the bots: alert BTC > 70k, alerts, help.",
    "connect": "Let people talk to alertd on Telegram, Slack or Discord, you first.",
    "init": "Write a first configuration and a first rule.",
    "send-test": "Send a test message to a receiver.",
    "status": "Say how the daemon is.",
    "history": "Say what happened lately, and what became of it for everybody.",
    "why": "Tell the story of one episode: what was seen, who was told, what held it.",
    "outbox": "List what is on its way or did not arrive; try it again, or give it up.",
    "silence": "Hold back what somebody does not want to hear of for a while.",
    "ack": "Say that somebody has seen an alert.",
    "unmute": "Have a rule heard again that alertd muted by itself.",
    "reload": "Have the daemon read its configuration and rules again.",
    "coins": "Find coins and what each source calls them.",
    "conditions": "Say what a condition may be made of: forms, functions, fields.",
    "store": "Check, back up and restore the database.",
    "completion": "Print what makes a shell complete alertd's commands.",
}

EXIT_FAILED = 1
EXIT_CONFIG = 78
"""EX_CONFIG of sysexits.h: the systemd unit does not start again on it."""


class Commands(click.Group):
    """The commands by their table: `--help` lists them without importing one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        if cmd_name not in COMMANDS:
            ctx.fail(f"no command is called {cmd_name!r}; {did_you_mean(cmd_name, COMMANDS) or 'see alertd --help'}")
        return cast("click.Command", import_module(f"alertd.cli.{cmd_name.replace('-', '_')}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        commands = [CompletionItem(name, help=what) for name, what in COMMANDS.items() if name.startswith(incomplete)]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> object:
        """What alertd raises on purpose is told in its own words; only a bug has a traceback, without secrets."""
        sys.excepthook = _tell_bug
        try:
            return super().invoke(ctx)
        except AlertdError as error:
            click.echo(str(error), err=True)
            ctx.exit(EXIT_CONFIG if isinstance(error, ConfigError) else EXIT_FAILED)


def _tell_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from alertd.wire.secret import redact

    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="alertd", prog_name="alertd")
def main() -> None:
    """Watch prices and AI signals, judge your rules, and tell the right people, once."""
