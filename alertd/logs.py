"""Structured log lines: JSON for a journal or a file, readable ones on a terminal. No line holds a secret.

Whatever is given as `extra` (`alert`, `episode`, `delivery`, …) becomes a field of the line.
"""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from alertd.wire.secret import redact

CHATTY = ("httpx", "httpcore", "telegram", "discord", "slack_sdk", "aiohttp.access", "asyncio", "mail.log")
"""Libraries that log each request at INFO, some with the token in the URL."""

# What the logging module itself puts on a record; all else came as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object per line: time (ISO 8601, UTC), level, logger, message, the extras, and the traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        line |= {key: redacted(value) for key, value in _extras(record)}
        if trace := _trace(self, record):
            line["traceback"] = trace
        return json.dumps(line, ensure_ascii=False, default=lambda value: redact(str(value)))


class ReadableLines(logging.Formatter):
    """`10:15:02 warning alertd.sources: text key=value`, the traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        clock = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        extras = "".join(f" {key}={value}" for key, value in _extras(record))
        head = f"{clock} {record.levelname.lower():<7} {record.name}: {record.getMessage()}{extras}"
        trace = _trace(self, record)
        return redact(f"{head}\n{trace}" if trace else head)


def redacted(value: object) -> object:
    """Numbers as they are, everything else as text without secrets."""
    return value if isinstance(value, bool | int | float) or value is None else redact(str(value))


def _extras(record: logging.LogRecord) -> Iterable[tuple[str, object]]:
    return ((key, value) for key, value in vars(record).items() if key not in _OWN)


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[0] else []
    if record.stack_info:
        parts.append(formatter.formatStack(record.stack_info))
    return redact("\n".join(parts))


def set_up(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (standard error): JSON unless it is a terminal. Replaces what was set up before."""
    stream = stream or sys.stderr
    output = logging.StreamHandler(stream)
    output.setFormatter(ReadableLines() if stream.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
