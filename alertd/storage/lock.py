"""One daemon per database: an advisory lock on `<path>.lock`, which the kernel lets go of however the process ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from alertd.errors import StorageUnusable


def owner_of(path: Path) -> os.stat_result:
    """Whose a file is, or would be where there is none yet: its folder's owner's. Raises OSError."""
    return (path if path.exists() else path.parent).stat()


class Lock:
    """Held from `take` to `release`. The file itself stays: removing it would let two hold one each."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, path: Path) -> Self:
        """Raises StorageUnusable, at once, where another process holds it."""
        file = path.resolve()  # one file has one lock, whatever links lead to it
        name = file.with_name(f"{file.name}.lock")
        try:
            descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            if os.geteuid() == 0:  # root may have made it, restoring: the daemon's user has to open it
                owner = owner_of(file)
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        except FileNotFoundError:
            raise StorageUnusable(
                f"there is no folder {path.parent} for the database: make it, owned by alertd's user"
            ) from None
        except OSError as error:
            raise StorageUnusable(f"cannot open {name}: {error.strerror}; alertd must be able to write there") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StorageUnusable(
                f"{path} is in use by another alertd (process {holder}): stop that one first,"
                " or give this one another `state:`"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(descriptor)

    def release(self) -> None:
        """Once or more often: a number that was closed may be another file's by now."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
