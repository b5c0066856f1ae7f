"""Every channel against one table of answers, and what holds for all of them."""

import logging
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.text import Room, clean, fit
from alertd.demo.platforms.record import Record
from alertd.errors import ConfigError, DeliveryDelayed, DeliveryError, DeliveryRefused
from alertd.model.notification import Loudness, Notification
from alertd.ports import Channel
from tests.channels.adapters import ADAPTERS
from tests.channels.cases import IMPATIENCE, PATIENCE, Adapter, Case, Certify, Follow, seen, verdict
from tests.channels.proxy import Proxy
from tests.channels.samples import FULL, NASTY, delivery
from tests.fakes import START

HUGE = Notification(
    title="t" * 5000,
    lines=tuple(f"line {number}: {'<&>*_@' * 40}" for number in range(2000)),
    facts=tuple((f"name {number}", "v" * 3000) for number in range(200)),
    footer="f" * 9000,
)


class Make(Protocol):
    def __call__(self, adapter: Adapter, server: object, **network: object) -> Channel: ...


each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)


@pytest.fixture
def record() -> Record:
    return Record(now=lambda: START)


@pytest.fixture
def make(session: ClientSession, tmp_path: Path) -> Make:
    """Builds an adapter's channel, its secret in a file."""

    def build(adapter: Adapter, server: object, **network: object) -> Channel:
        key = tmp_path / "key"
        key.write_text(adapter.secret + "\n")
        return adapter.build(server, f"file:{key}", session, {"timeout": PATIENCE, **network})

    return build


@each_adapter
@pytest.mark.parametrize("case", Case, ids=str)
async def test_an_answer_becomes_its_error_and_no_secret_shows(
    adapter: Adapter, case: Case, make: Make, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    expected = adapter.expected(case)
    error: DeliveryError | None = None
    shown = ""
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server, timeout=IMPATIENCE if case is Case.SILENCE else PATIENCE)
        record.answers.extend(adapter.answers(case))
        try:
            await channel.send(delivery(FULL, address=adapter.address), START)
        except DeliveryError as raised:
            error = raised
            shown = "".join(traceback.format_exception(raised))
        shown += f"{error!r} {error} {channel!r}"
        await channel.close()
    if error is None:
        assert expected.error is None
        assert len(record.received) == 1
    else:
        assert seen(error) == expected
        assert error.reason in set(Reason)
        names = {bucket.name for bucket in channel.buckets(adapter.address)}
        assert getattr(error, "bucket", "") in names | {""}
    assert not record.answers, "every scripted answer was asked for"
    logged = "\n".join(f"{line.getMessage()} {line.exc_text}" for line in caplog.records)
    assert "canary" not in logged
    assert "canary" not in shown


@each_adapter
async def test_a_platform_that_says_the_secret_is_not_repeated(adapter: Adapter, make: Make, record: Record) -> None:
    (answer,) = adapter.answers(Case.BAD_REQUEST)
    body = answer.body.replace(adapter.words.encode(), adapter.secret.encode())
    assert body != answer.body
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        record.answers.append(replace(answer, body=body))
        with pytest.raises(DeliveryError) as raised:
            await channel.send(delivery(FULL, address=adapter.address), START)
        await channel.close()
    assert "[secret]" in str(raised.value)
    assert "canary" not in str(raised.value)


@each_adapter
async def test_after_trouble_the_next_message_arrives(adapter: Adapter, make: Make, record: Record) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server, timeout=IMPATIENCE)
        for case in (Case.SERVER_ERROR, Case.DROPPED, Case.LIMITED, Case.SILENCE):
            record.answers.extend(adapter.answers(case))
            with pytest.raises(DeliveryDelayed):
                await channel.send(delivery(address=adapter.address), START)
        await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    assert [(got.address, got.at) for got in record.received] == [(adapter.noted, START)]
    assert record.wrong == []


@each_adapter
@pytest.mark.parametrize("notification", [FULL, NASTY, HUGE, Notification("")], ids=["full", "nasty", "huge", "empty"])
async def test_any_notification_arrives_as_text(
    adapter: Adapter, notification: Notification, make: Make, record: Record
) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        await channel.send(delivery(notification, address=adapter.address), START)
        await channel.close()
    assert record.wrong == []
    assert len(record.received) == 1
    title = fit(notification, Room(total=250)).title[:100]
    assert title in record.received[0].text
    if notification is not HUGE:
        assert all(clean(line) in record.received[0].text for line in notification.lines)
    else:
        assert "more lines" in record.received[0].text


@each_adapter
@pytest.mark.parametrize("replaces", [False, True], ids=["answer", "in its place"])
async def test_what_follows_a_message_is_seen_to(adapter: Adapter, replaces: bool, make: Make, record: Record) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        origin = await channel.send(delivery(address=adapter.address), START)
        after = replace(FULL, title="BTC is calm again")
        follower = delivery(after, address=adapter.address, message="kestrel-43", origin=origin, replaces=replaces)
        ref = await channel.send(follower, START)
        await channel.close()
    first, second = record.received
    assert record.wrong == []
    assert after.title in second.text
    how = adapter.replaces if replaces else adapter.replies
    assert (second.edits, second.replies) == (
        first.ref if how is Follow.EDIT else "",
        first.ref if how is Follow.REPLY else "",
    )
    assert (ref == origin) == (how is Follow.EDIT or not origin)


