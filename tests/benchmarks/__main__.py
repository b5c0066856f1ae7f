"""`make bench`: every benchmark here, one after the other. Exit code 1 if a ratio is over its target."""

import sys
from importlib import import_module
from pathlib import Path


def main() -> int:
    over = 0
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        bench = import_module(f"{__package__}.{file.stem}")
        over += bench.main() > bench.TARGET
    return min(over, 1)


if __name__ == "__main__":
    sys.exit(main())
