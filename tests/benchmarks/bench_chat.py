"""Commands by chat, wall-clock time.

Many at once: 10,000 people say one command each within a minute while one of them says a thousand a second; how long a
command takes until its alert and its reply are durable, p95, against that of somebody who is alone with the same clerk
and the same store. What the flood came to: no more commands than the quota lets through, and no memory to speak of.

On the wire: from the moment Telegram's loopback has a command until it has the reply, whose alert is in the store, p99,
against one transaction at FULL and one message by the same SDK to the same server, each alone and in turns.
"""

import asyncio
import gc
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from aiohttp import ClientSession
from telegram import Bot

from alertd.bot.platforms import Ears
from alertd.bot.telegram import TelegramBot
from alertd.channels.telegram import TelegramSettings
from alertd.config.loading import steady
from alertd.demo.platforms.record import Record
from alertd.demo.platforms.telegram import TelegramPlatform
from alertd.dispatch.policy import Cap
from alertd.model.people import Deed
from alertd.wire.secret import Secret
from alertd.wire.session import http_session, tls
from alertd.wire.telegram_api import SessionRequest
from tests.benchmarks.parlour import COINS, PRICE, Parlour
from tests.benchmarks.table import Row, note, tell

CROWD, MINUTE, FLOOD = 10_000, 60.0, 1000.0
IDLE, WARM, TURNS = 300, 40, 400
QUOTA = Cap(20, 60.0)
CROWD_TARGET, WIRE_TARGET = 5.0, 3.0
MEMORY = 64e6
"""Bytes by which the process may grow in the minute, the alerts among it."""


def _sender(settings: TelegramSettings, session: ClientSession) -> Bot:
    """The SDK alone, as the channel has it."""
    request = SessionRequest(session, tls=tls(None), timeout=10.0, proxy=lambda: None)
    token = settings.bots[0].reveal()
    return Bot(token, base_url=settings.base, request=request, get_updates_request=request)


def command(number: int) -> str:
    return f"alert {COINS[number % len(COINS)]} > {PRICE * (1.01 + number % 997 / 1000):.4f}"


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


async def timed(parlour: Parlour, number: int, text: str) -> float:
    began = time.monotonic()
    reply = await parlour.clerk.answer(parlour.asked(number, text))
    assert reply, text
    assert reply.ok, reply.said
    return time.monotonic() - began


async def alone(parlour: Parlour) -> list[float]:
    """Somebody every few milliseconds, each time another one, so that no quota is in the way."""
    times = []
    for turn in range(WARM + IDLE):
        times.append(await timed(parlour, CROWD + 2 + turn, command(turn)))
        await asyncio.sleep(0.005)
    return times[WARM:]


async def crowd(parlour: Parlour) -> list[float]:
    """Everybody once, evenly over the minute."""
    loop, began = asyncio.get_running_loop(), time.monotonic()
    tasks = []
    for number in range(2, CROWD + 2):
        await asyncio.sleep(max(began + MINUTE * number / CROWD - time.monotonic(), 0.0))
        tasks.append(loop.create_task(timed(parlour, number, command(number))))
    return [await task for task in tasks]


async def flood(parlour: Parlour) -> Counter[str]:
    """The first person, without end; what became of it: done, told to wait, unheard."""
    began, said, fates = time.monotonic(), 0, Counter[str]()
    while True:
        due = int((time.monotonic() - began) * FLOOD)
        while said < due:
            said += 1
            reply = await parlour.clerk.answer(parlour.asked(1, command(said)))
            fates["unheard" if reply is None else "done" if reply.ok else "refused"] += 1
        try:
            await asyncio.sleep(0.002)
        except asyncio.CancelledError:
            return fates


