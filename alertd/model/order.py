"""What a person asks of dispatch while it runs, by command or by link."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSilence:
    """See `kept.Silence`; `number` is given by dispatch."""

    matchers: tuple[tuple[str, str], ...]
    start: float
    end: float
    author: str
    comment: str
    during: str = ""


@dataclass(frozen=True, slots=True)
class ExpireSilence:
    number: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """An episode of an alert, by its number."""

    alert: int
    episode: int
    by: str


@dataclass(frozen=True, slots=True)
class Unmute:
    """Undo what alertd muted by itself."""

    owner: str
    rule: str


Order: TypeAlias = AddSilence | ExpireSilence | Acknowledge | Unmute