@each_adapter
@pytest.mark.parametrize("replaces", [False, True], ids=["answer", "in its place"])
async def test_what_follows_a_message_that_is_gone_arrives_on_its_own(
    adapter: Adapter, replaces: bool, make: Make, record: Record
) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        origin = await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        follower = delivery(address=adapter.address, message="kestrel-43", origin=origin, replaces=replaces)
        await channel.send(follower, START)
        await channel.close()
    assert record.received[1].new


@each_adapter
async def test_a_silent_message_is_silent_where_the_platform_can(adapter: Adapter, make: Make, record: Record) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        for loudness in Loudness:
            await channel.send(delivery(address=adapter.address, message=loudness, loudness=loudness), START)
        await channel.close()
    silent = adapter.hushes
    assert [got.silent for got in record.received] == [silent and loudness is Loudness.SILENT for loudness in Loudness]


@pytest.mark.parametrize(
    "adapter", [adapter for adapter in ADAPTERS if adapter.close], ids=lambda adapter: adapter.name
)
async def test_an_address_that_is_gone_for_good_is_dead(adapter: Adapter, make: Make, record: Record) -> None:
    assert adapter.close
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        adapter.close(server)
        with pytest.raises(DeliveryRefused) as raised:
            await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    assert raised.value.dead


@each_adapter
async def test_what_counts_against_an_address_is_named_and_bounded(
    adapter: Adapter, make: Make, record: Record
) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
    buckets = channel.buckets(adapter.address)
    assert buckets == channel.buckets(adapter.address)
    assert len({bucket.name for bucket in buckets}) == len(buckets) > 0
    assert all(bucket.limit.interval >= 0 and bucket.limit.burst >= 1 for bucket in buckets)
    assert channel.in_flight >= 1
    assert channel.remembers >= 0


@each_adapter
async def test_a_server_that_is_gone_holds_back_the_channel(adapter: Adapter, make: Make, record: Record) -> None:
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
    with pytest.raises(DeliveryDelayed) as raised:
        await channel.send(delivery(address=adapter.address), START)
    await channel.close()
    assert verdict(raised.value) == (Reason.CONNECTION, True)
    assert not raised.value.uncertain


@each_adapter
def test_addresses_are_checked(adapter: Adapter) -> None:
    assert adapter.check(adapter.address) is None
    assert [address for address in adapter.bad_addresses if adapter.check(address) is None] == []


@each_adapter
async def test_an_authority_of_ones_own_is_trusted_when_named(
    adapter: Adapter, make: Make, record: Record, certified: Certify
) -> None:
    context, ca_file = certified("localhost")
    async with adapter.platform(record, context) as server:
        channel = make(adapter, server, ca_file=ca_file)
        await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    assert [got.address for got in record.received] == [adapter.noted]


@each_adapter
@pytest.mark.parametrize(("name", "known"), [("localhost", False), ("elsewhere.example", True)], ids=["nobody", "name"])
async def test_a_certificate_of_nobody_known_or_of_another_name_gets_nothing(
    name: str, known: bool, adapter: Adapter, make: Make, record: Record, certified: Certify
) -> None:
    context, ca_file = certified(name)
    async with adapter.platform(record, context) as server:
        channel = make(adapter, server, **({"ca_file": ca_file} if known else {}))
        with pytest.raises(DeliveryDelayed) as raised:
            await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    assert verdict(raised.value) == (Reason.TLS, True)
    assert record.received == []


@each_adapter
async def test_a_proxy_carries_the_message(adapter: Adapter, make: Make, record: Record) -> None:
    async with adapter.platform(record, None) as server, Proxy() as proxy:
        channel = make(adapter, server, proxy=proxy.url)
        await channel.send(delivery(address=adapter.address), START)
        await channel.close()
        assert set(proxy.targets) == {f"localhost:{server.port}"}
    assert [got.address for got in record.received] == [adapter.noted]


@each_adapter
async def test_a_proxy_that_is_none_is_told_before_anything_is_sent(
    adapter: Adapter, make: Make, record: Record, tmp_path: Path
) -> None:
    (tmp_path / "proxy").write_text("desk:canary@gate.example")
    async with adapter.platform(record, None) as server:
        with pytest.raises(ConfigError, match="does not hold a proxy") as raised:
            make(adapter, server, proxy=f"file:{tmp_path / 'proxy'}")
    assert "canary" not in str(raised.value)


@each_adapter
async def test_a_proxy_of_the_environment_is_not_used(
    adapter: Adapter, make: Make, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with adapter.platform(record, None) as server:
        channel = make(adapter, server)
        await channel.send(delivery(address=adapter.address), START)
        await channel.close()
    assert [got.address for got in record.received] == [adapter.noted]
