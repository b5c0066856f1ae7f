"""What the daemon does besides: housekeeping, the watchdog, watching files."""

import asyncio
import gc
import logging
from collections.abc import Callable

from alertd.config.files import folder
from alertd.config.load import Config
from alertd.errors import ConfigError, StorageBusy
from alertd.ports import Clock, Store
from alertd.sdnotify import Systemd

log = logging.getLogger(__name__)

KEEP = 90 * 86_400.0
"""History older than so many seconds is forgotten."""

_PRUNE_EVERY = 3600.0
_PRUNE_AT_ONCE = 1000


async def keep_house(store: Store, clock: Clock) -> None:
    """Forget old history, a little at a time, and what nobody refers to any more (see `config.loading`)."""
    while True:
        try:
            while await store.prune(clock.now() - KEEP, _PRUNE_AT_ONCE) >= _PRUNE_AT_ONCE:
                await clock.sleep(1.0)
        except StorageBusy as error:
            log.info("old history is kept a while longer: %s", error)
        gc.collect()
        await clock.sleep(_PRUNE_EVERY)


async def feed_watchdog(systemd: Systemd, every: float, progress: Callable[[], bool]) -> None:
    """Tell systemd that the daemon lives, as long as its ticks make progress."""
    while True:
        if progress():
            systemd.watchdog()
        await asyncio.sleep(every)


async def watch_files(config: Config, changed: asyncio.Event) -> None:
    """Set `changed` when the configuration or a rule file was written."""
    try:
        from watchfiles import awatch
    except ImportError:
        raise ConfigError("watch: needs the extra: pip install 'alertd[watch]'") from None
    folders = {folder(pattern) for pattern in config.rules} | {config.path.parent}
    existing = [path for path in folders if path.is_dir()]
    suffixes = (".yaml", ".yml")
    async for _ in awatch(*existing, watch_filter=lambda _, path: path.endswith(suffixes), recursive=True):
        changed.set()
