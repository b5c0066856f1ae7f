"""The shape of the configuration file, but for what its sources and channels bring along themselves.

Every scalar of the file is text; `null` and `off` turn off what has a default.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, create_model, model_validator
from pydantic_core import PydanticCustomError

from alertd.config import times
from alertd.config.chat import ChatSettings
from alertd.dispatch.matcher import Matcher
from alertd.dispatch.policy import EXPIRES, RUNAWAY, TRADINGVIEW, Cap, StormLimit
from alertd.errors import ConfigError
from alertd.model.units import duration, number
from alertd.rules.wrong import Wrong
from alertd.wire.secret import Secret
from alertd.wire.settings import HttpsUrl, Names, Network, Seconds, Settings

_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:]+)\]|([^:\[\]]+)):(\d{1,5})")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)B", re.ASCII | re.IGNORECASE)
_BYTES = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_URL = TypeAdapter[str](HttpsUrl)
_OFF = ("off", "null", "")


def _zone(value: object) -> str:
    try:
        ZoneInfo(str(value))
    except (KeyError, OSError, ValueError):  # an unknown zone, a folder of them, a path that leads out
        raise PydanticCustomError("zone", "expected a time zone such as Europe/Madrid or UTC") from None
    return str(value)


def _address(value: object) -> tuple[str, int] | None:
    if str(value).casefold() in _OFF:
        return None
    found = _ADDRESS.fullmatch(str(value))
    if not found or int(found[3]) > 65535:
        raise PydanticCustomError("address", "expected host:port such as 127.0.0.1:9464, or off")
    return found[1] or found[2], int(found[3])


def _off(value: object) -> object:
    return None if str(value).casefold() in _OFF else value


def _section_or_off(value: object) -> object:
    """A section with nothing in it is one, and lacks what it needs."""
    return {} if value == "" else _off(value)


def _percent(value: object) -> float | None:
    text = str(value).strip()
    if text.casefold() in _OFF:
        return None
    try:
        points = number(text.removesuffix("%"))
    except ValueError:
        points = 0.0
    if not text.endswith("%") or points <= 0:
        raise PydanticCustomError("percent", "expected percents such as 50%, or off")
    return points


def _age(value: object) -> float | None:
    if str(value).casefold() in _OFF:
        return None
    with suppress(ValueError):
        if seconds := duration(str(value)):
            return seconds
    raise PydanticCustomError("duration", "expected a duration such as 10m, or off")


def _size(value: object) -> float | None:
    if str(value).casefold() in _OFF:
        return None
    found = _SIZE.fullmatch(str(value).strip())
    if not found:
        raise PydanticCustomError("size", "expected a size such as 200MB or 1.5GB, or off")
    return float(found[1]) * _BYTES[found[2].lower()]


def _url_or_secret(value: object) -> str | Secret:
    text = str(value)
    if text.startswith(("env:", "file:", "cred:")):
        return Secret(text)
    try:
        return _URL.validate_python(text)
    except ValidationError as error:
        raise PydanticCustomError("url", "{why}", {"why": error.errors()[0]["msg"]}) from None


def _instant(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        pass
    moment: datetime | None = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(value))
    if moment is None or moment.tzinfo is None:
        raise PydanticCustomError("instant", "expected a time with its zone such as 2026-01-01T09:30:00Z")
    return moment.timestamp()


def _matcher(value: object) -> Matcher:
    try:
        return Matcher(str(value))
    except ValueError as error:
        raise PydanticCustomError("matcher", "{why}", {"why": str(error)}) from None


def _runaway(value: object) -> Cap | None:
    if str(value).casefold() in _OFF:
        return None
    try:
        return value if isinstance(value, Cap) else times.cap(str(value))
    except Wrong:
        raise PydanticCustomError("runaway", "expected messages of one rule such as 60/h, or off") from None


def _chart(value: object) -> str:
    text = "" if str(value).casefold() in _OFF else str(value)
    if text and (not text.startswith("https://") or re.sub(r"\{symbol\}", "", text).count("{")):
        raise PydanticCustomError("chart", "expected an https:// link with {symbol} in it, or off")
    return text


Instant = Annotated[float, BeforeValidator(_instant)]
"""A moment, epoch seconds: ISO 8601 with a zone, or epoch seconds themselves."""


Labels = dict[str, Annotated[Matcher, BeforeValidator(_matcher)]]
"""Label → what it has to be."""

_STORM = StormLimit()


class EscalateSettings(Settings):
    """Who is told of what nobody has acknowledged, and when."""

    to: Annotated[Names, Field(min_length=1)]
    after: Annotated[Seconds, Field(gt=0)]


class RouteSettings(Settings):
    """A node of the routing tree; `dispatch.route.Route` says what it means."""

    to: Names = ()
    match: Labels = Field(default_factory=dict)
    group_by: Names | None = None
    group_wait: Seconds | None = None
    group_interval: Seconds | None = None
    repeat_interval: Seconds | None = None
    mute: Names | None = None
    active: Names | None = None
    escalate: EscalateSettings | None = None
    continue_: bool = Field(default=False, alias="continue")
    routes: tuple["RouteSettings", ...] = ()


class InhibitSettings(Settings):
    """What makes what not worth telling; see `dispatch.inhibit.Inhibition`."""

    source: Annotated[Labels, Field(min_length=1)]
    target: Annotated[Labels, Field(min_length=1)]
    equal: Names = ()


class StormSettings(Settings):
    """How many coins in how long make a storm."""

    coins: int = Field(default=_STORM.coins, ge=2)
    within: Annotated[Seconds, Field(gt=0)] = _STORM.seconds


class ClockSettings(Settings):
    """A clock for rehearsals: at the moment `real` it shows `shows`, and runs `speed` times as fast from there."""

    real: Instant
    shows: Instant
    speed: float = Field(default=1.0, gt=0, le=100_000)


class HeartbeatSettings(Network):
    """A dead-man's switch: `url` is asked `every` so often; a reference where the URL is the secret."""

    url: Annotated[str | Secret, BeforeValidator(_url_or_secret)]
    every: Annotated[Seconds, Field(ge=10)] = 60.0

    def address(self) -> str:
        """The URL, revealed. Raises ConfigError where the secret is none."""
        if not isinstance(self.url, Secret):
            return self.url
        try:
            return _URL.validate_python(self.url.reveal())
        except ValidationError:
            raise ConfigError(f"{self.url.reference} does not hold a URL such as https://hc.example/ping") from None


