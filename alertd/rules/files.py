"""Rule files → rules. There is no file access here: texts come in, and every mistake of all of them goes out at once.

A rule's own key replaces the file's default for it. 50,000 rules take seconds, so `read_rules` is run in a thread.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from alertd.conditions.tree import Expression
from alertd.errors import ConfigError, Problem, did_you_mean
from alertd.model.universe import Universe
from alertd.rules import keys
from alertd.rules.build import RULE_KEYS, rule_of
from alertd.rules.document import Document, Plain
from alertd.rules.entry import Entry, Lookups
from alertd.rules.rule import Rule
from alertd.rules.series import read_series, with_series
from alertd.rules.strict_yaml import read_document
from alertd.rules.wrong import Wrong

_DEFAULT_KEYS = tuple(key for key in RULE_KEYS if key not in ("name", "was", "when"))
_FILE_KEYS = ("version", "defaults", "series", "rules")


class RuleText(NamedTuple):
    """The bytes of a rule file, and its name as people know it."""

    file: str
    content: bytes


class Loaded(NamedTuple):
    """The rules and the series without a mistake, and all problems, warnings among them, in the order of the files.

    A series is a field of the coin `market`, by the name that conditions use it by.
    """

    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]
    series: Mapping[str, Expression] = MappingProxyType({})


def read_rules(sources: Sequence[RuleText], universe: Universe, now: float) -> Loaded:
    """All rules of all files. A rule with a mistake is left out; its problems say why. Never raises for a text."""
    read = [_document(source) for source in sources]
    documents = [document for document in read if isinstance(document, Document)]
    series = read_series(documents, universe)
    shared = Lookups(with_series(universe, series.units), now)
    rules: list[Rule] = []
    problems: list[Problem] = []
    names: dict[str, str] = {}
    for document in read:
        if not isinstance(document, Document):
            problems += document
            continue
        found = list(series.problems.get(document.file, ()))
        for entry in _entries(document, found):
            rule = rule_of(entry, shared)
            if rule is not None and _is_new(entry, rule, names):
                rules.append(rule)
            found += entry.problems
        # A mistake in the defaults is found by every rule that has them, and told once.
        problems += sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.column))
    problems += _stolen_names(rules, names)
    return Loaded(tuple(rules), tuple(problems), {name: each.of for name, each in series.series.items()})


def _document(source: RuleText) -> Document | tuple[Problem, ...]:
    """The file, or why it cannot be read."""
    try:
        return read_document(source.file, source.content)
    except ConfigError as error:
        return error.problems


def _entries(document: Document, problems: list[Problem]) -> Iterator[Entry]:
    root = document.root
    if not isinstance(root, dict):
        problems.append(document.problem((), "a rule file holds version: 1 and rules:"))
        return
    problems += _file_problems(document, root)
    defaults = root.get("defaults", {})
    rules = root.get("rules", [])
    if isinstance(rules, str) and not rules:
        return
    if not isinstance(rules, list):
        problems.append(document.problem(("rules",), "expected a list of rules, each beginning with - name:"))
        return
    for number, own in enumerate(rules):
        if isinstance(own, dict):
            yield Entry(document, number, own, defaults if isinstance(defaults, dict) else {})
        else:
            problems.append(document.problem(("rules", number), "expected a rule: - name: …"))


def _file_problems(document: Document, root: dict[str, Plain]) -> Iterator[Problem]:
    for key in root:
        if key not in _FILE_KEYS:
            hint = did_you_mean(key, _FILE_KEYS) or "rules stand in a list below rules:"
            yield document.problem((key,), f"there is no key {key!r}", hint, key=True)
    try:
        keys.version(root.get("version", "1"))
    except Wrong as wrong:
        yield document.problem(("version",), wrong.message, wrong.hint)
    defaults = root.get("defaults", {})
    if not isinstance(defaults, dict):
        yield document.problem(("defaults",), "expected keys and values, such as {cooldown: 15m}")
        return
    for key in defaults:
        if key not in _DEFAULT_KEYS:
            own = "it belongs into each rule" if key in RULE_KEYS else did_you_mean(key, _DEFAULT_KEYS)
            yield document.problem(("defaults", key), f"there is no default for {key!r}", own, key=True)


def _is_new(entry: Entry, rule: Rule, names: dict[str, str]) -> bool:
    if rule.name in names:
        entry.blame(f"there is a rule {rule.name!r} already", f"it is at {names[rule.name]}", "name")
        return False
    names[rule.name] = rule.place
    return True


def _stolen_names(rules: Sequence[Rule], names: dict[str, str]) -> Iterator[Problem]:
    """Renamed rules whose old name another rule has, or claims too: its state cannot go to both."""
    claimed: dict[str, Rule] = {}
    for rule in rules:
        if not rule.was:
            continue
        file, _, line = rule.place.rpartition(":")
        if rule.was in names:
            yield Problem(f"{rule.name!r} was {rule.was!r}, but that rule is still there", file, int(line))
        elif claimed.setdefault(rule.was, rule) is not rule:
            yield Problem(f"{rule.name!r} and {claimed[rule.was].name!r} were both {rule.was!r}", file, int(line))
