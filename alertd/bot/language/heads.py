"""What a line begins with: whom it is said to, the name of the command, and where what it is about begins."""

import re

from alertd.bot.catalogue import NAMES

HEAD = re.compile(r"\s*(?P<slash>[/!]\s?)?(?P<name>[A-Za-z][A-Za-z_-]*|\?)(?:@\w+)?(?![\w.'’])", re.ASCII)
PREAMBLE = re.compile(
    r"\s*(?:(?:please|pls|hey|hi|yo|ok|can y?o?u|could y?o?u|would y?o?u|i want you to|i want to|want to)\s+)*(?:"
    r"(?:tell|notify|ping|warn|inform|text|message|dm|buzz|wake|call|alert|remind|poke|nudge)\s+(?:me|us)(?:\s+up)?(?=\W|$)"
    r"(?:\s+once(?=\s+[$\w])(?!\s+(?:when|if|only)\b))?"
    r"|lmk(?=\W|$)|hmu(?=\W|$)|heads[\s-]up(?=\W|$)|gimme\s+(?:an?\s+)?alert(?=\W|$)"
    r"|i(?:\s+would|['’]d)\s+like\s+to\s+be\s+(?:notified|alerted|told)"
    r"|let\s+(?:me|us)\s+know(?=\W|$)|give\s+(?:me|us)\s+a\s+shout"
    r"|(?:set|create|make|add|new|put)(?:\s+up)?(?:\s+(?:me|a|an|new|price))*\s+(?:alert|alarm|reminder)(?=\W|$)"
    r"|i(?:\s+want|\s+need|\s+would\s+like|['’]d\s+like)\s+(?:to\s+(?:have\s+|get\s+)?)?(?:an?\s+|the\s+)?(?:price\s+)?"
    r"(?:alerts?|alarm|notifications?|know)(?=\W|$)"
    r"|[/!]?(?:notify|inform|warn|ping|watch|track|monitor)(?=\s+(?:when|if|once|for|on)\b|\s+[$\w]+(?:\s+\w+|\s*[<>=@])|\s+[$\w]+\s*$)"
    r"(?!\s+lists?\b)"
    r"|[/!]?(?:alert|add)\s+(?:add|set|new|create)(?=\s)|(?:price\s+)?(?:alert|alarm)(?=\s+(?:me|when|if|for|on)\b))",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"\s*/?(?:please\s+|pls\s+)?(?:show(?:\s+me)?|give\s+me|get(?:\s+me)?|list|what(?:'s|’s|s|\s+is|\s+are)|how\s+is|my)"
    r"\s+(?:(?:my|the|a|all|current)\s+)*(?=[A-Za-z])",
    re.IGNORECASE,
)
_POLITE = r"(?:please|pls|plz|hey|hi|ok|okay|yo|can you|could you|would you|will you)"
_ADDRESSED = re.compile(
    rf"\s*+(?:{_POLITE}[\s,]++)*+(?:(?:@[A-Za-z]\w*|<@!?\w+>)[\s,:]++)?(?:{_POLITE}[\s,]++)*+(?=[A-Za-z$/])",
    re.IGNORECASE | re.ASCII,
)
"""Whom it is said to, and that it is said politely."""
_COSTS = re.compile(
    r"\s*(?:how(?:\s+much\s+(?:is|does|are)|'s|’s|\s+is|\s+are)\s+"
    r"|what(?:'s|’s|s|\s+is)\s+(?=.{1,40}\s(?:at|doing|worth|trading)\b))",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"\s+(?:every\s+)?(?:\d|an?\s)", re.IGNORECASE)
"""What makes `remind` an option at the start of an alert, not a name of the command."""
_LOOKED_AT = frozenset(
    ("alerts", "price", "chart", "signal", "history", "watchlist", "settings", "rules", "users", "status")
)
_SYNONYMS = {
    **dict.fromkeys(("pricealert", "setalert", "newalert", "addalert", "createalert"), "alert"),
    **dict.fromkeys(("myalerts", "listalerts"), "alerts"),
    **dict.fromkeys(("delalert", "deletealert", "removealert", "cancelalert"), "delete"),
    "unmute": "mute",
    "unsnooze": "snooze",
    "cancel": "delete",
    "clear": "delete",
    "rearm": "resume",
    "re-arm": "resume",
    "reactivate": "resume",
    "forget_user": "forget-user",
    "forgetuser": "forget-user",
}
UNBAN = re.compile(r"/?unban\s+@?(\d{1,9})", re.IGNORECASE | re.ASCII)


def unaddressed(text: str) -> str:
    """The line with `@alertd, please` blanked out, so that all else keeps its place."""
    found = _ADDRESSED.match(text)
    return " " * found.end() + text[found.end() :] if found else text


def command_of(word: str) -> str:
    """The command of a name or of what else people call it, "" for none."""
    word = word.lower()
    return NAMES.get(_SYNONYMS.get(word, word), "")


def named(text: str) -> tuple[str, int]:
    """The command that the line begins with, and where what it is about begins; an alert without any name."""
    unban = UNBAN.fullmatch(text.strip())
    preamble = PREAMBLE.match(text)
    if preamble and not unban:
        return "alert", preamble.end()
    asked = _COSTS.match(text)
    if asked:
        return "price", asked.end()
    shown = _SHOWN.match(text)
    inner = HEAD.match(text, shown.end()) if shown else None
    if inner and NAMES.get(inner["name"].lower()) in _LOOKED_AT:
        return NAMES[inner["name"].lower()], inner.end()
    head = HEAD.match(text)
    if head is None:
        return "alert", 0
    if head["name"].lower() == "remind" and _AGAIN.match(text, head.end()):
        return "alert", head.start("name")
    if name := command_of(head["name"]):
        return name, head.end()
    if head["slash"]:
        return "", head.end()
    return "alert", 0
