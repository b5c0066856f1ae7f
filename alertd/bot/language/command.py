"""What somebody asked for, as far as words alone can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alertd.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`name` is one of `catalogue.COMMANDS`. `symbols` are alertd's own names of coins, `condition` a canonical
    sentence: plain decimals, durations as they were typed (`24h`), names lower, coins upper. `options` are canonical
    words by name (`fire`, `for`, `remind`, `until`, `note`, `via`). `words` is what else there is, in order: numbers of
    alerts, names, durations, a code. `text` is the whole command in its one spelling, which reads back as the same.
    `bare` is true of an edit whose condition does not say what it is of: `edit 3 < 25`, where the price is supposed.
    """

    name: str
    symbols: tuple[str, ...] = ()
    condition: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    text: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """What cannot be meant. `problem` says where and why, in the columns of what was typed. `command` is the name of
    the command that was meant, "" where not even that is known. `offers` are commands that would run, the likeliest
    first; `choices` the same with a label of their own: which of several coins is meant."""

    problem: Problem
    command: str = ""
    offers: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
