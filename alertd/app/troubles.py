"""What is wrong with the daemon itself, and when the operator hears of it. Pure: figures in, words out."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import tzinfo
from typing import NamedTuple

from alertd.config.settings import Limits
from alertd.dispatch.notice import delivery_key, recovery_key
from alertd.dispatch.render import stamp
from alertd.model.units import say_duration
from alertd.outbox.health import Health
from alertd.rows import Depth

STUCK = 60.0
"""A tick that takes longer than so many seconds is no progress."""

LAG = 10.0
"""Seconds for which the event loop may be deaf to everything before it is told."""

JUMP = 30.0
"""Seconds by which the system's clock may be set, or the machine sleep, before it is told."""

_REFUSED = {"http_401": "key refused", "http_402": "key refused, the plan does not pay for this", "http_403": "refused"}
"""What the operator has to do something about, by the reason of a source's error."""

LOW_SHARE = 0.02
"""A disk with less than this share of it free is nearly full, whatever the limit in bytes."""

TICK = "tick"
"""The key of the notice that a tick does not end."""


class Trouble(NamedTuple):
    """`text` is told when it begins, what `over` says when it has ended. `key` is that of the notice. One that is
    `implied` by another does not begin to be told, but neither is it over."""

    key: str
    text: str
    implied: bool = False


class Signs(NamedTuple):
    """What the daemon knows of itself without asking anybody.

    `tick` is for how many seconds the current tick has been at work, 0 between ticks; `store` why commits are not
    taken, "" while they are. `failing` is (source, reason) → what the source's poller says, `silent` source → seconds
    since its last poll, of those that are stale, `heard` those that have answered since the start. `heartbeat` is why
    the last heartbeats failed, "" if they did not, None until one has not. `held` counts what policy holds back, by
    reason.
    """

    ready: bool = True
    tick: float = 0.0
    store: str = ""
    committed: float | None = None
    failing: Mapping[tuple[str, str], str] = {}
    silent: Mapping[str, float] = {}
    heard: Set[str] = frozenset()
    heartbeat: str | None = None
    held: Mapping[str, int] = {}


class Disk(NamedTuple):
    """The file system that holds `folder`, in bytes."""

    folder: str
    free: float
    total: float


class Figures(NamedTuple):
    """One look. `lag` is for how many seconds the event loop was deaf; `depths` and `disk` are None until they are
    seen."""

    signs: Signs
    depths: Sequence[Depth] | None = None
    disk: Disk | None = None
    lag: float = 0.0


class Moment(NamedTuple):
    """The same moment by three clocks, seconds: the one on the wall, one that counts on while the machine sleeps and
    one that does not. Nobody can set the latter two."""

    wall: float
    boot: float
    awake: float


class Jump(NamedTuple):
    """A notice (key, text) of `lost` seconds that the daemon did not live through, less than 0 if it has them again."""

    key: str
    text: str
    lost: float


def troubles(figures: Figures, limits: Limits, now: float) -> Iterator[Trouble]:
    """Everything that is wrong at this moment."""
    signs = figures.signs
    if signs.tick > STUCK:
        why = f": the store does not take it ({signs.store})" if signs.store else ""
        yield Trouble(TICK, f"a tick does not end, nothing is judged meanwhile{why}")
    if figures.lag > LAG:
        text = f"the daemon stood still for {say_duration(figures.lag)}: this machine is too busy, or something blocks"
        yield Trouble("lag", text)
    if figures.disk is not None and limits.disk_free is not None:
        yield from _disk(figures.disk, limits.disk_free)
    if figures.depths and limits.outbox_age is not None:
        yield from _outbox(figures.depths, limits.outbox_age, now)
    yield from _sources(signs)
    if signs.heartbeat:
        text = f"the heartbeat does not get through: {signs.heartbeat}\nWhoever waits for it may soon raise an alarm."
        yield Trouble("heartbeat", text)


