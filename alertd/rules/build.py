"""One entry of a rule file → a Rule, checked and resolved."""

from alertd.conditions import tree as t
from alertd.conditions.check import Compiled
from alertd.conditions.names import lexicon
from alertd.conditions.parse import conjoin
from alertd.conditions.sense import always_ended, warnings_of_count
from alertd.conditions.text import canonical
from alertd.errors import RuleError, did_you_mean
from alertd.rules import keys
from alertd.rules.coins import Chosen
from alertd.rules.entry import Entry, Lookups
from alertd.rules.rearm import until_of
from alertd.rules.rule import CRITICAL, SEVERITY, AlreadyTrue, Rule

RULE_KEYS = (
    "name", "was", "symbols", "when", "until", "rearm", "for", "keep_firing_for", "cooldown", "fire", "remind",
    "already_true", "no_data", "expires", "active", "at", "labels", "notify", "tell", "draft", "say", "note",
)  # fmt: skip

RESTLESS = "a level without until, rearm, cooldown or for fires each time that the value crosses it"
"""The doubt about a rule that may tell again and again."""

_MEANT = {
    **dict.fromkeys(("severity", "priority"), "it is a label: labels: {severity: critical}"),
    **dict.fromkeys(("coin", "coins", "pair", "ticker"), "write symbols:"),
    **dict.fromkeys(("condition", "if", "trigger"), "write when:"),
    **dict.fromkeys(("to", "receiver", "receivers", "send_to"), "write notify:"),
    **dict.fromkeys(("message", "text"), "write say:"),
}
"""Keys of other programs, and of other places, with what is written here."""

_TELL = keys.tell("fired")
_OFTEN = 60.0
"""Seconds: what reminds more often is hardly meant."""

_NOTHING = t.Or(())
_LEVELS = (t.Compare, t.Within, t.Between)


def rule_of(entry: Entry, shared: Lookups) -> Rule | None:
    """The rule, or None where `entry.problems` holds a mistake and not just warnings."""
    for key in entry.own_keys():
        if key not in RULE_KEYS:
            hint = _MEANT.get(key) or did_you_mean(key, RULE_KEYS) or _rest_of(key)
            entry.blame(f"there is no key {key!r}", hint, key, key=True)
    for key in ("name", "symbols", "when"):
        if not entry.has(key):
            entry.blame(f"{key} is missing", "")
    chosen = entry.read("symbols", shared.coins.choose, Chosen(()))
    for doubt in chosen.doubts:
        entry.blame(doubt.message, doubt.hint, "symbols", *doubt.path, warning=True)
    for wrong in chosen.mistakes:
        entry.blame(wrong.message, wrong.hint, "symbols", *wrong.path)
    words = entry.read("when", keys.sentence, "")
    compiled = _compiled(entry, shared, "when", words)
    filters = [_filter(entry, shared, words, path) for words, path in chosen.filters]
    until, until_text = _until(entry, shared, compiled.tree if compiled else None)
    conditions = [found.tree for found in (compiled, *filters) if found is not None]
    # Where there is no condition yet, the other keys are read all the same: for their mistakes.
    when = conjoin(conditions) if conditions else _NOTHING
    said = _all_of([words, *(words for words, _ in chosen.filters)])
    rule = _assembled(entry, shared, chosen.coins, (when, said), (until, until_text))
    if compiled is not None:
        _check_whole(entry, rule, compiled.tree, shared.now)
        _check_coins(entry, rule, compiled.tree)
        if chosen.coins:
            entry.blame_sentence(warnings_of_count(compiled.tree, words, len(chosen.coins)), "when")
    _doubt_texts(entry, rule)
    return None if entry.refused else rule


def _rest_of(key: str) -> str:
    """A hint for what is no key but the rest of a sentence, which a comma ended."""
    return "" if set(key).isdisjoint(" ()<>=%") else 'a sentence with a comma needs quotes within braces: when: "…"'


def _all_of(sentences: list[str]) -> str:
    """The author's words of `when` and of the filters of `symbols`, as one sentence."""
    if len(sentences) == 1:
        return sentences[0]
    return " and ".join(f"({words})" if " or " in words.lower() else words for words in sentences)


def _assembled(
    entry: Entry,
    shared: Lookups,
    coins: tuple[str, ...],
    when: tuple[t.Condition, str],
    until: tuple[t.Condition | None, str],
) -> Rule:
    read = entry.read
    lasting = read("for", keys.seconds, 0.0)
    cooldown, cooldown_most = read("cooldown", keys.cooldown, (0.0, None))
    return Rule(
        name=read("name", keys.name, ""),
        was=read("was", keys.name, ""),
        symbols=coins,
        when=when[0],
        when_text=when[1],
        until=until[0],
        until_text=until[1],
        for_=lasting,
        keep_firing_for=read("keep_firing_for", keys.seconds, 0.0),
        cooldown=cooldown,
        cooldown_most=cooldown_most,
        fire=read("fire", keys.fire, None),
        remind=read("remind", keys.some_seconds, None),
        already_true=read("already_true", keys.already_true, AlreadyTrue.TELL),
        no_data=read("no_data", keys.no_data, 0.0),
        expires=read("expires", lambda value: keys.expires(value, shared.zone), None),
        active=read("active", lambda value: keys.active(value, shared.zone), None),
        at=read("at", lambda value: keys.at(value, shared.zone), None),
        labels=read("labels", keys.labels, {}),
        notify=_receivers(entry, shared),
        tell=read("tell", keys.tell, _TELL),
        draft=read("draft", keys.flag, False),
        say=read("say", keys.say, ""),
        note=read("note", keys.note, ""),
        place=entry.place(),
    )


