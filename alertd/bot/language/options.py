"""What may stand behind a condition, or before it: how often, for how long, until when, where to, and a note."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from alertd.bot.language import ends
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import Table
from alertd.bot.language.pieces import Kind, Piece

CHANNELS = ("telegram", "slack", "discord", "email")
_NOTE = re.compile(r"(?:^|(?<=[\s,\"]))note\b\s*[:=]?\s*", re.IGNORECASE)
_NOTE_QUOTED = re.compile(r"""(?:"((?:[^"\\]|\\.)*)"|“([^”]*)”|'([^']*)'(?!\w))""", re.DOTALL)
_HOLDING = frozenset(("holds", "hold", "held"))
_TIMES = frozenset(("<time>", "<minutes>"))
_NUMBERS = {"twice": "2", "thrice": "3", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"}

_MARKS = Table(
    (
        ("only|just? every|each single? time", "!fire !every"),
        ("always|repeatedly|whenever|everytime", "!fire !every"),
        ("only|just once", "!fire !once"),
        ("only? one time", "!fire !once"),
        ("once", "!fire !once"),
        ("only? <number> times|time", "!fire !number {1}"),
        ("only? two|three|four|five|ten times", "!fire !number {1}"),
        ("twice|thrice", "!fire !number {0}"),
        ("at? most|max|maximum <number> times|time", "!fire !number {2}"),
        ("up to <number> times|time", "!fire !number {2}"),
        ("and? email|mail me|us", "!via email"),
        ("to my email|mail", "!via email"),
        ("to my telegram|slack|discord", "!via {2}"),
        ("for at|more? least|than? <time>", "!for {3}"),
        ("and? remind|reminder|reminders me? again? every? <time>", "!remind {5}"),
        ("and? nag me? every? <time>", "!remind {4}"),
    )
)


@dataclass(slots=True)
class Options:
    """`found` by their names, `places` where they stand; `ends` are the pieces of a condition that ends it, if one was
    given; `rest` is what is no option."""

    found: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    ends: list[Piece] = field(default_factory=list)
    rest: list[Piece] = field(default_factory=list)


def without_note(text: str) -> tuple[str, str | None, bool]:
    """The line with its note blanked out (so that all else keeps its place), the note as it was written, and whether
    `sure` stands at its end."""
    start = _NOTE.search(text)
    if start is None:
        plain, sure = without_sure(text)
        return plain, None, sure
    quoted = _NOTE_QUOTED.match(text, start.end())
    if quoted is None:
        note = text[start.end() :].strip()
        return text[: start.start()] + " " * (len(text) - start.start()), note, False
    note = next(group for group in quoted.groups() if group is not None)
    if quoted.group(1) is not None:
        note = re.sub(r'\\(["\\])', r"\1", note)
    blank = " " * (quoted.end() - start.start())
    rest = text[: start.start()] + blank + text[quoted.end() :]
    plain, sure = without_sure(rest)
    return plain, note, sure


def has_open_note(text: str) -> bool:
    """True where a quote begins the note and none ends it."""
    start = _NOTE.search(text)
    return start is not None and text[start.end() :][:1] in ('"', "“") and not _NOTE_QUOTED.match(text, start.end())


def note_at(text: str, start: int = 0) -> int:
    """Where the note begins, the end of the line where there is none."""
    found = _NOTE.search(text, start)
    return found.start() if found else len(text)


def without_sure(text: str) -> tuple[str, bool]:
    """The line without the word that says that what was asked back is meant."""
    before = text.rstrip()
    if before[-4:].lower() != "sure" or not before[-5:-4].isspace():
        return text, False
    return before[:-4], True


def quoted_note(note: str) -> str:
    """A note as it stands in a command's own text."""
    escaped = note.replace("\\", "\\\\").replace('"', '\\"')
    return f'note "{escaped}"'


def taken(text: str, pieces: Sequence[Piece]) -> Options:
    """The options among the pieces. Raises Mistake for one that is not whole, or is there twice."""
    return _Taker(text, pieces).options()


class _Taker:
    def __init__(self, text: str, pieces: Sequence[Piece]) -> None:
        self._text = text
        self._pieces = pieces
        self._into = Options()

    def options(self) -> Options:
        at = 0
        while at < len(self._pieces):
            end = self._option(at)
            if end == at:
                self._into.rest.append(self._pieces[at])
                at += 1
            else:
                self._tidy()
                at = end
        rest = self._into.rest
        while rest and rest[0].key in (",", "and"):
            del rest[0]
        return self._into

    def _tidy(self) -> None:
        """What joined an option to the words before it goes with it."""
        rest = self._into.rest
        while rest and rest[-1].key in (",", "and", "but"):
            rest.pop()

    def _option(self, at: int) -> int:
        """Takes the option that begins at a place; where it ends, or the place itself where there is none."""
        piece = self._pieces[at]
        if piece.kind is Kind.WORD and piece.text in ends.UNTIL:
            return self._until(at)
        if piece.kind is Kind.WORD and piece.text in ("via", "by", "through", "on", "over"):
            return self._via(at)
        if piece.key == "every" and self._key(at + 1) in _TIMES:
            said = self._pieces[at + 1]
            raise Mistake(
                (piece.span[0], said.span[1]),
                f"every {said.text} of what?",
                f"write remind {said.text} to hear it again while it lasts",
                fixes=instead((piece.span[0], said.span[1]), f"remind {said.text}"),
            )
        if piece.key == "for" and at and self._key(at - 1) in _HOLDING:
            return at
        return self._marked(at)

    def _key(self, at: int) -> str:
        return self._pieces[at].key if at < len(self._pieces) else ""

    def _marked(self, at: int) -> int:
        found = _MARKS.first(self._pieces, at)
        if found is None:
            return at
        end, marks = found
        span = (self._pieces[at].span[0], self._pieces[end - 1].span[1])
        name = marks[0].text.removeprefix("!")
        value = marks[-1].text
        if name == "fire":
            value = {"!every": "every time", "!once": "once"}.get(marks[1].text, "")
            value = value or self._times(marks[-1].text, span)
        self._put(name, value, span)
        return end

    def _times(self, said: str, span: tuple[int, int]) -> str:
        number = _NUMBERS.get(said, said)
        if not number.isdigit() or not 0 < int(number) < 1_000_000:
            raise Mistake(span, "how many times is a whole number", "write 3 times", fixes=instead(span, "3 times"))
        return "once" if int(number) == 1 else f"{int(number)} times"

    def _put(self, name: str, value: str, span: tuple[int, int]) -> None:
        before = self._into.found.get(name, value)
        if before != value:
            raise Mistake(span, f"there are two of these: {before} and {value}", "keep one", fixes=instead(span, ""))
        self._into.found[name] = value
        self._into.places[name] = span

    # ── until ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _until(self, at: int) -> int:
        piece = self._pieces[at]
        start = piece.span[1] + len(self._text[piece.span[1] :]) - len(self._text[piece.span[1] :].lstrip())
        moment = ends.moment(self._text, start)
        if moment is not None:
            value, stop = moment
            self._put("until", value, (piece.span[0], stop))
            behind = (i for i in range(at, len(self._pieces)) if self._pieces[i].span[0] >= stop)
            return next(behind, len(self._pieces))
        end = at + 1
        while end < len(self._pieces) and not self._begins(end):
            end += 1
        self._into.ends = list(self._pieces[at + 1 : end])
        self._into.places["until"] = (piece.span[0], self._pieces[end - 1].span[1])
        while self._into.ends and self._into.ends[-1].key in (",", "and"):
            self._into.ends.pop()
        if len(self._into.ends) == 1 and (near := ends.near_day(self._into.ends[0].text)):
            span = self._into.ends[0].span
            raise Mistake(span, f"until when is {self._into.ends[0].said}?", ends.HINT, fixes=instead(span, near))
        if not self._into.ends or all(each.kind in (Kind.TIME, Kind.MINUTES) for each in self._into.ends):
            raise Mistake(
                piece.span,
                "until takes a day, a time or a condition",
                "write until friday, until 18:00, until 2027-01-31 or until price < 68k",
                fixes=instead((piece.span[0], self._pieces[end - 1].span[1]), "until tomorrow"),
            )
        return end

    def _begins(self, at: int) -> bool:
        """True where another option begins."""
        piece = self._pieces[at]
        if piece.key == "via" or piece.key in ends.UNTIL:
            return True
        if piece.key == "by":
            return self._key(at + 1) in CHANNELS
        return _MARKS.first(self._pieces, at) is not None

    # ── via ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _via(self, at: int) -> int:
        end = at + 1
        names: list[str] = []
        anything = self._pieces[at].text == "via"
        while end < len(self._pieces):
            name = self._name(end)
            if name == "e" and self._key(end + 1) == "-" and self._key(end + 2) == "mail":
                name, end = "email", end + 2
            if name not in CHANNELS and not (anything and not names and self._pieces[end].kind is Kind.WORD):
                break
            names.append(name)
            end += 1
            joined = end
            while self._key(joined) in (",", "and"):
                joined += 1
            if joined == end or self._key(joined) not in (*CHANNELS, "mail"):
                break
            end = joined
        if names:
            value = ", ".join(dict.fromkeys(names))
            self._put("via", value, (self._pieces[at].span[0], self._pieces[end - 1].span[1]))
            return end
        if anything:
            hint = f"write via {', via '.join(CHANNELS[:-1])} or via {CHANNELS[-1]}"
            place = self._pieces[at].span
            raise Mistake(place, "via what?", hint, fixes=instead(place, "via email"))
        return at

    def _name(self, at: int) -> str:
        name = self._pieces[at].text
        return {"mail": "email", "mails": "email", "tg": "telegram"}.get(name, name)
