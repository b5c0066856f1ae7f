"""Discord's messages on loopback: what a request holds, what a person reads of it, and what Discord would refuse."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CONTENT_LIMIT = 2000
EMBED_LIMITS = {"title": 256, "description": 4096}
TOTAL_LIMIT = 6000
FILES, FILE_LIMIT = 10, 10 * 2**20
"""How many files a message may have, and bytes of each."""
EPHEMERAL = 1 << 6
"""The message flag of those that one person sees."""

_SIGNS = re.compile(r"\\([^0-9A-Za-z\s])|\[((?:\\.|[^\]\\])+)\]\(https?://[^\s()<>]+\)|([*_~`|\[\]<>#@])")
_FENCED = re.compile(r"(?:\A|(?<=\n))```\n(.*?)\n```(?=\n|\Z)", re.DOTALL)
_PART = re.compile(rb'name="([^"]*)"(?:; filename="([^"]*)")?')

Buttons = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it stands: its body, all changes included, and its files (id → name, content). `only` is the one
    who sees it, "" for everybody."""

    body: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    only: str = ""

    @property
    def picture(self) -> bytes:
        """The first that is attached."""
        return next((content for name, content in self.files.values() if name.endswith(".png")), b"")

    @property
    def file(self) -> tuple[str, bytes] | None:
        """The first that is no picture."""
        return next((each for each in self.files.values() if not each[0].endswith(".png")), None)


async def posted(request: web.Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    """The body of a request and the files in it, by their numbers. Raises ValueError where Discord would refuse it."""
    content, kind = await request.read(), request.headers.get("Content-Type", "")
    if kind == "application/json":
        return _object(content), {}
    if not kind.startswith("multipart/form-data; boundary="):
        raise ValueError("another content type")
    body: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for part in content.split(b"--" + kind.partition("boundary=")[2].strip('"').encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        named = _PART.search(head)
        name = named[1].decode() if named else ""
        if name == "payload_json":
            body = _object(value.removesuffix(b"\r\n"))
        elif named and named[2] and (number := re.fullmatch(r"files\[(\d)\]", name)):
            files[number[1]] = named[2].decode(), value.removesuffix(b"\r\n")
        else:
            raise ValueError(f"a part of the form is called {name!r}")
    return body, files


def changed(before: Kept, body: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]], new: Iterator[str]) -> Kept:
    """The message as it is from now on; `new` gives the ids of its files. Raises ValueError where Discord would not
    have it."""
    kept = dict(before.files)
    if "attachments" in body:
        wanted = [str(each["id"]) for each in body["attachments"]]
        kept = {each: before.files[each] for each in wanted if each in before.files}
        if unknown := set(wanted) - before.files.keys() - files.keys():
            raise ValueError(f"no file {min(unknown)} is attached")
        names = {str(each["id"]): each.get("filename") for each in body["attachments"]}
        if any(names.get(number) != name for number, (name, _) in files.items()):
            raise ValueError("a file that is not among the attachments")
    kept |= {next(new): each for each in files.values()}
    if len(kept) > FILES or any(not 0 < len(content) <= FILE_LIMIT for _, content in kept.values()):
        raise ValueError("too many files, or one that is empty or too large")
    after = Kept(dict(before.body) | dict(body), kept, before.only)
    shown = {embed["image"]["url"] for embed in after.body.get("embeds", ()) if "image" in embed}
    if shown - {f"attachment://{name}" for name, _ in kept.values()}:
        raise ValueError("an embed shows a picture that is not attached")
    return after


def read(body: Mapping[str, Any]) -> str:
    """What a person reads in a message. Raises ValueError (or KeyError) where Discord would refuse or mark it up."""
    if body["allowed_mentions"] != {"parse": []}:
        raise ValueError("it may mention somebody")
    return _content(body["content"]) + "".join(map(_embed, body.get("embeds", ())))


def pressable(body: Mapping[str, Any]) -> tuple[Buttons, Buttons]:
    """Label and URL of each link button, and label and data of those that a bot hears of. Raises ValueError (or
    KeyError, TypeError) where Discord would refuse one."""
    rows = body.get("components") or []
    if len(rows) > 5 or any(row["type"] != 1 or not 0 < len(row["components"]) <= 5 for row in rows):
        raise ValueError("too many buttons, or a row without")
    buttons = [button for row in rows for button in row["components"]]
    if any(button["type"] != 2 or not 0 < length(button["label"]) <= 80 for button in buttons):
        raise ValueError("no button, or one that is too long")
    links = tuple((button["label"], button["url"]) for button in buttons if button["style"] == 5)
    heard = tuple((button["label"], button["custom_id"]) for button in buttons if button["style"] in (1, 2, 3, 4))
    if len(links) + len(heard) < len(buttons) or any(not 0 < len(url) <= 512 for _, url in links):
        raise ValueError("a button of no style, or a link that is too long")
    ids = [data for _, data in heard]
    if len(set(ids)) < len(ids) or any(not 0 < length(data) <= 100 for data in ids):
        raise ValueError("two buttons of one id, or one that is too long")
    return links, heard


def length(text: str) -> int:
    """Characters as Discord counts them."""
    return len(text.encode("utf-16-le")) // 2


def _object(content: bytes) -> dict[str, Any]:
    body = json.loads(content)
    if not isinstance(body, dict):
        raise ValueError("no object")
    return body


def _content(content: str) -> str:
    if not (content.startswith("**") and content.endswith("**")) or not 0 < length(content) <= CONTENT_LIMIT:
        raise ValueError("the content is empty, too long or not bold")
    return _seen(content[2:-2])


def _embed(embed: dict[str, Any]) -> str:
    """What a person reads in an embed. Raises ValueError where Discord would refuse it."""
    fields = embed.get("fields", [])
    parts = [(name, embed[name], limit) for name, limit in EMBED_LIMITS.items() if name in embed]
    parts += [(name, field[name], limit) for field in fields for name, limit in (("name", 256), ("value", 1024))]
    text = "".join("\n" + _marked(value) for _, value, _ in parts)
    if footer := embed.get("footer"):
        parts.append(("footer", footer["text"], 2048))
        text += "\n" + footer["text"]
    if len(fields) > 25 or any(not 0 < length(value) <= limit for _, value, limit in parts):
        raise ValueError("a part of the embed is empty or too long")
    if sum(length(value) for _, value, _ in parts) > TOTAL_LIMIT:
        raise ValueError("the embed is too long")
    return text


def _marked(text: str) -> str:
    """Lines as a person reads them: what is fenced stands as it is."""
    plain, *fenced = _FENCED.split(text)
    seen = "\n".join(map(_seen, plain.split("\n")))
    for code, after in zip(fenced[::2], fenced[1::2], strict=True):
        seen += code + "\n".join(map(_seen, after.split("\n")))
    return seen


def _seen(text: str) -> str:
    """A line as a person reads it. Raises ValueError for a sign of markup without its backslash."""

    def sign(found: re.Match[str]) -> str:
        if found[3]:
            raise ValueError(f"{found[3]} is markup here")
        return found[1] or _seen(found[2])

    return _SIGNS.sub(sign, text)
