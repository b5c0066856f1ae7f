"""An alert's identity and its state, as the store keeps them."""

from enum import IntEnum
from typing import NamedTuple


class State(IntEnum):
    NEW = 0
    """No known verdict yet: the first look is still to come."""
    INACTIVE = 1
    PENDING = 2
    FIRING = 3


class AlertKey(NamedTuple):
    """What a person calls an alert: one rule of one owner ("" for rule files) on one coin."""

    owner: str
    rule: str
    coin: str


class AlertRow(NamedTuple):
    """One alert with its state. Times are epoch seconds, NaN where there is none.

    `sentence` is the canonical text of `when`, `until` and `for`: another one is another alert. `since` is when it
    became pending, `cleared` when its condition went NO while firing, `opened` when its last episode opened.
    `open` is 1 while an episode is open (a first look fires without one). `episode` is the number of the last
    episode of the key,
    `fired` the episodes of this alert id (for `fire: once`), `reminders` those of the open episode, `outages` the
    no-data events of this id. `memory` is what crossings and flips remember, float64 little-endian. `removed` is ""
    while the alert lives, else `changed`,
    `removed` or `expired`.
    """

    id: int
    owner: str
    rule: str
    coin: str
    sentence: str
    added: float
    state: int
    open: int
    since: float
    cleared: float
    opened: float
    episode: int
    fired: int
    reminders: int
    outages: int
    memory: bytes
    removed: str = ""
