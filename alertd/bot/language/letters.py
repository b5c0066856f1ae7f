"""Letters that are not what they look like: refused with the reason, before anything is read."""

import unicodedata
from functools import cache

from alertd.bot.language.mistake import Mistake, instead

_JOINERS = frozenset("\u200c\u200d")
"""What some scripts and emoji are written with: harmless in a note."""

_TWINS = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХԜԌавеѕіјкмнорстухԁԛԝһ"
        "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαονρικυτ",
        "ABESIJKMHOPCTYXWGabesijkmhopctyxdqwh"
        "ABEZHIKMNOPTYXaovpikut",
        strict=True,
    )
)  # fmt: skip
"""Letters of Cyrillic and Greek → the Latin letter that they are taken for."""


def check_hidden(text: str, *, lines: bool = False, note: int | None = None) -> None:
    """Raises Mistake for what cannot be seen: control characters, zero widths, turns of the direction of writing.

    With `lines` a line may end; from `note` on, joiners are letters like others.
    """
    for place, char in enumerate(text):
        if char.isprintable() or char in " \t" or char.isspace():
            if char not in "\r\n" and unicodedata.category(char) != "Cc":
                continue
            if lines or char in "\r\n\t":
                continue
        if note is not None and place >= note and char in _JOINERS:
            continue
        name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
        fixes = instead((0, len(text)), "".join(char for char in text if char.isprintable() or char.isspace()))
        raise Mistake(
            (place, place + 1), f"there is something here that cannot be seen: {name}", "type it anew", fixes=fixes
        )


def check_twins(text: str, start: int) -> None:
    """Raises Mistake for a word with letters that look like Latin ones and are not: `ВТС` is no BTC."""
    for place, char in enumerate(text):
        if char.isascii() or not char.isalnum():
            continue
        plain = "".join(latin(one) for one in text)
        span = (start, start + len(text))
        name = unicodedata.name(char, f"U+{ord(char):04X}").title()
        message = f"{char!r} in {text!r} is not the letter that it looks like: {name}"
        if plain.isascii():
            raise Mistake(span, message, f"did you mean {plain}?", fixes=instead(span, plain))
        raise Mistake(
            (start + place, start + place + 1),
            f"{text!r} is not written in Latin letters: {name}",
            "coins and words are written in Latin letters",
        )


@cache
def latin(char: str) -> str:
    """The Latin letter that another one looks like, itself where there is none."""
    wide = unicodedata.normalize("NFKC", char)
    if wide.isascii():
        return wide
    return _TWINS.get(
        char, unicodedata.normalize("NFD", char)[0] if unicodedata.normalize("NFD", char)[0].isascii() else char
    )


def unadorned(text: str) -> str:
    """The line with the emoji around it blanked out; those of a note are its own."""
    start = next((i for i, char in enumerate(text) if not _is_adornment(char)), len(text))
    text = " " * start + text[start:]
    if "note" in text.lower() or "\n" in text:
        return text
    end = next((i for i in range(len(text), start, -1) if not _is_adornment(text[i - 1])), start)
    return text[:end] + " " * (len(text) - end)


def _is_adornment(char: str) -> bool:
    """A blank, a pictograph, or what only shapes one."""
    return char in " \ufe0f\u200d" or (char > "\u2190" and unicodedata.category(char) in ("So", "Sk"))
