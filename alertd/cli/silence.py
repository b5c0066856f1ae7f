"""`alertd silence add|list|expire`: what somebody does not want to hear of for a while."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import click
import msgspec

from alertd.cli import show
from alertd.cli.options import config_option, login_name, moment, now_of, order
from alertd.config import Config, load
from alertd.config.labels import SYMBOL, Vocabulary, pattern_of
from alertd.dispatch import wording
from alertd.dispatch.matcher import Matcher, parse
from alertd.dispatch.render import fold, stamp
from alertd.dispatch.route import labels
from alertd.errors import AlertdError, did_you_mean
from alertd.model.event import Entry
from alertd.model.kept import Silence
from alertd.model.units import duration, say_duration
from alertd.model.universe import Universe
from alertd.storage.standing import read_kept, read_open

_NAMED = 5


@click.group()
def command() -> None:
    """Hold back what somebody does not want to hear of for a while; what still holds is told when it ends."""


@command.command()
@click.argument("matchers", nargs=-1)
@click.option("--for", "lasts", metavar="DURATION", help="How long: 2h.")
@click.option("--until", metavar="TIME", help="Until when: 2026-01-02T08:00, in the configured zone.")
@click.option("--from", "start", metavar="TIME", help="From when on, if not from now.")
@click.option("--during", metavar="HOURS", default="", help="Only in these hours, named in the configuration.")
@click.option("--comment", required=True, help="Why.")
@click.option("--author", metavar="NAME", help="Who; your login name unless said.")
@config_option
def add(
    *,
    matchers: tuple[str, ...],
    lasts: str | None,
    until: str | None,
    start: str | None,
    during: str,
    comment: str,
    author: str | None,
    config_path: Path,
) -> None:
    """Silence what all MATCHERS match, as Alertmanager writes them: severity=info symbol!=BTC rule=~btc-.* rule!~eth.*

    They look at a rule's labels, and at `rule`, `symbol`, `owner` and `event`.
    """
    config = load(config_path)
    now = now_of(config)
    pairs = list(_own_names(_pairs(matchers), config.universe))
    begins = moment(start, config.policy.zone) if start else now
    ends = _end(lasts, until, begins, config)
    if ends <= now:
        raise click.UsageError("it would be over already")
    _check_hours(during, config.policy.hours)
    odd = _odd(pairs, config, now)
    _refuse_twin(config, pairs, during, begins)
    answer = order(
        config,
        "silence-add",
        matchers=pairs,
        start=begins,
        end=ends,
        author=author or login_name(),
        comment=comment,
        during=during,
    )
    click.echo(f"silence {answer['number']}: {wording.matchers(pairs)}, until {stamp(ends, config.policy.zone)}")
    click.echo(_matching(read_open(config.state), pairs))
    for words in odd:
        click.echo(words, err=True)


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Those that are over, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@config_option
def list_(*, every: bool, as_json: bool, config_path: Path) -> None:
    """Say which silences there are. Beside a running daemon, or without one."""
    config = load(config_path)
    zone, now = config.policy.zone, now_of(config)
    known = [one for one in read_kept(config.state) if isinstance(one, Silence) and (every or one.end > now)]
    known.sort(key=lambda silence: silence.number)
    if as_json:
        for silence in known:
            click.echo(msgspec.json.encode({**msgspec.to_builtins(silence), "state": _state(silence, now)}).decode())
    elif known:
        columns = ("number", "what", "state", f"from ({zone})", f"until ({zone})", "during", "by", "why")
        show.table(columns, rows(known, zone, now))
    else:
        click.echo("nothing is silenced")


@command.command()
@click.argument("number", type=click.IntRange(min=1))
@config_option
def expire(number: int, config_path: Path) -> None:
    """End silence NUMBER now: what it held and still holds is told."""
    answer = order(load(config_path), "silence-expire", number=number)
    click.echo(answer.get("text", f"silence {number} is over"))


def rows(silences: Iterable[Silence], zone: tzinfo, now: float) -> Iterator[tuple[object, ...]]:
    for one in silences:
        times = wording.moment(one.start, zone), wording.moment(one.end, zone)
        said = one.during, fold(one.author), fold(one.comment)
        yield one.number, wording.matchers(one.matchers), _state(one, now), *times, *said


def _pairs(matchers: Sequence[str]) -> list[tuple[str, str]]:
    if not matchers:
        raise click.UsageError("say what to silence, such as severity=info or rule=~btc-.*; everything is rule=~.*")
    try:
        return [parse(text) for text in matchers]
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _own_names(pairs: Iterable[tuple[str, str]], universe: Universe) -> Iterator[tuple[str, str]]:
    """The matchers, a coin by the name that alertd has for it."""
    for label, text in pairs:
        value = text.removeprefix("!")
        own = universe.coin(value) if label == SYMBOL and not value.startswith("~") else None
        yield label, text.removesuffix(value) + own if own else text


def _check_hours(during: str, known: Collection[str]) -> None:
    """Raises click.UsageError where no hours are called that."""
    if during and during not in known:
        hint = did_you_mean(during, known) or f"there are {', '.join(known) or 'none'}"
        raise click.UsageError(f"--during: no `hours` of the configuration are called {during!r}; {hint}")


def _odd(pairs: Iterable[tuple[str, str]], config: Config, now: float) -> list[str]:
    """What is odd about matchers, in words. Raises click.UsageError for a label that nothing has."""
    loaded = config.read_rules(now)
    # Before the daemon's first start there is nothing to look at; whether it runs is asked later.
    fires = read_open(config.state) if config.state.exists() else ()
    known = Vocabulary.of(loaded.rules, config.universe, fires)
    return list(_strays(pairs, known, partial=any(not problem.warning for problem in loaded.problems)))


def _strays(pairs: Iterable[tuple[str, str]], known: Vocabulary, *, partial: bool) -> Iterator[str]:
    """What matchers name and nothing has; where `partial`, a rule may have it that cannot be read now."""
    for label, text in pairs:
        if hint := known.unknown_label(label):
            if not partial:
                raise click.UsageError(f"no rule has a label {label!r}; {hint}")
            yield f"no rule without a mistake in it has a label {label!r}; {hint}"
        elif value := known.unknown_value(label, text):
            near = (
                f"for a pattern write {label}=~{pattern_of(value)[1:]}" if "*" in value else known.meant(label, value)
            )
            yield f"no rule has {label}={value} now" + (f"; {near}" if near else "")


def _refuse_twin(config: Config, pairs: Sequence[tuple[str, str]], during: str, begins: float) -> None:
    """Raises AlertdError where the same is silenced then already."""
    zone = config.policy.zone
    for one in read_kept(config.state) if config.state.exists() else ():
        if not isinstance(one, Silence) or (set(one.matchers), one.during) != (set(pairs), during):
            continue
        # Ends are told in whole seconds: a silence may begin where that one ends.
        if one.start <= begins < int(one.end):
            raise AlertdError(
                f"silence {one.number} is the same, until {stamp(one.end, zone)}: one that goes on from there begins"
                f" --from {datetime.fromtimestamp(one.end, zone):%Y-%m-%dT%H:%M:%S}"
            )


def _end(lasts: str | None, until: str | None, begins: float, config: Config) -> float:
    if (lasts is None) == (until is None):
        raise click.UsageError("say how long: either --for 2h or --until 2026-01-02T08:00")
    if until is not None:
        ends = moment(until, config.policy.zone)
    else:
        try:
            ends = begins + duration(lasts or "")
        except ValueError as error:
            raise click.UsageError(f"--for: {error}") from None
    if ends <= begins:
        raise click.UsageError("it would end before it begins")
    return ends


def _matching(entries: Iterable[Entry], pairs: Sequence[tuple[str, str]]) -> str:
    """What it is about at the moment: a mistyped matcher is found before the night, not in it."""
    wanted = [(label, Matcher(text)) for label, text in pairs]
    found = []
    for entry in entries:
        seen = labels(entry)
        if all(matcher.matches(seen.get(label, "")) for label, matcher in wanted):
            found.append(wording.episode_of(entry.event))
    if not found:
        return "nothing that fires now is matched"
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return f"{show.counted(len(found), 'alert')} that {'fires' if len(found) == 1 else 'fire'} now: " + (
        ", ".join(found[:_NAMED]) + more
    )


def _state(silence: Silence, now: float) -> str:
    if silence.end <= now:
        return "over"
    if silence.start > now:
        return f"begins in {say_duration(silence.start - now)}"
    return f"ends in {say_duration(silence.end - now)}"
