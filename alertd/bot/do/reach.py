"""Whom an alert reaches, as its owner is told: by which ways, and which of those nothing reaches any more."""

from collections.abc import Iterator, Sequence

from alertd.bot.do import entries, wording
from alertd.bot.do.moments import moment
from alertd.bot.office import Job, Office
from alertd.bot.receivers import GROUP, group_number
from alertd.model.notification import Destination
from alertd.model.people import Account, Person, alias_of
from alertd.model.reasons import say_reason


def told_by(office: Office, person: Person, written: entries.Written) -> Sequence[str]:
    """`here in the group`, `by email, desk`: the ways that it names, as far as they are there, else what is used in
    their place; none where it names none."""
    receivers = office.pipeline.policy.receivers
    group, names = False, []
    for way in entries.ways(written):
        found = receivers.get(f"{person.owner}/{way}")
        if way.startswith(GROUP) and (office.alone or _is_group(way, found.destinations if found else ())):
            group = True
        elif office.alone or (found is not None and found is receivers.get(way)):
            names.append(way)
        elif found is not None:
            names += [channel for channel, _ in found.destinations]
    by = [f"by {', '.join(dict.fromkeys(names))}"] if names else []
    return ["here in the group", *by] if group else by


def _is_group(way: str, destinations: Sequence[Destination]) -> bool:
    number = group_number(way)
    return number is not None and [address for _, address in destinations] == [alias_of(number)]


def of_alerts(job: Job, written: Sequence[entries.Written]) -> Sequence[Account]:
    """The accounts that whoever asks is told at by such alerts, and the groups of them, dead or not."""
    people, named = job.office.people, {way for each in written for way in entries.ways(each)}
    mine = people.accounts(job.person.number)
    usual = any(not entries.ways(each) for each in written)
    groups = (people.account(number) for way in sorted(named) if (number := group_number(way)) is not None)
    return [
        *(each for each in mine if each.identity.channel in named or (usual and each.used)),
        *(each for each in groups if each),
    ]


def unreached(job: Job, accounts: Sequence[Account]) -> Iterator[str]:
    """A line for each of these that nothing reaches any more, with what to do about it."""
    office, zone = job.office, wording.zone_of(job.office, job.person)
    for account in accounts:
        lost = office.people.unreached(account)
        if lost is None:
            continue
        channel = account.identity.channel
        whom = f"you by {channel}" if account.person else f"the group on {channel}"
        if not account.person:
            how = "You are told alone until somebody says something to me there, where I may write."
        elif channel in office.terms.channels:
            how = "Say something to me there, and it is tried again."
        else:
            used = [each.identity.channel for each in office.people.accounts(account.person) if each.used]
            how = f"settings channels {', '.join(dict.fromkeys([*used, channel]))} has it tried again."
        yield f"Nothing reaches {whom} since {moment(lost.since, zone)}: {say_reason(lost.reason)}. {how}"
