"""Alerts as a rule file, and back: `export` and `import`.

A paused alert is a `draft` there. Ways are those of whoever imports: of others, and of groups, nothing is taken over.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import yaml

from alertd.bot.asking import LONGEST_FILE, Reply, Upload
from alertd.bot.do import entries, reach, wording
from alertd.bot.do.entries import Written
from alertd.bot.do.standing import BROKEN, OVER, Stand, stands
from alertd.bot.language.fitting import OFTEN, SOONEST
from alertd.bot.office import Job, no, say
from alertd.conditions.fields import MARKET
from alertd.errors import DeliveryError, Problem
from alertd.model.notification import Notification
from alertd.model.people import AlertStage, ChatAlert
from alertd.rules.document import Document, Plain
from alertd.rules.files import RuleText, read_rules
from alertd.rules.rule import Rule
from alertd.rules.strict_yaml import read_document

FILE = "alerts.yaml"
_ENDINGS = (".yaml", ".yml")
_SHORT = 1500
"""Bytes that are shown in the reply as well."""
_HEAD = b"version: 1\nrules:\n"
_AROUND = 200
"""Bytes that a part leaves free, for the `import` before its text."""
_COINS = 100
"""Coins of one alert."""
_SHOWN = 10
"""Mistakes in one reply."""

_LISTED = 20
"""Alerts in one reply."""

_NEW = "alert-"
_DRAFT = "draft"
_KEYS = frozenset(
    {
        "name", "symbols", "when", "until", "rearm", "for", "keep_firing_for", "cooldown", "fire", "remind",
        "already_true", "no_data", "expires", "at", "notify", "tell", _DRAFT, "say", "note",
    }
)  # fmt: skip
"""What an alert of a person may say."""


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def export(job: Job) -> Reply:
    """All alerts of whoever asks, as the text of a rule file."""
    alerts = await job.office.store.chat_alerts(job.person.number)
    if not alerts:
        return say("You have no alerts yet", "alert BTC > 70k makes one", private=True)
    left_out = [each.alert.number for each in await stands(job.office, alerts) if _is_over(each, job.now)]
    kept = [alert for alert in alerts if alert.number not in left_out]
    if not kept:
        return no("All of your alerts are over", "Over alerts are not exported: import would refuse them")
    parts = in_parts(kept, LONGEST_FILE - _AROUND)
    number = min(max(int(job.command.words[0]), 1), len(parts)) if job.command.words else 1
    gone = (f"Left out, as they are over: {wording.names(left_out)}.",) if left_out else ()
    return await job.done(_part(job, parts, number, f"Your alerts, {len(kept)} in all", gone))


def _part(job: Job, parts: Sequence[bytes], number: int, title: str, gone: tuple[str, ...]) -> Reply:
    """One part, from 1, and the next to tap."""
    content, name = parts[number - 1], FILE
    if len(parts) > 1:
        name, title = f"alerts-{number}.yaml", f"{title}: part {number} of {len(parts)}"
    ahead = (job.offer(f"export {number + 1}", f"Part {number + 1}"),) if number < len(parts) else ()
    said = Notification(
        title, lines=("import takes this file, here or elsewhere: it adds what is new in it.", *gone), buttons=ahead
    )
    code = content.decode() if len(content) <= _SHORT else ""
    return Reply(said=said, code=code, private=True, file=(name, content))


def _is_over(stand: Stand, now: float) -> bool:
    """Whether no file may have it: it has no rule any more, or ended, while it was paused perhaps."""
    rule = stand.rule
    return rule is None or stand.word in (OVER, BROKEN) or (rule.expires is not None and rule.expires <= now)


def in_parts(alerts: Sequence[ChatAlert], longest: int) -> list[bytes]:
    """Rule files that read back as the same, each of so many bytes at the most; an alert that is longer by itself has
    one of its own."""
    parts: list[bytes] = []
    for alert in alerts:
        rule = yaml.safe_dump([_rule(alert)], sort_keys=False, allow_unicode=True, width=100).encode()
        if parts and len(parts[-1]) + len(rule) <= longest:
            parts[-1] += rule
        else:
            parts.append(_HEAD + rule)
    return parts


def _rule(alert: ChatAlert) -> dict[str, str | list[str]]:
    written = {**entries.read(alert), "name": f"{_NEW}{alert.number}"}
    written["symbols"] = entries.coins(written)
    own = [way for way in entries.ways(written) if ":" not in way]
    written.pop("notify", None)
    if own:
        written["notify"] = own
    return written | ({_DRAFT: "true"} if alert.stage is AlertStage.PAUSED else {})


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Found(NamedTuple):
    """What a file holds: every rule with its entry, and every mistake."""

    rules: Sequence[tuple[Rule, Written]]
    problems: Sequence[Problem]


async def import_(job: Job) -> Reply:
    """All of it or nothing, from what was typed or from a file."""
    if job.asked.uploads:
        content = await _fetched(job.asked.uploads)
        return content if isinstance(content, Reply) else await _taken(job, content)
    if not job.command.words:
        return no("Give import a rule file, or its text", "export shows what one looks like")
    text = job.command.words[0]
    if text.endswith(_ENDINGS) and len(text.split()) == 1:
        return no(
            f"There is no file {text}", "Give me the file itself, with import beside it, or its text behind import."
        )
    return await _taken(job, text.encode())


async def _fetched(uploads: Sequence[Upload]) -> bytes | Reply:
    """The content of the one file that was given, or why there is none. What is no rule file is not even fetched."""
    file, *more = uploads
    if more:
        return no("Nothing was imported: give me one file at a time")
    if not file.name.lower().endswith(_ENDINGS):
        return no("Nothing was imported: a rule file's name ends in .yaml", "export gives one.")
    content = b""
    if file.size <= LONGEST_FILE:
        try:
            content = await file.fetch(file.place, LONGEST_FILE + 1)
        except DeliveryError as error:
            said = wording.capital(f"{error}.")
            return no("Nothing was imported: the file did not come", said, "Give it again, or import its text.")
    if max(file.size, len(content)) > LONGEST_FILE:
        return no(f"Nothing was imported: the file is larger than {LONGEST_FILE // 1024} KiB", "Split it.")
    return content


async def _taken(job: Job, content: bytes) -> Reply:
    office, person = job.office, job.person
    ways = {account.identity.channel for account in office.people.accounts(person.number)}
    found = _read(job, content, ways)
    if found.problems:
        return _wrong(found.problems)
    alerts = await office.store.chat_alerts(person.number)
    known = [entries.read(alert) for alert in alerts]
    new = [(rule, written) for rule, written in found.rules if not any(entries.same(written, each) for each in known)]
    if not new:
        return no("There is nothing new in it", "You have all of that already." if found.rules else "")
    if len(alerts) + len(new) > office.terms.alerts:
        return no(f"You may have {office.terms.alerts} alerts: you have {len(alerts)}, and these are {len(new)} more")
    first = await entries.number_for(job)
    for number, (rule, written) in enumerate(new, first):
        paused = rule.draft
        own = {key: value for key, value in written.items() if key != _DRAFT} | {"name": str(number)}
        stage = AlertStage.PAUSED if paused else AlertStage.LIVE
        job.rows.append(entries.kept(person.number, number, own, stage=stage, made=job.now))
        if not paused:
            job.put.append(
                replace(rule, name=str(number), owner=person.owner, was="", notify=entries.ways(own), place="")
            )
    last = first + len(new) - 1
    numbers = f"#{first}" if first == last else f"#{first} to #{last}"
    job.did("import", numbers)
    lines = [_said(job, number, rule, written) for number, (rule, written) in enumerate(new[:_LISTED], first)]
    if len(new) > _LISTED:
        lines.append(f"… and {len(new) - _LISTED} more: alerts shows them all.")
    if len(new) < len(found.rules):
        lines.append(f"You had {len(found.rules) - len(new)} of them already.")
    if dropped := dict.fromkeys(way for rule, written in new for way in _dropped(rule, written)):
        whom = ", ".join(dropped)
        lines.append(f"Not taken over: notify {whom}. Those are no ways of yours; edit NUMBER via … names one.")
    return await job.done(say(f"Imported: {numbers}", *lines, private=True))


def _said(job: Job, number: int, rule: Rule, written: Written) -> str:
    """`#7: BTC: price > 90000, every time`"""
    told_by = reach.told_by(job.office, job.person, written)
    conduct = wording.conduct(written, rule.expires, wording.zone_of(job.office, job.person), told_by).removesuffix(".")
    paused = ", paused" if rule.draft else ""
    return f"{wording.name(number)}: {wording.sentence(written)}, {conduct[:1].lower()}{conduct[1:]}{paused}"


def _dropped(rule: Rule, written: Written) -> list[str]:
    """Those whom the file has it tell, and whoever imports may not."""
    return [way for way in rule.notify if way not in entries.ways(written)]


def _read(job: Job, content: bytes, ways: Collection[str]) -> _Found:
    # Ways of a person are no receivers of the configuration: who may be told is looked at below.
    universe = entries.with_market(replace(job.office.universe(), receivers=None))
    loaded = read_rules([RuleText(FILE, content)], universe, job.now)
    wrong = [problem for problem in loaded.problems if not problem.warning]
    if wrong:
        return _Found((), wrong)
    document = read_document(FILE, content)
    root = document.root if isinstance(document.root, dict) else {}
    problems = [document.problem(("series",), "series belong to the files of the operator", key=True)] * (
        "series" in root
    )
    found = []
    for number, (rule, own) in enumerate(zip(loaded.rules, _bodies(root), strict=True)):
        problems += _foreign(document, number, rule, own, job.now)
        found.append((rule, _written(rule, own, ways)))
    return _Found(found, problems)


def _bodies(root: Mapping[str, Plain]) -> list[dict[str, Plain]]:
    """Each rule with the file's defaults behind it, as they are read there."""
    defaults, rules = root.get("defaults", {}), root.get("rules", [])
    behind = defaults if isinstance(defaults, dict) else {}
    bodies = []
    for own in rules if isinstance(rules, list) else []:
        if isinstance(own, dict):
            ends = {"until", "rearm"} if own.keys() & {"until", "rearm"} else set()
            bodies.append({**{key: value for key, value in behind.items() if key not in ends}, **own})
    return bodies


