"""The configuration file → everything that the daemon is built from. One mistake or twenty: all are told at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from alertd import channels as channel_index
from alertd import sources as source_index
from alertd.config.chat import Chat, chat
from alertd.config.files import Text, matching, read, rule_files
from alertd.config.market import coin_table, price_sources, universe, with_recorded
from alertd.config.people import policy
from alertd.config.receivers import KEYS as RECEIVERS_KEYS
from alertd.config.settings import (
    ClockSettings,
    ConfigSettings,
    HeartbeatSettings,
    Limits,
    RouteSettings,
    Section,
    Shapes,
    Unknown,
    entries,
    with_sections,
)
from alertd.dispatch.policy import Policy
from alertd.errors import ConfigError, Problem, did_you_mean
from alertd.model.universe import Universe
from alertd.rules.build import RULE_KEYS
from alertd.rules.document import Document
from alertd.rules.files import Loaded, RuleText, read_rules
from alertd.rules.schema import problems_of
from alertd.rules.strict_yaml import read_document
from alertd.sources.coins import CoinTable
from alertd.wire.secret import Secret
from alertd.wire.settings import Settings

S = TypeVar("S", bound=Settings)

_NAMING = ("coins", "prices", "receivers", "rules", "sources", "watchlists")
"""The keys that say what rules there are, and what they may name."""

_ELSEWHERE = {
    **{key: f"it stands in a rule, in a file that `rules:` names: {key}: …" for key in RULE_KEYS},
    **{key: f"it stands below `route:`: route: {{{key}: …}}" for key in RouteSettings.model_fields},
    **{key: f"it is a receiver's: receivers: {{me: {{{key}: …}}}}" for key in RECEIVERS_KEYS},
}
"""Keys that are none of the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What one configuration file says, checked. Paths in it are resolved against the file's folder.

    `document` is the file as it was read, for what is found wrong with it later. `unmatched` are the patterns of
    `rules` that matched no file then.
    `sources` and `channels` are by name; `prices` names the sources that give prices, the preferred first. `http` is
    (host, port) or None, `control` the control socket's path or None. `stale_after` is seconds, None for five polls of
    the source; `max_jump` percent points, None for no limit. `clock` is None for the real one, `heartbeat` where none
    is sent.
    """

    path: Path
    document: Document
    state: Path
    rules: tuple[str, ...]
    unmatched: tuple[str, ...]
    sources: Mapping[str, Section]
    channels: Mapping[str, Section]
    prices: tuple[str, ...]
    coins: CoinTable
    universe: Universe
    policy: Policy
    control: Path | None
    http: tuple[str, int] | None
    watch: bool
    stale_after: float | None
    max_jump: float | None
    clock: ClockSettings | None
    limits: Limits
    heartbeat: HeartbeatSettings | None
    chat: Chat | None

    def read_rules(self, now: float) -> Loaded:
        """All rule files, read and checked at `now` (epoch seconds). Takes its time: call it off the loop."""
        texts, problems = rule_files(self.rules)
        loaded = read_rules([RuleText(text.file, text.content) for text in texts], self.universe, now)
        return loaded._replace(problems=(*problems, *loaded.problems))


def load(path: Path, also: Collection[str] = ()) -> Config:
    """The configuration in a file. Raises ConfigError with every mistake in it. It may name coins `also` by the symbols
    of candle files beside it."""
    return parse(_text(path), folder=path.parent, also=also)


def load_with_rules(path: Path, now: float) -> tuple[Config, Loaded]:
    """The configuration and its rules, checked at `now` (epoch seconds). Raises ConfigError with every mistake in both:
    where one in the configuration leaves open what a rule may name, the rules' own are told once it is mended.
    """
    config, problems, certain = _read(_text(path), path.parent)
    loaded = config.read_rules(now) if certain else Loaded((), ())
    if problems or any(not problem.warning for problem in loaded.problems):
        raise ConfigError((*problems, *loaded.problems))
    return config, loaded


def parse(text: Text, *, folder: Path, also: Collection[str] = ()) -> Config:
    """The configuration in a text that was read already. Raises ConfigError with every mistake in it."""
    config, problems, _ = _read(text, folder, also)
    if problems:
        raise ConfigError(problems)
    return config


def _text(path: Path) -> Text:
    text = read(path)
    if not path.exists():
        raise ConfigError(f"there is no configuration file {path}: `alertd init` writes a first one")
    if isinstance(text, Problem):
        raise ConfigError([text])
    return text


def _read(text: Text, folder: Path, also: Collection[str] = ()) -> tuple[Config, list[Problem], bool]:
    """What is right in a text, every mistake in the order of the file, and if it is certain what a rule may name."""
    document = read_document(text.file, text.content)
    if not isinstance(document.root, dict):
        raise ConfigError([document.problem((), "expected keys and values such as `version: 1`")])
    problems: list[Problem] = []
    kinds = _kinds(document, "sources", source_index.KINDS, problems)
    channel_kinds = _kinds(document, "channels", channel_index.KINDS, problems)
    settings, wrong = _settings(document, _shapes(kinds, channel_kinds), problems)
    sources = _sections(settings, "sources", kinds, folder)
    channels = _sections(settings, "channels", channel_kinds, folder)
    coins, unread = with_recorded(coin_table(document, settings, kinds, problems), sources)
    problems += unread
    lost = "sources" in wrong
    partial = lost or bool(unread) or any(isinstance(section.settings, Unknown) for section in sources.values())
    prices = price_sources(document, settings, sources, [] if lost else problems)
    rules = tuple(str(folder / pattern) for pattern in settings.rules)
    config = Config(
        path=Path(text.file),
        document=document,
        state=folder / settings.state,
        rules=rules,
        unmatched=tuple(pattern for pattern in rules if not matching(pattern)),
        sources=sources,
        channels=channels,
        prices=prices,
        coins=coins,
        universe=universe(document, settings, sources, prices, coins, also=also, partial=partial, problems=problems),
        policy=policy(document, settings, _address_checks(channel_kinds, channels), problems),
        control=folder / settings.control if settings.control else None,
        http=settings.http,
        watch=settings.watch,
        stale_after=settings.stale_after,
        max_jump=settings.max_jump,
        clock=settings.clock,
        limits=Limits(settings.outbox_age, settings.disk_free),
        heartbeat=_anchored(settings.heartbeat, folder) if settings.heartbeat else None,
        chat=_chat(document, settings, channels, folder, problems),
    )
    return config, _in_order(problems), not partial and wrong.isdisjoint(_NAMING)


def _chat(
    document: Document, settings: ConfigSettings, channels: Mapping[str, Section], folder: Path, problems: list[Problem]
) -> Chat | None:
    """Who may ask for what by chat; None where nobody may."""
    if settings.chat is None:
        return None
    known = {name: section for name, section in channels.items() if not isinstance(section.settings, Unknown)}
    deaf = {name: channel_index.KINDS[section.kind].deaf(section.settings) for name, section in known.items()}

    def blame(path: tuple[str | int, ...], message: str, hint: str) -> None:
        problems.append(document.problem(path, message, hint))

    kinds = {name: section.kind for name, section in known.items()}
    return chat(_anchored(settings.chat, folder), deaf, kinds, blame)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """As they stand in the file, each once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))


