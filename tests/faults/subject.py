"""The daemon that is put to the test."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from tests.acceptance.daemon import Daemon


class Subject(Daemon):
    """A daemon whose end may be long in coming."""

    async def gone(self) -> int:
        """Its exit code, minus the signal that killed it."""
        assert self._process is not None
        code = await self._process.wait()
        await asyncio.gather(*self._readers)
        return code

    def write_rules(self, rules: Sequence[Mapping[str, object]], **more: object) -> None:
        """A line for each: what is said of a rule quotes its line."""
        lines = ",\n".join(json.dumps(rule) for rule in rules)
        (self.folder / "rules" / "rules.yaml").write_text(f'{{"version": 1, "rules": [\n{lines}\n]}}\n')

    async def started(self, times: int) -> None:
        """Wait until it has said so often that it watches."""
        await self.notified.until(lambda _: self.starts >= times)

    @property
    def starts(self) -> int:
        """How often it has said that it watches."""
        return sum("READY=1" in line for line in self.notified.lines)
