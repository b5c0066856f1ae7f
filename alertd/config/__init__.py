"""The configuration: one file, checked whole before anything runs.

`settings` is its shape, `files` what may be read, `people` and `market` check the names in it, `load` puts it together
and `build` makes the sources and channels that it names.
"""

from alertd.config.load import Config, load

__all__ = ["Config", "load"]
