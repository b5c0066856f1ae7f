"""50,000 level rules against Prometheus: CPU of one evaluation of all of them, on prices that change every time.

Theirs in the best idiom there is: one series `price{coin}`, one `threshold{coin, rule}`, one alerting rule that joins
them (`threshold < on(coin) group_left price` costs the same). A second process with the same scrapes and without the
rule runs beside it: the difference is what evaluation costs, with its alerts' own series and the garbage of it all;
scraping and storing is told apart and counts for nobody. Ours: one tick, all of it (verdicts, lifecycle, the rows for
the store) but absorbing the prices, which is told apart as well. After each pair both must have the same rules firing.
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from alertd.model.reading import Poll, Readings
from tests.benchmarks import million
from tests.benchmarks.crowd import ABOVE, CREATED, Crowd, Floats, crowd
from tests.benchmarks.peer import WINDOW, Pages, Prometheus, installed
from tests.benchmarks.snapshot import COINS, NAMES
from tests.benchmarks.table import PAIRS, Row, Stopwatch, note, seconds, tell

RULES = 50_000
RULE = "price > on(coin) group_right threshold"
EVERY = 1.0
TARGET = 1 / 500
REASON = (
    "20 ns a rule: with 50,000 rules the hundred numpy calls of a tick are half of it, those whose level is passed the"
    " rest; a quiet tick of a million alerts takes 1.9 ms"
)
TURNS = 200
ROUNDS = "prometheus_rule_group_iterations_total"


def price_page(prices: Floats) -> bytes:
    rows = zip(NAMES, prices.tolist(), strict=True)
    return "".join(f'price{{coin="{coin}"}} {price!r}\n' for coin, price in rows).encode()


def threshold_page(of: Crowd) -> bytes:
    rows = zip(of.coin.tolist(), of.constant.tolist(), strict=True)
    lines = (f'threshold{{coin="{NAMES[coin]}",rule="r{k}"}} {level!r}\n' for k, (coin, level) in enumerate(rows))
    return "".join(lines).encode()


class Ours:
    """The engine, taken through the turns of prices that Prometheus scrapes."""

    def __init__(self, of: Crowd, turns: list[Floats]) -> None:
        self._of, self._turns, self._now = of, turns, CREATED
        # The pages are served by another thread of this process: it is not counted.
        self._market = million.TimedMarket(time.thread_time)
        self._state = million.filled(of, self._market)
        million.tick(self._state, self._poll(of.prices))
        self._market.spent()

    def _poll(self, prices: Floats) -> Poll:
        self._now += EVERY
        at = np.full(COINS, self._now)
        return Poll("coingecko", self._now, (Readings("coingecko", "price", NAMES, prices, at),))

    def take(self, watch: Stopwatch, last: int) -> set[tuple[str, str]]:
        """A window of evaluations that ends with this turn; returns what fires then, as Prometheus labels it."""
        polls = [self._poll(self._turns[turn % TURNS]) for turn in range(last - WINDOW + 1, last + 1)]
        watch("step", lambda: [million.tick(self._state, poll) for poll in polls], times=WINDOW)
        watch.spent["absorbing"].append(self._market.spent() / WINDOW)
        watch.less("ours", "step", "absorbing")
        prices = self._turns[last % TURNS]
        found = million.firing(self._state)
        assert np.array_equal(found, np.flatnonzero(prices[self._of.coin] > self._of.constant))
        return {(NAMES[self._of.coin[number]], f"r{number}") for number in found.tolist()}


def run(pages: Pages, ours: Ours, bare: Prometheus, ruled: Prometheus) -> Row:
    for peer in (bare, ruled):
        peer.await_metric("prometheus_tsdb_head_series", RULES + COINS)
    ruled.await_metric(ROUNDS, ruled.metric(ROUNDS) + WINDOW)
    watch = Stopwatch(time.thread_time)
    evaluations, scrapes = [], []
    for _ in range(PAIRS):
        before = bare.cpu(), ruled.cpu()
        time.sleep(WINDOW * EVERY)
        without, with_rule = bare.cpu() - before[0], ruled.cpu() - before[1]
        evaluations.append((with_rule - without) / WINDOW)
        scrapes.append(without / WINDOW)
        pages.held = True
        ruled.await_metric(ROUNDS, ruled.metric(ROUNDS) + 2)
        assert ours.take(watch, pages.served["/ruled"]) == ruled.firing()
        pages.held = False
    assert not ruled.metric("prometheus_rule_group_iterations_missed_total"), "this machine is too busy to compare on"
    name = f"a tick of {RULES:,} levels / prometheus' rules"
    row = tell(Row(name, watch.median("ours"), float(np.median(evaluations)), TARGET, REASON))
    absorbing, scraping = seconds(watch.median("absorbing")), seconds(float(np.median(scrapes)))
    note(f"  to take these prices in costs {absorbing} here and {scraping} there for each evaluation, not counted")
    return row


def main() -> list[Row]:
    if not installed():
        note("prometheus is not installed: not compared with it (`make bench-peers`)")
        return []
    of = crowd(RULES, mix=np.array([ABOVE]))
    dice = np.random.default_rng(3)
    turns = [of.prices * (1 + dice.uniform(-0.03, 0.03, COINS)) for _ in range(TURNS)]
    ours = Ours(of, turns)
    pages = Pages([price_page(prices) for prices in turns], threshold_page(of))
    with TemporaryDirectory(prefix="alertd-bench-") as folder, pages:
        every = int(EVERY * 1000)
        with (
            Prometheus("bare", Path(folder), pages, rule="", every=every) as bare,
            Prometheus("ruled", Path(folder), pages, rule=RULE, every=every) as ruled,
        ):
            return [run(pages, ours, bare, ruled)]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
