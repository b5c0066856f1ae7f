"""The tables, as the list of migrations that leads to them: the n-th script makes version n out of version n - 1.

A script runs in one transaction together with its version number. Never edit one that was released: append another.
Absent times (NaN) are NULL. Bodies are MessagePack, see `codec`.
"""

APPLICATION_ID = 0x616C7274
"""`alrt`: what the file's header says it is (PRAGMA application_id)."""

_FIRST = """
CREATE TABLE meta (
    word TEXT NOT NULL,
    last_alert INTEGER NOT NULL DEFAULT 0,
    last_message INTEGER NOT NULL DEFAULT 0,
    last_held INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (word) VALUES (lower(hex(randomblob(4))));

-- Rules and alerts as columns: bodies that are read into arrays as they are (see `rules`), with their numbers in them.
-- A rule's words are its texts with zero bytes between them (see `RuleRow`).
CREATE TABLE coin (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE shape (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE manner (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE rule (
    number INTEGER PRIMARY KEY,
    words BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
-- The coins of the few rules that count over all of theirs.
CREATE TABLE panel (
    rule INTEGER PRIMARY KEY,
    coins BLOB NOT NULL
) STRICT;
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
-- The last episode of keys that have no alert now: it counts on when somebody takes the key again.
CREATE TABLE former (
    owner TEXT NOT NULL,
    rule TEXT NOT NULL,
    coin TEXT NOT NULL,
    episode INTEGER NOT NULL,
    PRIMARY KEY (owner, rule, coin)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    number INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    field TEXT NOT NULL,
    coin TEXT NOT NULL,
    UNIQUE (source, field, coin)
) STRICT;
CREATE TABLE page (
    name TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE event (
    row INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX event_time ON event (time);
-- What was not told: to `receiver`, or to nobody at all ('') where the episode did not open.
CREATE TABLE unsent (
    row INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    alert INTEGER NOT NULL,
    rule TEXT NOT NULL,
    owner TEXT NOT NULL,
    symbol TEXT NOT NULL,
    episode INTEGER NOT NULL,
    event TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX unsent_time ON unsent (time);
CREATE TABLE held (
    row INTEGER PRIMARY KEY,
    receiver TEXT NOT NULL,
    reason TEXT NOT NULL,
    until REAL NOT NULL,
    wait_group TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- What was put into a message. It is forgotten with its event.
CREATE TABLE item (
    alert INTEGER NOT NULL,
    episode INTEGER NOT NULL,
    event TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (alert, episode, event, ordinal, receiver)
) STRICT, WITHOUT ROWID;
-- The outbox: a message on its way to one of its destinations. `row` is 64 times the message's number plus the place
-- among its destinations. `state` is `next` for the oldest waiting row of its address, the only one that may be sent,
-- `queued` for those that wait behind it, then `sent`, `buried` or `expired`. (A CHECK of these words would cost more
-- than the insert.)
CREATE TABLE delivery (
    row INTEGER PRIMARY KEY,
    receiver TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    created REAL NOT NULL,
    expires REAL NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    settled REAL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_next ON delivery (channel, address) WHERE state = 'next';
CREATE INDEX delivery_due ON delivery (channel, due) WHERE state = 'next';
CREATE INDEX delivery_queued ON delivery (channel, address) WHERE state = 'queued';
"""

MIGRATIONS: tuple[str, ...] = (_FIRST,)