def _foreign(document: Document, number: int, rule: Rule, own: Mapping[str, Plain], now: float) -> Sequence[Problem]:
    """What a rule of a file may say, and an alert of a person may not."""

    def problem(key: str, message: str, hint: str = "") -> Problem:
        where = ("rules", number, key) if document.at(("rules", number, key)) is not None else ("defaults", key)
        return document.problem(where, message, hint, key=key not in _KEYS)

    found = [problem(key, f"an alert of a person has no {key}", "leave it out") for key in own if key not in _KEYS]
    when = own.get("when")
    if isinstance(when, str) and rule.when_text != when.strip():
        found.append(problem("symbols", "name the coins of an alert one by one", "symbols: [BTC, ETH]"))
    if MARKET in rule.symbols and (len(rule.symbols) > 1 or not entries.of_market(rule)):
        found.append(problem("symbols", "say of which coin: the market has none of that", "symbols: [BTC]"))
    if len(rule.symbols) > _COINS:
        found.append(problem("symbols", f"an alert has {_COINS} coins at the most, not {len(rule.symbols)}"))
    if rule.expires is not None and rule.expires <= now:
        found.append(problem("expires", "this is in the past"))
    if rule.remind and rule.remind < SOONEST:
        found.append(problem("remind", "an alert of a person is said again once a minute at the most", OFTEN))
    return found


def _written(rule: Rule, own: Mapping[str, Plain], ways: Collection[str]) -> Written:
    """The entry of a rule, as an alert keeps it."""
    written: Written = {}
    for key, value in own.items():
        if key == "symbols":
            written[key] = list(rule.symbols) if rule.symbols != (MARKET,) else []
        elif key == "notify":
            if mine := [way for way in rule.notify if way in ways]:
                written[key] = mine
        elif isinstance(value, str):
            written[key] = value
        elif isinstance(value, list):
            written[key] = [each for each in value if isinstance(each, str)]
    return written


def _wrong(problems: Sequence[Problem]) -> Reply:
    shown = "\n".join(str(problem) for problem in problems[:_SHOWN])
    more = len(problems) - _SHOWN
    title = f"Nothing was imported: {len(problems)} mistake{'' if len(problems) == 1 else 's'}"
    said = Notification(title, lines=(f"… and {more} more",) if more > 0 else ())
    return Reply(said=said, ok=False, code=shown, private=True)
