"""What is said: lines that mean something, the same with slips of all kinds, and what nobody means."""

from collections.abc import Callable, Sequence
from random import Random

from alertd.bot.catalogue import COMMANDS as CATALOGUE
from alertd.bot.catalogue import NAMES
from alertd.model.press import Action, Press
from tests.bot.language.conversations import ALERTS, COMMANDS, SLIPS

_MEANT: list[str] = [
    *(row[0] for row in ALERTS), *(row[0] for row in COMMANDS), *(row[0] for row in SLIPS),
    *(example for entry in CATALOGUE.values() for example in entry.examples),
    *(example for entry in CATALOGUE.values() for example in (*entry.examples, *entry.examples, entry.name)),
    "alert BTC > 70k every time note \"x\"", "alert BTC, ETH, SOL > 1", "alert BTC < 1m", "delete all",
    "delete all sure",
    "pause all", "resume all", "pause btc", "alerts btc", "history btc", "mute 8h", "mute off", "export",
    "link",
    "link remove telegram", "link ann@desk.example", "invite viewer", "invite admin", "invite owner", "users 2",
    "audit",
    "silence list", "silence end 1", "silence rule=file 2h", "silence owner=@3 1h", "rules file", "status",
    "settings zone Europe/Madrid", "settings quiet 23:00-07:00", "settings digest 08:00", "settings cap 5/h",
    "settings channels telegram email", "watchlist majors BTC ETH", "alert majors > 1", "start",
    "start ABCDEFGHJK",
    "import version: 1\nrules:\n  - name: a\n    symbols: [BTC]\n    when: price > 1\n",
    "import - symbols: [BTC]\n  when: price > 1\n  notify: [desk]\n",
]  # fmt: skip

_NUMBERED: tuple[str, ...] = (
    "why {0}", "edit {0} > 72k", "edit {0} down 5% in 1h", "delete {0}", "pause {0} {1}", "resume {0}",
    "snooze {0} 1h",
    "ack {0}", "ack {2}.{0}", "seen up/BTC",
    "snooze {0} off", "history {0}", "role {2} viewer", "role {2} user", "role {2} admin", "role {2} owner",
    "ban {2}",
    "unban {2}", "forget-user {2}", "forget-user {2} sure", "audit {2}", "delete {2}.{0}", "edit {2}.{0} > 1",
    "pause {2}.{0}", "why {2}.{0}", "resume {2}.{0}", "snooze {2}.{0} 2h", "history {2}.{0}",
)  # fmt: skip

_BOMBS = (
    "{0.__class__.__mro__}", "%s%s%n", "{{7*7}}", "${jndi:ldap://a}", "{% for x in y %}", "(a+)+$",
    "'; DROP TABLE alerts;--",
    "import &a [*a, *a]", "import a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
    "import !!python/object:os.system x",
    "<b>bold</b>", "</pre><a href=\"tg://user?id=1\">", "```", "**b** __u__ ~~s~~ ||x|| `c`", "<!channel>",
    "<@U123ABC>",
    "@everyone", "@here", "<@&123>", "<#C1|x>", "<https://a.example|b>", "&lt;&amp;&gt;", "&amp;lt;",
    "[x](https://a.example)",
    "\\", "\\*", "\0", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\u0301" * 40, "👩‍👩‍👧‍👦", "🏳️‍🌈",
    "ВТС > 70k", "ＢＴＣ",
    "بيتكوين", "ﷺ" * 50, "\ud800", "\udfff", "9" * 400, "1e308", "1e-400", "-0", "NaN", "inf", "0x10", "١٢٣",
    "²", "½",
    "(" * 200, "BTC " + "(" * 150 + "price" + ")" * 150 + " > 1",
    "BTC " + "not " * 300 + "price > 1", "BTC price" + " + 1" * 900,
    "BTC " + " and ".join(["price > 1"] * 200), "alert BTC > 1 note \"" + "x" * 4100 + "\"", "A" * 5000,
    " ".join(["BTC"] * 900),
    "alert BTC > 1 note \"<@U1> @everyone {0}\"", "alert BTC > 1 note \"", "\n" * 30, "\t", "/", "//",
    "/alert@other_bot BTC > 1",
)  # fmt: skip

