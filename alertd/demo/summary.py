"""The words around the demo: what it is going to show, and what came of it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from alertd.demo.conversation import Conversation
from alertd.demo.ledger import Entry, Told
from alertd.demo.platforms.record import Received
from alertd.demo.report import Death, Verdict
from alertd.demo.scenario import CHATTERS, PEOPLE, Person, Watch, nights, whose
from alertd.demo.session import Session
from alertd.demo.view import CHANGED, Course, first_line, hhmm

_SHOWN = 4
"""Messages per person, half of them the first, half the last."""

_DETAILS = 8


class Account(NamedTuple):
    """One thing that had to be so: whether it was, in words, and what was not."""

    good: bool
    text: str
    details: Sequence[str]


def introduce(console: Console, session: Session, rules: Sequence[Watch]) -> None:
    """What is played, and who wants to know what."""
    console.print()
    console.print("alertd demo: everything on this machine, no network, no keys", style="bold")
    for line in session.about:
        console.print(line)
    lasts = f"{(session.end - session.start) / session.speed:.0f}"
    console.print("The AI signals are computed from the prices (moving averages): no AI was asked.")
    console.print("A real `alertd run` polls both in CoinGecko's and Token Metrics' formats and")
    console.print("delivers through the real SDKs to servers that check what they get.")
    console.print(f"It takes {lasts} s. In the crash alertd is killed (-9) and Slack goes down with it:")
    console.print("nothing may be lost. The community sleeps from {} to {}.".format(*nights(session).split("-")))
    console.print()
    table = Table.grid(padding=(0, 2))
    for person in PEOPLE:
        for number, watch in enumerate(watch for watch in rules if person.name in watch.to):
            who = (Text(person.name, style="bold"), Text(person.channel, style="cyan")) if not number else ("", "")
            table.add_row(*who, watch.asks.text, Text(_coins(watch.coins), style="dim"))
    console.print(table)
    names = [f"{each.name} ({each.channel.capitalize()})" for each in CHATTERS]
    console.print(f"{', '.join(names[:-1])} and {names[-1]} talk to the bots: see › and ‹.")
    console.print()


def _coins(coins: Sequence[str]) -> str:
    return _count(len(coins), "coin") if len(coins) > 2 else ", ".join(coins)


def tell(console: Console, rule: str, story: str) -> None:
    """The story of an episode, as `alertd why` has it."""
    if story:
        console.print()
        console.print(f"alertd why {rule}", style="bold")
        console.print(Text(story.rstrip()), soft_wrap=not console.is_terminal)


def transcribe(console: Console, talks: Sequence[Conversation]) -> None:
    """Who said what to the bots, and what came back."""
    for talk in talks:
        console.print()
        person = talk.person
        console.print(Text.assemble((person.name, "bold"), " talks to alertd on ", (person.channel, "cyan")))
        for line in talk.lines:
            own = line.who == person.name
            told = Text.assemble(f"  {hhmm(line.at)}  ", (f"{line.who:<8}", "bold" if own else "dim"), line.text)
            console.print(told, no_wrap=True, overflow="ellipsis", soft_wrap=not console.is_terminal)


def conclude(console: Console, received: Sequence[Received], death: Death, verdict: Verdict, seconds: float) -> None:
    """Who got what, and the accounts."""
    console.print()
    console.print("What each got", style="bold")
    course = Course()
    came = [(message, course.how(message)) for message in received]
    for person in PEOPLE:
        _list(console, person, [each for each in came if whose(each[0]) == person.name])
    console.print()
    accounts = Table.grid(Column(), Column(overflow="fold"), padding=(0, 1))
    for good, text, details in (*_accounts(verdict), _death(death, verdict), *_conduct(verdict)):
        accounts.add_row(Text("✓", style="green") if good else Text("✗", style="bold red"), Text(text))
        for detail in details[:_DETAILS]:
            accounts.add_row("", Text(detail, style="red"))
    console.print(accounts)
    console.print()
    if verdict.good:
        console.print(f"Nothing was lost. ({seconds:.0f} s)", style="bold green")
    else:
        console.print("This is not as it should be: see the lines marked ✗.", style="bold red")


def _list(console: Console, person: Person, mine: Sequence[tuple[Received, str]]) -> None:
    """The messages of one person, each with how it came: the first and the last of them."""
    console.print()
    console.print(_who(person, mine))
    shown = mine if len(mine) <= _SHOWN + 1 else [*mine[: _SHOWN // 2], *mine[-_SHOWN // 2 :]]
    for place, (message, how) in enumerate(shown):
        if len(shown) < len(mine) and place == _SHOWN // 2:
            console.print(Text(f"  … {len(mine) - len(shown)} more", style="dim"))
        way = "" if message.channel == person.channel else f"({message.channel} instead) "
        line = Text(f"  {hhmm(message.at)}  {way}{how}{first_line(message.text)}")
        # In a file or a pipe lines are whole; on a terminal they are cut.
        console.print(line, no_wrap=True, overflow="ellipsis", soft_wrap=not console.is_terminal)


def _who(person: Person, mine: Sequence[tuple[Received, str]]) -> Text:
    times = [hhmm(message.at) for message, _ in mine]
    when = f", {times[0]}" + (f" to {times[-1]}" if len(times) > 1 else "") if times else ""
    cap = f" (cap {person.cap}: digests)" if person.cap else ""
    changes = sum(how == CHANGED for _, how in mine)
    changed = f", {changes} changed in place" if changes else ""
    count = _count(sum(message.new for message, _ in mine), "message")
    return Text.assemble((person.name, "bold"), " over ", (person.channel, "cyan"), f": {count}{changed}{when}{cap}")


def _accounts(verdict: Verdict) -> Iterator[Account]:
    """What arrived beside what had to, what was true, and what the database says."""
    expected, missing = len(verdict.expected), [f"missing: {_alert(told)}" for told in verdict.missing]
    text = f"{expected} alerts had to arrive, told from the prices alone: {expected - len(missing)} did."
    yield Account(not missing, text, missing)
    untrue = [f"not true in the market: {_alert(told)}" for told in verdict.untrue]
    text = f"{verdict.told} alerts arrived in all: {'not all' if untrue else 'each'} of them true in the market."
    yield Account(not untrue, text, untrue)
    wrong = [f"{entry.fate or 'waits'} ({entry.reason}): {_delivery(entry)}" for entry in verdict.unsent]
    wrong += [f"sent, and never arrived: {_delivery(entry)}" for entry in verdict.lost]
    sent = verdict.messages - len(wrong)
    wrong += [f"arrived, and nobody sent it: {first_line(message.text)}" for message in verdict.strays]
    wrong += [f"{verdict.held} alerts are still held back"] * bool(verdict.held)
    text = f"{_count(verdict.messages, 'message')} in alertd's database: {sent} sent, and taken by a server."
    yield Account(not wrong, text, wrong)
    text = f"{len(CHATTERS)} people talked to the bots: every command and button had its answer, also after the kill."
    yield Account(not verdict.conduct.unanswered, text, verdict.conduct.unanswered)


def _death(death: Death, verdict: Verdict) -> Account:
    flying, twice = len(verdict.in_flight), verdict.twice
    how = ""
    if death.taken is not None:
        title = first_line(death.taken.text)
        how = f" when {death.taken.channel} had “{title}” and alertd did not know yet"
    text = f"Killed with -9 at {hhmm(death.at)}{how}; back at {hhmm(death.back)}."
    text += f" {_count(flying, 'message')} in flight or waiting: 0 lost, {len(twice)} came twice"
    text += (
        f", {verdict.conduct.recognised} came again and was known by its key." if verdict.conduct.recognised else "."
    )
    return Account(not verdict.unexcused, text, [f"too often: {_delivery(entry)}" for entry in verdict.unexcused])


def _conduct(verdict: Verdict) -> Iterator[Account]:
    """What the servers say, and how it ended."""
    text = f"The servers checked signatures, markup, MIME and requests: {len(verdict.conduct.complaints)} complaints."
    yield Account(not verdict.conduct.complaints, text, verdict.conduct.complaints)
    text = f"They enforced the platforms' limits, too: {verdict.conduct.refused} messages came too fast."
    yield Account(not verdict.conduct.refused, text, ())
    text = f"Told to stop at the end, alertd finished and ended with exit code {verdict.conduct.exit_code}."
    yield Account(not verdict.conduct.exit_code, text, ())


def _alert(told: Told) -> str:
    return f"{told.rule} on {told.coin} for {told.receiver}"


def _delivery(entry: Entry) -> str:
    return f"{entry.channel} to {entry.receiver}: {entry.notification.title}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
