"""A command in its one spelling, which reads back as the same command."""

from collections.abc import Mapping

from alertd.bot.language.note import SURE, quoted_note
from alertd.bot.language.words import VOCABULARY

_SHORT = frozenset(
    (
        ">",
        "<",
        ">=",
        "<=",
        "crosses",
        "reaches",
        "breaks",
        "up",
        "down",
        "moves",
        "between",
        "within",
        "enters",
        "leaves",
    )
)
"""What may follow a coin without its price being named."""


def spelled(
    name: str,
    words: tuple[str, ...],
    symbols: tuple[str, ...],
    condition: str,
    options: Mapping[str, str],
    *,
    whole: bool = False,
) -> str:
    """With `whole` the price is named where the condition is of it."""
    parts = [name]
    if name in ("alert", "edit"):
        parts += [*words, ", ".join(map(_symbol, symbols)), condition if whole else _short(condition)]
        parts += _options(options)
    elif name in ("chart", "alerts"):
        parts += [*map(_symbol, symbols), *words]
    else:
        parts += [*words, *map(_symbol, symbols)]
    if options.get("sure"):
        parts.append(SURE[0])
    return " ".join(part for part in parts if part)


def _symbol(symbol: str) -> str:
    plain = symbol.lower() not in VOCABULARY or (symbol.isupper() and len(symbol) > 1)
    return symbol if plain or not symbol.isidentifier() else f"${symbol}"


def _short(condition: str) -> str:
    first, _, rest = condition.partition(" ")
    return rest if first == "price" and rest.partition(" ")[0] in _SHORT else condition


def _options(options: Mapping[str, str]) -> list[str]:
    # Behind a level a count of three digits would read as its thousands: `5 400`.
    fire = options.get("fire", "")
    found = [f", {fire}" if len(fire.partition(" times")[0]) == 3 and fire[0].isdigit() else fire]
    found += [f"{name} {options[name]}" for name in ("for", "remind", "until", "via") if name in options]
    return [*found, quoted_note(options["note"])] if "note" in options else found
