"""The page that a link in a message leads to: what fired, and a button that says that somebody has seen it.

Only the button acknowledges: mail scanners and the previews of chats follow links. The page has no scripts, needs no
cookies, loads nothing, and is not for search engines.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from aiohttp import web

from alertd.dispatch.digest import compose
from alertd.dispatch.policy import Policy
from alertd.dispatch.render import fold, headline, stamp
from alertd.dispatch.seal import About, opened
from alertd.errors import AlertdError
from alertd.model.event import Entry
from alertd.model.notification import Content

BY = "the link sent to {}"
"""Who acknowledges on the page, as the record says it: everybody behind a receiver has the same link."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says of an alert: its title, lines below it, and `done`, why there is nothing to acknowledge any
    more (`acknowledged by ann at 14:03`), "" while there is."""

    title: str
    lines: tuple[str, ...] = ()
    done: str = ""


@dataclass(frozen=True, slots=True)
class AckPages:
    """What the pages ask of the daemon: the store's `seal`; `show` what a message was about, None where it is
    forgotten; `take` acknowledges it for somebody and says in a sentence what came of it."""

    seal: bytes
    show: Callable[[About], Awaitable[Shown | None]]
    take: Callable[[About, str], Awaitable[str]]


_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#222;"
    "background:#fff}h1{font-size:1.4rem}button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;"
    "background:#1a5fb4;color:#fff}@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1c}}"
)
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address of the page is what allows to acknowledge
    "Cache-Control": "no-store",
}
_BUTTON = '<form method="post"><button>I have seen it</button></form>'


def shown(told: Sequence[Entry], policy: Policy, now: float, *, done: str = "") -> Shown:
    """What the page says of the alert that an entry is about, or of several; for `done` see `Shown`."""
    if len(told) > 1:
        together = compose(Content(tuple(told)), now, policy)
        return Shown(together.title, together.lines, done)
    event, when = told[0].event, fold(told[0].words.when)
    rule = f"{fold(event.rule)}: {when}" if when else fold(event.rule)
    since = (f"Fired {stamp(event.opened, policy.zone)}",) if event.opened > 0 else ()
    return Shown(headline(event), (rule, *since), done)


def pages(acknowledge: AckPages) -> Sequence[web.RouteDef]:
    """`GET /ack/<token>` shows, `POST /ack/<token>` acknowledges; see `dispatch.seal` for the token."""

    async def answer(request: web.Request) -> web.Response:
        sent = opened(acknowledge.seal, request.match_info["token"])
        try:
            shown = None if sent is None else await acknowledge.show(sent.about)
            if sent is None or shown is None:
                return _page("There is nothing here", ["The link is not whole, or what it is about was long ago."], 404)
            if request.method == "POST" and not shown.done:
                said = await acknowledge.take(sent.about, BY.format(sent.receiver))
                return _page(shown.title, [*shown.lines, _sentence(said)])
        except AlertdError:
            return _page("Not now", ["alertd cannot answer at the moment: try again in a minute."], 503)
        if shown.done:
            return _page(shown.title, [*shown.lines, _sentence(f"already {shown.done}")])
        return _page(shown.title, shown.lines, below=_BUTTON)

    return [web.get("/ack/{token}", answer), web.post("/ack/{token}", answer)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _page(title: str, lines: Sequence[str], status: int = 200, *, below: str = "") -> web.Response:
    text = "".join(f"<p>{escape(line)}</p>\n" for line in lines)
    body = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="robots" content="noindex, nofollow">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{text}{below}\n</body>\n</html>\n"
    )
    return web.Response(text=body, status=status, content_type="text/html", headers=_HEADERS)
