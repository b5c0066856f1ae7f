"""Notifications to send: a full one, a nasty one, and the delivery around them."""

from alertd.model.notification import Delivery, Link, Loudness, Notification, Tone
from tests.fakes import START

FULL = Notification(
    title="BTC broke 70,000 at 70,123.45",
    lines=("up 5.2% in 1h, from 66,650", "signal is bullish since 09:00"),
    facts=(("price", "70,123.45"), ("level", "70,000"), ("change", "+5.2%")),
    links=(Link("chart", "https://www.tradingview.com/chart/?symbol=BINANCE:BTCUSDT&interval=60"),),
    footer="binance, 3 s ago · rule btc-breakout",
    tone=Tone.ALARM,
    thread="alert-17-episode-3",
)

NASTY = Notification(
    title="@everyone <!channel> <b>bold</b> & *stars* _under_ `code` [x](https://evil.example)",
    lines=(
        "@here <@U012AB3CD> <#C0123> <https://evil.example|click> </b></i> &amp; &lt;",
        "right\u202eto left\u2066 bell\x07 escape\x1b[31m new\nline null\x00 tab\t zero\u200bwidth",
        "~~strike~~ ||spoiler|| > quote # head -- \\back $dollar {brace} %percent",
        "half \ud83d a pair, family 👨\u200d👩\u200d👧, flags 🇪🇸🇫🇷, e\u0301",
    ),
    facts=(("<i>name", "@everyone"), ("a|b", "x*y*z")),
    links=(Link("a<b>](x", "https://chart.example/?a=1&b=<2>"), Link("script", "javascript:alert(1)")),
    footer="--\r\nBcc: thief@evil.example",
    tone=Tone.NOTE,
    thread="a\r\nb",
)


def delivery(
    notification: Notification = FULL,
    *,
    address: str = "",
    message: str = "kestrel-42",
    loudness: Loudness = Loudness.USUAL,
    origin: str = "",
    replaces: bool = False,
) -> Delivery:
    """A notification for that address, made now."""
    return Delivery(
        message=message,
        receiver="desk",
        channel="channel",
        address=address,
        notification=notification,
        created=START,
        loudness=loudness,
        origin=origin,
        replaces=replaces,
    )
