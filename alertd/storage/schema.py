"""The tables, as the list of migrations that leads to them: the n-th script makes version n out of version n - 1.

A script runs in one transaction together with its version number. Never edit one that was released: append another.
Absent times (NaN) are NULL. Bodies are MessagePack, see `codec`.
"""

APPLICATION_ID = 0x616C7274
"""`alrt`: what the file's header says it is (PRAGMA application_id)."""

_FIRST = """
CREATE TABLE meta (
    word TEXT NOT NULL,
    seal BLOB NOT NULL,
    last_alert INTEGER NOT NULL DEFAULT 0,
    last_event INTEGER NOT NULL DEFAULT 0,
    last_message INTEGER NOT NULL DEFAULT 0,
    last_person INTEGER NOT NULL DEFAULT 0,
    last_account INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO meta (word, seal) VALUES (lower(hex(randomblob(4))), randomblob(32));

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

-- What happened. The body is the rest of the entry, see `codec`.
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    alert INTEGER NOT NULL,
    kind TEXT NOT NULL,
    episode INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    owner TEXT NOT NULL,
    rule TEXT NOT NULL,
    symbol TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_once ON event (alert, episode, kind, ordinal);
CREATE INDEX event_time ON event (time);
CREATE INDEX event_owner ON event (owner, number) WHERE owner != '';
-- Episodes that did not open.
CREATE TABLE dropped (
    row INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    alert INTEGER NOT NULL,
    rule TEXT NOT NULL,
    owner TEXT NOT NULL,
    symbol TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX dropped_time ON dropped (time);
-- What has become of an event on its way to a receiver ('': to anybody), see `ItemRow`. It is forgotten with its event.
CREATE TABLE item (
    event INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    fate TEXT NOT NULL,
    reason TEXT NOT NULL,
    until REAL NOT NULL,
    wait_group TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (event, receiver)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_held ON item (event, receiver) WHERE fate = 'held';
-- Each time that an item was held, whatever has become of it since.
CREATE TABLE hold (
    row INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    at REAL NOT NULL,
    reason TEXT NOT NULL,
    until REAL NOT NULL
) STRICT;
CREATE INDEX hold_item ON hold (event, receiver);
-- Each time that an event was told beside what its item says, see `Telling`.
CREATE TABLE telling (
    row INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    at REAL NOT NULL,
    message INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX telling_event ON telling (event);
-- What dispatch remembers, see `kept`.
CREATE TABLE kept (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- The outbox: a message on its way to one of its destinations. `row` is 64 times the message's number plus the place
-- among its destinations, those that stand by behind the others. `state`: one row of an address is its head: `next`
-- (ready), `later` (waits for `due`) or `sending` (an attempt is under way); `queued` are those behind it, `joined`
-- those that are told in the digest of another, `standby` those that are used only if the others fail; then `sent`,
-- `buried`, `expired` or `spared`. (A CHECK of these words would cost more than the insert.) `part` is 0 where the
-- message has nothing standing by, else 1, and 2 for what stands by. `turn` is how many its address had in a row
-- before it. `own_lane` is the lane that it was made for, `began` when it was made, or was last asked for again by an
-- operator. `uncertain` is 1 where an attempt had no answer, 2 where an operator wants it again nevertheless. `joined`
-- is the row of the digest that it is told in; its own row where it must go alone. The body is `codec.Body`.
CREATE TABLE delivery (
    row INTEGER PRIMARY KEY,
    receiver TEXT NOT NULL,
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    lane INTEGER NOT NULL,
    own_lane INTEGER NOT NULL,
    loudness TEXT NOT NULL,
    part INTEGER NOT NULL,
    turn INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    began REAL NOT NULL,
    expires REAL NOT NULL,
    due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    uncertain INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    ref TEXT NOT NULL DEFAULT '',
    settled REAL,
    joined INTEGER,
    body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_head ON delivery (channel, address) WHERE state IN ('next', 'later', 'sending');
CREATE INDEX delivery_ready ON delivery (channel, lane, turn, row DESC) WHERE state IN ('next', 'sending');
CREATE INDEX delivery_later ON delivery (channel, due) WHERE state = 'later';
CREATE INDEX delivery_queued ON delivery (channel, address, lane, row) WHERE state = 'queued';
CREATE INDEX delivery_joined ON delivery (channel, address, joined) WHERE state = 'joined';
CREATE INDEX delivery_standby ON delivery (channel, due) WHERE state = 'standby';
CREATE INDEX delivery_aside ON delivery (channel, address) WHERE lane = 2 AND settled IS NULL;
-- The first of each address; those of them that may go now; all that wait.
CREATE VIEW head AS SELECT * FROM delivery WHERE state IN ('next', 'later', 'sending');
CREATE VIEW ready AS SELECT * FROM delivery WHERE state IN ('next', 'sending');
CREATE VIEW waiting AS SELECT * FROM delivery WHERE state IN ('next', 'later', 'sending')
    UNION ALL SELECT * FROM delivery WHERE state = 'queued'
    UNION ALL SELECT * FROM delivery WHERE state = 'joined';
-- What became of addresses: '' where it is not so. `moved` is the new name, `dead` why nothing can be delivered.
CREATE TABLE way (
    channel TEXT NOT NULL,
    address TEXT NOT NULL,
    moved TEXT NOT NULL,
    dead TEXT NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
-- Attempts of the last minutes: the buckets that those begun together were counted against, as MessagePack.
CREATE TABLE pace (
    row INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    at REAL NOT NULL,
    buckets BLOB NOT NULL
) STRICT;
CREATE TABLE rest (
    channel TEXT NOT NULL,
    bucket TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (channel, bucket)
) STRICT, WITHOUT ROWID;

-- People, see `model.people`: bodies are sealed, and an account is found by a keyed hash of its identity.
CREATE TABLE person (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE account (
    number INTEGER PRIMARY KEY,
    person INTEGER NOT NULL,
    key BLOB NOT NULL UNIQUE,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX account_person ON account (person);
CREATE TABLE code (
    hash BLOB PRIMARY KEY,
    person INTEGER NOT NULL,
    expires REAL NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE chat_alert (
    person INTEGER NOT NULL,
    number INTEGER NOT NULL,
    stage TEXT NOT NULL,
    made REAL NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;
-- The highest number that an alert of a person ever had.
CREATE TABLE last_alert (
    person INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
-- Nothing in it is ever changed or taken out.
CREATE TABLE audit (
    row INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    who TEXT NOT NULL,
    did TEXT NOT NULL,
    about TEXT NOT NULL,
    denied TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
-- What was said by chat and has been done, by the platform's own id of it, with the answer to it.
CREATE TABLE heard (
    channel TEXT NOT NULL,
    key TEXT NOT NULL,
    at REAL NOT NULL,
    reply BLOB NOT NULL,
    PRIMARY KEY (channel, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX heard_at ON heard (at);
"""

_SECOND = """
-- What REPLACE takes out of a table fires no trigger of DELETE (unless PRAGMA recursive_triggers is on).
CREATE TRIGGER audit_once BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE row = NEW.row)
BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
"""

MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND)
