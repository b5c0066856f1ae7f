"""Who is told: the receivers with their addresses, the operators, the tree of routes. All names are checked here."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from alertd.config import times
from alertd.config.receivers import RESERVED, Checks, Page, receiver
from alertd.config.settings import ConfigSettings, RouteSettings
from alertd.dispatch.hours import Hours
from alertd.dispatch.inhibit import Inhibition
from alertd.dispatch.policy import Policy, StormLimit
from alertd.dispatch.route import Escalate, Route
from alertd.errors import Problem
from alertd.model.units import say_duration
from alertd.rules.document import Document, Path


def policy(document: Document, settings: ConfigSettings, channels: Checks, problems: list[Problem]) -> Policy:
    """What the settings say of people; every mistake goes to `problems`."""
    page = Page(document, problems)
    zone = ZoneInfo(settings.zone)
    for channel in channels:
        if why := RESERVED.get(channel):
            page.blame(("channels", channel), f"a channel cannot be called {channel!r}: {why}", key=True)
    hours = _hours(page, settings.hours, zone)
    receivers = {name: receiver(page, name, channels, hours, zone) for name in settings.receivers}
    page.known(("operator",), settings.operator, page.names("receivers"), "receiver is")
    if settings.public_url and settings.http is None:
        page.blame(("public_url",), "nothing answers there while `http` is off", "leave one of the two out")
    return Policy(
        receivers=receivers,
        route=_route(page, ("route",), settings.route, RouteSettings()) if settings.route else None,
        operator=settings.operator,
        expires=settings.expires,
        hours=hours,
        inhibit=tuple(Inhibition(each.source, each.target, each.equal) for each in settings.inhibit),
        storm=StormLimit(settings.storm.coins, settings.storm.within) if settings.storm else None,
        runaway=settings.runaway,
        chart=settings.chart,
        public_url=settings.public_url or "",
        zone=zone,
    )


def _hours(page: Page, named: Mapping[str, object], zone: ZoneInfo) -> dict[str, Hours]:
    """The named hours; one with a mistake is none at all, and there all the same for those who name it."""
    return {name: page.read(("hours", name), lambda value: times.hours(value, zone), Hours(())) for name in named}


def _route(page: Page, path: Path, settings: RouteSettings, above: RouteSettings) -> Route:
    """The route at `path`; `above` is its parent with all that it inherited itself."""
    page.known((*path, "to"), settings.to, page.names("receivers"), "receiver is")
    for key, names in (("mute", settings.mute), ("active", settings.active)):
        page.known((*path, key), names or (), page.names("hours"), "hours are")
    escalate = settings.escalate
    if escalate:
        page.known((*path, "escalate", "to"), escalate.to, page.names("receivers"), "receiver is")
    whole = settings.model_copy(
        update={name: getattr(above, name) for name in _CHECKED if getattr(settings, name) is None}
    )
    _check(page, path, settings, whole)
    return Route(
        to=settings.to,
        match=settings.match,
        group_by=settings.group_by,
        group_wait=settings.group_wait,
        group_interval=settings.group_interval,
        repeat_interval=settings.repeat_interval,
        mute=settings.mute,
        active=settings.active,
        escalate=Escalate(escalate.to, escalate.after) if escalate else None,
        continue_=settings.continue_,
        routes=tuple(
            _route(page, (*path, "routes", index), child, whole) for index, child in enumerate(settings.routes)
        ),
    )


_CHECKED = ("group_interval", "repeat_interval", "mute", "active")


def _check(page: Page, path: Path, own: RouteSettings, whole: RouteSettings) -> None:
    """What no key of a route says alone, told where the route itself says one of the two."""
    interval, repeat = whole.group_interval or 0.0, whole.repeat_interval or 0.0
    if 0 < repeat < interval and (own.repeat_interval is not None or own.group_interval is not None):
        key = "group_interval" if own.repeat_interval is None else "repeat_interval"
        page.blame(
            (*path, key),
            f"repeat_interval ({say_duration(repeat)}) is shorter than group_interval ({say_duration(interval)})",
            "a group is not told again sooner than group_interval: make repeat_interval as long, or 0 for never",
        )
    both = [name for name in whole.active or () if name in (whole.mute or ())]
    if both and (own.mute is not None or own.active is not None):
        key = "active" if own.mute is None else "mute"
        page.blame((*path, key), f"nothing is ever told here: {both[0]!r} is both in active and in mute")
