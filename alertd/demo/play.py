"""`alertd demo`: a market is served, a real daemon watches it and tells, is killed once, and accounts are settled."""

import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from alertd.clock import SystemClock
from alertd.demo import ledger, summary
from alertd.demo.conversation import Conversation, Utterance, is_talk
from alertd.demo.daemon import Daemon, Line, start_takes
from alertd.demo.expected import Watching
from alertd.demo.market import HOUR, MINUTE
from alertd.demo.platforms.moods import WELL, Mood, Temper
from alertd.demo.platforms.record import Answer, Received
from alertd.demo.report import Conduct, Death, Verdict, judge, naming
from alertd.demo.scenario import FLOOR, KILLER, Chatter, Watch, watches, wishes
from alertd.demo.session import QUICK, Session, from_files, generated, slowed
from alertd.demo.stage import PRICES_EVERY, SIGNALS_EVERY, Stage
from alertd.demo.view import View, hhmm, spoken
from alertd.errors import AlertdError

HEAD_START = 2.5
"""Seconds before the session that the daemon gets to be up, for each second that its imports take: one at least."""

OUTAGE_AT = 0.25
"""The share of the session after which the signals' API fails for a while."""

OUTAGE = 5
"""Answers with 503 that it then gives."""

SLACK_BACK = 2.5
"""Seconds for which Slack stays down after alertd, which died at the same moment, is up again."""

OVERDUE = 30 * MINUTE
"""After the steepest moment: if nothing was in flight to kill the daemon over until then, it is killed all the same."""

PATIENCE, HELD = 8.0, 1.25 * HOUR
"""Seconds that what is on its way gets at the end; or so many of the market, where those are more: what a cap or a
storm holds back waits for an hour of it."""

_FRAME = 0.1


def main(prices: Sequence[Path] = ()) -> bool:
    """The whole demo; True if all that had to arrive did. Raises AlertdError where it cannot be played."""
    session = from_files(prices) if prices else generated()
    console = Console(highlight=False)
    try:
        return asyncio.run(play(session, console)).good
    except asyncio.CancelledError:
        raise AlertdError("the demo was ended before its end") from None


