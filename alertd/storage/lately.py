"""What dispatch has counted of the last while, out of what was written down: whom a message told of one rule, and what
fired for whom."""

import json
import sqlite3
from itertools import takewhile

from alertd.dispatch.group import GROUP
from alertd.dispatch.limit import CAP
from alertd.dispatch.state import STORM, Fired, Spoke
from alertd.model.notification import Lane
from alertd.storage.codec import decode_body, entry_of
from alertd.storage.events import PLACES

# Numbers grow with time, so there is no index by time.
_MESSAGES = """
SELECT row / ?1, receiver, min(created, ?2), body FROM delivery WHERE row % ?1 = 0 AND own_lane <> ?3 ORDER BY row DESC
"""
_TOLD = """
SELECT wanted.value ->> 0, owner, rule FROM json_each(?) AS wanted
CROSS JOIN item ON item.event = wanted.value ->> 1 AND item.receiver = wanted.value ->> 2
    AND item.message = wanted.value ->> 0 AND item.fate = 'told'
CROSS JOIN event ON number = item.event ORDER BY wanted.key
"""
# What was held for another reason first has not fired for its receiver when it happened. `+`: by the index of time.
_FIRED = """
SELECT receiver, event.* FROM event CROSS JOIN item ON event = number WHERE time > ?1 AND kind = 'fired' AND coalesce(
    (SELECT reason FROM hold WHERE hold.event = number AND hold.receiver = item.receiver ORDER BY row LIMIT 1),
    iif(fate = 'told', ?2, '')) IN (?2, ?3, ?4) ORDER BY +number
"""


def spoke(connection: sqlite3.Connection, since: float, now: float) -> list[Spoke]:
    """Messages made after `since` that told of one rule alone, and of nothing critical, in their order; none later than
    now."""
    rows = connection.execute(_MESSAGES, (PLACES, now, Lane.CRITICAL.value))
    made = {}
    for number, receiver, created, body in takewhile(lambda row: row[2] > since, rows):
        told = decode_body(body)
        if numbers := (*told.holding, *told.past):
            made[number] = receiver, created, numbers
    wanted = [(number, entry, receiver) for number, (receiver, _, numbers) in made.items() for entry in numbers]
    rules: dict[int, list[tuple[str, str]]] = {}
    for number, owner, rule in connection.execute(_TOLD, (json.dumps(wanted),)):
        rules.setdefault(number, []).append((owner, rule))
    return [
        Spoke(receiver, *rules[number][0], created)
        for number, (receiver, created, numbers) in reversed(made.items())
        if len(rules.get(number, ())) == len(numbers) and len({rule for _, rule in rules[number]}) == 1
    ]


def fired(connection: sqlite3.Connection, since: float, now: float) -> list[tuple[str, Fired]]:
    """(receiver, what fired for it), of all that did after `since`, in its order; none later than now."""
    if since >= now:
        return []
    rows = connection.execute(_FIRED, (since, STORM, GROUP, CAP))
    return [(receiver, Fired.of((event := entry_of(row).event), min(event.time, now))) for receiver, *row in rows]
