"""Text → Command, or what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from alertd.bot.asking import LONGEST, LONGEST_FILE
from alertd.bot.catalogue import COMMANDS
from alertd.bot.language import arguments, readers
from alertd.bot.language.alerting import wish
from alertd.bot.language.alike import near_command
from alertd.bot.language.command import Command, Slip
from alertd.bot.language.fitting import misfit
from alertd.bot.language.heads import HEAD, PREAMBLE, UNBAN, command_of, named, unaddressed
from alertd.bot.language.letters import check_hidden, unadorned
from alertd.bot.language.mistake import Edit, Mistake, edited, instead
from alertd.bot.language.note import SURE, without_note, without_sure
from alertd.bot.language.spelling import spelled
from alertd.bot.language.talk import meant
from alertd.bot.language.unsaid import number_alone
from alertd.bot.language.words import VOCABULARY
from alertd.errors import Problem
from alertd.model.universe import Universe

NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})

_THANKS = re.compile(
    r"(?<![\s,.!])[\s,.!]*(?:[\s,.!](?:please|pls|plz|thanks|thank you|thx|ty|cheers)[\s,.!]*|[.!]+\s*)$", re.IGNORECASE
)
_IMPORT = re.compile(r"\s*/?import\b", re.ASCII | re.IGNORECASE)
_VERBATIM = frozenset(("import", "silence", "start", "link", "rules"))
_NUMBERED = re.compile(
    r"\s*(?:alert\s+)?#?((?:@\d{1,9}\.)?\d{1,9})(?![\w.%]|,\d)(?:\s*(?::|to\b|,))?(?=\s|$|[<>=])",
    re.IGNORECASE | re.ASCII,
)
_COIN_FIRST = re.compile(
    r"\s*+(?P<coins>[^\n]{1,60}?)(?:['’]s)?\s+(?P<name>price|chart|signal|history|alerts)\b"
    r"\s*(?P<rest>[\w ]{0,20}?)[\s?.!]*",
    re.IGNORECASE,
)
_WHAT_IS = re.compile(
    r"\s*(?:what(?:['’]?s|\s+is)|wh?ats)\s+(?P<coin>[\w$ ]{1,20}?)(?:\s+now)?\s*\?*\s*", re.IGNORECASE
)
_ALONE = re.compile(r"\s*#?\d{1,9}\s*", re.ASCII)
_QUESTION = re.compile(
    r"\s*(?:is|are|was|were|did|does|has|have|will|would|should|when\s+(?:will|does|did|is)|(?:signal|price)\s+of)"
    r"\s.*\?\s*",
    re.IGNORECASE | re.DOTALL,
)
_AGREES = (*SURE, "y", "yep", "confirm", "no", "n")
_DEEPEST = 2
"""Corrections of corrections that are tried."""
_MOST_MENDED = 6
_MOST_OFFERS = 4
_LONG = 400
"""Characters of a line beyond which nothing is offered."""
_HINT = "such as alert BTC > 70k, price BTC, or help"


def understand(text: str, universe: Universe, *, lists: Mapping[str, tuple[str, ...]] = NO_LISTS) -> Command | Slip:
    """What a line means; `lists` are the watchlists of whoever typed it. Never raises."""
    return _Reader(universe, lists).read(text, 0)


def is_import(text: str) -> bool:
    """Whether it begins like an import, which may be longer than all else."""
    return _IMPORT.match(text) is not None


class _Asked(Mistake):
    """A question, which may be meant as an alert."""


class _Reader:
    def __init__(self, universe: Universe, lists: Mapping[str, tuple[str, ...]]) -> None:
        self._universe = universe
        self._lists = lists

    def read(self, text: str, level: int, mended: int = 0) -> Command | Slip:
        """`level` counts the corrections that the text is already the outcome of, `mended` the certain ones."""
        name, typed = "", text
        text = unaddressed(unadorned(text))
        try:
            text = meant(text)
        except Mistake as mistake:
            return self._slip(mistake, name, text, level, shown=typed)
        try:
            longest = LONGEST_FILE if is_import(text) else LONGEST
            if len(text) > longest:
                raise Mistake((0, 0), f"that is longer than {longest} characters", "say it in fewer words")
            if not text.strip().strip("/"):
                raise Mistake((0, 0), "say what alertd should do", _HINT, fixes=[*instead((0, len(text)), "help")])
            name, start = named(text)
            check_hidden(text, lines=name == "import", note=_note_at(text))
            return self._command(name, start, text)
        except Mistake as mistake:
            if mistake.certain and mended < _MOST_MENDED:
                return self._mended(text, mistake.fixes[0], level, mended)
            if not name or (name == "alert" and not PREAMBLE.match(text) and not _names_alert(text)):
                looked = self._coin_first(text, level)
                if looked is not None:
                    return looked
                mistake = self._mistyped(text, mistake, level)
            elif name != "alert" and not text.lstrip().startswith("/"):
                try:
                    return self._alert("alert", 0, text)
                except _Asked as asked:
                    mistake = asked
                except Mistake:
                    pass
            return self._slip(mistake, name, text, level, shown=typed)

    def _command(self, name: str, start: int, text: str) -> Command:
        unban = UNBAN.fullmatch(text.strip())
        if unban:
            words = (f"@{int(unban[1])}", "user")
            return Command(name="role", words=words, text=spelled("role", words, (), "", {}))
        if not name:
            head = HEAD.match(text)
            word = head["name"] if head else text.split(maxsplit=1)[0]
            raise Mistake((0, len(word) + 1), f"there is no command {word[:40]!r}", "help lists them")
        if name in ("alert", "edit"):
            return self._alert(name, start, text)
        if name == "mute" and text.strip().lower().lstrip("/") == "unmute":
            return Command(name="mute", words=("off",), text="mute off")
        plain, sure = _sure(text, name)
        plain = plain if name in _VERBATIM else _THANKS.sub("", plain)
        head = HEAD.match(text)
        reader = "unsnooze" if name == "snooze" and head and head["name"].lower() == "unsnooze" else name
        found = readers.given(reader, arguments.Said(plain, start, self._universe, self._lists))
        options = {"sure": "yes"} if sure else {}
        spelling = spelled(name, found.words, found.symbols, "", options)
        return Command(
            name=name, symbols=found.symbols, words=found.words, options=MappingProxyType(options), text=spelling
        )

    def _alert(self, name: str, start: int, text: str) -> Command:
        words: tuple[str, ...] = ()
        if name == "edit":
            number = _NUMBERED.match(text, start)
            if number is None:
                said = arguments.Said(text, start, self._universe, self._lists)
                raise arguments.usage("edit", said, "edit which alert?")
            words, start = (arguments.numbers(number[1])[0],), number.end()
        if name == "alert" and _ALONE.fullmatch(text):
            raise number_alone(text)
        found = wish(text, start, self._universe, self._lists, about=name == "alert")
        if name == "edit" and not (found.condition or found.symbols or found.options or found.level):
            said = arguments.Said(text, start, self._universe, self._lists)
            number_said = words[0]
            fixes = instead((0, len(text)), f"edit {number_said} every time", f"edit {number_said} once")
            raise Mistake(said.span, f"edit what of {number_said}?", f"write {COMMANDS['edit'].usage}", fixes=fixes)
        if found.level:
            words = (*words, found.level)
        odd = misfit(found.condition, found.options, self._universe)
        if odd is not None:
            lines = (spelled(name, words, found.symbols, when, options) for when, options in odd.instead)
            raise Mistake(found.places[odd.option], odd.message, odd.hint, fixes=instead((0, len(text)), *lines))
        whole = name == "edit" and not found.bare and not found.symbols
        spelling = spelled(name, words, found.symbols, found.condition, found.options, whole=whole)
        if name == "alert" and _QUESTION.fullmatch(text, start):
            looked = "signal" if found.condition.startswith("signal ") else "price"
            fixes = instead((0, len(text)), *(f"{looked} {each}" for each in found.symbols[:1]), spelling)
            span = (start, len(text.rstrip()))
            raise _Asked(span, "is that a question, or an alert?", "an alert has no ?", fixes=fixes)
        return Command(
            name=name,
            symbols=found.symbols,
            condition=found.condition,
            options=MappingProxyType(found.options),
            words=words,
            text=spelling,
            bare=name == "edit" and found.bare,
        )

    def _mended(self, text: str, fix: Sequence[Edit], level: int, mended: int) -> Command | Slip:
        """What the line means with a correction that nobody has to be asked about; a slip at its place in the line."""
        outcome = self.read(edited(text, fix), level, mended + 1)
        if isinstance(outcome, Command):
            return outcome
        start, end, instead_of = fix[0]
        column, grown = outcome.problem.column, len(instead_of) - (end - start)
        column = column if column <= start + 1 else max(column - grown, start + 1)
        return replace(outcome, problem=replace(outcome.problem, column=column, text=_shown(text)))

    def _coin_first(self, text: str, level: int) -> Command | None:
        """`btc chart 24h`, `sol signal`: what is looked at, behind the coin."""
        if level >= _DEEPEST or len(text) > _LONG:
            return None
        found, asked = _COIN_FIRST.fullmatch(text), _WHAT_IS.fullmatch(text)
        line = " ".join(found.group("name", "coins", "rest")) if found else f"price {asked['coin']}" if asked else ""
        outcome = self.read(line, level + 1) if line else None
        return outcome if isinstance(outcome, Command) and outcome.symbols else None

    # ── slips ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _mistyped(self, text: str, mistake: Mistake, level: int) -> Mistake:
        """The line begins with a word that is no command, and is no alert: a slip of the pen, or no command at all."""
        head = HEAD.match(text)
        if head is None or level:
            return mistake
        word, place = head["name"], head.span("name")
        if word.upper() in self._universe.coins:
            return mistake
        if word.lower() in _AGREES and text.strip(" /.!").lower() == word.lower():
            hint = "an answer stands behind the whole command, such as delete all yes"
            return Mistake(place, f"what is {word!r} about?", hint)
        if word.lower() in readers.SETTINGS:
            fixes = instead(place, f"settings {word.lower()}")
            return Mistake(place, f"there is no command {word.lower()!r}", "it is a setting", fixes=fixes)
        near = near_command(word)
        if near and word.lower() not in VOCABULARY and word.upper() not in self._universe.coins:
            fix = instead(place, near)
            outcome = self.read(edited(text, fix[0]), level + 1)
            if isinstance(outcome, Command) or outcome.offers or outcome.choices:
                return Mistake(place, f"there is no command {word!r}", f"did you mean {near!r}?", fixes=fix)
        if head["slash"] or not _speaks_of_prices(text):
            return Mistake(
                place, f"I do not know what {word[:40]!r} is for", _HINT, fixes=instead((0, len(text)), "help")
            )
        return mistake

    def _slip(self, mistake: Mistake, name: str, text: str, level: int, *, shown: str) -> Slip:
        offers: list[str] = []
        choices: list[tuple[str, str]] = []
        if level < _DEEPEST and len(text) <= _LONG:
            for fix in mistake.fixes[:6]:
                offers += self._offered(text, fix, level)
            for label, fix in mistake.choices[:8]:
                choices += [(label, offer) for offer in self._offered(text, fix, level)[:1]]
        start, end = mistake.span
        column, width = (start + 1, max(end - start, 1)) if end > start else (0, 1)
        hint = mistake.hint if offers or choices or not mistake.hint.startswith("did you mean") else ""
        problem = Problem(mistake.message, "", 1, column, text=_shown(shown), width=width, hint=hint)
        if not (level or offers or choices):
            offers = [arguments.SHOWS.get(name, f"help {name}".rstrip())]
        kept = tuple(dict.fromkeys(offers))[:_MOST_OFFERS]
        return Slip(problem, name, kept, tuple(choices))

    def _offered(self, text: str, fix: Sequence[Edit], level: int) -> list[str]:
        """The commands that a correction leads to, each understood."""
        outcome = self.read(edited(text, fix), level + 1)
        if isinstance(outcome, Command):
            return [outcome.text]
        return [*outcome.offers, *(command for _, command in outcome.choices)]


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text[:LONGEST])


def _sure(text: str, name: str) -> tuple[str, bool]:
    """Behind the YAML of an import it stands on a line of its own; at the end of a silence's comment it is one word."""
    if name in ("help", "silence"):
        return text, False
    if name == "import" and text.rstrip().rpartition("\n")[2].strip().lower() not in SURE:
        return text, False
    return without_sure(text)


def _note_at(text: str) -> int | None:
    plain, note, _ = without_note(text)
    return next((i for i, (a, b) in enumerate(zip(text, plain, strict=True)) if a != b), None) if note else None


def _names_alert(text: str) -> bool:
    head = HEAD.match(text)
    return head is not None and command_of(head["name"]) == "alert"


def _speaks_of_prices(text: str) -> bool:
    return bool(
        re.search(
            r"\d|[<>=%$]|\b(?:above|below|over|under|bullish|bearish|flips?|doubles|halves|high|low)\b",
            text,
            re.IGNORECASE,
        )
    )
