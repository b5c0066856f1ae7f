"""Apprise, posting to one endpoint as often as it is told; run by the Python that has it. Each line of input is a turn,
whose CPU seconds are the answer."""

import sys
import time
from importlib import import_module

TITLE = "BTC 70,004 (+5.2%): price > 70k and signal is bullish"
BODY = "price: 70,004\nlevel: 70,000\nsignal: bullish\nbinance, 2 s ago, btc-breakout"


def main(url: str, count: int) -> None:
    apprise = import_module("apprise").Apprise()
    apprise.add(url)
    for _ in sys.stdin:
        start = time.process_time()
        for _ in range(count):
            assert apprise.notify(title=TITLE, body=BODY)
        sys.stdout.write(f"{time.process_time() - start}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