def _compiled(entry: Entry, shared: Lookups, key: str, words: str) -> Compiled | None:
    if not words:
        return None
    try:
        found = shared.compiled(words)
    except RuleError as error:
        entry.refuse(error, key)
        return None
    entry.blame_sentence(found.warnings, key)
    return found


def _filter(entry: Entry, shared: Lookups, words: str, path: tuple[str | int, ...]) -> Compiled | None:
    try:
        return shared.compiled(words)
    except RuleError as error:
        if path == ("top",):
            # Its sentence is ours: the columns in it say nothing to the author.
            for problem in error.problems:
                entry.blame(problem.message, problem.hint, "symbols", *path)
        else:
            entry.refuse(error, "symbols", *path)
        return None


def _until(entry: Entry, shared: Lookups, when: t.Condition | None) -> tuple[t.Condition | None, str]:
    """The condition that ends an episode, with its text, from `until` or `rearm`; the rule's own goes first."""
    if entry.has("until") and entry.has("rearm") and entry.is_own("until") == entry.is_own("rearm"):
        entry.blame("until and rearm say the same thing twice", "keep one of them", "rearm", key=True)
        return None, ""
    if entry.has("rearm") and not entry.is_own("until"):
        if when is None:
            return None, ""
        until = entry.read("rearm", lambda value: until_of(when, keys.text(value), lexicon(shared.universe).spec), None)
        return until, canonical(until) if until is not None else ""
    words = entry.read("until", keys.sentence, "")
    compiled = _compiled(entry, shared, "until", words)
    return (compiled.tree, words) if compiled else (None, "")


def _receivers(entry: Entry, shared: Lookups) -> tuple[str, ...]:
    known = shared.universe.receivers
    found: tuple[str, ...] = entry.read("notify", keys.names, ())
    for index, receiver in enumerate(found):
        if known is not None and receiver not in known:
            near = did_you_mean(receiver, known) or f"the receivers are {', '.join(sorted(known)) or 'none yet'}"
            entry.blame(f"there is no receiver {receiver!r}", near, "notify", index)
    return found


def _check_whole(entry: Entry, rule: Rule, written: t.Condition, now: float) -> None:
    """What no key says alone."""
    if rule.for_ and t.momentary(rule.when):
        entry.blame(
            "what happens on one reading alone cannot last",
            "leave for: out, or take a level such as price > 70k",
            "for",
        )
    if rule.keep_firing_for and rule.until is not None:
        entry.blame("with until or rearm, that alone ends an episode", "leave keep_firing_for out", "keep_firing_for")
    if rule.at is not None:
        _check_moments(entry, rule)
    if rule.expires is not None and rule.expires <= now:
        entry.blame("this is in the past: the rule watches nothing", "", "expires", warning=True)
    if rule.until is not None and always_ended(rule.when, rule.until):
        key = "until" if entry.has("until") else "rearm"
        entry.blame("the rule never fires: this is true whenever `when` is", "", key, warning=True)
    level = not t.momentary(written) and any(isinstance(node, _LEVELS) for node in t.walk(written))
    ends = entry.has("until") or entry.has("rearm") or entry.has("at")
    calm = ends or rule.for_ or rule.cooldown or rule.keep_firing_for or rule.fire == 1
    if level and not calm:
        entry.blame(
            RESTLESS,
            "add rearm: or cooldown: 15m" if isinstance(written, t.Compare) else "add until: or cooldown: 15m",
            "when",
            warning=True,
        )


def _check_coins(entry: Entry, rule: Rule, written: t.Condition) -> None:
    """A warning where every coin's alert would be the very same."""
    trees = [written, *([rule.until] if rule.until is not None else ())]
    counts = any(isinstance(node, t.Count | t.Share | t.Rank) for tree in trees for node in t.walk(tree))
    if len(rule.symbols) > 1 and not counts and not any(map(t.of_own_coin, trees)):
        message = f"when says the same of every coin: {len(rule.symbols)} alerts fire at once"
        entry.blame(message, f"name one coin: symbols: {rule.symbols[0]}", "symbols", warning=True)


def _doubt_texts(entry: Entry, rule: Rule) -> None:
    """Warnings of what is allowed, and hardly meant."""
    for key in ("note", "say"):
        if comment := entry.comment(key):
            message = f"{comment.split()[0]!r} and what follows is a comment, not a part of this"
            entry.blame(message, f'put it all in quotes: {key}: "…"', key, warning=True)
    severity = rule.labels.get(SEVERITY, CRITICAL)
    other = severity.casefold() != CRITICAL and severity.casefold().endswith(CRITICAL)  # such as non-critical
    if severity != CRITICAL and not other and (hint := did_you_mean(severity, (CRITICAL,))):
        message = f"severity {severity!r} passes neither quiet hours nor caps, only {CRITICAL!r} does"
        entry.blame(message, hint, "labels", SEVERITY, warning=True)
    if rule.remind is not None and rule.remind < _OFTEN:
        entry.blame("a reminder more than once a minute", "write remind: 1m or longer", "remind", warning=True)


def _check_moments(entry: Entry, rule: Rule) -> None:
    """What does not go with `at`: a check is a moment, before and after which nothing is judged."""
    for key, given in (("for", rule.for_), ("keep_firing_for", rule.keep_firing_for)):
        if given:
            entry.blame("a check is a moment: nothing lasts there", f"leave {key} out, or at", key)
    if t.momentary(rule.when):
        entry.blame(
            "what happens on one reading alone is over before the next check",
            "take a level such as price > 70k, or leave at: out",
            "at",
        )