async def many(folder: Path) -> list[Row]:
    async with Parlour(folder, people=CROWD + 2 + WARM + IDLE, commands=QUOTA) as parlour:
        await timed(parlour, CROWD + 1, f"alert {' '.join(COINS)} > {PRICE * 1.5}")
        await parlour.price()
        gc.collect()
        gc.freeze()
        idle = await alone(parlour)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        flooding = asyncio.create_task(flood(parlour))
        busy = await crowd(parlour)
        flooding.cancel()
        fates = await flooding
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
        gc.unfreeze()
        deeds = await parlour.store.deeds(limit=CROWD * 4)
        own = await parlour.store.chat_alerts(1)
    most = QUOTA.count + int(QUOTA.count * MINUTE / QUOTA.seconds) + 1
    assert fates["done"] == len(own) <= most, (fates, len(own))
    assert len([deed for deed in deeds if deed.did == "alert"]) >= CROWD
    assert grown <= MEMORY, f"{grown / 1e6:.0f} MB more"
    note(f"  the flood: {dict(fates)}; the process grew by {grown / 1e6:.0f} MB; p50 {1e3 * median(busy):.2f} ms")
    ours, theirs = percentile(busy, 0.95), percentile(idle, 0.95)
    return [tell(Row("10,000 people and a flood, p95 / one who is alone", ours, theirs, CROWD_TARGET))]


async def wire(folder: Path) -> list[Row]:
    """In turns: a command on the wire, a commit, a message."""
    record = Record(now=time.time)
    own, commits, sends = [], [], []
    token = folder / "token"
    token.write_text(f"{time.time_ns()}:loopback", encoding="ascii")
    async with (
        TelegramPlatform(record, token.read_text(encoding="ascii")) as platform,
        http_session() as session,
        Parlour(folder, people=2, commands=Cap(1_000_000, 60.0), alerts=100_000) as parlour,
    ):
        settings = TelegramSettings(url=platform.url, token=Secret(f"file:{token}"))

        async def at_once(_: str) -> None: ...

        ears = Ears(
            channel="telegram",
            answering=parlour.clerk,
            session=session,
            clock=parlour.clock,
            turn=at_once,
            tell=lambda key, text: note(f"  {key}: {text}"),
            known_as=lambda _: None,
        )
        await timed(parlour, 2, f"alert {' '.join(COINS)} > {PRICE * 1.5}")
        await parlour.price()
        bot = asyncio.create_task(TelegramBot(settings, ears).run())
        user = platform.user(1, "ann")
        await user.says("help")
        sender = _sender(settings, session)
        for turn in range(WARM + TURNS):
            began = time.monotonic()
            await user.says(f"/{command(turn)}")
            own.append(time.monotonic() - began)
            began = time.monotonic()
            await parlour.pipeline.serve(people=[Deed(time.time(), "@1", "nothing")])
            commits.append(time.monotonic() - began)
            began = time.monotonic()
            await sender.send_message(chat_id=1, text="alert 17: BTC price > 101.5, now 100", parse_mode="HTML")
            sends.append(time.monotonic() - began)
            if not turn % 50:
                await parlour.price()
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)
        assert len(await parlour.store.chat_alerts(1)) >= TURNS
    p99 = {name: percentile(times[WARM:], 0.99) for name, times in (("own", own), ("commit", commits), ("send", sends))}
    note(f"  p99 of commit {1e3 * p99['commit']:.2f} ms, of send {1e3 * p99['send']:.2f} ms")
    partner = p99["commit"] + p99["send"]
    middle = median(own[WARM:]), median(commits[WARM:]) + median(sends[WARM:])
    return [
        tell(Row("command to durable alert and reply, p99 / commit + send", p99["own"], partner, WIRE_TARGET)),
        tell(Row("the same, medians", *middle)),
    ]


def main() -> list[Row]:
    steady()  # as the daemon has it
    rows: list[Row] = []
    for part in (wire, many):
        with TemporaryDirectory(prefix="alertd-bench-") as name:
            rows += asyncio.run(part(Path(name)))
    return rows


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
