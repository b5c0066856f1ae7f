"""`alertd conditions [WORD]`: the condition language, from the tables that the program itself goes by."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from alertd.cli import EXIT_FAILED, show
from alertd.conditions.tables import Table, described, refreshed, tables, words
from alertd.errors import did_you_mean


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words() if word.startswith(incomplete)]


@click.command()
@click.argument("word", required=False, shell_complete=_complete)
@click.option(
    "--into",
    "page",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    hidden=True,
    help="Write the tables into this page, between its markers.",
)
@click.pass_context
def command(ctx: click.Context, word: str | None, page: Path | None) -> None:
    """Print what a condition may say: its forms, functions and fields.

    With WORD all there is on that one: a function (ema), a field (price), a state (bullish) or a word of a form
    (holds). Exit code 1 if there is none.
    """
    if page is not None:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
    elif word is None:
        _all()
    elif found := described(word):
        for number, block in enumerate(found):
            click.echo("\n" * (number > 0) + "\n".join(f"{label:<11}{text}" for label, text in block))
    else:
        click.echo(_unknown(word), err=True)
        ctx.exit(EXIT_FAILED)


def _unknown(word: str) -> str:
    from alertd.rules.build import RULE_KEYS
    from alertd.rules.keys import VALUES

    kind = "a key of a rule" if word.lower() in RULE_KEYS else ""
    if key := VALUES.get(word.lower()):
        kind = kind or f"a value of a rule's key `{key}`"
    if kind:
        return f"{word!r} is {kind}, not a word of its condition: see Keys of a rule in rules/README.md"
    hint = did_you_mean(word, words()) or "alertd conditions lists all there are"
    return f"the language has no {word!r}; {hint}"


def _all() -> None:
    for table in tables():
        show.heading(table.name.capitalize())
        show.table(table.columns, _plain(table))
        click.echo()


def _plain(table: Table) -> list[list[str]]:
    """The rows without the marks of a page."""
    return [[cell.replace("`", "") for cell in row] for row in table.rows]
