"""What the channels' own buckets let through, every platform's limits let through as well."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from aiohttp import ClientSession

from alertd.channels import KINDS
from alertd.demo.platforms.limits import DISCORD, SLACK, TELEGRAM, Ask, Gate, Limits
from alertd.ports import Bucket, Channel
from tests.fakes import START


class Paced(NamedTuple):
    """A kind of channel, the platform's limits, and what it counts of a message."""

    kind: str
    settings: dict[str, str]
    addresses: Sequence[str]
    limits: Limits
    asks: Callable[[str], list[Ask]]


def asked_of_telegram(address: str) -> list[Ask]:
    chat = address.partition("/")[0]
    group = [Ask("group", chat)] if chat.startswith("-") else []
    return [Ask("overall", "bot"), *group, Ask("chat", chat)]


CASES = [
    Paced("telegram", {"token": "env:CANARY"}, ["-1", "-1/7", *map(str, range(1, 60))], TELEGRAM, asked_of_telegram),
    Paced("telegram", {"token": "env:CANARY"}, ["-1"], TELEGRAM, asked_of_telegram),
    Paced("telegram", {"token": "env:CANARY"}, ["1", "2"], TELEGRAM, asked_of_telegram),
    Paced("slack", {"token": "env:CANARY"}, ["#a", "#b"], SLACK, lambda address: [Ask("channel", address)]),
    Paced("slack", {"webhook": "env:HOOK"}, ["default"], SLACK, lambda address: [Ask("webhook", address)]),
    Paced(
        "discord", {"token": "env:CANARY"}, [str(10**17 + n) for n in range(90)], DISCORD, lambda _: [Ask("global", "")]
    ),
]


def departures(channel: Channel, addresses: Sequence[str], count: int) -> list[tuple[float, str]]:
    """When messages leave that all wait from the start, as early as every bucket lets them (GCRA)."""
    full: defaultdict[str, float] = defaultdict(float)

    def ready(buckets: tuple[Bucket, ...]) -> float:
        return max(full[name] - (limit.burst - 1) * limit.interval for name, limit in buckets)

    now, left = START, []
    for _ in range(count):
        address = min(addresses, key=lambda address: ready(channel.buckets(address)))
        now = max(now, ready(channel.buckets(address)))
        for name, limit in channel.buckets(address):
            full[name] = max(full[name], now) + limit.interval
        left.append((now, address))
    return left


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.kind} by {' '.join(case.settings)} to {len(case.addresses)}"
)
async def test_nothing_that_leaves_is_refused(
    case: Paced, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "1:canary")
    monkeypatch.setenv("HOOK", "https://hooks.slack.example/services/T0/B0/canary")
    kind = KINDS[case.kind]
    channel = kind.build(case.kind, kind.settings.model_validate(case.settings), session)
    gate = Gate(case.limits)
    left = departures(channel, case.addresses, 400)
    assert [at for at, address in left if gate.ask(case.asks(address), at)] == []
