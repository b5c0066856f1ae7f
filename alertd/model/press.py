"""What a button of a message means when it is pressed: an action, on what, and with which argument."""

import re
from enum import StrEnum
from typing import NamedTuple

LONGEST = 64
"""ASCII characters of a button's data."""

_DATA = re.compile(r"([a-z]+):(?:e(\d{1,18})|a(\d{1,9})\.(\d{1,9})|r(\d{1,18})|-)(?::([!-~]*))?", re.ASCII)


class Action(StrEnum):
    ACK = "ack"
    """Somebody has seen it. The argument is the message's signature, see `dispatch.seal`."""
    SNOOZE = "snooze"
    """For the argument, a duration."""
    REARM = "rearm"
    NUDGE = "nudge"
    """Move the level by the argument, percents with their sign: `+1`."""
    DELETE = "delete"
    RESUME = "resume"
    WHY = "why"
    CHART = "chart"
    RUN = "run"
    """Run the command that the argument stands for: a key of what was offered."""
    DROP = "drop"
    """What was offered is not wanted."""


_ACTIONS = {action.value: action for action in Action}


class Press(NamedTuple):
    """The target is an event by its number in the store (`entry`), or an alert by its person and number, or a message
    that tells several events, by its `row` of the outbox, or nothing (0 all)."""

    action: Action
    entry: int = 0
    person: int = 0
    number: int = 0
    argument: str = ""
    row: int = 0

    @property
    def data(self) -> str:
        alert, row = f"a{self.person}.{self.number}" if self.person else "", f"r{self.row}" if self.row else ""
        target = f"e{self.entry}" if self.entry else alert or row or "-"
        return f"{self.action}:{target}" + (f":{self.argument}" if self.argument else "")


def read(data: str) -> Press | None:
    """The way back; None for what no button of ours holds."""
    found = _DATA.fullmatch(data) if len(data) <= LONGEST else None
    if not found or found[1] not in _ACTIONS:
        return None
    entry, person, number, row = (int(part or 0) for part in found.groups()[1:5])
    return Press(_ACTIONS[found[1]], entry, person, number, found[6] or "", row)
