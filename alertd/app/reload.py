"""Reading configuration and rules again, while the daemon runs."""

from alertd.config.load import Config, load
from alertd.errors import ConfigError
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


def read_again(old: Config, now: float) -> tuple[Config, Loaded]:
    """The configuration and rules as they are in the files now. Raises ConfigError with every mistake, and where
    something changed that needs a restart."""
    new = load(old.path)
    changed = [name for name in FROZEN if getattr(new, name) != getattr(old, name)]
    if changed:
        raise ConfigError(f"{', '.join(changed)}: a change there needs a restart of the daemon")
    loaded = new.read_rules(now)
    if any(not problem.warning for problem in loaded.problems):
        raise ConfigError(loaded.problems)
    return new, loaded
