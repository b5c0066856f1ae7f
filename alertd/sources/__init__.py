"""The APIs that are polled, one file each, and the poller. This is their index: a new source is one file and one line.

A source's file ends with `KIND`, a `SourceKind`; it is imported when the source is asked for.
"""

from importlib import import_module
from typing import cast

from alertd.errors import ConfigError, did_you_mean
from alertd.sources.kind import SourceKind
from alertd.wire.settings import Settings

KINDS = {
    "binance": "alertd.sources.binance",
    "candles": "alertd.sources.candles",
    "coingecko": "alertd.sources.coingecko",
    "fear_greed": "alertd.sources.fear_greed",
    "tokenmetrics": "alertd.sources.tokenmetrics",
}


def kind(name: str) -> SourceKind[Settings]:
    """The kind of that name. Raises ConfigError with the nearest right name."""
    if name not in KINDS:
        hint = did_you_mean(name, KINDS) or f"there are {', '.join(KINDS)}"
        raise ConfigError(f"no kind of source is called {name!r}; {hint}")
    return cast("SourceKind[Settings]", import_module(KINDS[name]).KIND)
