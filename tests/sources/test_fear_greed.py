"""The Fear & Greed Index: the newest day of the market."""

import pytest

from alertd.errors import SourceMalformed
from alertd.sources.fear_greed import decode_index
from tests.fakes import START
from tests.sources.server import Reply, stage

DAY = b'{"value": "54", "value_classification": "Neutral", "timestamp": "%d", "time_until_update": "3600"}'
BODY = b'{"name": "Fear and Greed Index", "data": [%s, %s], "metadata": {"error": null}}' % (
    DAY % START,
    DAY % (START - 86400.0),
)


async def test_the_newest_day() -> None:
    async with stage("fear_greed", {}, Reply(BODY)) as it:
        poll = await it.ask("fear_greed", "market", "BTC")
        (reading,) = poll.readings
        assert (reading.coins, reading.values.tolist(), reading.at.tolist()) == (("market",), [54.0], [START])
        assert it.script.paths == ["/fng/"]
        assert not it.source.has("fear_greed", "BTC")
        assert it.source.calls({"fear_greed": frozenset({"BTC"}), "price": frozenset({"market"})}) == ()


def test_an_error_with_status_200() -> None:
    with pytest.raises(SourceMalformed, match="out of order"):
        decode_index(b'{"data": [], "metadata": {"error": "out of order"}}', START, source="fg")


def test_no_day_at_all_is_counted() -> None:
    poll = decode_index(b'{"data": []}', START, source="fg")
    assert (poll.readings, poll.refused) == ((), {"absent": 1})
