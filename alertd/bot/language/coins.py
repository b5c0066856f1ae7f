"""The coins that a line names: by symbol, name, alias, pair or watchlist."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from alertd.bot.language.alike import alike
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.pieces import Kind, Piece
from alertd.conditions.tree import Span
from alertd.model.universe import Universe

QUOTES = frozenset(("USDT", "USD", "USDC", "BUSD", "FDUSD"))
"""What the other side of a pair may be: a dollar, or nearly."""
FOREIGN = frozenset(("EUR", "EURO", "EUROS", "GBP", "JPY", "TRY", "BRL", "KRW", "AUD", "CAD", "CHF"))
"""Money that alertd does not reckon in."""
_CONTRACTS = frozenset(("p", "perp", "perps", "perpetual", "perpetuals", "futures", "swap"))
"""What makes a contract on a coin of it, which has a price of its own."""
_RATIOS = ("BTC", "ETH", "BNB")
"""Coins that others are quoted in."""
ADD = "add it under coins: in the configuration"
"""What helps where no coin is near."""
_LONGEST = 7
"""Pieces of a name: `CRYPTO-COM-CHAIN`, `ETHEREUM NAME SERVICE`."""
_TICKER = 10
"""Characters of a symbol, at the most."""
JOINS = frozenset((",", "and", "or", "+", "plus"))

Lists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Named:
    """Coins that the pieces from `start` to before `end` name: one, or those of a watchlist."""

    symbols: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Coins:
    """The names that are known: those of the universe and of watchlists, which may be people's own."""

    universe: Universe
    lists: Lists
    words: frozenset[str]
    """Words of the language, lower case: a coin of such a name is written in capitals, or with a `$`."""

    def known(self, word: str) -> bool:
        return word.upper() in self.universe.coins

    def says(self, word: str) -> bool:
        """True for a word that means something here: of the language, or what a coin or a list is called."""
        return word.lower() in self.words or bool(self._own(word))

    def at(self, text: str, pieces: Sequence[Piece], start: int, *, first: bool) -> Named | None:
        """What is named by the pieces that begin at `start`, the longest name of all."""
        piece = pieces[start]
        found = self._tag(pieces, start) if piece.kind is Kind.TAG else None
        if piece.kind is Kind.WORD:
            found = self._word(text, pieces, start, first=first)
        coin, _, field = piece.text.partition(".")
        if piece.text.upper() in ("BTC.D", "USDT.D", "ETH.D"):
            # As charting sites call it.
            hint = "it has market_cap and market_cap_rank of each coin"
            raise Mistake(
                piece.span, "alertd has no numbers of dominance", hint, fixes=instead((0, len(text)), "help alert")
            )
        if piece.kind is Kind.FIELD and field.lower() in _CONTRACTS and (self._own(coin) or coin.isupper()):
            raise _contract((piece.span[1] - len(field) - 1, piece.span[1]))
        if found is not None:
            self._check_spot(pieces, found)
        return found

    def _word(self, text: str, pieces: Sequence[Piece], start: int, *, first: bool) -> Named | None:
        piece = pieces[start]
        for end in range(min(start + _LONGEST, len(pieces)), start, -1):
            if pieces[end - 1].kind not in (Kind.WORD, Kind.NUMBER) or (
                end > start + 1 and not _joined(pieces[start:end])
            ):
                continue
            said = " ".join(text[piece.span[0] : pieces[end - 1].span[1]].split())
            own = self._own(said)
            alone = end == start + 1
            if not own and not (alone and self._is_word(piece, first=False)):
                self._check_sourced(said, (piece.span[0], pieces[end - 1].span[1]))
            if own and not (alone and self._is_word(piece, first=first)):
                self._check_longer(said, pieces, start, end)
                return Named(own, start, self._paired(pieces, end))
        return self._glued(pieces, start)

    def _check_sourced(self, said: str, span: Span) -> None:
        """Raises Mistake for a coin that is known, and watched by no source."""
        own = self.universe.unsourced.get(said.removesuffix("'s").upper())
        if own is not None:
            raise Mistake(span, f"no source here has {own}", "only what a source has can be watched")

    def _check_spot(self, pieces: Sequence[Piece], named: Named) -> None:
        """Raises Mistake for a contract on a coin: `btc perp`, `BTC-PERP`, `BTC/USDT:USDT`."""
        end = named.end
        end += end + 1 < len(pieces) and pieces[end].key in ("-", "_", "/", ":", ".")
        margin = end < len(pieces) and pieces[end - 1].key == ":" and pieces[end].said.upper() in QUOTES
        if margin or (end < len(pieces) and pieces[end].key in _CONTRACTS - {"p"}):
            raise _contract((pieces[named.end - 1].span[1], pieces[end].span[1]))

    def _check_longer(self, said: str, pieces: Sequence[Piece], start: int, end: int) -> None:
        """`bitcoin c` is more than Bitcoin: raises Mistake with the coins whose names begin like that."""
        if end >= len(pieces) or pieces[end].kind is not Kind.WORD or pieces[end].text in self.words:
            return
        longer = f"{said} {pieces[end].said}"
        if pieces[end].said.upper() not in self.universe.coins and self.candidates(longer):
            span = (pieces[start].span[0], pieces[end].span[1])
            raise self.unknown(Piece(Kind.WORD, longer.lower(), span, longer), longer, several=True)

    def _tag(self, pieces: Sequence[Piece], start: int) -> Named:
        piece = pieces[start]
        own = self._own(piece.text) or self._own_of_pair(piece)
        if not own:
            self._check_sourced(piece.text, piece.span)
        if not own and piece.said.startswith('"') and " " in piece.text:
            fixes = (
                *(instead((piece.span[0], piece.span[0]), "note ") if start else ()),
                *instead(piece.span, piece.text),
            )
            raise Mistake(piece.span, "is that a note?", f"write note {piece.said}", fixes=fixes)
        if not own:
            raise self.unknown(piece, piece.text)
        return Named(own, start, self._paired(pieces, start + 1))

    def _own(self, said: str) -> tuple[str, ...]:
        for name in (said, said.removesuffix("'s").removesuffix("’s")):
            coin = self.universe.coins.get(name.upper())
            if coin is not None:
                return (coin,)
        low = said.lower()
        for lists in (self.lists, self.universe.watchlists):
            found = next((coins for name, coins in lists.items() if name.lower() == low), ())
            if found:
                return tuple(dict.fromkeys(self.universe.coins.get(coin.upper(), coin) for coin in found))
        return ()

    def _is_word(self, piece: Piece, *, first: bool) -> bool:
        """True for a word of the language that is no coin here, though there is one of its name."""
        return piece.text in self.words and not first and not (piece.said.isupper() and len(piece.said) > 1)

    def _paired(self, pieces: Sequence[Piece], end: int) -> int:
        """Where a pair ends (`BTC/USDT`, `BTC-USD`), else where its first coin does."""
        if end + 1 >= len(pieces) or pieces[end].key not in ("/", "-", "_"):
            return end
        glued = pieces[end - 1].span[1] == pieces[end].span[0] and pieces[end].span[1] == pieces[end + 1].span[0]
        quote = pieces[end + 1].said.upper()
        if not glued:
            return end
        if quote in FOREIGN:
            raise foreign(quote, (pieces[end].span[0], pieces[end + 1].span[1]))
        return end + 2 if quote in QUOTES else end

    def _glued(self, pieces: Sequence[Piece], start: int) -> Named | None:
        own = self._own_of_pair(pieces[start])
        return Named(own, start, start + 1) if own else None

    def _own_of_pair(self, piece: Piece) -> tuple[str, ...]:
        """The coin of a pair in one word: `BTCUSD`, `btc_usdt`."""
        said = piece.text.upper()
        for quote in (*QUOTES, *FOREIGN, "PERP"):
            base = said.removesuffix(quote).removesuffix("_")
            if base != said:
                self._check_sourced(base, piece.span)
            if base != said and len(base) > 1 and (own := self.universe.coins.get(base)):
                if quote in FOREIGN:
                    raise foreign(quote, (piece.span[1] - len(quote), piece.span[1]))
                if quote == "PERP":
                    raise _contract((piece.span[0] + len(base), piece.span[1]))
                return (own,)
        return ()

    # ── what is not known ────────────────────────────────────────────────────────────────────────────────────────

    def unknown(self, piece: Piece, said: str, *, several: bool = False) -> Mistake:
        """That there is no such coin: the nearest ones to tap, or those that the word could be short for."""
        found = self.candidates(said)
        own = self.universe.coins.get(said.partition(" ")[0].upper())
        if several and own is not None:
            found = [(self.label(own), own), *(each for each in found if each[1] != own)]
        if len(found) > 1:
            names = ", ".join(label for label, _ in found)
            choices = [(label, instead(piece.span, own)[0]) for label, own in found]
            return Mistake(piece.span, f"{said!r} could be several coins", f"{names}: which one?", choices=choices)
        pair = self._pair(said)
        if pair:
            return Mistake(piece.span, f"{said!r} is two coins", f"write {pair}", fixes=instead(piece.span, pair))
        near = [own for _, own in found] or self.near(said)
        ticker = said.isalnum() and len(said) <= _TICKER and said.lower() not in self.words
        hint = f"did you mean {' or '.join(near)}?" if near else ADD if ticker else ""
        return Mistake(piece.span, f"there is no coin {said!r} here", hint, fixes=instead(piece.span, *near))

    def _pair(self, said: str) -> str:
        """`ETH/BTC` for `ethbtc`, "" for what is no pair of coins."""
        bases = ((said.upper().removesuffix(quote), quote) for quote in _RATIOS)
        coins = self.universe.coins
        return next((f"{base}/{quote}" for base, quote in bases if base in coins and quote in coins), "")

    def candidates(self, said: str) -> list[tuple[str, str]]:
        """Label and own name of the coins whose symbol or name begins with the word, up to eight."""
        start = " ".join(said.upper().split())
        if len(start) < 2:
            return []
        names = (name for name in self.universe.coins if name.startswith(start))
        own = dict.fromkeys(self.universe.coins[name] for name in names)
        return [(self.label(coin), coin) for coin in [*own][:8]]

    def near(self, said: str, cutoff: float = 0.7) -> list[str]:
        """The coins whose names are nearest to a word, those left out that are much further than the first."""
        word = said.upper()[:40]
        names = get_close_matches(word, alike(word, tuple(self.universe.coins)), n=6, cutoff=cutoff)
        if not names:
            return []
        best = SequenceMatcher(None, names[0], word).ratio() - 0.12
        close = (name for name in names if SequenceMatcher(None, name, word).ratio() >= best)
        return [*dict.fromkeys(self.universe.coins[name] for name in close)][:3]

    def label(self, own: str) -> str:
        """`BCH (Bitcoin Cash)`, or the symbol alone where no name is known."""
        names = [name for name, coin in self.universe.coins.items() if coin == own and name != own.upper()]
        spoken = [name for name in names if name.replace(" ", "").isalpha() and not name.endswith(tuple(QUOTES))]
        return f"{own} ({max(spoken, key=len).title()})" if spoken else own


