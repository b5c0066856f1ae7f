"""`alert` and `edit`: what somebody wants to be told, understood, looked at once and put into force."""

from collections.abc import Mapping
from dataclasses import replace

from alertd.bot.asking import Reply
from alertd.bot.do import arming, entries, level, wording
from alertd.bot.do.arming import Armed, armed
from alertd.bot.do.change import check_quota
from alertd.bot.do.groups import group_for
from alertd.bot.do.link import EMAIL
from alertd.bot.do.moments import iso, until
from alertd.bot.do.refusal import Refusal, refusable, refused, unsure
from alertd.bot.do.standing import DONE, OVER, PAUSED, stands
from alertd.bot.do.targets import Target, one
from alertd.bot.language.fitting import misfit
from alertd.bot.language.options import CHANNELS
from alertd.bot.language.spelling import spelled
from alertd.bot.office import Job, Office, no
from alertd.conditions.check import compile_condition
from alertd.errors import RuleError, did_you_mean
from alertd.model.notification import Notification
from alertd.model.people import TERMINAL, AlertStage, Person, Role
from alertd.model.press import Action
from alertd.model.units import say_number

_AS_TYPED = ("fire", "for", "remind", "note")
"""Options that are keys of an entry by the same name."""
_LASTING = ("for", "until")
"""Those that do not go with every condition."""
_AGAIN = {DONE: [("Re-arm", Action.REARM)], PAUSED: [("Resume", Action.RESUME)]}
"""By how an alert stands, the buttons that have it watch again."""


@refusable
async def alert(job: Job) -> Reply:
    """A new alert."""
    command, person = job.command, job.person
    number = await entries.number_for(job)
    written: entries.Written = {
        "name": str(number),
        "symbols": list(command.symbols),
        "when": command.condition,
        "fire": "once",
    }
    _with_options(job, written, command.options)
    _with_ways(job, person, written)
    await _check_quota(job, written)
    new = await armed(job, person, written)
    _ask_about_level(job, new)
    arming.put(job, person, number, new, job.now)
    job.did("alert", wording.name(number))
    return await job.done(arming.told(job, person, number, new, "Alert"))


@refusable
async def edit(job: Job) -> Reply:
    """An alert with something else in it; what is not said stays."""
    target, command = await one(job), job.command
    written = dict(entries.read(target.alert))
    if command.symbols:
        written["symbols"] = list(command.symbols)
    if command.condition:
        written["when"] = _of_the_same(job, target, entries.text(written, "when"))
    if len(command.words) > 1:
        written["when"] = _with_number(job, target, entries.text(written, "when"), command.words[1])
    _with_options(job, written, command.options)
    _check_fit(job, target, written)
    if "via" in command.options:
        _with_ways(job, target.person, written)
    new = await armed(job, target.person, written)
    _ask_about_level(job, new)
    job.did("edit", target.called(job))
    return await job.done(await changed(job, target, new, "Changed"))


def _of_the_same(job: Job, target: Target, when: str) -> str:
    """The new condition; `< 25` is of what the old one is of, and where that is not clear it is asked."""
    command, universe = job.command, job.office.universe()
    if not command.bare or level.is_of_price(when, universe):
        return command.condition
    same = level.of_the_same(when, command.condition, universe)
    if same is not None:
        return same
    text = spelled(command.name, command.words, (), command.condition, command.options, whole=True)
    said = Notification(
        f"What of {target.called(job)} should be {command.condition.removeprefix('price ')}?",
        lines=(f"It waits for {when}. Say the whole of it, or press what you mean.",),
        buttons=(job.offer(text, command.condition),),
    )
    raise Refusal(Reply(said=said, ok=False, private=True))


