"""/healthz, /readyz and /metrics over HTTP, and the pages on which a person acknowledges an alert."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from alertd.errors import ConfigError
from alertd.web.acknowledge import AckPages, pages
from alertd.web.metrics import Metrics


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    *,
    metrics: Metrics,
    not_ready: Callable[[], Iterable[str]],
    acknowledge: AckPages | None = None,
) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port, which is the system's choice where `port` is 0.

    `not_ready` says why the daemon is not ready, nothing where it is. Raises ConfigError where the address cannot be
    had.
    """

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")  # That it answers is the answer: the loop turns.

    async def ready(_: web.Request) -> web.Response:
        reasons = list(not_ready())
        return web.Response(text="\n".join(reasons or ["ready"]) + "\n", status=503 if reasons else 200)

    async def figures(request: web.Request) -> web.Response:
        body, content_type = metrics.render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    site = web.Application(client_max_size=4096)  # nobody has more to say than a form without fields
    site.add_routes([web.get("/healthz", health), web.get("/readyz", ready), web.get("/metrics", figures)])
    if acknowledge is not None:
        site.add_routes(pages(acknowledge))
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(f"http: cannot listen on {host}:{port}: {error.strerror or error}") from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
