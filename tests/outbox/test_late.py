"""What a digest of stale messages holds."""

from alertd.model.event import Entry, Event, EventKind, Words
from alertd.model.notification import Content, Notification, Queued
from alertd.outbox.late import LATE, digest, fit


def entry(number: int) -> Entry:
    event = Event(
        time=0.0,
        kind=EventKind.FIRED,
        alert=number,
        rule="rule",
        owner="desk",
        symbol="BTC",
        episode=1,
        ordinal=1,
        at=0.0,
        source="feed",
    )
    return Entry(number, event, Words("price > 1"))


def queued(row: int, content: Content, origin: str = "") -> Queued:
    return Queued(row, f"word-{row}", "desk", "chat", "ann", content, float(row), 0.0, 1.0, origin=origin)


def test_each_entry_once_the_oldest_message_first() -> None:
    newer = queued(2, Content(holding=(entry(3), entry(1)), note="quiet hours"), "ref")
    older = queued(1, Content(holding=(entry(1), entry(2)), past=(entry(4),)))
    told = digest(newer, fit(newer, [older, newer]))
    assert [one.number for one in told.content.holding] == [1, 2, 3]
    assert [one.number for one in told.content.past] == [4]
    assert (told.row, told.content.note, told.origin, told.members) == (2, LATE, "", (older,))
    assert told.message == "word-2d", "what a platform knows as the first message is not all of this"


def test_a_message_alone_still_follows_its_own() -> None:
    head = queued(1, Content(holding=(entry(1),)), "ref")
    assert digest(head, fit(head, [head])) == head._replace(content=Content(holding=(entry(1),), note=LATE))


def test_words_go_with_words() -> None:
    head, other = queued(1, Content(text=Notification("a"))), queued(3, Content(text=Notification("b")))
    told = digest(head, fit(head, [head, queued(2, Content(holding=(entry(1),))), other]))
    assert told.content.text == Notification(f"2 messages {LATE}", lines=("a", "b"))
    assert told.members == (other,)
