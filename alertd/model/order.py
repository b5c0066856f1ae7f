"""What a person asks of dispatch while it runs, by command or by link."""

from dataclasses import dataclass
from typing import TypeAlias

from alertd.model.event import Entry
from alertd.model.notification import Notification


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
class ForgetAuthor:
    """Somebody is erased: of their silences what they said goes, and what is held stays held."""

    author: str


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


@dataclass(frozen=True, slots=True)
class Snooze:
    """Hold back what a person's rule tells, or with "" all of theirs, until then; a time that is over ends it."""

    owner: str
    rule: str
    until: float


@dataclass(frozen=True, slots=True)
class Postpone:
    """Tell a person at `until` again what they were told, if it still holds then."""

    entry: Entry
    until: float


@dataclass(frozen=True, slots=True)
class Loosen:
    """Somebody has set their hours, digest or cap anew: what is held for them is held no longer than that says."""

    owner: str


@dataclass(frozen=True, slots=True)
class Say:
    """A word to one receiver, which nothing holds back."""

    receiver: str
    text: Notification


Order: TypeAlias = AddSilence | ExpireSilence | ForgetAuthor | Acknowledge | Unmute | Snooze | Postpone | Loosen | Say
