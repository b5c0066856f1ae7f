"""What is said of a message that comes late, or that may come a second time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from alertd.model.event import Entry
from alertd.model.notification import Content, Notification, Queued

LATE = "could not be delivered in time"

REPEAT = "may be a repeat"


def fit(head: Queued, stale: Iterable[Queued]) -> tuple[Queued, ...]:
    """Those that can be told together with it: entries go with entries and words with words, since a message holds one
    or the other."""
    wordy = head.content.text is not None
    return tuple([one for one in stale if one.row != head.row and (one.content.text is not None) == wordy])


def digest(head: Queued, others: Sequence[Queued] = ()) -> Queued:
    """One message for all of these stale ones, in place of the first. It has a key of its own: what a platform knows by
    the key of the first is not all of this."""
    wordy = head.content.text is not None
    told = sorted([head, *others], key=lambda one: (one.created, one.row))
    if wordy:
        content = Content(text=_words([one.content.text for one in told if one.content.text]))
    else:
        content = Content(
            holding=_once(told, lambda content: content.holding),
            past=_once(told, lambda content: content.past),
            note=LATE,
        )
    if not others:
        return head._replace(content=content)
    return head._replace(message=f"{head.message}d", content=content, origin="", members=tuple(others))


def may_repeat(notification: Notification) -> Notification:
    return replace(notification, footer=_join(notification.footer, REPEAT))


def _once(told: Sequence[Queued], part: Callable[[Content], tuple[Entry, ...]]) -> tuple[Entry, ...]:
    return tuple({entry.number: entry for one in told for entry in part(one.content)}.values())


def _words(texts: Sequence[Notification]) -> Notification:
    if len(texts) == 1:
        return replace(texts[0], footer=_join(texts[0].footer, LATE))
    return Notification(title=f"{len(texts)} messages {LATE}", lines=tuple(text.title for text in texts))


def _join(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
