"""Notifications for property tests: texts full of what some platform takes for markup."""

from hypothesis import strategies as st

from alertd.channels.text import clean
from alertd.model.notification import Link, Notification

_SIGNS = st.sampled_from(
    [*"<>&*_~`|[]()#@:-+\\\"'/!.,= \n1aé€𝄞", "@everyone", "<!channel>", "<@1>", ":tada:", "://", "- ", "1. "]
)
_SMALL = st.lists(_SIGNS | st.characters(), max_size=8).map("".join)
_HUGE = st.builds(str.__mul__, _SMALL, st.integers(1, 300))


def _notifications(texts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[Notification]:
    return st.builds(
        Notification,
        title=texts,
        lines=st.lists(texts, max_size=most).map(tuple),
        facts=st.lists(st.tuples(texts, texts), max_size=most).map(tuple),
        links=st.lists(st.builds(Link, texts, texts.map("https://x.example/".__add__)), max_size=most).map(tuple),
        footer=texts,
    )


small_ones = _notifications(_SMALL, 3)
"""They fit everywhere whole."""

huge_ones = _notifications(_HUGE, 12)


def parts(notification: Notification) -> list[str]:
    """What a person has to read of a notification that fits whole, links left out."""
    facts = [(clean(name), clean(value)) for name, value in notification.facts]
    found = [clean(notification.title), *map(clean, notification.lines), clean(notification.footer)]
    return found + [text for fact in facts if all(fact) for text in fact]
