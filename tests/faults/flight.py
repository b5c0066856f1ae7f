"""What was in flight when a daemon was killed: its database says so, as it lies there afterwards."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from alertd.storage.codec import decode_body
from alertd.storage.events import read_entries
from tests.faults.ledger import Message

KEYLESS = frozenset({"telegram", "slack", "discord"})
"""Channels whose platform cannot tell a message from its repetition (a bot of Discord's could)."""


def in_flight(state: Path) -> frozenset[Message]:
    """What an attempt was noted of, and not what came of it, on channels without keys. Looks at a copy: the files stay
    as the daemon left them."""
    with TemporaryDirectory(prefix="alertd-flight-") as folder:
        for path in (state, state.with_name(f"{state.name}-wal")):
            if path.exists():
                shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / state.name)) as connection:
            rows = connection.execute("SELECT channel, address, body FROM delivery WHERE state = 'sending'").fetchall()
            told = [(address, decode_body(body).holding) for channel, address, body in rows if channel in KEYLESS]
            entries = read_entries(connection, [number for _, numbers in told for number in numbers])
    events = [(address, entries[number].event) for address, numbers in told for number in numbers]
    return frozenset(Message(address, event.symbol, f"{event.values['price']:.3f}") for address, event in events)
