"""`make bench`: every benchmark here, one after the other; with words, those whose names hold one of them. Exit code 1
if a ratio is over its target."""

import sys
from importlib import import_module
from pathlib import Path
from time import monotonic

from tests.benchmarks.table import HEAD, Row, note


def main(words: list[str]) -> int:
    rows: list[Row] = []
    began = monotonic()
    note(HEAD)
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        if not words or any(word in file.stem for word in words):
            rows += import_module(f"{__package__}.{file.stem}").main()
    held = [row for row in rows if row.target is not None]
    missed = sum(row.missed for row in held)
    note(f"{len(held) - missed} of {len(held)} targets met, {monotonic() - began:.0f} s")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
