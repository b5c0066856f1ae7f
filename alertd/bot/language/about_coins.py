"""How commands that take coins are read: prices and charts, lists of coins, and the alerts on a coin."""

import re
from dataclasses import replace

from alertd.bot.catalogue import COMMANDS
from alertd.bot.language import coins as c
from alertd.bot.language.arguments import Given, Said, numbers, usage
from alertd.bot.language.letters import check_twins
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.pieces import Kind, Piece, cut, gathered
from alertd.bot.language.words import VOCABULARY

_BESIDES = frozenset(
    ("of", "for", "the", "and", "my", "in", "'s", "on", "about", "at", "doing", "worth", "trading", "now", "today")
) | frozenset(("right", "?", ",", "!"))
"""Words beside coins that say nothing."""
_BESIDES_OF_ALERTS = _BESIDES | frozenset(("alert", "alerts"))
"""The same where the alerts on coins are meant."""
_ALL = frozenset(("all", "every"))
_SET, _DELETE = "set", "delete"
_VERBS = {
    "add": "add", "remove": "remove", "rm": "remove", "delete": _DELETE, "del": _DELETE, "drop": _DELETE,
    "new": _SET, "create": _SET, "make": _SET, "set": _SET,
}  # fmt: skip
"""What is done with a list: before its name or behind it, and so the name of none."""
_SIGNS = {"+": "add", "-": "remove", "−": "remove"}
_CHANGE = re.compile(rf"\s*((?:{'|'.join(_VERBS)})(?!\S)|[+−-])\s*", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“']([^\"“”'\n]{1,60})[\"”']")


def _coins(said: Said, *, alerts: bool = False) -> tuple[tuple[str, ...], list[Piece]]:
    """The coins that are said, and what else is; of `alerts` on them there may be all."""
    known = c.Coins(said.universe, said.lists, VOCABULARY)
    pieces = gathered(cut(said.line, known.known, said.start))
    pieces = [piece for piece in pieces if piece.text not in (_BESIDES_OF_ALERTS if alerts else _BESIDES)]
    if alerts and pieces and pieces[0].text in _ALL:
        pieces = pieces[1:]
    symbols: list[str] = []
    rest: list[Piece] = []
    at = 0
    while at < len(pieces):
        named = known.at(said.line, pieces, at, first=True)
        if named is None:
            rest.append(pieces[at])
            at += 1
        else:
            symbols += named.symbols
            at = named.end
    strange = next((piece for piece in rest if piece.kind is Kind.WORD), None)
    if strange is not None:
        raise known.unknown(strange, strange.said)
    return tuple(dict.fromkeys(symbols)), rest


def some_coins(name: str, said: Said) -> Given:
    symbols, rest = _coins(said)
    if not symbols or rest:
        raise usage(name, said, f"{name} of which coin?" if not symbols else "")
    return Given((), symbols)


def chart(name: str, said: Said) -> Given:
    symbols, rest = _coins(said)
    times = [piece for piece in rest if piece.kind in (Kind.TIME, Kind.MINUTES)]
    if not symbols or len(symbols) > 1 or len(times) != len(rest) or len(times) > 1:
        if len(symbols) > 1:
            fixes = instead((0, len(said.line)), *(f"chart {symbol}" for symbol in symbols[:4]))
            raise Mistake(said.span, "one chart shows one coin", fixes=fixes)
        raise usage(name, said, "" if symbols else "a chart of which coin?")
    return Given(tuple(time.text for time in times), symbols)


def coins_or_none(name: str, said: Said) -> Given:
    if not said.rest:
        return Given()
    symbols, rest = _coins(said)
    if rest:
        raise usage(name, said)
    return Given((), symbols)


def page(name: str, said: Said) -> Given:
    """Coins, and behind them the number of a page."""
    number = said.words[-1] if said.words else ""
    if not (number.isdecimal() and number.isascii()):
        return coins_or_none(name, said)
    return Given((number,), coins_or_none(name, replace(said, line=said.line.rstrip().removesuffix(number))).symbols)


