"""What a bot posts to Telegram's loopback platform, and how a refusal reads."""

import json
from collections.abc import Mapping
from email.parser import HeaderParser
from email.policy import HTTP
from typing import Any, NamedTuple

from aiohttp import web

PNG = b"\x89PNG\r\n\x1a\n"


class Upload(NamedTuple):
    """A file of a form."""

    name: str
    content: bytes


class No(NamedTuple):
    """A refusal: its HTTP status, and the words and figures that belong to it."""

    status: int
    description: str
    parameters: Mapping[str, int] | None = None


Form = Mapping[str, Any]
"""The parameters by their names: texts, numbers, and uploads."""


async def form_of(request: web.Request) -> Form:
    """The parameters, which come as JSON or as a form, with JSON in its fields."""
    if request.content_type == "application/json":
        found: Form = await request.json()
        return found
    if request.content_type == "multipart/form-data":
        # The body has been read already, and aiohttp takes a form of several parts from the wire only.
        return _parts(await request.read(), request.headers["Content-Type"])
    return {name: str(value) for name, value in (await request.post()).items()}


def _parts(body: bytes, content_type: str) -> Form:
    """A form of several parts (RFC 7578). Raises ValueError for a part that has no head."""
    boundary = _head(f"Content-Type: {content_type}")["Content-Type"].params["boundary"].encode()
    form: dict[str, str | Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, content = part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1)
        about = _head(head.decode())["Content-Disposition"].params
        file = about.get("filename")
        form[about["name"]] = content.decode() if file is None else Upload(file, content)
    return form


def _head(text: str) -> Any:
    return HeaderParser(policy=HTTP).parsestr(text)


def reading(value: Any) -> Any:
    """A parameter that is JSON within the form."""
    return json.loads(value) if isinstance(value, str) else value


def markup_of(form: Form) -> str:
    markup = form.get("reply_markup", "")
    return markup if isinstance(markup, str) else json.dumps(markup)


def picture_of(form: Form, part: object) -> bytes | None:
    """The picture that was uploaded as this part, None where there is none."""
    upload = form.get(part) if isinstance(part, str) else None
    return upload.content if isinstance(upload, Upload) and upload.content.startswith(PNG) else None


def refusal(status: int, description: str, parameters: Mapping[str, int] | None = None) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response({**body, "parameters": parameters} if parameters else body, status=status)


def granted(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})
