"""Slack's response URLs on loopback: each leads back to where something was said, a few times, for a while.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses.
"""

from dataclasses import dataclass

USES, LASTS = 5, 1800.0
"""How often, and for how many seconds, one may be used."""


@dataclass(slots=True)
class Way:
    """Back to a user, in a conversation; `ref` is the message whose button was pressed."""

    user: str
    chat: str
    ref: str
    since: float
    uses: int = 0


class Ways:
    """`lasts` is for how many seconds of the platform's clock one may be used."""

    def __init__(self) -> None:
        self.lasts = LASTS
        self._ways: dict[str, Way] = {}

    def issue(self, root: str, way: Way) -> str:
        """The path of a new one below `root`."""
        path = f"{root}/{len(self._ways) + 1}"
        self._ways[path] = way
        return path

    def use(self, path: str, now: float) -> Way | str:
        """Where it leads; the word of the refusal where it leads nowhere any more."""
        way = self._ways.get(path)
        if way is None or now - way.since > self.lasts:
            return "expired_url"
        if way.uses >= USES:
            return "used_url"
        way.uses += 1
        return way
