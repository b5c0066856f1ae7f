"""`alertd completion bash|zsh|fish`: what makes a shell complete alertd's commands."""

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

_KINDS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command()
@click.argument("shell", type=click.Choice([*_KINDS]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete alertd's commands.

    \b
    bash  alertd completion bash > ~/.local/share/bash-completion/completions/alertd
    zsh   alertd completion zsh  > ~/.zfunc/_alertd
    fish  alertd completion fish > ~/.config/fish/completions/alertd.fish
    """
    click.echo(_KINDS[shell](ctx.find_root().command, {}, "alertd", "_ALERTD_COMPLETE").source())
