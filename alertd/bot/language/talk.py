"""What people say to a bot that is no command: answered in a word, with what they may want to do."""

import re

from alertd.bot.language.mistake import Mistake, instead

_WELCOME = ("say what to watch for, such as BTC > 70k", "", ("help", "alerts"))
_THANKED = ("you are welcome", "", ("alerts",))
_STOP = ("what should stop?", "mute holds all back for a while, pause keeps alerts still, delete ends them",
         ("mute 8h", "pause all", "delete all"))  # fmt: skip
_FORGET = ("an admin can erase you with forget-user", "delete all ends all your alerts", ("delete all", "mute 8h"))
_LEFT = ("there is nothing to leave here", "delete and pause end alerts, and mute ends all messages for a while",
         ("help",))  # fmt: skip
_NUMBERED = ("which alert?", "each has a number: alerts shows them", ("alerts",))
_ERRAND = ("alertd reminds of prices alone", "such as remind me when BTC > 70k", ("help alert",))

_ANSWERS = (
    ("hi|hello|hey|yo|hola|hallo|good morning|gm|hi there|hello there", _WELCOME),
    ("thanks|thank you|thx|ty|cheers|danke|gracias|merci|thanks a lot|thank you very much|ok|okay|cool|great|nice"
     "|perfect|good bot", _THANKED),
    ("stop|stop it|unsubscribe|stop messages|stop alerts|stop sending me messages|leave me alone|shut up|be quiet"
     "|too many alerts|too many messages|turn off|off|disable", _STOP),
    ("forget me|delete me|erase me|remove me|delete my account|delete my data", _FORGET),
    ("quit|exit|bye|goodbye", _LEFT),
)  # fmt: skip
_TALK = {said: answer for phrases, answer in _ANSWERS for said in phrases.split("|")}
_HELPED = (
    "what can you do|what do you do|who are you|what are you|what is this|what now|commands|menu|how|usage|manual"
    "|how does this work|how do i use this|how to use|how do you work|instructions|tutorial|examples|get started|hilfe"
    "|ayuda|aide|i need help"
)
_HELP = frozenset(_HELPED.split("|"))
_ORDINAL = re.compile(
    r"(?P<name>delete|remove|cancel|pause|resume|why|edit|snooze)\s+(?:the\s+|my\s+)?"
    r"(?:first|second|third|last|latest|newest|previous|other)(?:\s+(?:one|alert))?",
)
_PAGED = re.compile(r"(?P<name>alerts|users|export)\s+(?:next|more|next page|page 2)")
_TO_DO = re.compile(r"remind\s+me\s+(?:to|about|of)\s[^\d<>=%]*")


def meant(text: str) -> str:
    """The line, or the command that it says in other words. Raises Mistake for talk, with what may be wanted."""
    words = " ".join(text.lower().replace("’", "'").split()).strip(" /.!?,")
    if words in _HELP:
        return "help"
    answer = _TALK.get(words)
    if _TO_DO.fullmatch(words):
        answer = _ERRAND
    elif _ORDINAL.fullmatch(words):
        answer = _NUMBERED
    if paged := _PAGED.fullmatch(words):
        answer = ("pages have numbers", f"write {paged['name']} 2", (f"{paged['name']} 2",))
    if answer is not None:
        message, hint, offers = answer
        raise Mistake((0, 0), message, hint, fixes=instead((0, len(text)), *offers))
    return text
