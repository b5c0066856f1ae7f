"""What came of a fault, and the line of the table that says so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Outcome:
    """Of one repetition, or of several added up.

    `expected` messages had to arrive, `lost` of them did not. `duplicates` came again; `in_flight` of these were on
    their way to a platform without keys when the daemon was killed, once for each such kill. `early` calls came during
    a Retry-After. `strays` are messages that no price asked for. `figures` are told with the unit in their names, the
    worst of all repetitions; one of `most` may not be over its bound. `wrong` is whatever else must not be.
    """

    expected: int = 0
    lost: int = 0
    duplicates: int = 0
    in_flight: int = 0
    early: int = 0
    strays: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    most: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.expected += other.expected
        self.lost += other.lost
        self.duplicates += other.duplicates
        self.in_flight += other.in_flight
        self.early += other.early
        self.strays += other.strays
        for name, figure in other.figures.items():
            self.figures[name] = max(figure, self.figures.get(name, figure))
        self.most |= other.most
        self.wrong += other.wrong

    @property
    def missed(self) -> list[str]:
        """The bars that it is under, in words."""
        bars = {
            f"{self.lost} lost": self.lost,
            f"{self.duplicates - self.in_flight} duplicates that were not in flight": self.duplicates - self.in_flight,
            f"{self.early} calls during a Retry-After": self.early,
            f"{self.strays} messages that no price asked for": self.strays,
        }
        over = {
            f"{name} {self.figures[name]:.3g} > {most:g}": self.figures[name] > most
            for name, most in self.most.items()
            if name in self.figures
        }
        return [*(text for text, bad in (bars | over).items() if bad), *dict.fromkeys(self.wrong)]


Fault = Callable[[Path, int], Awaitable[Outcome]]
"""One repetition, in an empty folder of its own. The number of the repetition is the seed of what is drawn in it."""

HEAD = f"{'':<28}{'times':>6}{'expected':>10}{'lost':>6}{'twice':>7}{'(in flight)':>13}{'early':>7}  "


def line(name: str, times: int, outcome: Outcome) -> str:
    figures = ", ".join(f"{what} {figure:.4g}" for what, figure in outcome.figures.items())
    verdict = f"missed: {'; '.join(outcome.missed)}" if outcome.missed else "met"
    counts = f"{outcome.expected:>10}{outcome.lost:>6}{outcome.duplicates:>7}{outcome.in_flight:>13}{outcome.early:>7}"
    return f"{name:<28}{times:>6}{counts}  {verdict}{f'  ({figures})' if figures else ''}"
