"""An endpoint as a receiver would write it: it verifies the signature and keeps the idempotency keys."""

import json
from collections.abc import Sequence
from typing import Unpack

from aiohttp import web

from alertd.channels.webhook import WINDOW, verify
from alertd.demo.platforms.http import HttpPlatform, Serving
from alertd.demo.platforms.limits import Ask
from alertd.demo.platforms.record import Received, Record


class WebhookPlatform(HttpPlatform):
    """Takes any path, which is the address it notes. `repeats` counts attempts whose key it had already; signatures
    are good for `window` seconds. Paths in `missing` are answered by 404, those in `gone` by 410."""

    name = "webhook"

    def __init__(
        self, record: Record, secrets: Sequence[str], *, window: float = WINDOW, **serving: Unpack[Serving]
    ) -> None:
        super().__init__(record, **serving)
        self.window = window
        self.secrets = secrets
        self.repeats = 0
        self.missing: set[str] = set()
        self.gone: set[str] = set()
        self._keys: set[tuple[str, str]] = set()
        self._nonces: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/{path:.*}", self._take)]

    async def _take(self, request: web.Request) -> web.Response:
        if refused := self.over(request, Ask("endpoint", request.path)):
            return refused
        if request.path in self.missing or request.path in self.gone:
            return web.Response(status=404 if request.path in self.missing else 410)
        content = await request.read()
        wrong = verify(request.headers, content, self.secrets, self.record.now(), window=self.window)
        nonce = request.headers.get("Alertd-Nonce", "")
        if not wrong and nonce in self._nonces:
            wrong = "a nonce came twice"
        if wrong:
            self.record.wrong.append(f"webhook: {wrong}")
            return web.Response(status=401, text=wrong)
        self._nonces.add(nonce)
        message = json.loads(content)
        key = request.headers.get("Idempotency-Key", "")
        if key != message["id"] or message["version"] != 1 or request.content_type != "application/json":
            self.record.wrong.append(f"webhook: the headers do not fit the body of {message['id']}")
            return web.Response(status=400)
        if (request.path, key) in self._keys:
            self.repeats += 1
            return web.Response(status=200)
        self._keys.add((request.path, key))
        self.record.take(Received("webhook", request.path, key, message["text"], self.record.now(), ref=key))
        return web.Response(status=202)