def number_or_coin(_: str, said: Said) -> Given:
    found = numbers(said.rest)
    if len(found) == 1 and found != ("all",):
        return Given(found)
    return Given() if found == ("all",) else coins_or_none("history", said)


def watchlist(name: str, said: Said) -> Given:
    if not said.rest:
        return Given()
    verb = _VERBS.get(said.words[0].lower(), "")
    _check_turned(verb, said)
    if verb:
        if len(said.words) == 1:
            raise usage(name, said, f"{said.words[0].lower()} which list?")
        start = said.span[0] + len(said.words[0])
        said = Said(said.line, start, said.universe, said.lists)
    quoted = _QUOTED.match(said.line, said.span[0])
    typed = quoted.group() if quoted else said.words[0]
    title = next(filter(None, quoted.groups()), "").strip().lower() if quoted else typed.rstrip(":,=").lower()
    place = (said.span[0], said.span[0] + len(typed))
    if not re.fullmatch(r"\w[\w-]{0,31}", title) or title.isdigit():
        one = re.sub(r"[\W_]+", "-", title).strip("-")[:30]
        fixes = instead(place, one) if one and not one.isdigit() else ()
        raise Mistake(place, "a list has a name of one word", f"write {COMMANDS[name].usage}", fixes=fixes)
    start = place[1]
    inner = Said(said.line, start, said.universe, said.lists)
    check_twins(title, said.span[0])
    change = _CHANGE.match(said.line, start) if verb in ("", _SET) else None
    if change:
        verb = _SIGNS.get(change[1]) or _VERBS[change[1].lower()]
        inner = replace(inner, start=change.end())
    if not inner.rest:
        return _named(title, verb, name, said)
    symbols, rest = _coins(inner)
    if rest or not symbols:
        raise usage(name, said)
    return Given((title,) if verb in ("", _SET) else (title, "remove" if verb == _DELETE else verb), symbols)


def _check_turned(verb: str, said: Said) -> None:
    """Raises Mistake for `add sol to majors`: the list comes before what is done with it."""
    words = said.words
    if verb in ("", _SET) or len(words) < 4 or words[-2].lower() not in ("to", "from"):
        return
    meant = f"watchlist {words[-1]} {'add' if verb == 'add' else 'remove'} {' '.join(words[1:-2])}"
    raise Mistake(said.span, "the list comes first", f"write {meant}", fixes=instead((0, len(said.line)), meant))


def _named(title: str, verb: str, name: str, said: Said) -> Given:
    """A list without coins: it is shown, or goes."""
    if verb in (_DELETE, "remove"):
        return Given((title, _DELETE))
    if verb:
        raise usage(name, said, "which coins?")
    return Given((title,))


def some_or_coin(name: str, said: Said) -> Given:
    found = numbers(said.rest)
    if found:
        return Given(found)
    if not said.rest:
        raise usage(name, said, f"{name} which alert?")
    words = said.words
    if words[0].lower() in ("watchlist", "list") and len(words) == 2:
        fixes = instead((0, len(said.line)), f"watchlist {words[1]} delete")
        raise Mistake(said.span, "delete takes alerts", "write watchlist NAME delete", fixes=fixes)
    symbols, rest = _coins(said, alerts=True)
    named = next((word for word in re.findall(r"\w[\w-]*", said.rest.lower()) if word in said.lists), "")
    if named and name == _DELETE:
        fixes = instead((0, len(said.line)), f"watchlist {named} delete", f"delete {' '.join(symbols)}")
        hint = "write watchlist NAME delete, or the coins"
        raise Mistake(said.span, f"the list {named}, or all alerts on its coins?", hint, fixes=fixes)
    if rest or not symbols:
        raise usage(name, said, "" if rest else f"{name} which alert?")
    return Given((), symbols)