class Limits(NamedTuple):
    """Beyond these the operator is told: seconds that a delivery has waited; bytes that are free on the store's disk
    (`troubles.LOW_SHARE` of it at the least). None where nobody wants to hear of it."""

    outbox_age: float | None
    disk_free: float | None


class ConfigSettings(Settings):
    """The whole file. `with_sections` adds the shapes of the configured sources and channels; `hours` and `receivers`
    are read with the other people, in `people`."""

    version: Literal["1"]
    state: str = "alertd.db"
    rules: Names = ("rules/*.yaml",)
    zone: Annotated[str, BeforeValidator(_zone)] = "UTC"
    quote: Literal["usd"] = "usd"
    prices: Names = ()
    coins: dict[str, dict[str, str | list[str]]] = Field(default_factory=dict)
    watchlists: dict[str, Names] = Field(default_factory=dict)
    hours: dict[str, Any] = Field(default_factory=dict)
    receivers: dict[str, dict[str, Any]] = Field(default_factory=dict)
    operator: Names = ()
    route: RouteSettings | None = None
    inhibit: tuple[InhibitSettings, ...] = ()
    storm: Annotated[StormSettings | None, BeforeValidator(_off)] = StormSettings()
    runaway: Annotated[Cap | None, BeforeValidator(_runaway)] = RUNAWAY
    expires: Annotated[Seconds, Field(gt=0)] = EXPIRES
    public_url: Annotated[HttpsUrl | None, BeforeValidator(_off)] = None
    control: Annotated[str | None, BeforeValidator(_off)] = None
    http: Annotated[tuple[str, int] | None, BeforeValidator(_address)] = ("127.0.0.1", 9464)
    watch: bool = False
    stale_after: Seconds | None = None
    max_jump: Annotated[float | None, BeforeValidator(_percent)] = 50.0
    chart: Annotated[str, BeforeValidator(_chart)] = TRADINGVIEW
    clock: ClockSettings | None = None
    outbox_age: Annotated[float | None, BeforeValidator(_age)] = 600.0
    disk_free: Annotated[float | None, BeforeValidator(_size)] = 200e6
    heartbeat: Annotated[HeartbeatSettings | None, BeforeValidator(_off)] = None
    chat: Annotated[ChatSettings | None, BeforeValidator(_section_or_off)] = None


class Section(NamedTuple):
    """One configured source or channel; its settings are `Unknown` where it has a mistake in it."""

    kind: str
    settings: Settings


class Unknown(Settings):
    """A section with a mistake in it: that has been told, so that what is in it may be anything."""

    @model_validator(mode="before")
    @classmethod
    def _anything(cls, _: object) -> object:
        return {}


Shapes: TypeAlias = Mapping[str, Mapping[str, type[Settings]]]
"""`sources` and `channels` → the shape of each section in it, by name."""


def with_sections(shapes: Shapes) -> type[ConfigSettings]:
    """The file's shape with a section per source and channel, so that one pass finds the mistakes in all of them."""
    return create_model(
        "ConfigFile",
        __base__=ConfigSettings,
        **{title: _section(title.capitalize(), sections) for title, sections in shapes.items()},
    )


def entries(settings: ConfigSettings, field: str) -> dict[str, Settings]:
    """What stands under `sources:` or `channels:`, by name."""
    section: Settings | None = getattr(settings, field)
    if section is None:
        return {}
    return {str(info.alias): getattr(section, name) for name, info in type(section).model_fields.items()}


def _section(title: str, shapes: Mapping[str, type[Settings]]) -> Any:
    # A name in the file may be no Python name: it is the alias.
    shape: dict[str, Any] = {
        f"section_{index}": (Annotated[settings, BeforeValidator(_without_kind)], Field(alias=name))
        for index, (name, settings) in enumerate(shapes.items())
    }
    return create_model(title, __base__=Settings, **shape), Field(default=None)


def _without_kind(section: object) -> object:
    """An entry's settings: the `kind` has chosen the shape already, and an empty entry has nothing to set."""
    if section in _OFF:
        return {}
    return {key: value for key, value in section.items() if key != "kind"} if isinstance(section, dict) else section
