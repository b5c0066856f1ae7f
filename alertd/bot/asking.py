"""What a platform and the clerk say to one another: a person's words in, a reply out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from alertd.model.notification import Notification
from alertd.model.people import Identity

LONGEST = 4000
"""Characters of what is listened to; whatever is longer is refused before it is read."""
LONGEST_FILE = 64 * 1024
"""Bytes of a rule file that somebody gives or gets; characters of an `import` where a terminal has read it."""

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Brings the file at a place, or so many bytes of its beginning. Raises DeliveryError where the platform does not hand
it over."""


class Upload(NamedTuple):
    """A file that somebody gave, still with the platform: fetched only once it is known that they may import it. `size`
    is what the platform says, in bytes, 0 where it does not."""

    name: str
    size: int
    place: str
    fetch: Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that somebody said, or one button that they pressed.

    `key` is the platform's own id of it: the same where it says it again. `name` is what the platform calls them just
    now. `chat` is the address, as the channel writes it, of where it was said: the private chat, or the group with its
    topic or thread, where others read along. `direct` is the address of the private chat with whoever said it, "" where
    the platform does not tell. `text` is a whole command (with or without its slash), `button` the data of a button
    instead. `uploads` are the files that an `import` is about, in place of its text; `longest` is how many characters
    that may have there. Where the bot has `returned` to the chat nothing is said: it may write there again.
    """

    key: str
    identity: Identity
    chat: str
    direct: str = ""
    name: str = ""
    group: bool = False
    text: str = ""
    button: str = ""
    uploads: tuple[Upload, ...] = ()
    longest: int = LONGEST
    returned: bool = False

    @property
    def place(self) -> Identity:
        """The account that it was said at: the group's, or that of whoever said it."""
        return self.identity._replace(user=self.chat) if self.group else self.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is answered. `said` has title, lines, facts and buttons; `code` is shown as it is, in letters of one width:
    a slip with its caret, a table, YAML. `private` is for whoever asked alone, where others would read it too (Slack
    and Discord can; in a Telegram group it is said in the private chat). `picture` is a PNG, `file` a name with its
    content. Where a button was pressed, `replaces` has the message with the button changed. `ok` is false for what was
    not done.
    """

    said: Notification
    ok: bool = True
    code: str = ""
    private: bool = False
    replaces: bool = False
    picture: bytes = b""
    file: tuple[str, bytes] | None = None


class Choice(NamedTuple):
    """One of those that a platform shows while somebody types."""

    label: str
    value: str


class Answering(Protocol):
    """Who answers what a bot hears. Neither method raises for anything that somebody may type."""

    async def answer(self, asked: Asked) -> Reply | None:
        """The reply, once all that it says is durable; None where nothing is to be said: a flood, or a group's chatter.
        The same key is done once: who asks again gets the same reply."""

    def complete(self, what: str, typed: str, identity: Identity) -> Sequence[Choice]:
        """Up to 25 completions of a `coin` or a `condition`, best first; none for whom nobody has let in, or who was
        banned. Quick, and free of I/O."""


def plain(reply: Reply) -> str:
    """A reply as text without any markup: what the terminal prints, and JSON holds."""
    said = reply.said
    rows = [said.title, *said.lines, *(f"{name}: {value}" for name, value in said.facts)]
    if reply.code:
        rows.append(reply.code)
    rows += [f"{link.label}: {link.url}" for link in said.links]
    if said.footer:
        rows.append(said.footer)
    return "\n".join(row for row in rows if row)
