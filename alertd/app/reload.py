"""Reading configuration and rules again, while the daemon runs."""

from collections.abc import Sequence
from dataclasses import replace

from alertd.config.build import feeds
from alertd.config.files import no_file
from alertd.config.load import Config, load
from alertd.config.plan import refuse_overspending, spending
from alertd.errors import ConfigError, Problem
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
    "heartbeat",
    "chat",
)
"""What only a restart changes."""


def read_again(old: Config, sources: Sequence[Source], now: float) -> tuple[Config, Loaded]:
    """The configuration and rules as they are in the files now. Raises ConfigError with every mistake, and where
    something changed that needs a restart or costs more than a quota, or where rule files are gone."""
    new = load(old.path)
    changed = [name for name in FROZEN if getattr(new, name) != getattr(old, name)]
    if changed:
        raise ConfigError(f"{', '.join(changed)}: a change there needs a restart of the daemon")
    loaded = new.read_rules(now)
    # By what was read just now: an editor may have put a file back since the patterns were first looked at.
    unmatched = tuple(pattern for pattern in new.rules if no_file(pattern) in loaded.problems)
    _refuse_gone([pattern for pattern in unmatched if pattern not in old.unmatched])
    refuse_mistakes(loaded)
    refuse_cost(new, loaded, sources)
    return replace(new, unmatched=unmatched), loaded


def _refuse_gone(patterns: Sequence[str]) -> None:
    """Raises ConfigError for patterns that match no file any more: editors that save by removing a file and writing it
    anew do that for a moment, and nobody means to lose all rules by it."""
    if patterns:
        hint = "an empty file takes its rules away"
        raise ConfigError([Problem(f"{no_file(pattern).message}: its rules stay; {hint}") for pattern in patterns])


def refuse_mistakes(loaded: Loaded) -> None:
    """Raises ConfigError where the rules have mistakes."""
    if any(not problem.warning for problem in loaded.problems):
        raise ConfigError(loaded.problems)


def refuse_cost(config: Config, loaded: Loaded, sources: Sequence[Source]) -> None:
    """Raises ConfigError where the rules would take more calls than a source's quota."""
    refuse_overspending(spending(config, loaded, sources, feeds(config, sources)))
