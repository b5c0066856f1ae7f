"""One file per channel: what the contract suite has to know of it. Every file here is collected."""

from importlib import import_module
from pkgutil import iter_modules

from tests.channels.cases import Adapter

ADAPTERS: tuple[Adapter, ...] = tuple(
    adapter for found in iter_modules(__path__) for adapter in import_module(f"{__name__}.{found.name}").ADAPTERS
)
