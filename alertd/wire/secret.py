"""Secrets are references, read when they are used: `env:NAME`, `file:/path`, `cred:name` (a systemd credential)."""

import os
import re
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from alertd.errors import ConfigError

_REFERENCE = re.compile(r"(env|file|cred):(.+)", re.DOTALL)
_COARSE = 2_000_000_000
"""Nanoseconds in which two changes of a file may have the same time, on the coarsest of file systems."""
_revealed: set[str] = set()


class Secret:
    """A reference to a secret. It prints as the reference; only `reveal` reads what it points to.

    A `file:` is looked at each time and read anew when it is another one, so that a key is rotated by replacing the
    file.
    """

    __slots__ = ("_read", "reference")

    def __init__(self, reference: str) -> None:
        if not _REFERENCE.fullmatch(reference):
            raise ValueError(
                "a secret is never written here, only where it is: env:NAME, file:/path or cred:name;"
                " move it into a file that only alertd can read and write file:/etc/alertd/keys/…"
            )
        self.reference = reference
        self._read: tuple[tuple[int, ...], str] | None = None

    def reveal(self) -> str:
        """The secret itself. Raises ConfigError, naming the reference, where there is none."""
        kind, _, place = self.reference.partition(":")
        try:
            if kind == "env":
                value = os.environ[place]
            elif kind == "file":
                return self._from_file(place)
            else:
                value = (Path(os.environ["CREDENTIALS_DIRECTORY"]) / Path(place).name).read_text(encoding="utf-8")
        except (KeyError, OSError, ValueError) as error:
            raise ConfigError(f"cannot read the secret {self.reference}: {_why(error)}") from None
        return self._checked(value)

    def _from_file(self, place: str) -> str:
        """The file's secret, as it was read before if the file is the same and has been so for a while."""
        stat = os.stat(place)
        identity = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if self._read and self._read[0] == identity:
            return self._read[1]
        value = self._checked(Path(place).read_text(encoding="utf-8"))
        # Times of files are coarse: one that changed just now may change again and look the same.
        settled = time.time_ns() - stat.st_mtime_ns > _COARSE
        self._read = (identity, value) if settled else None
        return value

    def _checked(self, value: str) -> str:
        value = value.strip()
        if not value:
            raise ConfigError(f"the secret {self.reference} is empty")
        # In a URL it may stand percent-encoded, in a header or in SMTP's AUTH as base64.
        conceal(value, quote(value), quote(value, safe=""), b64encode(value.encode()).decode())
        return value

    def __repr__(self) -> str:
        return f"Secret({self.reference})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reference == self.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def build(value: object) -> Secret:
            if isinstance(value, Secret):
                return value
            try:
                return cls(str(value))
            except ValueError as error:
                # The value itself must not get into the message.
                raise PydanticCustomError("secret", "{why}", {"why": str(error)}) from None

        return core_schema.no_info_plain_validator_function(build)


def conceal(*values: str) -> None:
    """Blot out these as well: the parts of a secret that stand alone elsewhere, as a webhook URL's token does."""
    _revealed.update(value for value in values if value)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "not set" if isinstance(error, KeyError) else "not a path, or not text"


def redact(text: str) -> str:
    """The text with every secret that was ever revealed blotted out: the last guard of logs and tracebacks."""
    for value in sorted(_revealed, key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return text
