"""What may stand behind a condition, or before it: how often, for how long, until when, where to, and a note."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from alertd.bot.language import ends
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.patterns import Table
from alertd.bot.language.phrases import FILLERS
from alertd.bot.language.pieces import QUANTITIES, Kind, Piece
from alertd.bot.language.unsaid import OF_FILES, of_files, unit_missing

CHANNELS = ("telegram", "slack", "discord", "email")
_WAYS = f"write via {', via '.join(CHANNELS[:-1])} or via {CHANNELS[-1]}"
_HOLDING = frozenset(("holds", "hold", "held", "stays", "stay", "remains"))
_X = re.compile(r"x(\d{1,6})", re.ASCII)
_OF_MULTIPLE = frozenset(("in", "within", "since", "over", "average", "the", "its", "of", "(", "*", "/", "+", "-"))
"""What stands behind a multiple that is none of times: `2x in a day`, `3x average`."""
_TIMED = frozenset(("for", "remind"))
_TIMES = frozenset(("<time>", "<minutes>"))
_EACH = {"minute": "1m", "hour": "1h", "day": "1d", "morning": "1d", "evening": "1d", "night": "1d", "week": "1w"}
"""How often something is said that is said once in each of these."""
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
        ("and? slack|telegram|discord me|us", "!via {1}"),
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
        if piece.kind is Kind.WORD and piece.text in (*ends.UNTIL, *ends.BY) and (end := self._moment(at)):
            return end
        if piece.kind is Kind.WORD and piece.text in ends.UNTIL:
            return self._until(at)
        if at and self._pieces[at - 1].kind in QUANTITIES and (times := self._count(at)):
            self._put("fire", self._times(times, piece.span), piece.span)
            return at + 1
        if piece.kind is Kind.WORD and piece.text in ("via", "by", "through", "on", "over"):
            return self._via(at)
        if again := self._again(at):
            span = (piece.span[0], self._pieces[at + 1].span[1])
            hint = f"write {again[0]} to hear it again while it lasts"
            raise Mistake(span, f"{self._text[slice(*span)]}?", hint, fixes=instead(span, *again))
        if piece.key in OF_FILES:
            raise of_files(self._pieces, at)
        if piece.key == "for" and self._holds(at):
            return at
        end = self._marked(at)
        if end == at and piece.key in _TIMED and self._key(at + 1) in ("<number>", ""):
            raise self._untimed(at)
        return end

    def _again(self, at: int) -> tuple[str, ...]:
        """What `every 4h` and `every day` may mean, () for all else; `every day at 9` is a time of day."""
        key, after = self._key(at), self._key(at + 1)
        if key in ("every", "once") and after in _TIMES:
            return (f"remind {self._pieces[at + 1].text}",)
        if key in ("every", "each") and after in _EACH and self._key(at + 2) not in ("at", "@"):
            return (f"remind {_EACH[after]}", "every time")
        return ()

    def _count(self, at: int) -> str:
        """`2x` and `x2` behind all that is said of the level: how often; "" for another multiple."""
        piece = self._pieces[at]
        after = self._pieces[at + 1] if at + 1 < len(self._pieces) else None
        if after is not None and (after.text in _OF_MULTIPLE or after.kind not in (Kind.WORD, Kind.SIGN)):
            return ""
        found = _X.fullmatch(piece.text) if piece.kind is Kind.WORD else None
        return piece.text if piece.kind is Kind.TIMES else found[1] if found else ""

    def _holds(self, at: int) -> bool:
        """True for the `for` of `holds for 5m`, `stays there for 5m`, which is a part of the condition."""
        there = at > 0 and self._pieces[at - 1].key in ("there", "above", "below")
        before = at - 2 if there else at - 1
        return before >= 0 and self._pieces[before].key in _HOLDING

    def _untimed(self, at: int) -> Mistake:
        """`for 5`, `remind`: without a time, or with one that has no unit."""
        piece = self._pieces[at]
        if at + 1 < len(self._pieces):
            return unit_missing(self._pieces[at + 1])
        question = "for how long?" if piece.key == "for" else "remind how often?"
        sample = "for 5m" if piece.key == "for" else "remind 4h"
        return Mistake(piece.span, question, f"write {sample}", fixes=instead(piece.span, sample))

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

    def _moment(self, at: int) -> int:
        """Where the moment behind `until` ends, 0 where none follows."""
        piece = self._pieces[at]
        start = piece.span[1] + len(self._text[piece.span[1] :]) - len(self._text[piece.span[1] :].lstrip())
        moment = ends.moment(self._text, start)
        if moment is None:
            return 0
        value, stop = moment
        if piece.text in ends.BY and value[2:3] == "-":
            # `up by 10-15%` is no October.
            return 0
        self._put("until", value, (piece.span[0], stop))
        behind = (i for i in range(at, len(self._pieces)) if self._pieces[i].span[0] >= stop)
        return next(behind, len(self._pieces))

    def _until(self, at: int) -> int:
        """The condition behind `until`."""
        piece = self._pieces[at]
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
        times = [each for each in self._into.ends if each.text not in ("in", "after", *FILLERS)]
        if all(each.kind in (Kind.TIME, Kind.MINUTES) for each in times):
            raise Mistake(
                piece.span,
                "until takes a day, a time or a condition",
                "write until friday, until 18:00, until 2027-01-31 or until price < 68k",
                fixes=instead(self._into.places["until"], "until tomorrow", "until sunday", "until end of month", ""),
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
        if names and names[-1] not in CHANNELS and self._talk(end):
            place = (self._pieces[at + 1].span[0], self._pieces[end].span[1])
            fixes = instead(place, *(get_close_matches(names[-1], CHANNELS, n=1) or CHANNELS))
            raise Mistake(place, f"via {self._text[slice(*place)]}?", _WAYS, fixes=fixes)
        if names:
            value = ", ".join(dict.fromkeys(names))
            self._put("via", value, (self._pieces[at].span[0], self._pieces[end - 1].span[1]))
            return end
        if anything:
            place = self._pieces[at].span
            raise Mistake(place, "via what?", _WAYS, fixes=instead(place, "via email"))
        return at

    def _talk(self, at: int) -> bool:
        """True where one more word stands at the end of the line, which nothing else can be."""
        last = at + 1 == len(self._pieces) and self._pieces[at].kind is Kind.WORD
        return last and self._pieces[at].text not in FILLERS and not self._begins(at)

    def _name(self, at: int) -> str:
        name = self._pieces[at].text
        return {"mail": "email", "mails": "email", "tg": "telegram"}.get(name, name)
