"""Commands behind buttons: what was offered to be tapped, for as long as it is remembered."""

import hmac
from collections import OrderedDict
from hashlib import sha256
from secrets import token_bytes

from alertd.bot.asking import LONGEST
from alertd.model.notification import Button
from alertd.model.press import Action, Press

EACH = 100
"""What is remembered for one person."""
MOST = 20_000
"""The same for all of them together."""
_KEY = 16
_LABEL = 60


class Offers:
    """Each person's own, by keys that nobody else could find a command for. They are as lasting as the process: a
    button from before stands for nothing, and so does anybody else's, which is said."""

    def __init__(self) -> None:
        self._secret = token_bytes(32)
        self._of: OrderedDict[int, OrderedDict[str, str]] = OrderedDict()
        self._count = 0

    def button(self, person: int, command: str, label: str = "") -> Button:
        """A button that runs a command for the person of that number; it says the command unless it has a label."""
        content = f"{person}\n{command}".encode()
        key = hmac.new(self._secret, content, sha256).hexdigest()[:_KEY]
        if len(command) <= LONGEST:
            self._keep(person, key, command)
        text = label or command
        return Button(text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…", Press(Action.RUN, argument=key).data)

    def taken(self, person: int, key: str) -> str:
        """The command of a key that was given to that person, "" where there is none."""
        own = self._of.get(person)
        return own.get(key, "") if own else ""

    def _keep(self, person: int, key: str, command: str) -> None:
        own = self._of.setdefault(person, OrderedDict())
        self._of.move_to_end(person)
        self._count += key not in own
        own[key] = command
        own.move_to_end(key)
        if len(own) > EACH:
            self._forget(person)
        if self._count > MOST:
            # Of whoever has had no new one for longest.
            self._forget(next(iter(self._of)))

    def _forget(self, person: int) -> None:
        """The oldest of theirs."""
        own = self._of[person]
        own.popitem(last=False)
        self._count -= 1
        if not own:
            del self._of[person]
