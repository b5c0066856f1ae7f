"""`alertd coins TEXT`: what alertd and its sources call a coin."""

import asyncio
from pathlib import Path

import click
from click.core import ParameterSource

from alertd.cli import EXIT_FAILED, show
from alertd.cli.options import config_option
from alertd.clock import SystemClock
from alertd.config import Config, load
from alertd.config.build import build_sources
from alertd.errors import SourceError, did_you_mean
from alertd.ports import Candidate
from alertd.sources.coins import CoinTable, entry_of
from alertd.wire.session import http_session


@click.command()
@click.argument("text")
@click.option("--ask", is_flag=True, help="Ask the configured sources too, over the network.")
@config_option
@click.pass_context
def command(ctx: click.Context, text: str, ask: bool, config_path: Path) -> None:
    """Find coins by symbol, alias, name or id. Exit code 1 if there is none.

    Without a configuration, among the coins that alertd ships. With --ask, what to write under coins: for a symbol
    that alertd does not know.
    """
    named = ctx.get_parameter_source("config_path") is not ParameterSource.DEFAULT
    config = load(config_path) if ask or named or config_path.exists() else None
    table = config.coins if config else CoinTable.shipped()
    found = table.search(text)
    if found:
        rows = [
            (coin.symbol, coin.name, " ".join(coin.also), " ".join(f"{name}={id_}" for name, id_ in coin.ids.items()))
            for coin in found
        ]
        show.table(("coin", "name", "also", "ids"), rows)
    asked = ask and config is not None and asyncio.run(_ask(config, text))
    if not found and not asked:
        hint = did_you_mean(text, table.names()) or ("" if ask else "--ask asks the configured sources")
        click.echo(f"no coin {text!r}" + (f"; {hint}" if hint else ""), err=True)
        ctx.exit(EXIT_FAILED)


async def _ask(config: Config, text: str) -> bool:
    """Show what each source finds; true if one of them found anything."""
    found: dict[str, tuple[Candidate, ...]] = {}
    async with http_session() as session:
        for source in build_sources(config, session, SystemClock()):
            try:
                found[source.name] = await source.find(text)
            except SourceError as error:
                click.echo(str(error), err=True)
    rows = [(name, coin.id, coin.symbol, coin.name, coin.rank or "") for name, coins in found.items() for coin in coins]
    if rows:
        show.table(("source", "id", "symbol", "name", "rank"), rows)
    if text.upper() not in config.coins.names() and (entry := entry_of(text, found)):
        ids = ", ".join(f"{name}: {id_}" for name, id_ in entry.items())
        click.echo(f"to watch it, write under coins:  {text.upper()}: {{{ids}}}")
    return bool(rows)
