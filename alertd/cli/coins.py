"""`alertd coins TEXT`: what alertd and its sources call a coin."""

import asyncio
from pathlib import Path

import click

from alertd.cli import show
from alertd.cli.options import config_option
from alertd.clock import SystemClock
from alertd.config import Config, load
from alertd.config.build import build_sources
from alertd.errors import SourceError
from alertd.sources.coins import CoinTable
from alertd.wire.session import http_session


@click.command()
@click.argument("text")
@click.option("--ask", is_flag=True, help="Ask the configured sources too, over the network.")
@config_option
def command(text: str, ask: bool, config_path: Path) -> None:
    """Find coins by symbol, alias, name or id. Exit code 1 if there is none.

    Without a configuration, among the coins that alertd ships.
    """
    config = load(config_path) if ask or config_path.exists() else None
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
        click.echo(f"no coin {text!r}" + ("" if ask else "; --ask asks the configured sources"), err=True)
        raise SystemExit(1)


async def _ask(config: Config, text: str) -> bool:
    """Show what each source finds; true if one of them found anything."""
    rows: list[tuple[object, ...]] = []
    async with http_session() as session:
        for source in build_sources(config, session, SystemClock()):
            try:
                found = await source.find(text)
            except SourceError as error:
                click.echo(f"{source.name}: {error}", err=True)
                continue
            rows += [(source.name, coin.id, coin.symbol, coin.name, coin.rank or "") for coin in found]
    if rows:
        show.table(("source", "id", "symbol", "name", "rank"), rows)
        click.echo("A coin that alertd does not know is named under `coins:`, such as BTC: {binance: BTCUSDT}.")
    return bool(rows)