_SIGNS = "abcXYZ019 .,:;!?<>=%$€@#&*_~`|\\/()[]{}\"'\n\t\0\x07\u200b\u200d\u202e\ufeff\u00a0\u0301éßıſǅ中文🙂\ud83d"

_BUTTONS = ("ack", "snooze", "delete", "rearm", "nudge", "pause", "resume", "why", "chart", "run", "drop")


def line(rng: Random) -> str:
    """One line, however it comes out."""
    chance = rng.random()
    if chance < 0.1:
        return _anything(rng)
    if chance < 0.2:
        text = rng.choice(_BOMBS)
    elif chance < 0.45:
        text = _numbered(rng)
    elif chance < 0.5:
        text = f"{rng.choice([*NAMES])} {rng.choice(_BOMBS)}"
    else:
        text = rng.choice(_MEANT)
    for _ in range(rng.choice((0, 0, 0, 0, 0, 1, 1, 2, 4))):
        text = rng.choice(_SLIPS)(rng, text)
    return f"/{text}" if rng.random() < 0.3 else text


def forged(rng: Random) -> str:
    """A button's data that may be one's own, another's, or nobody's."""
    chance = rng.random()
    if chance < 0.15:
        return rng.choice((*_BOMBS, "snooze:a1.1:" + "9" * 30, "nudge:a3.1:nan", "nudge:a3.1:inf", "nudge:a3.1:1e400"))
    if chance < 0.25:
        return f"{rng.choice(_BUTTONS)}:{rng.choice('aebr-')}{rng.randrange(10**12)}.{rng.randrange(99)}:{line(rng)}"
    argument = rng.choice(
        ("", "1h", "off", "+1", "-1", "+50", "-100", "1e9", "deadbeef1", "0", "99999999d", "é", "-1h")
    )
    action = rng.choice([*Action])
    if rng.random() < 0.3:
        number = rng.choice((1, 2, 3, rng.randrange(1, 60), 64 * rng.randrange(1, 60), 10**18 - 1))
        about = {"row" if rng.random() < 0.2 else "entry": number}
        return Press(action, **about, argument=argument).data
    person, number = rng.randrange(9), rng.choice((1, 2, 3, rng.randrange(40), 10**9 - 1))
    return Press(action, person=person, number=number, argument=argument).data


def _numbered(rng: Random) -> str:
    numbers = (rng.choice((1, 2, 3, 4, rng.randrange(40), 10**9, 10**25)) for _ in range(2))
    return rng.choice(_NUMBERED).format(*numbers, f"@{rng.choice((1, 2, 3, 4, 5, 6, rng.randrange(12), 10**10))}")


def _anything(rng: Random) -> str:
    """Any characters at all."""
    length = rng.choice((1, 3, 10, 60, 600, 4100))
    tops = (0x7F, 0x24F, 0xFFFF, 0x10FFFF)
    return "".join(chr(rng.randrange(rng.choice(tops))) for _ in range(length))


def _dropped(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + text[at + 1 :]


def _doubled(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[: at + 1] + text[at:]


def _swapped(rng: Random, text: str) -> str:
    at = rng.randrange(max(len(text) - 1, 1))
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def _put(rng: Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice((rng.choice(_SIGNS), rng.choice(_SIGNS), rng.choice(_BOMBS))) + text[at:]


def _words(rng: Random, text: str) -> str:
    words = text.split(" ")
    at = rng.randrange(len(words))
    words[at : at + 1] = rng.choice(([], [words[at]] * 2, [rng.choice(_MEANT).split(" ")[0]], words[at : at + 2][::-1]))
    return " ".join(words)


def _cased(rng: Random, text: str) -> str:
    return rng.choice((str.upper, str.lower, str.swapcase, str.title))(text)


def _joined(rng: Random, text: str) -> str:
    return rng.choice((" ", "", "\n", ", ")).join((text, rng.choice(_MEANT)))


_SLIPS: Sequence[Callable[[Random, str], str]] = (
    _dropped,
    _doubled,
    _swapped,
    _put,
    _put,
    _words,
    _words,
    _cased,
    _joined,
)