def over(key: str, figures: Figures) -> str:
    """What is told when the trouble of this key has ended; "" where the figures do not show that it has: right after a
    start not everything has been seen. Nor do they of what others tell."""
    signs = figures.signs
    match key.split(":"):
        case ["tick"]:
            return "ticks end again"
        case ["lag"]:
            return "the daemon runs in time again"
        case ["disk"] if figures.disk is not None:
            return f"the disk has room again in {figures.disk.folder}"
        case ["delivery", channel, "", "old"] if figures.depths is not None:
            return f"messages over {channel} are in time again"
        case ["source", source, _] if source in signs.heard:
            return f"{source} answers again"
        case ["heartbeat"] if signs.heartbeat is not None:
            return "the heartbeat gets through again"
        case _:
            return ""


def _disk(disk: Disk, least: float) -> Iterator[Trouble]:
    if disk.free < max(least, LOW_SHARE * disk.total):
        text = (
            f"the disk is nearly full: {say_bytes(disk.free)} of {say_bytes(disk.total)} are free in {disk.folder}\n"
            "Once nothing can be written, nothing is judged or sent."
        )
        yield Trouble("disk", text)


def _outbox(depths: Sequence[Depth], limit: float, now: float) -> Iterator[Trouble]:
    for depth in depths:
        age = now - depth.oldest
        if depth.waiting and age > limit:
            yield Trouble(
                f"{delivery_key(depth.channel)}::old",  # no receiver has an empty name
                f"messages over {depth.channel} are late: the oldest of {depth.waiting} has waited for"
                f" {say_duration(age)}",
            )


def _sources(signs: Signs) -> Iterator[Trouble]:
    """A source that fails has said so itself; of one that is just silent, somebody has to."""
    for (source, reason), said in signs.failing.items():
        text = f"{source}: {_REFUSED[reason]}\n{said}" if reason in _REFUSED else said
        yield Trouble(f"source:{source}:{reason}", text)
    failing = {source for source, _ in signs.failing}
    for source, age in signs.silent.items():
        text = f"{source} is stale: nothing has come from it for {say_duration(age)}"
        yield Trouble(f"source:{source}:stale", text, implied=source in failing)


def jump(before: Moment, after: Moment, zone: tzinfo) -> Jump | None:
    """What happened to the clock between two looks, None if nothing did."""
    passed = after.boot - before.boot
    awake = after.awake - before.awake
    asleep, step = passed - awake, after.wall - before.wall - passed
    lost = after.wall - before.wall - awake
    now = stamp(after.wall, zone)
    if abs(step) > JUMP:
        way = "forward" if step > 0 else "back"
        text = f"the system's clock was set {way} by {say_duration(abs(step))}"
        return Jump(f"clock:{way}", f"{text}: from {stamp(after.wall - step, zone)} to {now}", lost)
    if asleep > JUMP:
        text = f"the machine slept for {say_duration(asleep)}: nothing was watched"
        return Jump("clock:slept", f"{text} from {stamp(before.wall, zone)} to {now}", lost)
    return None


class Bulletin:
    """Which troubles the operator knows of: each is told once, and once that it is over, in turns (see `Health`).
    `told` is when notices were told in the last run, by their keys."""

    def __init__(self, told: Mapping[str, float]) -> None:
        self._told = told
        self._health = {key: Health.of(key, told) for key in told}

    def news(self, figures: Figures, limits: Limits, now: float) -> list[tuple[str, str]]:
        """The notices (key, text) to be told of what is wrong at `now` (epoch seconds), and of what is no longer."""
        news: list[tuple[str, str]] = []
        current = {trouble.key: trouble for trouble in troubles(figures, limits, now)}
        for key, trouble in current.items():
            health = self._health.setdefault(key, Health.of(key, self._told))
            if not trouble.implied and health.failed(now, now, for_good=True):
                news.append((key, trouble.text))
        for key, health in self._health.items():
            if key not in current and (text := over(key, figures)) and health.worked(now):
                news.append((recovery_key(key), text))
        return news


def say_bytes(count: float) -> str:
    """`512 MB`, `1.5 GB`: decimal, as disks are sold."""
    size, unit = (1e9, "GB") if count >= 1e9 else (1e6, "MB")
    return f"{count / size:.3g} {unit}" if count < 1e12 else f"{count / 1e9:,.0f} GB"
