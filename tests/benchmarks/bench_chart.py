"""Charts: drawing one of a day in quarters of an hour, against what Pillow alone takes to write the same picture, drawn
already, as a PNG."""

import sys
from datetime import UTC
from io import BytesIO

from PIL import Image

from alertd.charts.draw import HEIGHT, WIDTH, Chart, draw
from tests.benchmarks.table import Row, compare, note, tell
from tests.charts.samples import bars
from tests.fakes import START

PROMISED = 0.08
"""Seconds of CPU for a chart: no partner, but what was promised."""

TARGET = 2.5


def main() -> list[Row]:
    day = 86_400.0
    chart = Chart(symbol="BTC", bars=bars(96), start=START - day, at=START, zone=UTC, level=101.0)
    png = draw(chart)
    assert png
    page = Image.open(BytesIO(png)).convert("RGB")
    note(f"  charts of {WIDTH}x{HEIGHT}, {len(png):,} bytes each")

    def bare() -> bytes:
        out = BytesIO()
        page.copy().save(out, "PNG")
        return out.getvalue()

    row = compare("a chart / Pillow writing the same picture", lambda: draw(chart), bare, target=TARGET)
    return [row, tell(Row("a chart / promised", row.ours, PROMISED, 1.0))]


if __name__ == "__main__":
    sys.exit(any(row.missed for row in main()))
