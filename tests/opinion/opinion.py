"""The second opinion: rules on a market, one alert at a time, from DESIGN.md §5 alone."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from tests.opinion.alert import Alert, bind, candidates, on_coins, wanted
from tests.opinion.life import Event, Terms
from tests.opinion.look import Binding, Look
from tests.opinion.readings import Key, Market, Poll, Source
from tests.opinion.sentence import Compare, Since
from tests.opinion.silence import missing, moments
from tests.opinion.values import Age, LastAlert, Node
from tests.opinion.verdicts import rebase, verdict


class Opinion:
    """`tick` takes polls and due times, `amend` all rules that there are from now on; each returns what it led to."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.market = Market()
        self.alerts: list[Alert] = []
        self.episodes: dict[tuple[str, str], int] = {}
        self.now = -inf

    # ── ticks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def tick(self, poll: Poll | None, t: float) -> list[Event]:
        self.market.heard.clear()
        came, revised = self.market.absorb(poll, t) if poll else (set[Key](), set[Key]())
        events = []
        for alert in list(self.alerts):
            if event := self._of_alert(alert, t, frozenset(came), frozenset(revised)):
                events.append(event)
            alert.handled = t
        self.now = t
        return events

    def _of_alert(self, alert: Alert, t: float, came: frozenset[Key], revised: frozenset[Key]) -> Event | None:
        """At most one event; silence waits for the next tick where something else is said."""
        if t >= alert.terms.expires:
            return self._remove(alert, t, "expired")
        due = any(alert.handled < at <= t for at in alert.timers(self.market).values())
        moved = bind(alert, self.market, self.sources, t)
        look = replace(alert.look(self.market, t), came=came, revised=revised)
        look = replace(look, primed=self._across(alert, look, moved))
        kind, ordinal = "", 1
        # What asks for an age is judged at a confirmation as well: that makes it younger.
        younger = any(isinstance(node, Age) and look.key(node.field) in self.market.heard for node in alert.nodes())
        read = bool(alert.named() & (came | revised)) or younger
        if due or self._age_is_over(alert, look, moved) or (read and not moved):
            kind, ordinal = self._judge(alert, look)
        elif moved:
            # Nothing is judged across the seam; what the rest remembers goes on.
            _take_in(alert, look)
        silent = missing(alert, self.market, self.sources, t)
        if kind or not silent:
            return self._said(alert, t, kind, ordinal) if kind else None
        alert.out = True
        alert.outages += 1
        return self._said(alert, t, "no_data", alert.outages, silent[0])

    def _across(self, alert: Alert, look: Look, moved: set[Binding]) -> frozenset[Node]:
        """The parts that named what has moved: they begin anew, on the new source's own readings."""
        gone = frozenset(node for node in alert.nodes() if look.named(node) & alert.keys(moved))
        for part in gone:
            alert.memory.forget(part)
        return gone

    def _age_is_over(self, alert: Alert, look: Look, moved: set[Binding]) -> bool:
        """Another source has another age: it may be over its limit already."""
        return any(
            at <= look.time and isinstance(node, Compare) and look.named(node) & alert.keys(moved)
            for node, at in alert.timers(self.market).items()
        )

    def _judge(self, alert: Alert, look: Look) -> tuple[str, int]:
        when = verdict(alert.terms.when, look)
        until = verdict(alert.terms.until, look) if alert.terms.until else None
        kind, ordinal = alert.life.advance(alert.terms, look.time, when, until)
        if kind == "fired":
            key = alert.terms.name, alert.coin
            self.episodes[key] = self.episodes.get(key, 0) + 1
            for node in alert.nodes():
                if isinstance(node, Since) and isinstance(node.base, LastAlert):
                    rebase(node, look)
        return kind, ordinal

    def _said(self, alert: Alert, t: float, kind: str, ordinal: int = 1, reason: str = "") -> Event:
        in_episode = kind in ("fired", "resolved", "reminded")
        number = self.episodes.get((alert.terms.name, alert.coin), 0) if in_episode else 0
        return Event(t, alert.terms.name, alert.coin, kind, number, ordinal, reason)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def wake(self) -> float:
        """When time alone has something to say next."""
        found = [inf]
        for alert in self.alerts:
            ends = [*alert.timers(self.market).values(), *self._stale(alert)]
            found += [at for at in ends if at > alert.handled]
            found += [alert.terms.expires, *moments(alert, self.market, self.sources)]
        return min(found)

    def _stale(self, alert: Alert) -> list[float]:
        """When the sources of its fields go stale."""
        keys = [
            (one.name, *binding[:2])
            for binding in wanted(alert, self.market)
            for one in candidates(self.sources, binding)
        ]
        return [self.market.series[key].seen + self.market.series[key].stale_after for key in keys]

    # ── rules that come, change and go ───────────────────────────────────────────────────────────────────────────

    def amend(self, rules: Sequence[Terms], t: float) -> list[Event]:
        """All rules that there are from now on."""
        events = []
        there = {(terms.name, coin): terms for terms in rules for coin in on_coins(terms)}
        for alert in list(self.alerts):
            terms = there.get((alert.terms.name, alert.coin))
            if terms and terms.identity == alert.terms.identity:
                self._change(alert, terms, t)
                del there[terms.name, alert.coin]
            elif event := self._remove(alert, t, "changed" if terms else "removed"):
                events.append(event)
        for (_, coin), terms in there.items():
            self._add(Alert(terms, coin, t))
        self.now = t
        return events

    def _add(self, alert: Alert) -> None:
        """What is there is what the next reading is compared with; it is not judged."""
        bind(alert, self.market, self.sources, alert.added)
        _take_in(alert, replace(alert.look(self.market, alert.added), primed=frozenset(alert.nodes())))
        self.alerts.append(alert)

    def _change(self, alert: Alert, terms: Terms, t: float) -> None:
        """Shorter terms have their timers at once: what has ended by now under them, and had not before, is due."""
        before = alert.timers(self.market)
        alert.terms = terms
        if any(before.get(key, -inf) > t >= at for key, at in alert.timers(self.market).items()):
            alert.handled = -inf

    def _remove(self, alert: Alert, t: float, reason: str) -> Event | None:
        self.alerts.remove(alert)
        return self._said(alert, t, "resolved", 1, reason) if alert.life.open else None

    def restart(self, t: float) -> list[Event]:
        """Restart ≡ no restart."""
        return []


def _take_in(alert: Alert, look: Look) -> None:
    """Remember without judging."""
    for tree in alert.trees:
        verdict(tree, replace(look, judges=False))
