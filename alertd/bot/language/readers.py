"""How each command but `alert` and `edit` is read: people, settings, and the table of all."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from alertd.bot.catalogue import TOPICS
from alertd.bot.language import about_coins, ends
from alertd.bot.language.alike import near_command
from alertd.bot.language.arguments import Given, Reader, Said, mute, numbers, one, snooze, unsnooze, usage
from alertd.bot.language.heads import command_of
from alertd.bot.language.letters import check_twins
from alertd.bot.language.mistake import Mistake, instead
from alertd.errors import did_you_mean
from alertd.model.people import Role

_PERSON = re.compile(r"@?(\d{1,9})", re.ASCII)
_KEYS = ("zone", "quiet", "channels", "digest", "cap")
SETTINGS = {key: key for key in _KEYS} | {
    "timezone": "zone", "tz": "zone", "time-zone": "zone", "channel": "channels", "quiet-hours": "quiet",
}  # fmt: skip
"""What settings are called → their own names."""


def given(name: str, said: Said) -> Given:
    """The arguments of a command. Raises Mistake for what they cannot be."""
    if name not in ("import", "silence", "watchlist"):
        for found in re.finditer(r"\w+", said.rest):
            check_twins(found.group(), said.span[0] + found.start())
    return READERS[name](name, said)


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
    key = SETTINGS.get(key, key)
    if rest and rest[0].lower() in ("to", "is", "=", ":"):
        rest = rest[1:]
    if key not in _KEYS:
        near = did_you_mean(key, _KEYS)
        place = (said.span[0], said.span[0] + len(words[0]))
        fixes = instead(place, near.split("'")[1]) if near else instead((0, len(said.line)), "settings")
        # `set btc > 70k`
        fixes = (*instead((0, said.start), "alert"), *fixes)
        raise Mistake(
            place, f"there is no setting {words[0]!r}", near or f"settings are {', '.join(_KEYS)}", fixes=fixes
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
    if command := command_of(word):
        return Given((command,))
    if word in TOPICS:
        return Given((TOPICS[word],))
    near = near_command(word)
    hint = f"did you mean {near!r}?" if near else ""
    fixes = instead((0, len(said.line)), f"help {near}".rstrip())
    raise Mistake(said.span, f"there is no command {said.rest[:40]!r}", hint, fixes=fixes)


def _seen(name: str, said: Said) -> Given:
    """`3`, or a rule of the files: `btc`, `btc/ETH`, `btc ETH`."""
    words = said.words
    if not words or len(numbers(said.rest)) > 1 or numbers(said.rest) == ("all",):
        return one(name, said)
    if len(words) > 1 and words[-1].upper() in said.universe.coins:
        words = [*words[:-2], f"{words[-2]}/{words[-1].upper()}"]
    return Given(numbers(said.rest) or (" ".join(words).removeprefix("#"),))


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
    if len(words) == 2 and words[0].lower() in ("email", "mail") and "@" in words[1]:
        return Given((words[1],))
    if len(words) == 2 and words[0].lower() not in ("remove", "code"):
        raise usage(name, said)
    return Given((words[0].lower(), *words[1:]) if len(words) == 2 else tuple(words))


def _page_if_any(name: str, said: Said) -> Given:
    return (about_coins.page if said.rest.strip().isdecimal() else _nothing)(name, said)


def _yaml(name: str, said: Said) -> Given:
    text = said.line[said.start :].strip("\r\n\t ")
    fenced = re.fullmatch(r"```(?:ya?ml)?[ \t]*\n(.*?)\n?```", text, re.DOTALL)
    text = fenced[1] if fenced else text
    if not text.strip():
        fixes = instead((0, len(said.line)), "help import")
        raise Mistake(said.span, "import what?", "give it a rule file, or write its text behind it", fixes=fixes)
    return Given((text,))


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "alerts": about_coins.page,
        "delete": about_coins.some_or_coin,
        "pause": about_coins.some_or_coin,
        "resume": about_coins.some_or_coin,
        "snooze": snooze,
        "unsnooze": unsnooze,
        "ack": _seen,
        "mute": mute,
        "price": about_coins.some_coins,
        "chart": about_coins.chart,
        "signal": about_coins.some_coins,
        "watchlist": about_coins.watchlist,
        "history": about_coins.number_or_coin,
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
