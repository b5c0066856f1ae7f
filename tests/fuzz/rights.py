"""What somebody may change, told from what was committed: an account of its own, beside the bots'."""

from collections.abc import Iterable, Mapping

from alertd.model.kept import Acknowledged, Silence, Snoozed
from alertd.model.people import AccountRow, AlertRow, CodeRow, Deed, Heard, PeopleRow, Person, PersonRow, Reached, Role
from alertd.rows import Commit


class Owners:
    """Whose rules, and whose alerts, have which numbers."""

    def __init__(self) -> None:
        self._owners: dict[int, str] = {}
        self._alerts: dict[int, str] = {}

    def changed(self, commit: Commit) -> set[str]:
        """Whose rules a commit puts or drops, and whose episodes it acknowledges."""
        self._alerts |= {entry.event.alert: entry.event.owner for entry in commit.entries}
        seen = [each.alert for each in commit.kept.values() if isinstance(each, Acknowledged)]
        found = {self._alerts[alert] or "what the files told" for alert in seen}
        for number, row in commit.rules.items():
            if row is not None:
                self._owners[number] = row.words.split(b"\0")[0].decode()
            found.add(self._owners[number])
        return found


def changes(commit: Commit, owners: set[str]) -> list[str]:
    """What it changes for people, in words: nothing for what is only noted."""
    rows = [type(row).__name__ for row in commit.people if not isinstance(row, Deed | Heard | Reached)]
    kept = [type(each).__name__ for each in commit.kept.values() if isinstance(each, Silence | Snoozed | Acknowledged)]
    return [*rows, *kept, *(f"rules of {owner or 'the files'}" for owner in owners)]


def trespass(
    person: Person | None, commits: Iterable[tuple[Commit, set[str]]], roles: Mapping[int, Role], *, asked: bool
) -> str:
    """What of it somebody may not do; "" where they may. `roles` are those of before; nothing may be done where
    nothing was `asked` that was then said to be done."""
    for commit, owners in commits:
        done = changes(commit, owners)
        if done and (person is None or not person.role.at_least(Role.USER)):
            return f"{person.role if person else 'a stranger'} changes {done}"
        if done and not asked:
            return f"what was not done changes {done}"
        if "" in owners:
            return "rules of files are changed"
        if person is None or person.role is Role.OWNER:
            continue
        admin = person.role is Role.ADMIN
        for row in commit.people:
            if why := _row(person, row, roles, admin=admin):
                return why
        if not admin and (others := owners - {person.owner}):
            return f"rules of {others} are changed by {person.owner}"
        for each in commit.kept.values():
            if not admin and (isinstance(each, Silence) or (isinstance(each, Snoozed) and each.owner != person.owner)):
                return f"{each} by {person.owner}"
    return ""


def _row(person: Person, row: PeopleRow, roles: Mapping[int, Role], *, admin: bool) -> str:
    match row:
        case PersonRow(number=number) if number != person.number:
            mighty = roles.get(number, Role.USER).at_least(Role.ADMIN)
            return "" if admin and not mighty else f"{person.owner} ({person.role}) changes @{number}"
        case AlertRow(person=number) | CodeRow(person=number) if number != person.number and not admin:
            return f"{person.owner} changes {type(row).__name__} of @{number}"
        case AccountRow(person=number) if number != person.number and not (admin and number == 0):
            return f"{person.owner} changes an account of @{number}"
    return ""
