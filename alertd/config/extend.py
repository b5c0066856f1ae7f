"""A configuration file with a section more. Text is added, none is changed; what cannot be done so is left to you."""

import os
import re
from contextlib import suppress
from pathlib import Path

from alertd.config.load import Config, load
from alertd.errors import AlertdError, ConfigError

_SECTION = re.compile(r"^channels:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*(?P<indent>[ \t]+)\S", re.MULTILINE)


def with_entry(text: str, section: str, entry: str) -> str | None:
    """The text with `entry` (a line) in a section that is written line by line, or in a new one at the end; None where
    the section is written in another way."""
    if not re.search(rf"^{section}[ \t]*:", text, re.MULTILINE):
        return f"{text.rstrip()}\n\n{section}:\n  {entry}\n"
    found = _SECTION.search(text) if section == "channels" else None
    if found is None:
        return None
    start = text.index("\n", found.start()) + 1
    return f"{text[:start]}{found['indent']}{entry}\n{text[start:]}"


def replaced(path: Path, text: str) -> Config:
    """Write a configuration file that was looked over: it is as it was where the new one has a mistake. Raises
    ConfigError, AlertdError where it cannot be written."""
    before = path.read_text(encoding="utf-8")
    _written(path, text, path.stat().st_mode & 0o7777)
    try:
        return load(path)
    except ConfigError:
        _written(path, before, path.stat().st_mode & 0o7777)
        raise


def keep_secret(path: Path, secret: str) -> None:
    """A secret in a file that only its owner may read, whole or not at all. Raises AlertdError."""
    with suppress(FileExistsError):
        path.parent.mkdir(mode=0o700, parents=True)
    _written(path, f"{secret}\n", 0o600)


def _written(path: Path, text: str, mode: int) -> None:
    """In the place of what was there, which has its owner."""
    beside = path.with_name(f".{path.name}.new")
    try:
        owner = path.stat() if path.exists() else None
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            if owner is not None:
                with suppress(PermissionError):
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except OSError as error:
        raise AlertdError(f"cannot write {path}: {error.strerror}") from None
