"""What people ask of the outbox of a running daemon."""

import pytest

from alertd.app.orders import Orders
from alertd.model.notification import Destination, Message
from alertd.rows import Commit
from tests.fakes import START
from tests.pipeline.stand import rules, running

ONE = Message(
    number=1,
    receiver="me",
    destinations=(Destination("chat", "ann"),),
    created=START,
    expires=START + 60,
    holding=(1,),
    standby=(Destination("mail", "ann"),),
    patience=60.0,
)


@pytest.mark.parametrize("command", ["outbox-retry", "outbox-bury"])
async def test_the_couriers_look_at_what_has_changed(command: str) -> None:
    async with running(rules({"name": "high", "when": "price > 70k"})) as stand:
        woken: list[str] = []
        orders = Orders(stand.pipeline, stand.store, stand.clock, lambda: woken.append(command))
        await stand.store.commit(Commit(now=START, messages=[ONE]))
        assert await orders.commands()[command]({"rows": [64]}) == {"count": 1}
        assert woken == [command], "what stands by may be due"
