"""Values as bytes: MessagePack, which keeps NaN and infinity where JSON would turn them into null.

Fields are stored by name, so that a field with a default may be added without a migration.
"""

import msgspec

from alertd.model.event import Event, Item
from alertd.model.notification import Notification


def _plain(value: object) -> object:
    # numpy's float64 is a float to the type checker, and to whoever put it into an event.
    if isinstance(value, float):
        return float(value)
    raise TypeError(f"cannot store a {type(value).__name__}")


encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
decode_event = msgspec.msgpack.Decoder(Event).decode
decode_notification = msgspec.msgpack.Decoder(Notification).decode
decode_held = msgspec.msgpack.Decoder(tuple[Item, Event, Notification]).decode
