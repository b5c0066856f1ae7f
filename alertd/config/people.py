"""Who is told: the receivers with their addresses, the operators, the tree of routes. All names are checked here."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from alertd.config.settings import ConfigSettings, RouteSettings
from alertd.dispatch.policy import Cap, Policy, Receiver
from alertd.dispatch.route import Route
from alertd.errors import Problem, did_you_mean
from alertd.model.notification import Destination
from alertd.model.units import SECONDS
from alertd.rules.document import Document, Path
from alertd.storage.messages import PLACES

_CAP = re.compile(r"(\d{1,6})\s*/\s*([smhd])")
_LATER = {"quiet": "quiet hours", "else": "a second way"}
"""Keys of a receiver that this version does not know yet."""

Checks = Mapping[str, Callable[[str], str | None]]
"""Configured channel → what is wrong with an address of it, None if nothing."""


def policy(document: Document, settings: ConfigSettings, channels: Checks, problems: list[Problem]) -> Policy:
    """What the settings say of people; every mistake goes to `problems`."""
    found = {name: _receiver(document, name, entry, channels, problems) for name, entry in settings.receivers.items()}
    # Every name in the file counts, so that a mistake in one receiver is not told of each mention of the others too.
    named = document.at(("receivers",))
    names = list(named) if isinstance(named, dict) else []
    _known(document, ("operator",), settings.operator, names, problems)
    return Policy(
        receivers=found,
        route=_route(document, ("route",), settings.route, names, problems) if settings.route else None,
        operator=settings.operator,
        chart=settings.chart,
        zone=ZoneInfo(settings.zone),
    )


def _receiver(
    document: Document, name: str, entry: Mapping[str, str | list[str]], channels: Checks, problems: list[Problem]
) -> Receiver:
    cap: Cap | None = None
    destinations: list[Destination] = []
    for key, value in entry.items():
        path: Path = ("receivers", name, key)
        if key == "cap":
            cap = _cap(value)
            if cap is None:
                problems.append(document.problem(path, "expected a cap such as 30/h: messages per s, m, h or d"))
        elif key in channels:
            for address in [value] if isinstance(value, str) else value:
                destinations.append(Destination(key, address))
                if wrong := channels[key](address):
                    problems.append(document.problem(path, f"{address!r} is no address of {key}: {wrong}"))
        elif key in _LATER:
            problems.append(document.problem(path, f"this version does not know {_LATER[key]} yet", key=True))
        else:
            hint = did_you_mean(key, [*channels, "cap"]) or f"its keys are {', '.join([*channels, 'cap'])}"
            problems.append(document.problem(path, f"no channel is called {key!r}", hint, key=True))
    if len(destinations) >= PLACES:
        text = f"{name!r} has {len(destinations)} addresses, more than {PLACES - 1}: make several receivers of it"
        problems.append(document.problem(("receivers", name), text, key=True))
    if not entry.keys() - {"cap"}:
        problems.append(document.problem(("receivers", name), f"{name!r} has no address on any channel", key=True))
    return Receiver(name, tuple(destinations), cap)


def _cap(value: str | list[str]) -> Cap | None:
    found = _CAP.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return Cap(int(found[1]), SECONDS[found[2]]) if found else None
    except ValueError:
        return None


def _route(
    document: Document, path: Path, settings: RouteSettings, receivers: Iterable[str], problems: list[Problem]
) -> Route:
    _known(document, (*path, "to"), settings.to, receivers, problems)
    children = tuple(
        _route(document, (*path, "routes", index), child, receivers, problems)
        for index, child in enumerate(settings.routes)
    )
    return Route(
        to=settings.to,
        match=settings.match,
        group_by=settings.group_by,
        group_wait=settings.group_wait,
        continue_=settings.continue_,
        routes=children,
    )


def _known(
    document: Document, path: Path, names: Sequence[str], receivers: Iterable[str], problems: list[Problem]
) -> None:
    listed = isinstance(document.at(path), list)
    for index, name in enumerate(names):
        if name not in receivers:
            place = (*path, index) if listed else path
            problems.append(document.problem(place, f"no receiver is called {name!r}", did_you_mean(name, receivers)))
