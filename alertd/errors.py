"""What can go wrong, and whose fault it is.

AlertdError
├ ConfigError            the operator's: every problem at once; exit code 78
│  └ RuleError           the rule's author's: the text is the reply
├ SourceError            an API that we poll
│  ├ SourceUnavailable   network, 5xx, 429: back off
│  ├ SourceRefused       401, 402, 403: the next key, then the operator
│  └ SourceMalformed     an answer that is not what the API promises
├ ControlError           nobody answers at the control socket, or somebody else does
├ DeliveryError          a platform that we send to
│  ├ DeliveryDelayed     try again, until the message expires
│  │  └ DeliveryMoved    the same, to the address' new name
│  └ DeliveryRefused     permanent: bury it, tell the operator elsewhere
└ StorageError           the database
   ├ StorageBusy         locked or full: hold the tick and try again
   └ StorageUnusable     corrupt, newer or taken: leave it untouched, refuse to start
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a text that a person wrote.

    `line` and `column` count from 1, 0 where the mistake has no place; `text` is that line and `width` how many of
    its characters the caret marks. `hint` says what to write instead. A warning does not stop anything.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    width: int = 1
    hint: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        kind = "warning: " if self.warning else ""
        head = f"{place}: {kind}{self.message}" if place else f"{kind}{self.message}"
        rows = [head]
        if self.text.strip():
            # Tabs keep their width, so that the caret stands under what it marks.
            pad = "".join("\t" if char == "\t" else " " for char in self.text[: max(self.column - 1, 0)])
            rows += [f"    {self.text}", f"    {pad}{'^' * max(self.width, 1)}"]
        if self.hint:
            rows.append(f"    {self.hint}")
        return "\n".join(rows)


class AlertdError(Exception):
    """The root of everything that alertd raises on purpose."""


class ConfigError(AlertdError):
    """Configuration or rules that cannot be used; `problems` holds every mistake found."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems: tuple[Problem, ...] = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RuleError(ConfigError):
    """A rule or a condition that its author has to mend."""


class ControlError(AlertdError):
    """The control socket cannot be opened, or no daemon answers there."""


class SourceError(AlertdError):
    """A poll that brought nothing; `reason` is a short fixed word, used as the metric's label."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class SourceUnavailable(SourceError):
    """Try again later: after `retry_after` seconds at the least, where the source said so."""

    def __init__(self, message: str, *, reason: str, retry_after: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after


class SourceRefused(SourceError):
    """The key or the plan does not allow it; asking again changes nothing."""


class SourceMalformed(SourceError):
    """An answer that cannot be read."""


class DeliveryError(AlertdError):
    """A message that was not taken; `reason` is a short fixed word, used as the metric's label.

    `about` names what it is about where a channel has several servers or credentials: what is the matter with one of
    them says nothing of the others. "" where there is but one.
    """

    about = ""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason

    def only(self, about: str) -> Self:
        """The same, about one of several."""
        self.about = about
        return self


class DeliveryDelayed(DeliveryError):
    """Not now: try again, after `retry_after` seconds at the least where the platform said so.

    `bucket` names the one of the address' buckets that the platform's answer is about, "" for this message alone.
    `whole_channel` is true where it holds back every recipient (a global rate limit, a connection that cannot be made):
    of the server that it is `about`, where that is one of several.
    `uncertain` is true where there was no answer: the platform may have taken the message.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        retry_after: float | None = None,
        bucket: str = "",
        whole_channel: bool = False,
        uncertain: bool = False,
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after
        self.bucket = bucket
        self.whole_channel = whole_channel
        self.uncertain = uncertain


class DeliveryMoved(DeliveryDelayed):
    """The address has another name now, `to`: the same message is for that one, at once."""

    def __init__(self, message: str, *, to: str) -> None:
        super().__init__(message, reason="moved")
        self.to = to


class DeliveryRefused(DeliveryError):
    """Never: the recipient, the message or the credential is at fault.

    `whole_channel` is true where the credential itself is refused, so that no message of the channel can leave; one
    of several credentials or servers is named by the `bucket` that counts what it takes. `dead` is true where nothing
    will reach this address any more, whatever else: the bot is blocked, the chat or the webhook gone.
    """

    def __init__(
        self, message: str, *, reason: str, bucket: str = "", whole_channel: bool = False, dead: bool = False
    ) -> None:
        super().__init__(message, reason=reason)
        self.bucket = bucket
        self.whole_channel = whole_channel
        self.dead = dead


class StorageError(AlertdError):
    """The database did not do what was asked; the message says the way out."""


class StorageBusy(StorageError):
    """Locked by another program, or the disk is full: nothing was written, try again."""


class StorageUnusable(StorageError):
    """Corrupt, written by a newer alertd, or in use by another daemon. It was left untouched."""


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended several tasks: the first of alertd's own, else the first bug."""
    errors = list(_leaves(group))
    return next((error for error in errors if isinstance(error, AlertdError)), errors[0])


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _leaves(part)
    else:
        yield error


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The right spelling that is nearest, "" where nothing is near: `cutoff` is how alike they have to be, 0 to 1."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), names, n=1, cutoff=cutoff)
    return names[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """A hint with it, "" where nothing is near."""
    near = nearest(word, known, cutoff)
    return f"did you mean {near!r}?" if near else ""
