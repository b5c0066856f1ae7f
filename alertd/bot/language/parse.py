"""Text → Command, or what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from alertd.bot.asking import LONGEST, LONGEST_FILE
from alertd.bot.catalogue import COMMANDS, NAMES
from alertd.bot.language import arguments, readers
from alertd.bot.language.alerting import VOCABULARY, wish
from alertd.bot.language.alike import near_command
from alertd.bot.language.command import Command, Slip
from alertd.bot.language.fitting import misfit
from alertd.bot.language.letters import check_hidden, unadorned
from alertd.bot.language.mistake import Edit, Mistake, edited, instead
from alertd.bot.language.options import without_note, without_sure
from alertd.bot.language.spelling import spelled
from alertd.bot.language.unsaid import number_alone
from alertd.errors import Problem
from alertd.model.universe import Universe

NO_LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType({})

_HEAD = re.compile(r"\s*(?P<slash>/\s?)?(?P<name>[A-Za-z][A-Za-z_-]*|\?)(?:@\w+)?(?![\w.'’])", re.ASCII)
_PREAMBLE = re.compile(
    r"\s*(?:(?:please|pls|hey|hi|ok|can you|could you|i want you to|i want to|want to)\s+)*(?:"
    r"(?:tell|notify|ping|warn|inform|text|message|wake|call|alert|remind|poke|nudge)\s+(?:me|us)(?:\s+up)?(?=\W|$)"
    r"(?:\s+once(?=\s+[$\w])(?!\s+(?:when|if|only)\b))?"
    r"|let\s+(?:me|us)\s+know(?=\W|$)|give\s+(?:me|us)\s+a\s+shout"
    r"|(?:set|create|make|add|new|put)(?:\s+up)?(?:\s+(?:me|a|an|new|price))*\s+(?:alert|alarm|reminder)(?=\W|$)"
    r"|i\s+want\s+to\s+know|(?:price\s+)?(?:alert|alarm)(?=\s+(?:me|when|if|for|on)\b))",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"\s*/?(?:please\s+|pls\s+)?(?:show(?:\s+me)?|give\s+me|get(?:\s+me)?|list|what(?:'s|’s|s|\s+is|\s+are)|how\s+is|my)"
    r"\s+(?:(?:my|the|a|all|current)\s+)*(?=[A-Za-z])",
    re.IGNORECASE,
)
_POLITE = r"(?:please|pls|plz|hey|hi|ok|okay|yo|can you|could you|would you|will you)"
_ADDRESSED = re.compile(
    rf"\s*+(?:{_POLITE}[\s,]++)*+(?:(?:@[A-Za-z]\w*|<@!?\w+>)[\s,:]++)?(?:{_POLITE}[\s,]++)*+(?=[A-Za-z$/])",
    re.IGNORECASE | re.ASCII,
)
"""Whom it is said to, and that it is said politely."""
_THANKS = re.compile(
    r"(?<![\s,.!])[\s,.!]*(?:[\s,.!](?:please|pls|plz|thanks|thank you|thx|ty|cheers)[\s,.!]*|[.!]+\s*)$", re.IGNORECASE
)
_IMPORT = re.compile(r"\s*/?import\b", re.ASCII | re.IGNORECASE)
_VERBATIM = frozenset(("import", "silence", "start", "link", "rules"))
_COSTS = re.compile(r"\s*how(?:\s+much\s+(?:is|does|are)|'s|’s|\s+is|\s+are)\s+", re.IGNORECASE)
_AGAIN = re.compile(r"\s+(?:every\s+)?(?:\d|an?\s)", re.IGNORECASE)
"""What makes `remind` an option at the start of an alert, not a name of the command."""
_LOOKED_AT = frozenset(
    ("alerts", "price", "chart", "signal", "history", "watchlist", "settings", "rules", "users", "status")
)
_SYNONYMS = {
    "unmute": "mute",
    "unsnooze": "snooze",
    "cancel": "delete",
    "clear": "delete",
    "rearm": "resume",
    "re-arm": "resume",
    "reactivate": "resume",
    "forget_user": "forget-user",
    "forgetuser": "forget-user",
}
_UNBAN = re.compile(r"/?unban\s+@?(\d{1,9})", re.IGNORECASE | re.ASCII)
_NUMBERED = re.compile(
    r"\s*(?:alert\s+)?#?((?:@\d{1,9}\.)?\d{1,9})(?![\w.%]|,\d)(?:\s*(?::|to\b|,))?(?=\s|$|[<>=])",
    re.IGNORECASE | re.ASCII,
)
_ALONE = re.compile(r"\s*#?\d{1,9}\s*", re.ASCII)
_QUESTION = re.compile(r"\s*(?:is|are|was|were|did|does|has|have)\s.*\?\s*", re.IGNORECASE | re.DOTALL)
_LEAVES = ("quit", "exit", "bye", "goodbye")
_DEEPEST = 2
"""Corrections of corrections that are tried."""
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


class _Reader:
    def __init__(self, universe: Universe, lists: Mapping[str, tuple[str, ...]]) -> None:
        self._universe = universe
        self._lists = lists

    def read(self, text: str, level: int) -> Command | Slip:
        """`level` counts the corrections that the text is already the outcome of."""
        name = ""
        text = _unaddressed(unadorned(text))
        try:
            longest = LONGEST_FILE if is_import(text) else LONGEST
            if len(text) > longest:
                raise Mistake((0, 0), f"that is longer than {longest} characters", "say it in fewer words")
            if not text.strip().strip("/"):
                raise Mistake((0, 0), "say what alertd should do", _HINT, fixes=[*instead((0, len(text)), "help")])
            name, start = self._named(text)
            check_hidden(text, lines=name == "import", note=_note_at(text))
            return self._command(name, start, text)
        except Mistake as mistake:
            if not name or (name == "alert" and not _PREAMBLE.match(text) and not _names_alert(text)):
                mistake = self._mistyped(text, mistake, level)
            elif name != "alert" and not text.lstrip().startswith("/"):
                try:
                    return self._alert("alert", 0, text)
                except Mistake:
                    pass
            return self._slip(mistake, name, text, level)

    def _named(self, text: str) -> tuple[str, int]:
        """The command that the line begins with, and where what it is about begins; an alert without any name."""
        unban = _UNBAN.fullmatch(text.strip())
        preamble = _PREAMBLE.match(text)
        if preamble and not unban:
            return "alert", preamble.end()
        asked = _COSTS.match(text)
        if asked:
            return "price", asked.end()
        shown = _SHOWN.match(text)
        inner = _HEAD.match(text, shown.end()) if shown else None
        if inner and NAMES.get(inner["name"].lower()) in _LOOKED_AT:
            return NAMES[inner["name"].lower()], inner.end()
        head = _HEAD.match(text)
        if head is None:
            return "alert", 0
        word = head["name"].lower()
        word = _SYNONYMS.get(word, word)
        if word == "remind" and _AGAIN.match(text, head.end()):
            return "alert", head.start("name")
        if word in NAMES:
            return NAMES[word], head.end()
        if head["slash"]:
            return "", head.end()
        return "alert", 0

    def _command(self, name: str, start: int, text: str) -> Command:
        unban = _UNBAN.fullmatch(text.strip())
        if unban:
            words = (f"@{int(unban[1])}", "user")
            return Command(name="role", words=words, text=spelled("role", words, (), "", {}))
        if not name:
            head = _HEAD.match(text)
            word = head["name"] if head else text.split(maxsplit=1)[0]
            raise Mistake((0, len(word) + 1), f"there is no command {word[:40]!r}", "help lists them")
        if name in ("alert", "edit"):
            return self._alert(name, start, text)
        if name == "mute" and text.strip().lower().lstrip("/") == "unmute":
            return Command(name="mute", words=("off",), text="mute off")
        plain, sure = _sure(text, name)
        plain = plain if name in _VERBATIM else _THANKS.sub("", plain)
        head = _HEAD.match(text)
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
            fixes = instead((0, len(text)), *(f"price {each}" for each in found.symbols[:1]), spelling)
            span = (start, len(text.rstrip()))
            raise Mistake(span, "is that a question, or an alert?", "an alert has no ?", fixes=fixes)
        return Command(
            name=name,
            symbols=found.symbols,
            condition=found.condition,
            options=MappingProxyType(found.options),
            words=words,
            text=spelling,
            bare=name == "edit" and found.bare,
        )

    # ── slips ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _mistyped(self, text: str, mistake: Mistake, level: int) -> Mistake:
        """The line begins with a word that is no command, and is no alert: a slip of the pen, or no command at all."""
        head = _HEAD.match(text)
        if head is None or level:
            return mistake
        word, place = head["name"], head.span("name")
        if word.upper() in self._universe.coins:
            return mistake
        if word.lower() in _LEAVES and text.strip(" /.!").lower() == word.lower():
            hint = "delete and pause end alerts, and mute ends all messages for a while"
            return Mistake(place, "there is nothing to leave here", hint, fixes=instead(place, "help"))
        if word.lower() == "quiet":
            hint = "quiet hours are a setting"
            return Mistake(place, "there is no command 'quiet'", hint, fixes=instead(place, "settings quiet"))
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

    def _slip(self, mistake: Mistake, name: str, text: str, level: int) -> Slip:
        offers: list[str] = []
        choices: list[tuple[str, str]] = []
        if level < _DEEPEST and len(text) <= _LONG:
            for fix in mistake.fixes[:6]:
                offers += self._offered(text, fix, level)
            for label, fix in mistake.choices[:8]:
                choices += [(label, offer) for offer in self._offered(text, fix, level)[:1]]
        start, end = mistake.span
        line = "".join(" " if not char.isprintable() else char for char in text[:LONGEST])
        column, width = (start + 1, max(end - start, 1)) if end > start else (0, 1)
        hint = mistake.hint if offers or choices or not mistake.hint.startswith("did you mean") else ""
        problem = Problem(mistake.message, "", 1, column, text=line, width=width, hint=hint)
        kept = tuple(dict.fromkeys(offers))[:_MOST_OFFERS]
        return Slip(problem, name, kept, tuple(choices))

    def _offered(self, text: str, fix: Sequence[Edit], level: int) -> list[str]:
        """The commands that a correction leads to, each understood."""
        outcome = self.read(edited(text, fix), level + 1)
        if isinstance(outcome, Command):
            return [outcome.text]
        return [*outcome.offers, *(command for _, command in outcome.choices)]


def _unaddressed(text: str) -> str:
    """The line with `@alertd, please` blanked out, so that all else keeps its place."""
    found = _ADDRESSED.match(text)
    return " " * found.end() + text[found.end() :] if found else text


def _sure(text: str, name: str) -> tuple[str, bool]:
    """Behind the YAML of an import it stands on a line of its own."""
    if name == "import" and text.rstrip().rpartition("\n")[2].strip().lower() != "sure":
        return text, False
    return without_sure(text)


def _note_at(text: str) -> int | None:
    plain, note, _ = without_note(text)
    return next((i for i, (a, b) in enumerate(zip(text, plain, strict=True)) if a != b), None) if note else None


def _names_alert(text: str) -> bool:
    head = _HEAD.match(text)
    return head is not None and NAMES.get(head["name"].lower()) == "alert"


def _speaks_of_prices(text: str) -> bool:
    return bool(
        re.search(
            r"\d|[<>=%$]|\b(?:above|below|over|under|bullish|bearish|flips?|doubles|halves|high|low)\b",
            text,
            re.IGNORECASE,
        )
    )
