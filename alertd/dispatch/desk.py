"""What the stages of one tick share, and what passes from stage to stage."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from alertd.dispatch.policy import Policy, Receiver
from alertd.dispatch.route import Leg, labels
from alertd.dispatch.state import DispatchState
from alertd.model.event import Entry, Event, EventKind, Words
from alertd.model.kept import Escalation, Kept, KeptKey, Member, Silence
from alertd.model.notification import ItemFate, ItemRow, Message, Telling
from alertd.rules.rule import CRITICAL, SEVERITY, Told
from alertd.rules.standing import Open, Standing

AGAIN = "again"
"""What is told once more was served already."""


class Rules(Protocol):
    """The rules and their alerts, as they are now."""

    def get(self, key: tuple[str, str], /) -> Told | None:
        """The rule (owner, name)."""

    def standing(self, key: tuple[str, str], /) -> Mapping[int, Standing]:
        """How the alerts of the rule (owner, name) stand, by their ids."""

    def open_episodes(self) -> Iterable[Open]: ...


class Hold(NamedTuple):
    """Why something is not told now, until when, and what it waits with."""

    reason: str
    until: float
    group: str = ""


@dataclass(slots=True)
class Candidate:
    """One entry on its way to one receiver. `served` is the reason for which it was held until now, "" for none: it
    is not held for the same again where that is done with. `since` is when it was to be told first, epoch seconds."""

    entry: Entry
    leg: Leg
    receiver: Receiver
    rule: Told | None
    since: float
    served: str = ""
    _labels: Mapping[str, str] | None = None

    @property
    def labels(self) -> Mapping[str, str]:
        if self._labels is None:
            self._labels = labels(self.entry)
        return self._labels

    @property
    def critical(self) -> bool:
        return severity(self.entry) == CRITICAL


def words_of(rule: Told | None) -> Words:
    """What a rule says of itself now."""
    if rule is None:
        return Words("")
    return Words(rule.when_text, rule.until_text, rule.say, tuple(rule.labels.items()), rule.note)


def severity(entry: Entry) -> str:
    """How much its rule says that it matters, "" where it says nothing."""
    return next((value for name, value in entry.words.labels if name == SEVERITY), "")


@dataclass(slots=True)
class Planned:
    """What a tick's dispatch comes to: the rows for its transaction.

    `items` say what has become of each entry for each receiver, `tellings` what they do not. `wake_at` is when time
    alone will change something, epoch seconds, None for never. `answers` are, for each order in turn, what it has put
    into force or ended; nothing where there was nothing to do.
    """

    entries: list[Entry] = field(default_factory=list)
    items: list[ItemRow] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    kept: dict[KeptKey, Kept | None] = field(default_factory=dict)
    wake_at: float | None = None
    answers: list[tuple[Kept, ...]] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """One tick of dispatch: what is known, and what it has come to so far. `silences` are those of this moment, each
    with its end; `awaited` are by (alert, episode) those that others are to be told of, while orders are obeyed."""

    state: DispatchState
    rules: Rules
    policy: Policy
    now: float
    planned: Planned = field(default_factory=Planned)
    silences: Sequence[tuple[Silence, float]] = ()
    awaited: dict[tuple[int, int], list[Escalation]] | None = None
    _standing: dict[tuple[str, str], Mapping[int, Standing]] = field(default_factory=dict)

    def holds(self, event: Event) -> bool | None:
        """Whether what an event told is still so: its episode is open, its field has been missing since; None for what
        never lasts (a crossing, a flip). What is so no longer never is again, whenever it is asked: the same may have
        begun anew, with an event of its own."""
        found = self._stands(event.owner, event.rule, event.alert)
        match event.kind:
            case EventKind.RESOLVED:
                return True
            case _ if found is None:
                return False
            case EventKind.NO_DATA:
                return found.outage == event.ordinal
            case EventKind.ALREADY_TRUE:
                return found.true and not found.firing
            case _:
                return None if found.momentary else found.firing and found.episode == event.episode

    def still(self, event: Event) -> bool:
        """Whether what was told is to be told again to whom asked for that: what never lasts is, and what is so again
        in an episode that is told by itself is not."""
        found = self._stands(event.owner, event.rule, event.alert)
        if found is None or event.kind is EventKind.RESOLVED:
            return False
        if event.kind is EventKind.NO_DATA:
            return found.outage == event.ordinal
        own = event.kind is not EventKind.ALREADY_TRUE and found.episode == event.episode
        return found.episode == event.episode if found.momentary else found.true and (own or not found.firing)

    def fires(self, member: Member) -> bool:
        """Whether an episode lasts, and is open."""
        found = self._stands(member.owner, member.rule, member.alert)
        return found is not None and not found.momentary and found.firing and found.episode == member.episode

    def _stands(self, owner: str, rule: str, alert: int) -> Standing | None:
        key = (owner, rule)
        if key not in self._standing:
            self._standing[key] = self.rules.standing(key)
        return self._standing[key].get(alert)

    def is_draft(self, owner: str, rule: str) -> bool:
        """Whether nobody is to be told of this rule any more."""
        found = self.rules.get((owner, rule))
        return found is not None and found.draft

    def operators(self) -> list[Receiver]:
        """Who is told what nobody else can be."""
        known = self.policy.receivers
        return [known[name] for name in dict.fromkeys(self.policy.operator) if name in known]

    def drop(self, entry: Entry, receiver: str, reason: str) -> None:
        """It is not told, and never will be: for a reason that is stored, counted and shown."""
        self.planned.items.append(ItemRow(entry.number, receiver, ItemFate.DROPPED, reason))
