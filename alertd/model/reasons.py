"""What the short fixed words of the record mean: why something was held, dropped, or could not be delivered."""

_WORDS = {
    # held, by policy
    "group": "grouping",
    "cap": "the cap on messages",
    "quiet": "quiet hours",
    "hours": "the hours of its route",
    "digest": "the next digest",
    "storm": "the storm",
    "silence": "silence",
    "inhibited": "the inhibition by",
    "growing_cooldown": "its growing cooldown",
    "runaway": "a mute: the rule told too much",
    "snoozed": "a snooze",
    # not told
    "receiver_gone": "its receiver is gone, or has no way left to be told",
    "unwanted": "its rule does not ask to tell this",
    "draft": "its rule is a draft",
    "no_rule": "its rule was gone",
    "no_route": "no route took it",
    "changed": "its rule was edited",
    "removed": "its rule was removed",
    "expired": "it had expired",
    "over": "it was over before it could be told",
    "acknowledged": "somebody had seen it",
    "superseded": "what was told with it says so",
    # no episode
    "cooldown": "it was in its cooldown",
    "inactive": "it was outside the rule's hours",
    "until": "what ends it was true",
    "firing": "it was firing already",
    # not delivered
    "bad_request": "the platform does not accept the message",
    "unauthorized": "the platform refuses the credential",
    "forbidden": "the platform does not allow it",
    "not_found": "the platform does not know the address",
    "rate_limited": "the platform asked to slow down",
    "server_error": "the platform had an error",
    "timeout": "the platform did not answer in time",
    "connection": "the platform could not be reached",
    "tls": "the platform's certificate is not trusted",
    "credential": "the credential cannot be read",
    "too_large": "the message is too large for the platform",
    "recipient_refused": "the recipient's server refuses it",
    "sender_refused": "the mail server does not take the sender's address",
    "redirect": "the platform redirects elsewhere",
    "rest": "the platform asked to slow down",
    "thread_gone": "the message it follows is gone",
    "gone": "whom it was for is gone, or does not want it there any more",
    "nobody_known": "the configuration has no `chat:` section to open its address",
    "moved": "the address has another name now",
    "forgotten": "what it tells was forgotten by then",
    "uncertain": "it may have arrived, and is not sent twice",
    "dead_destination": "nothing reaches the address any more",
    "channel_gone": "its channel is no longer in the configuration",
    "operator": "an operator gave it up",
    "bug": "a bug of alertd, see the log",
}


def say_reason(reason: str) -> str:
    """`quiet` → `quiet hours`, `silence:3` → `silence 3`; a word that is not known stays as it is."""
    word, _, about = reason.partition(":")
    known = _WORDS.get(word)
    return reason if known is None else f"{known} {about}".rstrip()
