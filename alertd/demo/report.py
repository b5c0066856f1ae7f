"""What came of the demo: who got what, what of it had to arrive, and whether anything was lost."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alertd.demo.expected import Question, Watching
from alertd.demo.ledger import Entry, Ledger, Match, Told, match
from alertd.demo.platforms.record import Received
from alertd.demo.scenario import Watch, whose
from alertd.rows import Fate


@dataclass(frozen=True, slots=True)
class Death:
    """The kill: when (by the market's clock), when alertd watched again, the message that a platform had just taken
    (None if there was none), and what the database held right after."""

    at: float
    back: float
    taken: Received | None
    ledger: Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How alertd behaved: `complaints` are the servers', so many messages were `refused` because they came too fast,
    so many were `recognised` and dropped because they came again. `unanswered` is what somebody said to a bot and had
    no right answer to. It ended with `exit_code`."""

    complaints: Sequence[str]
    refused: int
    recognised: int
    unanswered: Sequence[str]
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`expected` had to arrive, `missing` of it did not; `untrue` was told and cannot have been. `unsent` stands in the
    database and was not sent, `lost` was sent for all alertd knows and did not arrive. `twice` came twice, `unexcused`
    of it although it was not in flight when alertd died."""

    expected: Sequence[Told]
    missing: Sequence[Told]
    told: int
    untrue: Sequence[Told]
    messages: int
    unsent: Sequence[Entry]
    lost: Sequence[Entry]
    strays: Sequence[Received]
    twice: Sequence[Entry]
    unexcused: Sequence[Entry]
    held: int
    in_flight: Sequence[Entry]
    conduct: Conduct

    @property
    def good(self) -> bool:
        """True if all that was expected arrived, and nothing else is wrong."""
        told = (self.missing, self.unsent, self.lost, self.held, self.untrue, self.strays, self.unexcused)
        conduct = self.conduct
        return not any((*told, conduct.complaints, conduct.refused, conduct.unanswered, conduct.exit_code))


def judge(
    watches: Sequence[Watch],
    watching: Watching,
    ledger: Ledger,
    received: Sequence[Received],
    death: Death,
    *,
    conduct: Conduct,
) -> Verdict:
    """Sets what had to arrive, what the database says and what the platforms got against each other."""
    expected = _asked(watches, lambda question, coin: question.must(watching, coin))
    true = set(_asked(watches, lambda question, coin: question.may(watching, coin)))
    found = match(ledger.entries, received)
    arrived = {told for place, entry in enumerate(ledger.entries) if found.times[place] for told in entry.told}
    return Verdict(
        expected=expected,
        missing=[told for told in expected if told not in arrived or not _named(told, received)],
        told=sum(len(entry.told) for entry in ledger.needed),
        untrue=sorted({told for entry in ledger.entries for told in entry.told} - true),
        messages=len(ledger.needed),
        unsent=ledger.unsent,
        lost=[
            entry for place, entry in enumerate(ledger.entries) if not found.times[place] and entry.fate == Fate.SENT
        ],
        strays=found.strays,
        twice=[entry for place, entry in enumerate(ledger.entries) if found.times[place] > 1],
        unexcused=_unexcused(ledger, found, death),
        held=ledger.held,
        in_flight=death.ledger.open,
        conduct=conduct,
    )


def _asked(watches: Sequence[Watch], answer: Callable[[Question, str], bool]) -> list[Told]:
    """Who is told of which rules and coins, if it goes by such an answer."""
    return [
        Told(watch.rule, coin, person)
        for watch in watches
        for coin in watch.coins
        if answer(watch.asks, coin)
        for person in watch.to
    ]


def naming(coin: str) -> re.Pattern[str]:
    """What finds the name of a coin in a text."""
    return re.compile(rf"(?<!\w){re.escape(coin)}(?!\w)")


def _named(told: Told, received: Sequence[Received]) -> bool:
    """True if a person got words that name the rule and the coin. (A long digest names some coins by number only.)"""
    coin = naming(told.coin)
    return any(
        whose(message) == told.receiver
        and told.rule in message.text
        and (coin.search(message.text) or " more" in message.text)
        for message in received
    )


def _unexcused(ledger: Ledger, found: Match, death: Death) -> list[Entry]:
    """What came more often than it may: once, or twice where it was not confirmed when alertd died."""
    unconfirmed = {(entry.message, entry.channel) for entry in death.ledger.open}
    return [
        entry
        for place, entry in enumerate(ledger.entries)
        if found.times[place] > 1 + ((entry.message, entry.channel) in unconfirmed)
    ]
