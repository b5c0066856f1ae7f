"""Rules and alerts: rows of the database ↔ columns."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from alertd.model.alert import AlertBlock, AlertKey, RuleRow
from alertd.rows import Commit
from alertd.rules.book import RuleColumns
from alertd.rules.directory import hash_of, key_in
from alertd.rules.saved import Saved
from alertd.storage.trees import decode_manner, decode_shape, encode_manner, encode_shape

_HEAD = np.dtype([("number", "<i4"), ("hash", "<u4"), ("shape", "<i4"), ("manner", "<i4"), ("expires", "<f8")])
"""What a rule's body begins with; behind it are its constants. All of it is words of 8 bytes."""

_WORD = 8


def write(connection: sqlite3.Connection, commit: Commit) -> None:
    """The rules and alerts of a commit."""
    connection.executemany("INSERT INTO coin VALUES (?, ?)", commit.coins.items())
    shapes = [(number, encode_shape(shape)) for number, shape in commit.shapes.items()]
    connection.executemany("INSERT INTO shape VALUES (?, ?)", shapes)
    manners = [(number, encode_manner(manner)) for number, manner in commit.manners.items()]
    connection.executemany("INSERT INTO manner VALUES (?, ?)", manners)
    _write_rules(connection, commit.rules)
    _write_alerts(connection, commit.alerts, commit.gone)
    connection.executemany(
        "INSERT INTO former VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET episode = max(episode, excluded.episode)",
        [(*key, episode) for key, episode in commit.former.items()],
    )


def _write_rules(connection: sqlite3.Connection, rules: Mapping[int, RuleRow | None]) -> None:
    numbers = [(number,) for number in rules]
    connection.executemany("DELETE FROM rule WHERE number = ?", numbers)
    connection.executemany("DELETE FROM panel WHERE rule = ?", numbers)
    rows = [row for row in rules.values() if row is not None]
    connection.executemany("INSERT INTO rule VALUES (?, ?, ?)", [(row.number, row.words, _body(row)) for row in rows])
    connection.executemany("INSERT INTO panel VALUES (?, ?)", [(row.number, row.coins) for row in rows if row.coins])


def _body(row: RuleRow) -> bytes:
    head = row.number, hash_of(key_in(row.words)), row.shape, row.manner, row.expires
    return np.array(head, _HEAD).tobytes() + row.constants


def _write_alerts(connection: sqlite3.Connection, blocks: Sequence[AlertBlock], gone: Sequence[int]) -> None:
    last = 0
    for block in blocks:
        numbers = block.rows["id"]
        last = max(last, int(numbers.max(initial=0)))
        connection.executemany(
            "INSERT INTO alert VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            zip(numbers.tolist(), block.bodies(), strict=True),
        )
    connection.executemany("DELETE FROM alert WHERE id = ?", [(number,) for number in gone])
    if last:
        connection.execute("UPDATE meta SET last_alert = max(last_alert, ?)", (last,))


def read(connection: sqlite3.Connection) -> Saved:
    """All rules and alerts."""
    rules, constants = _read_rules(connection)
    former = connection.execute("SELECT owner, rule, coin, episode FROM former")
    return Saved(
        coins=[name for (name,) in connection.execute("SELECT name FROM coin ORDER BY number")],
        shapes=[decode_shape(body) for (body,) in connection.execute("SELECT body FROM shape ORDER BY number")],
        manners=[decode_manner(body) for (body,) in connection.execute("SELECT body FROM manner ORDER BY number")],
        rules=rules,
        constants=constants,
        panels=dict(connection.execute("SELECT rule, coins FROM panel ORDER BY rule")),
        alerts=_read_alerts(connection),
        former={AlertKey(owner, rule, coin): episode for owner, rule, coin, episode in former},
        last_alert=connection.execute("SELECT last_alert FROM meta").fetchone()[0],
    )


def _read_rules(connection: sqlite3.Connection) -> tuple[RuleColumns, bytes]:
    """The rules, and their constants behind one another."""
    words, lengths, bodies = [], [], bytearray()
    for of_one, body in connection.execute("SELECT words, body FROM rule ORDER BY number"):
        words.append(of_one)
        lengths.append(len(body))
        bodies += body
    sizes = np.array(lengths, np.int64) // _WORD
    packed = np.frombuffer(bodies, np.int64)
    places = (np.cumsum(sizes) - sizes)[:, None] + np.arange(_HEAD.itemsize // _WORD)
    heads = packed[places].view(_HEAD).reshape(-1)
    is_constant = np.ones(len(packed), np.bool_)
    is_constant[places] = False
    columns = RuleColumns(
        heads["number"].astype(np.int64),
        words,
        heads["hash"].astype(np.int64),
        heads["shape"].astype(np.int64),
        heads["manner"].astype(np.int64),
        heads["expires"].astype(np.float64),
    )
    return columns, packed[is_constant].tobytes()


def _read_alerts(connection: sqlite3.Connection) -> list[AlertBlock]:
    """One block for each width: alerts remember more or less."""
    found: defaultdict[int, bytearray] = defaultdict(bytearray)
    for (body,) in connection.execute("SELECT body FROM alert ORDER BY id"):
        found[len(body)].extend(body)
    return [AlertBlock.of(bodies, width) for width, bodies in sorted(found.items())]
