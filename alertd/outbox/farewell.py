"""What is told of a message that does not go any more."""

from alertd.rows import Fate, Settled


def given_up(channel: str, receiver: str, settled: Settled, what: str) -> str:
    """To the operator, or to whoever does not get it over another channel; `what` is the message's title."""
    if settled.dead:
        trouble = f"{channel} cannot reach {receiver} any more ({settled.reason})."
        return f"{trouble}\nNothing is sent there until it is tried again by hand: {what}"
    if settled.fate is Fate.EXPIRED:
        return f"{channel} could not bring a message to {receiver} for a week.\nIt is given up: {what}"
    if settled.reason == "uncertain":
        return f"{channel} did not say whether it has a message to {receiver}.\nIt is not sent again: {what}"
    return f"{channel} did not take a message to {receiver} ({settled.reason}).\nIt is not tried again: {what}"
