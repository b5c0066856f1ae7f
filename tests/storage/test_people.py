"""People in the store: written with a tick, read at a start, erased, and the log that is only added to."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from alertd.model.event import Entry, Words
from alertd.model.notification import Notification
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
)
from alertd.ports import Store
from alertd.rows import Commit, Fate, Settled
from alertd.storage.sqlite import SqliteStore
from tests.fakes import START
from tests.storage.rows import entry, message

ANN, BOB = PersonRow(1, b"ann"), PersonRow(2, b"bob")
MAIL = AccountRow(1, 1, b"key-of-mail", b"mail")
CODE = CodeRow(b"hash", 1, START + 600, b"code")


def alert(number: int, person: int = 1, *, stage: AlertStage = AlertStage.LIVE) -> AlertRow:
    return AlertRow(person, number, ChatAlert(person, number, stage, START, f'{{"name": "{number}"}}'))


async def write(store: Store, *rows: PeopleRow) -> None:
    await store.commit(Commit(now=START, people=rows))


async def crowd(store: Store) -> Crowd:
    return (await store.load(START)).crowd


async def test_everybody_comes_back_as_they_were_written(store: Store) -> None:
    await write(store, ANN, BOB, MAIL, CODE)
    assert await crowd(store) == Crowd((ANN, BOB), (MAIL,), (CODE,), last_person=2, last_account=1)


async def test_an_account_that_refused_takes_nothing_until_somebody_speaks_there(store: Store) -> None:
    """Addresses that are nobody's account are no matter of people."""
    for number, address in ((1, "~1"), (2, "~2"), (3, "-100")):
        await store.commit(Commit(now=START, messages=[message(number, f"chat:{address}")]))
    dead = [Settled(row=64 * number, fate=Fate.BURIED, at=START, reason="forbidden", dead=True) for number in (1, 2, 3)]
    await store.turn("chat", settled=dead, now=START)
    assert (await crowd(store)).unreached == (Unreached(1, "forbidden", START), Unreached(2, "forbidden", START))
    await write(store, Reached("mail", 1), Reached("chat", 2), Reached("chat", 9))
    assert (await crowd(store)).unreached == (Unreached(1, "forbidden", START),)
    await store.commit(Commit(now=START, messages=[message(4, "chat:~1"), message(5, "chat:~2")]))
    assert [each.row // 64 for each in await store.due("chat", START, limit=9)] == [5]


async def test_nobody_is_there_at_first(store: Store) -> None:
    assert await crowd(store) == Crowd()


@pytest.mark.parametrize(
    ("later", "found"),
    [
        pytest.param(
            PersonRow(1, b"ann, older"), Crowd((PersonRow(1, b"ann, older"),), (MAIL,), (CODE,), 1, 1), id="person"
        ),
        pytest.param(
            AccountRow(1, 1, b"other", b"moved"),
            Crowd((ANN,), (AccountRow(1, 1, b"other", b"moved"),), (CODE,), 1, 1),
            id="account",
        ),
        pytest.param(MAIL._replace(body=None), Crowd((ANN,), (), (CODE,), 1, 1), id="no account"),
        pytest.param(CODE._replace(body=None), Crowd((ANN,), (MAIL,), (), 1, 1), id="code is used"),
        pytest.param(PersonRow(1, None), Crowd((), (), (), 1, 1), id="erased"),
    ],
)
async def test_a_later_row_takes_the_place_of_an_earlier(store: Store, later: PeopleRow, found: Crowd) -> None:
    await write(store, ANN, MAIL, CODE)
    await write(store, later)
    assert await crowd(store) == found


async def test_who_is_erased_takes_their_alerts_and_nobody_elses(store: Store) -> None:
    await write(store, ANN, BOB, alert(1), alert(2), alert(1, 2))
    await write(store, PersonRow(1, None))
    assert await store.chat_alerts(1) == []
    assert [each.number for each in await store.chat_alerts(2)] == [1]


async def test_no_two_accounts_have_one_identity(store: Store) -> None:
    await write(store, ANN, MAIL)
    await write(store, AccountRow(2, 2, MAIL.key, b"bob's now"))
    assert (await crowd(store)).accounts == (AccountRow(2, 2, MAIL.key, b"bob's now"),)


async def test_rows_of_one_commit_count_in_their_order(store: Store) -> None:
    await write(store, ANN, MAIL, MAIL._replace(body=None), AccountRow(2, 1, MAIL.key, b"anew"))
    assert (await crowd(store)).accounts == (AccountRow(2, 1, MAIL.key, b"anew"),)


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_alerts_come_in_the_order_of_their_numbers(store: Store) -> None:
    await write(store, alert(10), alert(2), alert(1, 2, stage=AlertStage.PAUSED))
    assert [each.number for each in await store.chat_alerts(1)] == [2, 10]
    assert [each.stage for each in await store.chat_alerts(2)] == [AlertStage.PAUSED]


async def test_a_number_is_never_given_again(store: Store) -> None:
    await write(store, alert(3))
    await write(store, AlertRow(1, 3, None))
    assert await store.chat_alerts(1) == []
    assert (await store.last_alert(1), await store.last_alert(2)) == (3, 0)


async def test_the_alerts_of_everybody_come_in_pages(store: Store) -> None:
    await write(store, alert(1), alert(2), alert(1, 2), alert(1, 3))
    first = await store.all_chat_alerts((0, 0), limit=3)
    last = first[-1]
    rest = await store.all_chat_alerts((last.person, last.number), limit=3)
    assert [(each.person, each.number) for each in [*first, *rest]] == [(1, 1), (1, 2), (2, 1), (3, 1)]


# ── what was heard, and the log ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_heard_once_keeps_its_first_answer(store: Store) -> None:
    await write(store, Heard("telegram", "7", START, b"yes"))
    await write(store, Heard("telegram", "7", START, b"no"), Heard("slack", "7", START, b"other"))
    assert await store.heard("telegram", "7") == b"yes"
    assert await store.heard("slack", "7") == b"other"
    assert await store.heard("telegram", "8") is None


async def test_what_was_heard_long_ago_is_forgotten_and_codes_that_are_over(store: Store) -> None:
    await write(store, Heard("telegram", "1", START, b""), Heard("telegram", "2", START + 100, b""), CODE)
    while await store.prune(START + 50, 10):
        pass
    assert (await store.heard("telegram", "1"), await store.heard("telegram", "2")) == (None, b"")
    assert (await crowd(store)).codes == (CODE,)
    while await store.prune(START + 700, 10):
        pass
    assert (await crowd(store)).codes == ()


DEEDS = [
    Deed(START, "@1", "alert", "#1"),
    Deed(START + 1, "@2", "ban", "@1"),
    Deed(START + 2, "?a1b2", "speak", denied="is unknown"),
]


@pytest.mark.parametrize(
    ("who", "limit", "found"),
    [("", 9, [2, 1, 0]), ("", 2, [2, 1]), ("@1", 9, [1, 0]), ("@2", 9, [1]), ("@3", 9, [])],
)
async def test_the_log_is_newest_first_by_and_about_somebody(
    store: Store, who: str, limit: int, found: list[int]
) -> None:
    await write(store, *DEEDS)
    assert await store.deeds(limit=limit, who=who) == [DEEDS[index] for index in found]


async def test_the_log_outlives_whom_it_is_about(store: Store) -> None:
    await write(store, ANN, *DEEDS)
    await write(store, PersonRow(1, None))
    assert len(await store.deeds(limit=9)) == 3


def change(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE audit SET denied = ''")


def take_out(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM audit")


def put_again(connection: sqlite3.Connection) -> None:
    connection.execute("REPLACE INTO audit SELECT row, at, '@9', did, about, denied FROM audit")


def put_anew(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO audit SELECT row, at, '@9', did, about, denied FROM audit WHERE true"
        " ON CONFLICT (row) DO UPDATE SET who = excluded.who"
    )


@pytest.mark.parametrize("tamper", [change, take_out, put_again, put_anew])
async def test_nothing_in_the_log_is_changed(tmp_path: Path, tamper: Callable[[sqlite3.Connection], None]) -> None:
    store = await SqliteStore.open(tmp_path / "db", now=START)
    await write(store, *DEEDS)
    await store.close()
    with closing(sqlite3.connect(tmp_path / "db")) as connection, pytest.raises(sqlite3.IntegrityError):
        tamper(connection)


# ── erased for good ──────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = Words("price > 61803", "price < 31415", "tell my broker", (("desk", "my own"),), "secret note")
OWN = (b"61803", b"31415", b"broker", b"my own", b"secret note", b"the code 4711")
MAILBOX = Notification("Your code", lines=("the code 4711",))


def happened(number: int, owner: str) -> Entry:
    found = entry(number)
    return found._replace(words=WORDS, event=replace(found.event, owner=owner, alert=number))


def found_in(folder: Path) -> list[bytes]:
    """Which of those words stand in the database's files, its log among them."""
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    return [word for word in OWN if word in content]


async def test_of_who_is_erased_no_words_are_left_in_the_file(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "db", now=START)
    told = [
        replace(message(1, "telegram:~1", holding=(1,)), receiver="@1"),
        replace(message(2, "email:~2"), receiver="@1/confirm:2", text=MAILBOX),
    ]
    await store.commit(Commit(now=START, people=[ANN, alert(1)], entries=[happened(1, "@1")], messages=told))
    await write(store, AlertRow(1, 1, ChatAlert(1, 1, AlertStage.LIVE, START, '{"note": "secret note"}')))
    assert found_in(tmp_path) == [*OWN]
    await write(store, PersonRow(1, None))
    assert found_in(tmp_path) == []
    await store.close()
    assert found_in(tmp_path) == []


async def test_the_log_is_emptied_once_nobody_reads_it(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "db", now=START, pragmas={"busy_timeout": 0})
    await write(store, ANN)
    await write(store, AlertRow(1, 1, ChatAlert(1, 1, AlertStage.LIVE, START, '{"note": "secret note"}')))
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM chat_alert").fetchall()
        await write(store, PersonRow(1, None))
        assert (await crowd(store)).people == ()
        assert found_in(tmp_path) == [b"secret note"]
    await store.prune(START - 90 * 86_400.0, 100)
    assert found_in(tmp_path) == []
    await store.close()


async def test_what_happened_to_who_is_erased_stays_and_so_do_the_words_of_others(store: Store) -> None:
    entries = [happened(1, "@1"), happened(2, "@10"), happened(3, "")]
    told = [
        replace(message(number, f"telegram:~{number}"), receiver=receiver, text=MAILBOX)
        for number, receiver in enumerate(("@1", "@1/group:3", "@10", "@10/telegram", "desk"), 1)
    ]
    await store.commit(Commit(now=START, people=[ANN], entries=entries, messages=told))
    await write(store, PersonRow(1, None))
    found = await store.entries([1, 2, 3])
    assert [each.event for each in found] == [each.event for each in entries]
    assert [each.words for each in found] == [Words(""), WORDS, WORDS]
    due = await store.due("telegram", START, limit=9)
    texts = {each.receiver: each.content.text for each in due}
    assert {name for name, text in texts.items() if text == MAILBOX} == {"@10", "@10/telegram", "desk"}
    assert texts["@1"] == texts["@1/group:3"] == Notification("Erased")
