"""What somebody means who says that they have seen it: the episodes that may still be acknowledged."""

from collections.abc import Iterable, Sequence

from alertd.errors import ControlError, did_you_mean
from alertd.model.episode import meant
from alertd.model.event import Event
from alertd.model.kept import Acknowledged, Escalation
from alertd.rules.standing import Open, Rulebook
from alertd.rules.state import State

_NAMED = 5


def named(episodes: Sequence[str]) -> str:
    """`a/BTC/1, a/ETH/1`; of many the first few, and how many more there are."""
    more = f" and {len(episodes) - _NAMED} more" if len(episodes) > _NAMED else ""
    return ", ".join(episodes[:_NAMED]) + more


def of_events(state: State, events: Iterable[Event], escalations: Sequence[Escalation]) -> list[Open]:
    """Those of these events that may still be acknowledged, each once: an open one, the last one of what has no length,
    or such a one that others are still to be told of."""
    rules, found = Rulebook(state), dict.fromkeys(map(open_of, events))
    standing = {key: rules.standing(key) for key in {(each.owner, each.rule) for each in found}}
    waiting = {(each.entry.event.alert, each.entry.event.episode) for each in escalations}

    def lasts(one: Open) -> bool:
        stands = standing[one.owner, one.rule].get(one.alert)
        if stands is None:
            return False
        last = stands.episode == one.episode
        return (last or (one.alert, one.episode) in waiting) if stands.momentary else last and stands.firing

    return [each for each in found if lasts(each)]


def of_word(state: State, word: str, escalations: Sequence[Escalation]) -> list[Open]:
    """Those that `rule/COIN/3`, `rule/COIN` or `rule` means: what is open, and what has no length, of which there may
    be several that others are still to be told of. Raises ControlError where there is none."""
    rules = Rulebook(state)
    wanted = [each for each in meant(word) if rules.get((each.owner, each.rule)) is not None]
    if not wanted:
        names = [state.book.name(number)[1] for number in state.book.numbers("")]
        hint = did_you_mean(word.partition("/")[0], names)
        raise ControlError(f"no rule or episode is called {word!r}{': ' + hint if hint else ''}")
    of = wanted[0]
    key = of.owner, of.rule
    waiting = [each.entry.event for each in escalations if (each.entry.event.owner, each.entry.event.rule) == key]
    found = sorted({*rules.to_be_seen(key), *of_events(state, waiting, escalations)})
    mine = [each for each in found if of.coin in ("", each.symbol) and of.episode in (0, each.episode)]
    if not mine:
        raise ControlError(f"no episode of {word} is open")
    return mine


def seen(episodes: Iterable[Open], known: Iterable[Acknowledged]) -> dict[Open, Acknowledged]:
    """By whom, and when, those of them were acknowledged that were."""
    by = {(each.alert, each.episode): each for each in known}
    return {each: found for each in episodes if (found := by.get((each.alert, each.episode)))}


def open_of(event: Event) -> Open:
    return Open(event.alert, event.owner, event.rule, event.symbol, event.episode)
