"""Reading what people wrote, and nothing else: no pipe, no device, no link that leads elsewhere, nothing huge."""

import errno
import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alertd.errors import Problem
from alertd.rules.strict_yaml import LARGEST

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Text:
    """A file as it was read."""

    file: str
    content: bytes


def read(path: Path, *, within: Path | None = None) -> Text | Problem:
    """The file, or what is wrong with it. With `within`, a link must stay inside that folder."""
    name = str(path)
    try:
        real = path.resolve(strict=True)
        if within is not None and not real.is_relative_to(within.resolve()):
            return Problem(f"is a link out of {within}: put the file itself there", file=name)
        content = _content(real)
    except (OSError, RuntimeError) as error:
        return Problem(f"cannot be read: {_why(error)}", file=name)
    if len(content) > LARGEST:
        return Problem("is over 1 MB: split it into several files", file=name)
    return Text(name, content)


def _content(path: Path) -> bytes:
    """Up to one byte over the limit. Raises OSError, for all that is no plain file too."""
    # NONBLOCK: opening a pipe that nobody writes to would wait for ever. NOFOLLOW: the path is resolved.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"it is {_kind(mode)}, not a file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)
    finally:
        os.close(descriptor)


def rule_files(patterns: Iterable[str]) -> tuple[list[Text], list[Problem]]:
    """The files that the patterns (absolute paths, `*` and `**` as in a shell) name, each once, in a stable order.

    A pattern that matches nothing is a warning; a plain name that is not there is a mistake.
    """
    texts: list[Text] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for pattern in patterns:
        found = matching(pattern)
        if not found:
            problems.append(no_file(pattern))
        for name in found:
            if name in seen:
                continue
            seen.add(name)
            match read(Path(name), within=folder(pattern)):
                case Text() as text:
                    texts.append(text)
                case Problem() as problem:
                    problems.append(problem)
    return texts, problems


def matching(pattern: str) -> list[str]:
    """The files that a pattern names, in a stable order; a plain name is itself, there or not."""
    return [pattern] if _WILD.isdisjoint(pattern) else sorted(glob.glob(pattern, recursive=True))


def no_file(pattern: str) -> Problem:
    """The warning of a pattern that matches nothing."""
    return Problem(f"rules: no file matches {pattern}", warning=True)


def folder(pattern: str) -> Path:
    """The folder that a pattern's files lie in: its part before the first wildcard."""
    parts = Path(pattern).parts
    fixed = list(_until_wild(parts))
    return Path(*(fixed if len(fixed) < len(parts) else parts[:-1]))


def _until_wild(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if not _WILD.isdisjoint(part):
            return
        yield part


def _kind(mode: int) -> str:
    return "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"


def _why(error: Exception) -> str:
    if not isinstance(error, OSError):
        return "its links run in a circle"
    # A socket cannot even be opened; the system says so in words that nobody understands.
    return "it is a socket, not a file" if error.errno == errno.ENXIO else (error.strerror or str(error)).lower()
