"""How a person writes an episode: `rule/COIN/3`, `rule/COIN` or `rule`."""

from typing import NamedTuple


class Meant(NamedTuple):
    """What a word may mean: `coin` is "" for any, `episode` 0 for the last one."""

    owner: str
    rule: str
    coin: str
    episode: int


def meant(word: str) -> list[Meant]:
    """Everything that a word may mean, the most exact first: names of rules may hold slashes and colons themselves. A
    chat user's rule is written `owner:rule/…`."""
    found = []
    owner, colon, rest = word.partition(":")
    for whose, name in (("", word), (owner, rest)) if colon else (("", word),):
        rule, _, last = name.rpartition("/")
        if last.isdecimal() and "/" in rule:
            of, _, coin = rule.rpartition("/")
            found.append(Meant(whose, of, coin.upper(), int(last)))
        if rule:
            found.append(Meant(whose, rule, last.upper(), 0))
        found.append(Meant(whose, name, "", 0))
    return found
