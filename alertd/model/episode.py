"""How a person writes an episode: `rule/COIN/3`, `rule/COIN` or `rule`."""

import re
from typing import NamedTuple

_OWN = re.compile(r"(@\d+)\.(.+)", re.ASCII | re.DOTALL)
_OWNED = re.compile(r"([^:]*):(.*)", re.DOTALL)


class Meant(NamedTuple):
    """What a word may mean: `coin` is "" for any, `episode` 0 for the last one."""

    owner: str
    rule: str
    coin: str
    episode: int


def meant(word: str) -> list[Meant]:
    """Everything that a word may mean, the most exact first: names of rules may hold slashes and points themselves. An
    alert of chat is written `@7.3/…`, or `@7:3/…`."""
    found = []
    own = _OWN.fullmatch(word) or _OWNED.fullmatch(word)
    for whose, name in (("", word), own.groups()) if own else (("", word),):
        rule, _, last = name.rpartition("/")
        if last.isdecimal() and "/" in rule:
            of, _, coin = rule.rpartition("/")
            found.append(Meant(whose, of, coin.upper(), int(last)))
        if rule:
            found.append(Meant(whose, rule, last.upper(), 0))
        found.append(Meant(whose, name, "", 0))
    return found
