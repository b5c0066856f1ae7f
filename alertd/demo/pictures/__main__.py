"""`python -m alertd.demo.pictures FOLDER`: plays the conversations, and draws one PNG for each platform."""

import asyncio
import logging
import sys
from pathlib import Path

from alertd.demo.pictures.paint import paint
from alertd.demo.pictures.talks import talks


def main(folder: Path) -> None:
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of what it does itself
    folder.mkdir(parents=True, exist_ok=True)
    for name, messages in asyncio.run(talks()).items():
        path = folder / f"{name}.png"
        path.write_bytes(paint(name, messages))
        sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or ["deploy/pictures"]))
