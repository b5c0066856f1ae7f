"""How fast a platform takes messages: a generic cell rate algorithm (GCRA) for each address and one for all."""

from dataclasses import dataclass, field

from alertd.ports import Pacing

_MANY = 1024


@dataclass(slots=True)
class Cell:
    """Lets `burst` messages go at once and then one per `interval` seconds (0: as many as there are).

    `full` is when its bucket will be full again; a message takes one `interval` out of it. Times are epoch seconds.
    """

    interval: float
    burst: int
    full: float = 0.0

    def ready_at(self) -> float:
        """The earliest time at which a message may go."""
        return self.full - (self.burst - 1) * self.interval

    def take(self, now: float) -> None:
        self.full = max(self.full, now) + self.interval


@dataclass(slots=True)
class Pace:
    """The pace of one channel. `rest_until` holds everything back, as a platform's global limit asks."""

    pacing: Pacing
    rest_until: float = 0.0
    _all: Cell = field(init=False)
    _addresses: dict[str, Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = Cell(self.pacing.overall, self.pacing.burst)

    def ready_at(self) -> float:
        """When the channel takes the next message, whomever it is to."""
        return max(self.rest_until, self._all.ready_at())

    def address_ready_at(self, address: str) -> float:
        cell = self._addresses.get(address)
        return cell.ready_at() if cell else 0.0

    def take(self, address: str, now: float) -> None:
        self._all.take(now)
        if not self.pacing.per_address:
            return
        if len(self._addresses) >= _MANY:
            self._addresses = {known: cell for known, cell in self._addresses.items() if cell.full > now}
        self._addresses.setdefault(address, Cell(self.pacing.per_address, self.pacing.burst)).take(now)

    def rest(self, until: float) -> None:
        self.rest_until = max(self.rest_until, until)
