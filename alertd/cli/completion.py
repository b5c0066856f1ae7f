"""`alertd completion bash|zsh|fish`: what makes a shell complete alertd's commands."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete alertd's commands.

    \b
    bash  alertd completion bash > ~/.local/share/bash-completion/completions/alertd
    zsh   alertd completion zsh  > ~/.zfunc/_alertd
    fish  alertd completion fish > ~/.config/fish/completions/alertd.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 — click knows the three that it is asked for
    click.echo(kind(ctx.find_root().command, {}, "alertd", "_ALERTD_COMPLETE").source())
