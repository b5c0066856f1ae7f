"""The pieces of a condition → a sentence of the condition language, checked, in its one spelling."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from alertd.bot.language import amounts
from alertd.bot.language.clauses import whole
from alertd.bot.language.mistake import Edit, Mistake, instead
from alertd.bot.language.pieces import AMOUNTS, Kind, Piece
from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.fields import FIELDS, MARKET
from alertd.conditions.functions import FUNCTIONS
from alertd.conditions.sense import NEVER, warnings_of_count
from alertd.conditions.tree import Span
from alertd.errors import Problem, RuleError
from alertd.model.universe import Universe

_CALLS = frozenset((*FUNCTIONS, "recently", *(name for name, spec in FIELDS.items() if spec.per_bar)))
_BARE = re.compile(r"[A-Z_][A-Z0-9_]*")
_WRITE = re.compile(r"(?:write|did you mean) '?(.+?)'?(?:, or .*|\?)?")

_TOO_LONG = re.compile(r"a window is (\S+) at the longest")
_NO_WINDOW = "a window has to be longer than nothing"
_TOO_FAR = "nothing falls by 100% or more"
_SOME = "what there is: price, market_cap, volume_24h, rsi(14, 1h), signal and more"
_IDLE = frozenset(("hourly", "more", "again"))
"""Words behind a sentence that may as well be left out."""


class Sentence:
    """A sentence that is put together from pieces, and knows where each part of it was typed."""

    def __init__(self, pieces: Sequence[Piece], universe: Universe) -> None:
        self._universe = universe
        self._pieces = whole(pieces)
        if not self._pieces:
            end = pieces[-1].span[1] if pieces else 0
            raise Mistake(
                (end, end + 1), "there is no condition here", "say a level or a move: above 70k, down 5% in 1h"
            )
        self._starts: list[int] = []
        self.text = self._joined()

    def compiled(self, coins: int = 0) -> t.Condition:
        """Its tree; `coins` is how many it is for, 0 where that is not known. Raises Mistake, in the columns of what
        was typed, for what makes no sense, and for what can never come true."""
        try:
            compiled = compile_condition(self.text, self._universe)
        except RuleError as error:
            raise self._mistake(error.problems) from None
        of_count = warnings_of_count(compiled.tree, self.text, coins) if coins else ()
        for problem in (*compiled.warnings, *of_count):
            if problem.message.startswith(NEVER):
                fixes = [*self._possible(compiled.tree), *self._changed(problem)]
                raise Mistake(self._typed(problem), problem.message, problem.hint, fixes=fixes)
        return compiled.tree

    def _joined(self) -> str:
        """One blank between words, none inside parentheses but behind commas."""
        text = ""
        ages = any(piece.text == "age" for piece in self._pieces)
        calls: list[bool] = []
        for at, piece in enumerate(self._pieces):
            before = self._pieces[at - 1] if at else None
            said = self._spelled(at, called=bool(calls) and calls[-1], ages=ages)
            if before is not None and not _tight(before, piece, self._pieces[at - 2] if at > 1 else None):
                text += " "
            self._starts.append(len(text))
            text += said
            if piece.text == "(":
                calls.append(before is not None and before.text in _CALLS)
            elif piece.text == ")" and calls:
                calls.pop()
        return text

    def _spelled(self, at: int, *, called: bool, ages: bool) -> str:
        piece = self._pieces[at]
        if piece.text.endswith("m") and piece.kind in (Kind.MINUTES, Kind.TIME):
            before = self._pieces[at - 1].text if at else ""
            after = self._pieces[at + 1].text if at + 1 < len(self._pieces) else ""
            timed = before in ("in", "holds") or (called and before in ("(", ",") and after in (")", "")) or ages
            if piece.kind is Kind.TIME and not timed:
                # The language would take it for millions.
                raise Mistake(piece.span, f"{piece.text} is a duration: a number belongs here", "write one such as 70k")
            return piece.text if timed else amounts.millions(piece.text)
        if piece.kind is Kind.FIELD:
            return self._qualified(piece.text)
        return f'"{piece.text}"' if piece.kind is Kind.TAG else piece.text

    def _qualified(self, text: str) -> str:
        """`ETH.price`, with alertd's own name of the coin; sources and the market stay as they are."""
        coin, _, field = text.partition(".")
        if coin.lower() == MARKET:
            return f"{MARKET}.{field.lower()}"
        own = None if coin in self._universe.sources else self._universe.coins.get(coin.upper())
        name = own or coin
        bare = own is None or _BARE.fullmatch(name)
        return f"{name}.{field.lower()}" if bare else f'"{name}".{field.lower()}'

    # ── what is wrong with it ────────────────────────────────────────────────────────────────────────────────────

    def _mistake(self, problems: Sequence[Problem]) -> Mistake:
        first, *others = problems
        span = self._typed(first)
        hint = _SOME if first.hint.startswith("the fields are") else first.hint
        if others:
            more = "; ".join(problem.message for problem in others)
            hint = f"{hint}; {more}" if hint else more
        written = _WRITE.fullmatch(first.hint)
        fixes = instead(self._with_lead(span, written[1]), written[1]) if written else _mended(first.message, span)
        return Mistake(span, first.message, hint, fixes=[*fixes, *self._changed(first)])

    def _with_lead(self, span: Span, text: str) -> Span:
        """The span with the word before it, where what is to be written begins with that."""
        lead = text.partition(" ")[0]
        before = [piece.span for piece in self._pieces if piece.span[1] <= span[0]]
        said = next((piece.text for piece in reversed(self._pieces) if piece.span[1] <= span[0]), "")
        return (before[-1][0], span[1]) if said == lead else span

    def _changed(self, problem: Problem) -> Sequence[Sequence[Edit]]:
        """A window of a length that there is, a fall that there can be."""
        start, end = self._typed(problem)
        inside = [piece for piece in self._pieces if start <= piece.span[0] and piece.span[1] <= end]
        times = [piece.span for piece in inside if piece.kind in (Kind.TIME, Kind.MINUTES)]
        if times and (longest := _TOO_LONG.fullmatch(problem.message)):
            return instead(times[-1], longest[1])
        if times and problem.message == _NO_WINDOW:
            return instead(times[-1], "1h", "24h")
        percents = [piece for piece in inside if piece.kind is Kind.PERCENT]
        if percents and _TOO_FAR in problem.message:
            # `150%` is a slip of the pen for `15%`, if anything.
            return instead(percents[0].span, f"{percents[0].text[:2]}%")
        return ()

    def _possible(self, tree: t.Condition) -> Sequence[Sequence[Edit]]:
        """What is never true with the ends of a range the other way round, or with `or` for its `and`."""
        fixes: list[list[Edit]] = []
        for node in t.walk(tree):
            match node:
                case t.Between(_, low, high):
                    ends = [self._piece(low.span[0]), self._piece(high.span[0])]
                    fixes.append([Edit((*ends[at].span, ends[not at].said)) for at in (0, 1)])
                case t.And((one, other)):
                    joint = self._piece(max(at for at in self._starts if one.span[1] <= at < other.span[0]))
                    fixes.append([Edit((*joint.span, "or"))])
        return fixes

    def _piece(self, at: int) -> Piece:
        """The piece that stands at a place of the sentence."""
        return self._pieces[bisect_right(self._starts, at) - 1]

    def _typed(self, problem: Problem) -> Span:
        """Where a problem of the sentence is in what was typed."""
        start = max(problem.column - 1, 0)
        end = start + problem.width
        touched = [
            _part(piece, start - at)
            for piece, at, after in zip(self._pieces, self._starts, [*self._starts[1:], len(self.text)], strict=True)
            if at < end and start < after and after > at
        ]
        if not touched:
            last = self._pieces[-1].span[1] if self._pieces else 0
            return (last, last + 1)
        return (min(span[0] for span in touched), max(span[1] for span in touched))


def _mended(message: str, span: Span) -> Sequence[Sequence[Edit]]:
    """A parenthesis put in that is missing, a word left out that is too much."""
    if "closing parenthesis" in message:
        return instead((span[0], span[0]), ")")
    odd = message.rpartition(", not ")[2].strip("'") if message.startswith("expected") else ""
    idle = (odd and not odd[0].isalnum()) or odd in _IDLE or message.endswith("does not belong here")
    return instead(span, "") if idle else ()


def _part(piece: Piece, offset: int) -> Span:
    """The place of a piece; of `ETH.price` that of the field alone, where the problem begins behind the dot."""
    start, end = piece.span
    return (end - len(piece.said.partition(".")[2]), end) if piece.kind is Kind.FIELD and offset > 0 else (start, end)


def _tight(before: Piece, piece: Piece, earlier: Piece | None) -> bool:
    """True where no blank stands between two pieces."""
    if piece.text in (")", ",") or before.text == "(":
        return True
    if piece.text == "(":
        return before.kind is Kind.WORD and (before.text in _CALLS or before.text in FUNCTIONS)
    if before.text == "-" and piece.kind in AMOUNTS:
        return earlier is None or (earlier.kind is Kind.SIGN and earlier.text != ")")
    return False
