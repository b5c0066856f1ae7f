"""Which source may give which field of which coin, in the order of preference."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feed:
    """One field of one source; what comes per bar by its bar (`volume(1h)`), or whatever the bar (`volume`). `coins`
    are those it has, None for all of them; after `stale_after` seconds without a reading or a confirmation it is stale
    (infinity: never). With `only_named` a condition has to say the source (`binance.price`) to get it."""

    source: str
    field: str
    coins: frozenset[str] | None = None
    stale_after: float = float("inf")
    only_named: bool = False


def comes_per_bar(field: str) -> bool:
    """True for `volume(1h)`: its readings are one for each bar, at the bar's end."""
    return "(" in field


class Feeds:
    """All feeds, the preferred source first."""

    def __init__(self, feeds: Sequence[Feed] = ()) -> None:
        self._by_field: dict[str, list[Feed]] = {}
        for feed in feeds:
            self._by_field.setdefault(feed.field, []).append(feed)

    def candidates(self, field: str, coin: str, source: str | None = None) -> tuple[Feed, ...]:
        """The feeds that have this field of this coin, the preferred one first; only `source`'s, where it is named."""
        return tuple(
            feed
            for feed in self._by_field.get(field, self._by_field.get(field.partition("(")[0], []))
            if (not feed.only_named if source is None else feed.source == source)
            and (feed.coins is None or coin in feed.coins)
        )

    def signature(self) -> bytes:
        """What two runs with the same feeds, in the same order, have in common."""
        told = [
            (feed.source, name, sorted(feed.coins or ())) for name, feeds in self._by_field.items() for feed in feeds
        ]
        return f"{zlib.crc32(repr(told).encode()):08x}".encode()
