"""People in SQL, in the caller's transaction: `person`, `account`, `code`, `chat_alert`, `audit`, `heard`."""

import sqlite3
from collections.abc import Iterator, Sequence

from alertd.model.event import Words
from alertd.model.people import (
    AccountRow,
    AlertRow,
    AlertStage,
    ChatAlert,
    CodeRow,
    Crowd,
    Deed,
    Heard,
    PeopleRow,
    PersonRow,
    Reached,
    Unreached,
    account_of,
    alias_of,
    owner_of,
)
from alertd.storage import ways
from alertd.storage.codec import entry_of, row_of, wordless

_ERASE = (
    "DELETE FROM person WHERE number = ?",
    "DELETE FROM account WHERE person = ?",
    "DELETE FROM code WHERE person = ?",
    "DELETE FROM chat_alert WHERE person = ?",
)
_NONE = Words("", "", "", ())
_OVER = ("DELETE FROM heard WHERE at < ?", "DELETE FROM code WHERE expires < ?")


def write(connection: sqlite3.Connection, rows: Sequence[PeopleRow]) -> None:
    """In their order."""
    for row in rows:
        match row:
            case PersonRow():
                _put_person(connection, row)
            case AccountRow():
                _put_account(connection, row)
            case CodeRow():
                _put_code(connection, row)
            case AlertRow():
                _put_alert(connection, row)
            case Deed():
                connection.execute("INSERT INTO audit (at, who, did, about, denied) VALUES (?, ?, ?, ?, ?)", row)
            case Heard():
                connection.execute("INSERT OR IGNORE INTO heard VALUES (?, ?, ?, ?)", row)
            case Reached():
                ways.revive(connection, [(row.channel, alias_of(row.account))])


def _put_person(connection: sqlite3.Connection, row: PersonRow) -> None:
    if row.body is None:
        for statement in _ERASE:
            connection.execute(statement, (row.number,))
        _blank(connection, owner_of(row.number))
        return
    connection.execute("INSERT INTO person VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET body = excluded.body", row)
    connection.execute("UPDATE meta SET last_person = max(last_person, ?)", (row.number,))


def _blank(connection: sqlite3.Connection, owner: str) -> None:
    """Takes somebody's own words out of what is on record: what happened and when stays, and what it was counted by."""
    events = connection.execute("SELECT * FROM event WHERE owner = ?", (owner,)).fetchall()
    connection.executemany(
        "UPDATE event SET body = ? WHERE number = ?",
        [(row_of(entry_of(row)._replace(words=_NONE))[-1], row[0]) for row in events],
    )
    # Their ways are `@7/telegram`; `0` is what comes behind `/`.
    told = connection.execute(
        "SELECT row, body FROM delivery WHERE receiver = ?1 OR receiver > ?1 || '/' AND receiver < ?1 || '0'", (owner,)
    ).fetchall()
    connection.executemany("UPDATE delivery SET body = ? WHERE row = ?", [(wordless(body), row) for row, body in told])


def _put_account(connection: sqlite3.Connection, row: AccountRow) -> None:
    # What was somebody's may be somebody else's now, by another number.
    connection.execute("DELETE FROM account WHERE number = ? OR key = ?", (row.number, row.key))
    if row.body is not None:
        connection.execute("INSERT INTO account VALUES (?, ?, ?, ?)", row)
        connection.execute("UPDATE meta SET last_account = max(last_account, ?)", (row.number,))


def _put_code(connection: sqlite3.Connection, row: CodeRow) -> None:
    connection.execute("DELETE FROM code WHERE hash = ?", (row.hash,))
    if row.body is not None:
        connection.execute("INSERT INTO code VALUES (?, ?, ?, ?)", row)


def _put_alert(connection: sqlite3.Connection, row: AlertRow) -> None:
    connection.execute("DELETE FROM chat_alert WHERE person = ? AND number = ?", (row.person, row.number))
    if row.alert is not None:
        connection.execute("INSERT INTO chat_alert VALUES (?, ?, ?, ?, ?)", row.alert)
    connection.execute(
        "INSERT INTO last_alert VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET number = max(number, excluded.number)",
        (row.person, row.number),
    )


def read(connection: sqlite3.Connection) -> Crowd:
    """Everybody, sealed."""
    last_person, last_account = connection.execute("SELECT last_person, last_account FROM meta").fetchone()
    return Crowd(
        tuple(PersonRow._make(row) for row in connection.execute("SELECT * FROM person ORDER BY number")),
        tuple(AccountRow._make(row) for row in connection.execute("SELECT * FROM account ORDER BY number")),
        tuple(CodeRow._make(row) for row in connection.execute("SELECT * FROM code ORDER BY expires")),
        last_person,
        last_account,
        tuple(_unreached(connection)),
    )


def _unreached(connection: sqlite3.Connection) -> Iterator[Unreached]:
    for one in ways.dead(connection):
        if (number := account_of(one.address)) is not None:
            yield Unreached(number, one.reason, one.since)


def how_many_alerts(connection: sqlite3.Connection, person: int) -> int:
    """How many alerts somebody has, paused ones too."""
    return int(connection.execute("SELECT count(*) FROM chat_alert WHERE person = ?", (person,)).fetchone()[0])


def chat_alerts(connection: sqlite3.Connection, person: int, holding: str = "") -> list[ChatAlert]:
    """A person's alerts, in the order of their numbers; those in whose entry that text stands."""
    rows = connection.execute(
        "SELECT * FROM chat_alert WHERE person = ? AND instr(entry, ?) ORDER BY number", (person, holding)
    )
    return [ChatAlert(person, number, AlertStage(stage), made, entry) for person, number, stage, made, entry in rows]


def all_chat_alerts(connection: sqlite3.Connection, after: tuple[int, int], limit: int) -> list[ChatAlert]:
    """The alerts of everybody behind (person, number), a page of them."""
    rows = connection.execute(
        "SELECT * FROM chat_alert WHERE (person, number) > (?, ?) ORDER BY person, number LIMIT ?", (*after, limit)
    )
    return [ChatAlert(person, number, AlertStage(stage), made, entry) for person, number, stage, made, entry in rows]


def last_alert(connection: sqlite3.Connection, person: int) -> int:
    """The highest number that an alert of theirs ever had, 0 if there was none."""
    found = connection.execute("SELECT number FROM last_alert WHERE person = ?", (person,)).fetchone()
    return int(found[0]) if found else 0


def heard(connection: sqlite3.Connection, channel: str, key: str) -> bytes | None:
    """The sealed answer to what was done already, None for what is new."""
    found = connection.execute("SELECT reply FROM heard WHERE channel = ? AND key = ?", (channel, key)).fetchone()
    return bytes(found[0]) if found else None


def deeds(connection: sqlite3.Connection, limit: int, who: str = "") -> list[Deed]:
    """The latest lines of the audit log, newest first; of one person or about them, where they are named."""
    rows = connection.execute(
        "SELECT at, who, did, about, denied FROM audit WHERE ?1 = '' OR who = ?1 OR about = ?1"
        " ORDER BY row DESC LIMIT ?2",
        (who, limit),
    )
    return [Deed._make(row) for row in rows]


def prune(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Forget what was heard before a time, and codes that are over: platforms say nothing again after so long."""
    removed = 0
    for statement in _OVER:
        if removed < limit:
            removed += connection.execute(statement, (before,)).rowcount
    return removed
