"""`alertd` that writes the names of all modules that it has imported by READY=1, as they stand in an `import`."""

import sys

from alertd.app import daemon
from alertd.cli import main
from alertd.sdnotify import Systemd

_OURS = ("__main__", "tests")


def names() -> str:
    """Modules that can be imported by their name: not what others made up while they were imported."""
    found = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None) is not None]
    named = [name for name in found if all(part.isidentifier() for part in name.split("."))]
    return ", ".join(name for name in named if name.partition(".")[0] not in _OURS)


class ListingSystemd(Systemd):
    def ready(self, status: str = "") -> None:
        sys.stdout.write(f"{names()}\n")
        sys.stdout.flush()
        super().ready(status)


if __name__ == "__main__":
    vars(daemon)["Systemd"] = ListingSystemd
    main()
