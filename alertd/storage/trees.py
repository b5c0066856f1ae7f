"""Shapes and manners as bytes: a condition's tree is stored as it is, so that loading one parses no sentence."""

from dataclasses import fields
from datetime import tzinfo
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from alertd.conditions import tree as t
from alertd.rules.bank import Shape
from alertd.rules.manner import Manner

_KINDS: dict[str, type[t.Node]] = {
    kind.__name__: kind for kind in vars(t).values() if isinstance(kind, type) and issubclass(kind, t.Node)
}

_VALUES = {name: tuple(each.name for each in fields(kind) if each.name != "span") for name, kind in _KINDS.items()}

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def encode_shape(shape: Shape) -> bytes:
    return _encode([*map(_plain, shape)])


def decode_shape(body: bytes) -> Shape:
    return Shape(*map(_built, _decode(body)))


def _plain(value: object) -> object:
    """A node as {kind: its values}, a tuple as a list."""
    if isinstance(value, t.Node):
        kind = type(value).__name__
        return {kind: [_plain(getattr(value, name)) for name in _VALUES[kind]]}
    return [*map(_plain, value)] if isinstance(value, tuple) else value


def _built(value: Any) -> Any:
    if isinstance(value, dict):
        ((kind, values),) = value.items()
        return cast("Any", _KINDS[kind])(*map(_built, values))
    return tuple(map(_built, value)) if isinstance(value, list) else value


def _zone_name(value: object) -> str:
    if isinstance(value, ZoneInfo):
        return str(value.key)
    raise TypeError(f"cannot store a {type(value).__name__}")


def _zone(kind: type, value: str) -> tzinfo:
    return ZoneInfo(value)


encode_manner = msgspec.msgpack.Encoder(enc_hook=_zone_name).encode
decode_manner = msgspec.msgpack.Decoder(Manner, dec_hook=_zone).decode
