"""The receivers of a configuration: their addresses, and how much each wants to hear, when and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from alertd.config import times
from alertd.dispatch.hours import Hours
from alertd.dispatch.policy import Follow, Otherwise, Receiver
from alertd.errors import Problem, did_you_mean
from alertd.model.notification import Destination, Loudness
from alertd.model.people import TERMINAL, USERS_WEBHOOKS, is_persons
from alertd.rules import keys
from alertd.rules.document import Document, Path, Plain
from alertd.rules.wrong import Wrong
from alertd.storage.events import PLACES

T = TypeVar("T")
D = TypeVar("D")

KEYS = ("cap", "quiet", "zone", "digest", "else", "loud", "silent", "follow_ups")
"""What a receiver says beside its addresses."""

RESERVED = {
    **dict.fromkeys(KEYS, "it is a key of receivers"),
    TERMINAL: "it is that of those who come by the control socket",
    USERS_WEBHOOKS: "it is that of users' own webhooks",
}
"""What no channel can be called, and why."""

Checks = Mapping[str, Callable[[str], str | None]]
"""Configured channel → what is wrong with an address of it, None if nothing."""

_FOLLOW = {each.value: each for each in Follow}


@dataclass(frozen=True, slots=True)
class Page:
    """A configuration while its people are read: every mistake goes to `problems`."""

    document: Document
    problems: list[Problem]

    def read(self, path: Path, reader: Callable[[Plain], T], default: D) -> T | D:
        """What stands at `path`; the default where nothing does, or what cannot be meant."""
        value = self.document.at(path)
        if value is None:
            return default
        try:
            return reader(value)
        except Wrong as wrong:
            comment = self.document.quoting(path)
            for each in wrong.every:
                self.blame((*path, *each.path), each.message, comment or each.hint)
            return default

    def blame(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        self.problems.append(self.document.problem(path, message, hint, key=key))

    def names(self, section: str) -> list[str]:
        """What a section names: every name in the file counts, so that a mistake in one entry is not told of each
        mention of it too."""
        found = self.document.at((section,))
        return list(found) if isinstance(found, dict) else []

    def known(self, path: Path, names: tuple[str, ...], known: list[str], what: str) -> None:
        """All of these names, which stand at `path`, have to be known."""
        listed = isinstance(self.document.at(path), list)
        for index, name in enumerate(names):
            if name not in known:
                self.blame((*path, index) if listed else path, f"no {what} called {name!r}", did_you_mean(name, known))


def receiver(page: Page, name: str, channels: Checks, hours: Mapping[str, Hours], zone: ZoneInfo) -> Receiver:
    """The receiver of that name; `hours` are those that it may name, in `zone` are its times unless it says another."""
    here = ("receivers", name)
    entry = page.document.at(here)
    written = entry if isinstance(entry, dict) else {}
    _unknown(page, here, channels, KEYS)
    if is_persons(name):
        page.blame(here, f"a receiver cannot be called {name!r}: people have such names", key=True)
    destinations = _destinations(page, here, channels)
    own = page.read((*here, "zone"), keys.zone, zone)
    if "zone" in written and "quiet" not in written and "digest" not in written:
        page.blame((*here, "zone"), "the zone of what?", "it is that of `quiet` and `digest`", key=True)
    otherwise = _otherwise(page, (*here, "else"), channels) if "else" in written else None
    ways = (*destinations, *(otherwise.destinations if otherwise else ()))
    if len(ways) >= PLACES:
        page.blame(here, f"{name!r} has {len(ways)} addresses, more than {PLACES - 1}: make several of it", key=True)
    if not written.keys() - set(KEYS):
        page.blame(here, f"{name!r} has no address on any channel", key=True)
    if otherwise and (twice := [each for each in otherwise.destinations if each in destinations]):
        page.blame((*here, "else", twice[0].channel), f"{twice[0].address!r} is told already", "name another way")
    return Receiver(
        name,
        destinations,
        cap=page.read((*here, "cap"), times.cap, None),
        quiet=page.read((*here, "quiet"), lambda value: times.quiet(value, hours, own), None),
        digest=page.read((*here, "digest"), lambda value: times.digest(value, own), None),
        otherwise=otherwise,
        loudness=_loudness(page, here),
        follow=page.read((*here, "follow_ups"), lambda value: keys.choice(value, _FOLLOW), Follow.EDIT),
    )


def _unknown(page: Page, path: Path, channels: Checks, others: tuple[str, ...]) -> None:
    """A mistake for each key that is neither a channel nor one of `others`."""
    entry = page.document.at(path)
    for key in entry if isinstance(entry, dict) else ():
        if key not in channels and key not in others:
            known = [*channels, *others]
            hint = did_you_mean(key, known) or f"its keys are {', '.join(known)}"
            page.blame((*path, key), f"no channel is called {key!r}", hint, key=True)


def _destinations(page: Page, path: Path, channels: Checks) -> tuple[Destination, ...]:
    entry = page.document.at(path)
    found: list[Destination] = []
    for channel in entry if isinstance(entry, dict) else ():
        if channel not in channels or channel in KEYS:
            continue
        for address in page.read((*path, channel), keys.names, ()):
            found.append(Destination(channel, address))
            if wrong := channels[channel](address):
                page.blame((*path, channel), f"{address!r} is no address of {channel}: {wrong}")
    return tuple(found)


def _otherwise(page: Page, path: Path, channels: Checks) -> Otherwise | None:
    if not isinstance(page.document.at(path), dict):
        page.blame(path, "expected channels with addresses, such as {email: desk@desk.example, after: 60s}")
        return None
    _unknown(page, path, channels, ("after",))
    destinations = _destinations(page, path, channels)
    after = page.read((*path, "after"), keys.some_seconds, 60.0)
    if not destinations:
        page.blame(path, "there is no address on any channel", "add one such as email: desk@desk.example", key=True)
        return None
    return Otherwise(destinations, after)


def _loudness(page: Page, path: Path) -> dict[str, Loudness]:
    """Severity → how loud, of `loud` and `silent`."""
    found: dict[str, Loudness] = {}
    for key in (Loudness.LOUD, Loudness.SILENT):
        for severity in page.read((*path, key.value), keys.names, ()):
            if found.setdefault(severity, key) is not key:
                page.blame((*path, key.value), f"{severity!r} is loud already", "keep it in one of the two")
    return found