def _kinds(document: Document, section: str, known: Iterable[str], problems: list[Problem]) -> dict[str, str]:
    """The kind of each entry of a section: its `kind`, else its name; "" where there is none such."""
    found: dict[str, str] = {}
    named = document.at((section,))
    for name, entry in named.items() if isinstance(named, dict) else ():
        said = entry.get("kind", name) if isinstance(entry, dict) else name
        kind = said if isinstance(said, str) else ""
        if kind not in known:
            path = (section, name, "kind") if document.at((section, name, "kind")) else (section, name)
            hint = did_you_mean(kind, known) or f"there are {', '.join(known)}; `kind:` says which one this is"
            problems.append(document.problem(path, f"no kind of {section[:-1]} is called {kind!r}", hint, key=True))
            kind = ""
        found[name] = kind
    return found


def _shapes(sources: Mapping[str, str], channels: Mapping[str, str]) -> Shapes:
    """The shape of each section by its kind; "" is none."""
    return {
        "sources": {name: source_index.kind(kind).settings if kind else Unknown for name, kind in sources.items()},
        "channels": {name: channel_index.KINDS[kind].settings if kind else Unknown for name, kind in channels.items()},
    }


def _settings(document: Document, shapes: Shapes, problems: list[Problem]) -> tuple[ConfigSettings, set[str]]:
    """The file in its shape, and the keys that are wrong: then it is the rest of it, so that mistakes in that are found
    as well. A section with a mistake is there, as `Unknown`.
    """
    shape = with_sections(shapes)
    try:
        return shape.model_validate(document.root), set()
    except ValidationError as error:
        problems += problems_of(document, error, shape, elsewhere=_ELSEWHERE)
        places = [details["loc"][:2] for details in error.errors()]
    wrong = {str(place[0]) for place in places if len(place) == 1 or place[1] not in shapes.get(str(place[0]), ())}
    sound = {
        title: {name: Unknown if (title, name) in places else own for name, own in sections.items()}
        for title, sections in shapes.items()
    }
    root = document.root if isinstance(document.root, dict) else {}
    rest = {key: value for key, value in root.items() if key not in wrong} | {"version": "1"}
    return with_sections(sound).model_validate(rest), wrong


def _sections(settings: ConfigSettings, field: str, kinds: Mapping[str, str], folder: Path) -> dict[str, Section]:
    return {name: Section(kinds[name], _anchored(entry, folder)) for name, entry in entries(settings, field).items()}


def _address_checks(
    kinds: Mapping[str, str], channels: Mapping[str, Section]
) -> dict[str, Callable[[str], str | None]]:
    """Channel → the check of its addresses; one whose section is wrong takes any, until that is mended."""

    def check(name: str, address: str) -> str | None:
        section = channels.get(name)
        if section is None or isinstance(section.settings, Unknown):
            return None
        return channel_index.KINDS[section.kind].check_address(address, section.settings)

    return {name: partial(check, name) for name in kinds}


def _anchored(settings: S, folder: Path) -> S:
    """The settings with their paths resolved: the fields called `…file` (one) and `…files` (several), and secrets."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return settings.model_copy(update={name: _resolved(name, value, folder) for name, value in values.items()})


def _resolved(name: str, value: object, folder: Path) -> object:
    match value:
        case str() if name.endswith(("file", "files")):
            return str(folder / value)
        case list():
            return [_resolved(name, each, folder) for each in value]
        case tuple() if type(value) is tuple:  # a rate and its like are values of their own
            return tuple(_resolved(name, each, folder) for each in value)
        case Secret() if value.reference.startswith("file:"):
            return Secret(f"file:{folder / value.reference.removeprefix('file:')}")
        case _:
            return value
