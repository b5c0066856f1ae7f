"""Options that do not go with what an alert waits for, and what would go with it."""

from collections.abc import Mapping
from typing import NamedTuple

from alertd.conditions import tree as t
from alertd.conditions.check import compile_condition
from alertd.conditions.sense import always_ended
from alertd.errors import RuleError
from alertd.model.units import duration, say_duration
from alertd.model.universe import Universe

SOONEST = 60.0
"""Seconds between two reminders of one alert at the least."""
OFTEN = "more often is a flood, of which platforms let little through"
NOTE = 200
"""Characters of a note."""

_LASTS = (
    ("crosses above", ">"), ("crosses below", "<"), ("breaks above", ">"), ("breaks below", "<"),
    ("flips to", "is"), ("reaches", ">="), ("reaches", "<="),
)  # fmt: skip
"""What happens on one reading, and what lasts behind it."""
_OPPOSITE = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


class Misfit(NamedTuple):
    """What is wrong with which option; `instead` are conditions and options that go together, the likeliest first."""

    option: str
    message: str
    hint: str
    instead: tuple[tuple[str, Mapping[str, str]], ...]


def misfit(condition: str, options: Mapping[str, str], universe: Universe) -> Misfit | None:
    """The first option that would be refused; None where all go with the condition, which may be "" in a change."""
    for name in ("for", "remind"):
        if name in options and not duration(options[name]):
            return Misfit(name, f"{name} needs a time longer than nothing", "", _without(name, condition, options))
    if "remind" in options and duration(options["remind"]) < SOONEST:
        calm = ((condition, {**options, "remind": say_duration(SOONEST)}),)
        return Misfit("remind", "it is said again once a minute at the most", OFTEN, calm)
    if found := _of_note(condition, options):
        return found
    when = _tree(condition, universe)
    if when is None:
        return None
    if "for" in options and t.momentary(when):
        hint = "leave for out, or wait for a level that lasts"
        lasting = _lasting(condition, options, universe)
        both = (*lasting, *_without("for", condition, options))
        return Misfit("for", "what happens on one reading alone cannot last", hint, both)
    until = _tree(options.get("until", ""), universe)
    if until is not None and always_ended(when, until):
        other = _opposite(condition, options, when, universe)
        hint = "say an end that comes later, or leave it out"
        both = (*other, *_without("until", condition, options))
        return Misfit("until", "that is true whenever the alert is: it would never tell", hint, both)
    return None


def _of_note(condition: str, options: Mapping[str, str]) -> Misfit | None:
    note = " ".join(options.get("note", "x").split())
    if not note:
        return Misfit("note", "note what?", 'write note "sell half"', _without("note", condition, options))
    if len(note) > NOTE:
        short = {**options, "note": note[:NOTE].rstrip()}
        hint = f"this one has {len(note)}"
        return Misfit("note", f"a note has {NOTE} characters at the most", hint, ((condition, short),))
    return None


def _without(name: str, condition: str, options: Mapping[str, str]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return ((condition, {key: value for key, value in options.items() if key != name}),)


def _lasting(
    condition: str, options: Mapping[str, str], universe: Universe
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """A crossing that holds, and the level that is behind it."""
    rest = _without("for", condition, options)[0][1]
    holds = f"{condition}, holds {options['for']}"
    found: list[tuple[str, Mapping[str, str]]] = [(holds, rest)] if _tree(holds, universe) is not None else []
    for moment, lasts in _LASTS:
        other = condition.replace(moment, lasts)
        tree = _tree(other, universe) if other != condition else None
        if tree is not None and not t.momentary(tree):
            found.append((other, options))
    return tuple(found)


def _opposite(
    condition: str, options: Mapping[str, str], when: t.Condition, universe: Universe
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """The end with its sign turned round: `until > 60k` behind `> 70k` is a slip of the pen for `until < 60k`."""
    words = options["until"].split()
    signs = [at for at, word in enumerate(words) if word in _OPPOSITE]
    if len(signs) != 1 or words[-1] == "0":
        return ()
    words[signs[0]] = _OPPOSITE[words[signs[0]]]
    tree = _tree(" ".join(words), universe)
    fits = tree is not None and not always_ended(when, tree)
    return ((condition, {**options, "until": " ".join(words)}),) if fits else ()


def _tree(condition: str, universe: Universe) -> t.Condition | None:
    """None for what is no condition: a day, a time."""
    try:
        return compile_condition(condition, universe).tree if condition else None
    except RuleError:
        return None