def _with_number(job: Job, target: Target, when: str, word: str) -> str:
    """`edit 3 75k`: another level, and all else as it is."""
    universe = job.office.universe()
    if (other := level.replaced(when, word, universe)) is not None:
        return other
    called, number = target.called(job), job.command.words[0]
    percent = word if word.endswith("%") else f"{word}%"
    tried: tuple[str, ...] = (f"> {word}", f"< {word}") if not word.endswith("%") else ()
    if percent != word and level.replaced(when, percent, universe) is not None:
        tried = (percent,)
    buttons = tuple(job.offer(f"edit {number} {each}", each) for each in tried)
    said = Notification(
        f"Which number of {called} should be {word}?",
        lines=(f"It waits for {when}.", f"Say the whole of it: edit {number} price > 75k."),
        buttons=buttons,
    )
    raise Refusal(Reply(said=said, ok=False, private=True))


def _check_fit(job: Job, target: Target, written: entries.Written) -> None:
    """Options that it keeps, or gets, may not go with what it waits for."""
    options: dict[str, str] = {key: entries.text(written, key) for key in _LASTING if key in written}
    when = entries.text(written, "when")
    odd = misfit(when, options, job.office.universe())
    if odd is None:
        return
    new, number = job.command, job.command.words[0]
    texts = []
    for other, kept in odd.instead:
        given = {key: value for key, value in new.options.items() if key not in options or key in kept}
        given |= {key: value for key, value in kept.items() if options.get(key) != value}
        if set(kept) == set(options) or (odd.option in new.options and odd.option not in entries.read(target.alert)):
            condition = other if other != when or new.condition else ""
            if condition or new.symbols or given:
                texts.append(spelled(new.name, (number,), new.symbols, condition, given))
    buttons = tuple(job.offer(text, text) for text in dict.fromkeys(texts))
    said = Notification(wording.capital(odd.message), lines=(f"{wording.capital(odd.hint)}.",), buttons=buttons)
    raise Refusal(Reply(said=said, ok=False, private=True))


async def changed(job: Job, target: Target, new: Armed, what: str) -> Reply:
    """Have it be so from the commit on; what is paused stays paused, what is done or over watches again. Raises Refusal
    where that would be more than may watch."""
    person, number, made = target.person, target.alert.number, target.alert.made
    if target.alert.stage is AlertStage.PAUSED:
        job.rows.append(entries.kept(person.number, number, new.written, made=made, stage=AlertStage.PAUSED))
        told = arming.told(job, person, number, new, what)
        return replace(told, said=replace(told.said, lines=("It is still paused.", *told.said.lines)))
    (stand,) = await stands(job.office, [target.alert])
    if not stand.watches:
        await check_quota(job, target)
    if stand.done:
        arming.put(job, person, number, new, made)
    else:
        # Where its condition is the same it goes on with its state.
        job.put.append(new.rule)
        job.rows.append(entries.kept(person.number, number, new.written, made=made))
    return arming.told(job, person, number, new, what)


def _with_options(job: Job, written: entries.Written, options: Mapping[str, str]) -> None:
    written |= {key: options[key] for key in _AS_TYPED if key in options}
    if "until" not in options:
        return
    words, zone = options["until"], wording.zone_of(job.office, job.person)
    moment = until(words, job.now, zone)
    written.pop("until", None)
    written.pop("expires", None)
    if moment is None:
        try:
            compile_condition(words, job.office.universe())
        except RuleError as error:
            raise refused(
                f"I do not know the end {words!r}",
                error.problems[0].message,
                "Say a day (until friday), a date (until 2027-01-31), a time (until 18:00) or what ends it"
                " (until price < 68k).",
            ) from None
        written["until"] = words
    elif moment <= job.now:
        raise refused(f"{words} is over already", "Give a time that is still to come.")
    else:
        written["expires"] = iso(moment, zone)


def _with_ways(job: Job, person: Person, written: entries.Written) -> None:
    """Where its owner is told: in the group that it was said in, by the ways that it names, else by all they use."""
    via = job.command.options.get("via", "")
    ways = [_way(job, person, word) for word in via.split(",")] if via else []
    if not via and job.asked.group:
        ways = [group_for(job)]
    written.pop("notify", None)
    if ways:
        written["notify"] = list(dict.fromkeys(ways))


