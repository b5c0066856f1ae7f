"""Email in the contract suite: the reply codes of SMTP in the place of HTTP's."""

from ssl import SSLContext

from aiohttp import ClientSession

from alertd.channels.answers import Reason
from alertd.channels.email import EmailSettings, build, check_address
from alertd.demo.platforms.record import Act, Answer, Record
from alertd.demo.platforms.smtp import SmtpPlatform
from alertd.errors import DeliveryDelayed, DeliveryRefused
from alertd.ports import Channel
from tests.channels.cases import Adapter, Case, Expected, Follow

SECRET = "canary-smtp-login"

REPLIES = {
    Case.TAKEN: (),
    Case.BAD_REQUEST: (Answer(554, body=b"5.6.0 not this", at="DATA"),),
    Case.UNAUTHORIZED: (Answer(535, body=b"5.7.8 Authentication credentials invalid", at="AUTH"),),
    Case.FORBIDDEN: (Answer(550, body=b"5.7.1 not your address", at="MAIL"),),
    Case.NOT_FOUND: (Answer(550, body=b"5.1.1 no such mailbox", at="RCPT"),),
    Case.LIMITED: (Answer(450, body=b"4.2.1 too busy", at="RCPT"),),
    Case.LIMITED_FOR: (Answer(450, body=b"4.7.1 too many mails", at="MAIL"),),
    Case.SERVER_ERROR: (Answer(451, body=b"4.3.0 try later", at="DATA"),),
    Case.SILENCE: (Answer(act=Act.SILENCE, at="DATA"),),
    Case.DROPPED: (Answer(act=Act.DROP, at="DATA"),),
}


def platform(record: Record, tls: SSLContext | None) -> SmtpPlatform:
    return SmtpPlatform(record, login=("alerts", SECRET), tls=tls)


def channel(server: SmtpPlatform, reference: str, session: ClientSession, network: dict[str, object]) -> Channel:
    way = "starttls" if server.tls else "none"
    settings = {"host": "localhost", "port": server.port, "tls": way, "user": "alerts", "password": reference}
    settings |= {"from": "alerts@desk.example", **network}
    return build("email", EmailSettings.model_validate(settings), session)


ADAPTERS = (
    Adapter(
        name="email",
        address="desk@desk.example",
        noted="desk@desk.example",
        secret=SECRET,
        platform=platform,
        build=channel,
        check=check_address,
        answers=REPLIES.__getitem__,
        words="not this",
        replies=Follow.REPLY,
        replaces=Follow.REPLY,
        close=lambda server: server.missing.add("desk@desk.example"),
        differs={
            # A sender that may not send may send to nobody.
            Case.FORBIDDEN: Expected(DeliveryRefused, Reason.SENDER_REFUSED, whole_channel=True),
            Case.NOT_FOUND: Expected(DeliveryRefused, Reason.RECIPIENT_REFUSED, dead=True),
            # SMTP has no Retry-After; what is said before the recipient is named is meant for the sender.
            Case.LIMITED_FOR: Expected(DeliveryDelayed, Reason.RATE_LIMITED, whole_channel=True),
        },
        bad_addresses=(
            "",
            "desk",
            "a@b@c.example",
            "D <a@b.example>",
            "a@x.example, b@x.example",
            "a\r\n@x.y",
        ),
    ),
)
