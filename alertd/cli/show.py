"""Printing: tables where a person reads, plain columns for everything else."""

import sys
from collections.abc import Iterable, Sequence

import click

from alertd.errors import Problem


def heading(text: str) -> None:
    click.secho(text, bold=True)


def counted(number: int, word: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def problems(found: Iterable[Problem]) -> None:
    """Mistakes and warnings, to standard error."""
    for problem in found:
        click.echo(str(problem), err=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under their columns; where no person reads, separated by tabs and without a frame."""
    texts = [[str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [columns, *texts]:
            click.echo("\t".join(row))
        return
    # Loaded where a person reads.
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns, box=box.SIMPLE_HEAD)
    for row in texts:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