async def play(session: Session, console: Console) -> Verdict:
    """One session from beginning to end, on `console`. Nothing is left behind, however it ends."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel) if task else None
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of what it does itself
    start = await start_takes()
    if start > QUICK:  # the first time there is Python code to be compiled
        start = await start_takes()
    session = slowed(session, start)
    rules = watches(session)
    summary.introduce(console, session, rules)
    with TemporaryDirectory(prefix="alertd-demo-") as folder:
        return await Play(session, rules, Path(folder), console, head_start=HEAD_START * max(start, 1.0)).run()


class Play:
    """One run of the demo; `run` is it."""

    def __init__(
        self, session: Session, rules: Sequence[Watch], folder: Path, console: Console, *, head_start: float
    ) -> None:
        self._session = session
        self._rules = rules
        self._console = console
        self._real = time.time()
        self._shows = session.start - head_start * session.speed
        self._clock = SystemClock(real=self._real, shows=self._shows, speed=session.speed)
        self._view = View(session, self._clock.now, console)
        self._stage = Stage(session, folder, now=self._clock.now, on_received=self._received)
        self._daemon = Daemon(folder / "alertd.yaml", self._logged)
        self._state = folder / "alertd.db"
        self._talks = self._stage.conversations(self._spoken)
        self._back = asyncio.Event()
        self._killed_at: float | None = None
        self._taken: Received | None = None
        self._death: Death | None = None
        self._largest = naming(next(watch.coins[0] for watch in rules if watch.rule == KILLER))

    async def run(self) -> Verdict:
        async with self._stage:
            self._stage.write(self._rules, real=self._real, shows=self._shows)
            self._view.asked = lambda: self._stage.asked
            drawing = asyncio.create_task(self._draw())
            talking = [asyncio.create_task(self._talk(talk)) for talk in self._talks]
            try:
                with self._view:
                    began, death = await self._watch()
                    exit_code = await self._close()
            finally:
                for task in (drawing, *talking):
                    task.cancel()
                await self._daemon.end()
            story = await self._daemon.says("why", FLOOR)
        verdict = self._verdict(began, death, exit_code)
        summary.tell(self._console, FLOOR, story)
        summary.transcribe(self._console, self._talks)
        summary.conclude(self._console, self._stage.record.received, death, verdict, time.time() - self._real)
        return verdict

    async def _watch(self) -> tuple[float, Death]:
        """The session; returns when the daemon began to watch, and its death."""
        session = self._session
        self._view.doing = "alertd is starting"
        await self._daemon.start()
        began = self._clock.now()
        self._note(f"alertd watches (process {self._daemon.pid})", "green")
        plan = (
            (session.start + OUTAGE_AT * (session.end - session.start), self._fail_signals),
            (min(session.steepest + OVERDUE, session.end - OVERDUE), self._kill),
            (session.end, lambda: None),
        )
        for moment, act in sorted(plan, key=lambda step: step[0]):
            while not await self._until(moment):
                self._death = await self._resurrect()
            act()
        if self._death is None:
            raise AlertdError("the demo's day ended before alertd was killed")
        return began, self._death

    async def _until(self, moment: float) -> bool:
        """Wait for a moment of the market's clock; False if the daemon was killed before."""
        while self._clock.now() < moment:
            if self._killed_at is not None and self._death is None:
                return False
            if not self._daemon.pid:
                raise self._daemon.failure("the daemon ended by itself")
            await asyncio.sleep(_FRAME / 2)
        return True

    def _fail_signals(self) -> None:
        self._stage.signals_record.answers.extend([Answer(503)] * OUTAGE)

    def _kill(self, taken: Received | None = None) -> None:
        """Once: `taken` is the message that a platform has and has not confirmed."""
        if self._killed_at is None:
            self._daemon.kill()
            self._stage.platforms.slack.mood = Mood(Temper.DEAD)
            self._killed_at, self._taken = self._clock.now(), taken

    async def _resurrect(self) -> Death:
        at = self._killed_at or self._clock.now()
        self._view.doing = "alertd was killed (-9) and starts again"
        where = f": {self._taken.channel} has that message, alertd does not know" if self._taken else ""
        self._note(f"alertd is killed (-9){where}", "bold red")
        self._note("Slack is down", "bold red")
        await self._daemon.died()
        left = ledger.read(self._state)
        await self._daemon.start()
        back = self._clock.now()
        self._back.set()
        self._note(f"alertd watches again (process {self._daemon.pid}), and looks at what it missed", "green")
        asyncio.get_running_loop().call_later(SLACK_BACK, self._slack_again)
        return Death(at, back, self._taken, left)

    def _slack_again(self) -> None:
        self._stage.platforms.slack.mood = WELL
        self._note("Slack is up again", "green")

    async def _close(self) -> int:
        """Let what is on its way arrive, and end the daemon; returns its exit code."""
        self._view.doing = "the session is over: the last messages"
        for _ in range(round(max(PATIENCE, HELD / self._session.speed) / _FRAME)):
            left = ledger.read(self._state)
            if not left.open and not left.held and not any(talk.waits for talk in self._talks):
                break
            await asyncio.sleep(_FRAME)
        self._view.doing = "alertd is told to stop"
        return await self._daemon.stop()

    def _verdict(self, began: float, death: Death, exit_code: int) -> Verdict:
        speed, end = self._session.speed, self._session.end
        interval = max(bars.interval for bars in self._session.market.bars.values())
        # What was missed of the prices meanwhile comes from the API's history; of the signals there is none.
        prices = self._stage.pause(self._stage.prices, (began, death.back, end), but=death.back)
        signals = self._stage.pause(self._stage.signals, (began, end))
        watching = Watching(
            self._session.market,
            began + 4 * PRICES_EVERY * speed,
            self._session.end,
            price_lag=prices + max(2 * PRICES_EVERY * speed, interval),
            signal_lag=signals + SIGNALS_EVERY * speed,
        )
        return judge(
            [*self._rules, *(wish.watch for wish in wishes(self._session))],
            watching,
            ledger.read(self._state),
            self._stage.record.received,
            death,
            conduct=Conduct(
                complaints=self._stage.complaints,
                refused=self._stage.refused,
                recognised=self._stage.platforms.recognised,
                unanswered=[what for talk in self._talks for what in talk.missed],
                exit_code=exit_code,
            ),
        )

    async def _draw(self) -> None:
        while True:
            self._view.draw()
            await asyncio.sleep(_FRAME)

    async def _talk(self, talk: Conversation) -> None:
        """Somebody begins to talk before the market falls."""
        start = self._session.start
        begin = start + talk.person.begins * (self._session.steepest - start)
        await self._clock.sleep(begin - self._clock.now())
        await talk.run(self._back)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    def _received(self, message: Received) -> None:
        """A platform has taken a message, and has not answered yet: the worst moment to die is now."""
        self._view.deliver(message, quietly=is_talk(message))  # that is told as a conversation
        if KILLER in message.text and self._largest.search(message.text):
            self._kill(message)

    def _spoken(self, chatter: Chatter, line: Utterance) -> None:
        self._view.say(spoken(chatter, line))

    def _logged(self, line: Line) -> None:
        self._view.fired += line.get("message") == "fired"
        if str(line.get("message", "")).startswith("watching:"):
            self._view.doing = f"alertd is watching {line['message'].removeprefix('watching: ')}"

    def _note(self, text: str, style: str) -> None:
        line = Text(f"{hhmm(self._clock.now())}  {text}", style=style, no_wrap=True, overflow="ellipsis")
        self._view.say(line)
