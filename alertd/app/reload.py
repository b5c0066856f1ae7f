"""Reading configuration and rules again, while the daemon runs."""

from collections.abc import Sequence

from alertd.config.build import feeds
from alertd.config.load import Config, load
from alertd.config.plan import refuse_overspending, spending
from alertd.errors import ConfigError
from alertd.ports import Source
from alertd.rules.files import Loaded

FROZEN = (
    "state",
    "sources",
    "channels",
    "prices",
    "coins",
    "control",
    "http",
    "watch",
    "clock",
    "stale_after",
    "max_jump",
)
"""What only a restart changes."""


def read_again(old: Config, sources: Sequence[Source], now: float) -> tuple[Config, Loaded]:
    """The configuration and rules as they are in the files now. Raises ConfigError with every mistake, and where
    something changed that needs a restart or costs more than a quota."""
    new = load(old.path)
    changed = [name for name in FROZEN if getattr(new, name) != getattr(old, name)]
    if changed:
        raise ConfigError(f"{', '.join(changed)}: a change there needs a restart of the daemon")
    loaded = new.read_rules(now)
    refuse_mistakes(loaded)
    refuse_cost(new, loaded, sources)
    return new, loaded


def refuse_mistakes(loaded: Loaded) -> None:
    """Raises ConfigError where the rules have mistakes."""
    if any(not problem.warning for problem in loaded.problems):
        raise ConfigError(loaded.problems)


def refuse_cost(config: Config, loaded: Loaded, sources: Sequence[Source]) -> None:
    """Raises ConfigError where the rules would take more calls than a source's quota."""
    refuse_overspending(spending(config, loaded, sources, feeds(config, sources)))
