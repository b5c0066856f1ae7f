"""The index names every channel of the folder, and loads no SDK for it."""

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import alertd.channels
from alertd.channels import KINDS
from alertd.channels.kind import ChannelKind

SDKS = ("aiohttp", "aiosmtplib", "telegram", "slack_sdk", "discord", "httpx")


def test_every_channel_of_the_folder_is_in_the_index() -> None:
    modules = [import_module(f"alertd.channels.{found.name}") for found in iter_modules(alertd.channels.__path__)]
    kinds = {
        module.__name__.rpartition(".")[2]: module.KIND
        for module in modules
        if isinstance(getattr(module, "KIND", None), ChannelKind)
    }
    assert kinds == KINDS


def test_the_index_loads_no_sdk() -> None:
    code = f"import sys, alertd.channels; print(sorted(set({SDKS!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