def _joined(pieces: Sequence[Piece]) -> bool:
    """True for words that may be one name: with blanks between them, or with signs but no blanks."""
    return all(
        piece.kind is Kind.WORD or (piece.text in ("-", ".") or piece.kind is Kind.NUMBER) for piece in pieces
    ) and not any(piece.text in (",", "and", "or") for piece in pieces)


def _contract(span: Span) -> Mistake:
    hint = "leave it out to hear of the coin itself"
    return Mistake(span, "alertd watches coins, not contracts on them", hint, fixes=instead(span, ""))


def foreign(quote: str, span: Span) -> Mistake:
    hint = "leave the currency out, and give the level in dollars"
    return Mistake(span, f"alertd reckons in US dollars alone, not in {quote}", hint, fixes=instead(span, ""))


def found_in(text: str, pieces: Sequence[Piece], coins: Coins) -> Iterator[Named]:
    """All coins among the pieces, in their order."""
    at = 0
    while at < len(pieces):
        named = coins.at(text, pieces, at, first=at == 0)
        if named is not None:
            yield named
        at = named.end if named is not None else at + 1


def grouped(names: Sequence[Named], pieces: Sequence[Piece]) -> list[list[Named]]:
    """Those that are listed (`BTC, ETH and SOL`) together."""
    groups: list[list[Named]] = []
    for named in names:
        between = pieces[groups[-1][-1].end : named.start] if groups else ()
        if groups and all(piece.key in JOINS for piece in between) and len(between) <= 2:
            groups[-1].append(named)
        else:
            groups.append([named])
    return groups


def symbols_of(group: Sequence[Named]) -> tuple[str, ...]:
    """Each once, in the order of the line. `BTC USDT` is a pair, not two coins."""
    symbols = [symbol for named in group for symbol in named.symbols]
    if len(symbols) == 2 and symbols[1] in QUOTES and symbols[0] not in QUOTES and group[0].end == group[-1].start:
        symbols = symbols[:1]
    return tuple(dict.fromkeys(symbols))


def field_of(coin: str, field: str, span: Span) -> Piece:
    """`ETH.price` at the place of what names it."""
    return Piece(Kind.FIELD, f"{coin}.{field}", span, f"{coin}.{field}")
