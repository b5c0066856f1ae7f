"""From what rules want to the calls that bring it."""

from collections.abc import Callable, Mapping

from alertd.ports import Call


def plan(
    wanted: Mapping[str, frozenset[str]],
    *,
    endpoint: Callable[[str], str],
    every: Callable[[str], float],
    batch: Callable[[str], int],
) -> tuple[Call, ...]:
    """The calls for `wanted` (field → coins): `endpoint` says which one brings a field, `every` how often, seconds,
    and `batch` how many coins it takes at once.

    A coin is asked for once per endpoint, as often as the most urgent of its fields there: the others come along for
    nothing. Every call is one request; its name, `endpoint@interval/number`, stays the same over reloads.
    """
    needs: dict[tuple[str, str], set[str]] = {}
    for field, coins in wanted.items():
        for coin in coins:
            needs.setdefault((endpoint(field), coin), set()).add(field)
    rounds: dict[tuple[str, float], tuple[set[str], list[str]]] = {}
    for (path, coin), fields in needs.items():
        group = rounds.setdefault((path, min(map(every, fields))), (set(), []))
        group[0].update(fields)
        group[1].append(coin)
    calls = []
    for (path, seconds), (fields, coins_) in sorted(rounds.items()):
        coins_.sort()
        for number, start in enumerate(range(0, len(coins_), batch(path)), 1):
            part = tuple(coins_[start : start + batch(path)])
            calls.append(Call(f"{path}@{seconds:g}s/{number}", tuple(sorted(fields)), part, seconds, 1))
    return tuple(calls)


def endpoint_of(call: Call) -> str:
    """The endpoint that a planned call asks."""
    return call.name.rpartition("@")[0]
