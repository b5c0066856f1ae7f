"""The commands as Discord's app commands, and how one that was filled in reads as a line again.

Wire format: https://docs.discord.com/developers/interactions/application-commands. `alert` has its parts as options of
their own, with completions while they are typed; the others take the rest of their line as one.
"""

from enum import IntEnum
from typing import Any, NamedTuple

from alertd.bot.catalogue import COMMANDS, Entry

TEXT = "text"
"""The option that takes the rest of a line."""
IMPORT = "import"
"""The command whose text has lines: without a file Discord asks for it in a window of its own."""

DESCRIPTION = 100


class Type(IntEnum):
    """Of an option."""

    STRING = 3
    FILE = 11


class Option(NamedTuple):
    """`completes` is what `Answering.complete` knows it as, "" where nothing is offered."""

    name: str
    description: str
    required: bool = False
    completes: str = ""
    type: Type = Type.STRING


_ALERT = (
    Option("coin", "The coin, or several: BTC", required=True, completes="coin"),
    Option("condition", "What has to happen: > 70k, -5% 1h, flips bullish", required=True, completes="condition"),
    Option("options", 'every time, for 5m, remind 4h, until friday, note "…", via email'),
)


def options_of(entry: Entry) -> tuple[Option, ...]:
    """In the order in which they stand in the line."""
    if entry.name == "alert":
        return _ALERT
    first, *_ = [*entry.usage.split()[1:], ""]
    if entry.name == IMPORT:
        return (Option("file", "A rule file such as export gives; without one its text is asked for", type=Type.FILE),)
    if not first:
        return ()
    rest = entry.usage.removeprefix(entry.name).strip()
    coin = first.strip("[]…") == "COIN"
    return (Option(TEXT, rest[:DESCRIPTION], not first.startswith("["), "coin" if coin else ""),)


OPTIONS = {name: options_of(entry) for name, entry in COMMANDS.items()}


def commands() -> list[dict[str, Any]]:
    """All of them, as they are registered."""
    return [
        {
            "name": entry.name,
            "type": 1,
            "description": entry.summary[:DESCRIPTION],
            "options": [_option(option) for option in OPTIONS[entry.name]],
        }
        for entry in COMMANDS.values()
    ]


def _option(option: Option) -> dict[str, Any]:
    about = {
        "type": int(option.type),
        "name": option.name,
        "description": option.description,
        "required": option.required,
    }
    return about | {"autocomplete": bool(option.completes)} if option.type is Type.STRING else about


def line(name: str, given: dict[str, str]) -> str:
    """A command with its options as somebody would have typed it."""
    order = [option.name for option in OPTIONS.get(name, ())]
    parts = [given[option] for option in order if option in given]
    parts += [value for option, value in given.items() if option not in order]
    return " ".join([name, *(part.strip() for part in parts if part.strip())])
