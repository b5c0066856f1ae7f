"""How each command but `alert` and `edit` is read: coins, people, settings, and the table of all."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from alertd.bot.catalogue import COMMANDS, NAMES
from alertd.bot.language import coins as c
from alertd.bot.language import ends
from alertd.bot.language.alerting import VOCABULARY
from alertd.bot.language.alike import near_command
from alertd.bot.language.arguments import Given, Reader, Said, mute, numbers, one, snooze, unsnooze, usage
from alertd.bot.language.letters import check_twins
from alertd.bot.language.mistake import Mistake, instead
from alertd.bot.language.pieces import Kind, Piece, cut, gathered
from alertd.errors import did_you_mean
from alertd.model.people import Role

_PERSON = re.compile(r"@?(\d{1,9})", re.ASCII)
_QUOTED = re.compile(r"[\"“']([^\"“”'\n]{1,60})[\"”']")
_SETTING = {"timezone": "zone", "tz": "zone", "time-zone": "zone", "channel": "channels", "quiet-hours": "quiet"}
_SETTINGS = ("zone", "quiet", "channels", "digest", "cap")


def given(name: str, said: Said) -> Given:
    """The arguments of a command. Raises Mistake for what they cannot be."""
    if name not in ("import", "silence", "watchlist"):
        for found in re.finditer(r"\w+", said.rest):
            check_twins(found.group(), said.span[0] + found.start())
    return READERS[name](name, said)


# ── coins ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _coins(said: Said, *, strip: bool = False) -> tuple[tuple[str, ...], list[Piece]]:
    """The coins that are said, and what else is."""
    known = c.Coins(said.universe, said.lists, VOCABULARY)
    pieces = gathered(cut(said.line, known.known, said.start))
    pieces = [
        piece
        for piece in pieces
        if piece.text not in ("of", "for", "the", "and", "?", ",", "my", "in", "'s", "on", "about", "!")
    ]
    if strip:
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


def _some_coins(name: str, said: Said) -> Given:
    symbols, rest = _coins(said)
    if not symbols or rest:
        raise usage(name, said, f"{name} of which coin?" if not symbols else "")
    return Given((), symbols)


def _chart(name: str, said: Said) -> Given:
    symbols, rest = _coins(said)
    times = [piece for piece in rest if piece.kind in (Kind.TIME, Kind.MINUTES)]
    if not symbols or len(symbols) > 1 or len(times) != len(rest) or len(times) > 1:
        if len(symbols) > 1:
            fixes = instead((0, len(said.line)), *(f"chart {symbol}" for symbol in symbols[:4]))
            raise Mistake(said.span, "one chart shows one coin", fixes=fixes)
        raise usage(name, said, "" if symbols else "a chart of which coin?")
    return Given(tuple(time.text for time in times), symbols)


def _coins_or_none(name: str, said: Said) -> Given:
    if not said.rest:
        return Given()
    symbols, rest = _coins(said)
    if rest:
        raise usage(name, said)
    return Given((), symbols)


def _page(name: str, said: Said) -> Given:
    """Coins, and behind them the number of a page."""
    number = said.words[-1] if said.words else ""
    if not (number.isdecimal() and number.isascii()):
        return _coins_or_none(name, said)
    return Given((number,), _coins_or_none(name, replace(said, line=said.line.rstrip().removesuffix(number))).symbols)


def _number_or_coin(_: str, said: Said) -> Given:
    found = numbers(said.rest)
    if len(found) == 1 and found != ("all",):
        return Given(found)
    return Given() if found == ("all",) else _coins_or_none("history", said)


def _watchlist(name: str, said: Said) -> Given:
    if not said.rest:
        return Given()
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
    if not inner.rest:
        return Given((title,))
    if inner.rest.lower() in ("delete", "remove"):
        return Given((title, "delete"))
    symbols, rest = _coins(inner)
    if rest or not symbols:
        raise usage(name, said)
    return Given((title,), symbols)


def _some_or_coin(name: str, said: Said) -> Given:
    found = numbers(said.rest)
    if found:
        return Given(found)
    if not said.rest:
        raise usage(name, said, f"{name} which alert?")
    words = said.words
    if words[0].lower() in ("watchlist", "list") and len(words) == 2:
        fixes = instead((0, len(said.line)), f"watchlist {words[1]} delete")
        raise Mistake(said.span, "delete takes alerts", "write watchlist NAME delete", fixes=fixes)
    if words[-1].lower() in ("alert", "alerts") and len(words) > 1:
        said = replace(said, line=said.line.rstrip()[: -len(words[-1])])
    symbols, rest = _coins(said, strip=words[0].lower() in ("all", "every") and len(said.words) > 1)
    if rest or not symbols:
        raise usage(name, said)
    return Given((), symbols)


# ── people, settings and the rest ────────────────────────────────────────────────────────────────────────────────────


def _person(word: str) -> str:
    found = _PERSON.fullmatch(word)
    return f"@{int(found[1])}" if found else ""


def _somebody(name: str, said: Said) -> Given:
    person = _person(said.rest)
    if not person:
        raise usage(name, said, "" if said.rest else "who?")
    return Given((person,))


def _anybody(name: str, said: Said) -> Given:
    return _somebody(name, said) if said.rest else Given()


def _role(name: str, said: Said) -> Given:
    words = [word for word in said.words if word.lower() not in ("is", "to", "=")]
    person = _person(words[0]) if words else ""
    role = words[1].lower() if len(words) == 2 else ""
    if not person:
        raise usage(name, said, "" if said.rest else "whose role?")
    if role not in tuple(Role):
        near = did_you_mean(role, tuple(Role))
        fixes = instead((0, len(said.line)), *(f"role {person} {each}" for each in ("viewer", "user", "admin")))
        raise Mistake(said.span, "a role is viewer, user or admin", near, fixes=fixes)
    return Given((person, role))


def _invite(name: str, said: Said) -> Given:
    role = said.rest.lower().removeprefix("as ").removeprefix("an ").removeprefix("a ")
    if role and role not in ("viewer", "user", "admin"):
        fixes = instead((0, len(said.line)), "invite user", "invite viewer", "invite admin")
        raise Mistake(said.span, "an invitation is for a viewer, a user or an admin", fixes=fixes)
    return Given((role,) if role else ())


def _settings(name: str, said: Said) -> Given:
    words = said.words
    if not words:
        return Given()
    key, rest = words[0].lower().rstrip(":="), words[1:]
    if rest and (key, rest[0].lower()) in (("time", "zone"), ("quiet", "hours"), ("quiet", "time")):
        key, rest = {"time": "zone"}.get(key, key), rest[1:]
    key = _SETTING.get(key, key)
    if rest and rest[0].lower() in ("to", "is", "=", ":"):
        rest = rest[1:]
    if key not in _SETTINGS:
        near = did_you_mean(key, _SETTINGS)
        place = (said.span[0], said.span[0] + len(words[0]))
        fixes = instead(place, near.split("'")[1]) if near else instead((0, len(said.line)), "settings")
        raise Mistake(
            place, f"there is no setting {words[0]!r}", near or f"settings are {', '.join(_SETTINGS)}", fixes=fixes
        )
    if key == "quiet" and (meant := ends.hours(" ".join(rest))):
        place = (said.span[0], len(said.line.rstrip()))
        raise Mistake(place, "write hours as 23:00-07:00", fixes=instead(place, f"quiet {meant}"))
    return Given((key, *rest))


def _nothing(name: str, said: Said) -> Given:
    if said.rest.lower() not in ("", "please", "pls", "?", "all", "now"):
        raise Mistake(said.span, f"{name} takes nothing behind it", fixes=instead((0, len(said.line)), name))
    return Given()


def _help(name: str, said: Said) -> Given:
    word = said.rest.lower().lstrip("/")
    if word in ("", "me", "please"):
        return Given()
    if word in NAMES:
        return Given((NAMES[word],))
    near = near_command(word)
    hint = f"did you mean {near!r}?" if near else ""
    fixes = instead((0, len(said.line)), f"help {near}".rstrip())
    raise Mistake(said.span, f"there is no command {said.rest[:40]!r}", hint, fixes=fixes)


def _words(_: str, said: Said) -> Given:
    return Given(tuple(said.words))


def _upto(most: int) -> Reader:
    def read(name: str, said: Said) -> Given:
        if len(said.words) > most:
            raise usage(name, said)
        return Given(tuple(said.words))

    return read


def _link(name: str, said: Said) -> Given:
    words = said.words
    if len(words) == 2 and words[0].lower() == "webhook":
        return Given(("webhook", words[1]))
    if len(words) > 2 or not all(re.fullmatch(r"[\w.+@-]{1,254}", word) for word in words):
        raise usage(name, said)
    if len(words) == 2 and words[0].lower() not in ("remove", "code"):
        raise usage(name, said)
    return Given((words[0].lower(), *words[1:]) if len(words) == 2 else tuple(words))


def _page_if_any(name: str, said: Said) -> Given:
    return (_page if said.rest.strip().isdecimal() else _nothing)(name, said)


def _yaml(name: str, said: Said) -> Given:
    text = said.line[said.start :].strip("\r\n\t ")
    fenced = re.fullmatch(r"```(?:ya?ml)?[ \t]*\n(.*?)\n?```", text, re.DOTALL)
    text = fenced[1] if fenced else text
    if not text.strip():
        fixes = instead((0, len(said.line)), "help import")
        raise Mistake(said.span, "import what?", "write import, and the rule file behind it", fixes=fixes)
    return Given((text,))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "alerts": _page,
        "delete": _some_or_coin,
        "pause": _some_or_coin,
        "resume": _some_or_coin,
        "snooze": snooze,
        "unsnooze": unsnooze,
        "mute": mute,
        "price": _some_coins,
        "chart": _chart,
        "signal": _some_coins,
        "watchlist": _watchlist,
        "history": _number_or_coin,
        "why": one,
        "settings": _settings,
        "link": _link,
        "export": _page_if_any,
        "import": _yaml,
        "help": _help,
        "start": _upto(1),
        "users": _page_if_any,
        "invite": _invite,
        "role": _role,
        "ban": _somebody,
        "forget-user": _somebody,
        "audit": _anybody,
        "rules": _upto(1),
        "silence": _words,
        "status": _nothing,
    }
)
"""How each command but `alert` and `edit` is read."""