def _way(job: Job, person: Person, word: str) -> str:
    name, office = word.strip(), job.office
    if name in ("here", "group") and job.asked.group:
        return group_for(job)
    accounts = office.people.accounts(person.number)
    mine = {account.identity.channel for account in accounts if account.confirmed}
    if name in mine or (office.alone and name in (*CHANNELS, *office.terms.channels)):
        return name
    receivers = office.universe().receivers or frozenset()
    if name in receivers and person.role.at_least(Role.ADMIN):
        return name
    if name in receivers:
        raise Refusal(
            no(f"{name} belongs to the configuration: only admins send there"),
            denied="names a receiver",
            about=name,
        )
    if person.number != job.person.number:
        raise refused(f"{person.owner} is not linked to {name}", f"Theirs: {', '.join(sorted(mine)) or 'none'}.")
    own = mine - {TERMINAL}
    near = did_you_mean(name, own or CHANNELS) if name not in own | {*CHANNELS, *office.channels} else ""
    yours = f"Yours: {', '.join(sorted(own)) or 'none'}."
    raise refused(f"You are not linked to {name}", wording.capital(near) or yours, *_how(office, name))


def _how(office: Office, name: str) -> tuple[str, ...]:
    """How one gets a way of that name here, if at all."""
    there = [each for each, kind in office.channels.items() if name in (each, kind)]
    if not there:
        return (f"This alertd has no {name}.",) if name in CHANNELS else ()
    if office.channels[there[0]] == EMAIL:
        return ("link YOU@YOUR.DOMAIN links a mailbox.",)
    listening = there[0] in office.terms.channels
    return ("link gives a code to say to me there.",) if listening else (f"I do not listen on {name} here.",)


async def _check_quota(job: Job, written: entries.Written) -> None:
    store, most, whose = job.office.store, job.office.terms.alerts, job.person.number
    alike = await store.chat_alerts(whose, holding=entries.written_as(written["when"]))
    twin = next((each for each in alike if entries.same(entries.read(each), written)), None)
    if twin is not None:
        (stand,) = await stands(job.office, [twin])
        word = DONE if stand.done else stand.word
        again = [arming.button(label, action, job.person, twin.number) for label, action in _AGAIN.get(word, ())]
        title = f"You have that already: {wording.name(twin.number)}, which is {word}"
        raise Refusal(Reply(said=Notification(title, buttons=tuple(again)), ok=stand.watches, private=True))
    if await store.how_many_alerts(whose) < most:
        return
    alerts = await store.chat_alerts(whose)
    over = [str(each.alert.number) for each in await stands(job.office, alerts) if each.done or each.word == OVER]
    them = "the one that is over" if len(over) == 1 else f"the {len(over)} that are over"
    buttons = (job.offer(f"delete {' '.join(over)}", f"Delete {them}"),) if over else ()
    said = Notification(f"You have {len(alerts)} alerts, and {most} is the most", buttons=buttons)
    raise Refusal(Reply(said=said, ok=False, private=True))


def _ask_about_level(job: Job, new: Armed) -> None:
    """A level that is far from the price is put into force only by who says so twice."""
    found = level.far(new.rule, new.seen)
    if found is None or "sure" in job.command.options:
        return
    seen, asked, value = found
    command, universe = job.command, job.office.universe()
    likely = level.meant(asked, value)
    text = ""
    if len(command.words) > 1 and likely is not None:
        text = spelled(command.name, (command.words[0], level.plain(likely)), (), "", command.options)
    elif command.condition and likely is not None:
        other = level.with_level(command.condition, asked, likely, universe)
        if other != command.condition:
            whole = command.name == "edit" and not command.bare
            text = spelled(command.name, command.words, command.symbols, other, command.options, whole=whole)
    no = (job.offer(text, f"No, {say_number(likely)}"),) if text and likely is not None else ()
    title, yes = f"Is {say_number(asked)} right? {seen.symbol} is at {say_number(value)}", f"Yes, {say_number(asked)}"
    raise Refusal(unsure(job, title, "Nothing is set yet.", command=command.text, label=yes, before=no))
