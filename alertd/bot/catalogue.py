"""The commands, one line each: what menus, help and rights go by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from alertd.model.people import Person, Role
from alertd.model.press import Action


class Right(StrEnum):
    """What somebody has to be allowed, for a command or a button."""

    NONE = "none"
    """Strangers may, too: to show a code, to ask what this is."""
    LOOK = "look"
    """Prices, charts, signals, what is on record of what they may see."""
    OWN = "own"
    """Alerts and settings of their own."""
    PEOPLE = "people"
    """Who may do what."""
    OPERATE = "operate"
    """Rules of files, silences, how the daemon is."""


LEAST: Mapping[Right, Role] = {
    Right.NONE: Role.BANNED,
    Right.LOOK: Role.VIEWER,
    Right.OWN: Role.USER,
    Right.PEOPLE: Role.ADMIN,
    Right.OPERATE: Role.ADMIN,
}
"""The least role that has a right. Who is banned does not come so far."""


GIVES: Mapping[Role, tuple[Role, ...]] = {
    Role.ADMIN: (Role.BANNED, Role.VIEWER, Role.USER),
    Role.OWNER: tuple(Role),
}
"""Who may change people, and between which roles: of somebody who has one of them, to another of them."""


def may(person: Person, right: Right) -> bool:
    return person.role.at_least(LEAST[right])


def an(role: Role) -> str:
    return f"an {role}" if role in (Role.ADMIN, Role.OWNER) else f"a {role}"


class Entry(NamedTuple):
    """A command: `usage` as people write it, `examples` to tap, `also` other names of it."""

    name: str
    right: Right
    summary: str
    usage: str
    examples: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_EVERY = (
    Entry("alert", Right.OWN, "Tell me when something happens, once", "alert COIN CONDITION [OPTIONS]",
          ("alert BTC > 70k", "alert eth -5% 1h", "alert sol flips bullish every time"), ("a", "add", "new", "remind")),
    Entry("alerts", Right.OWN, "My alerts, each with how far it is", "alerts [COIN]", ("alerts",), ("list", "ls")),
    Entry("edit", Right.OWN, "Change an alert", "edit NUMBER CONDITION [OPTIONS]", ("edit 3 > 72k",), ("change",)),
    Entry("delete", Right.OWN, "Delete alerts", "delete NUMBER… | COIN | all", ("delete 3",), ("del", "remove", "rm")),
    Entry("pause", Right.OWN, "Have alerts watch nothing for now", "pause NUMBER… | COIN | all",
          ("pause 3",), ("stop",)),
    Entry("resume", Right.OWN, "Have paused alerts watch again", "resume NUMBER… | COIN | all",
          ("resume 3",), ("unpause",)),
    Entry("snooze", Right.OWN, "Hold an alert back for a while", "snooze NUMBER DURATION | until WHEN | off",
          ("snooze 3 1h",), ()),
    Entry("ack", Right.OWN, "I have seen it: nobody else is told", "ack NUMBER | RULE[/COIN]", (),
          ("acknowledge", "seen")),
    Entry("mute", Right.OWN, "Hold all my alerts back for a while", "mute DURATION | until WHEN | off",
          ("mute 8h", "mute off"), ()),
    Entry("price", Right.LOOK, "What a coin costs", "price COIN…", ("price BTC",), ("p",)),
    Entry("chart", Right.LOOK, "A picture of a coin's price", "chart COIN [DURATION]", ("chart BTC 24h",), ("c",)),
    Entry("signal", Right.LOOK, "The AI signal and the grades of a coin", "signal COIN…", ("signal ETH",), ("s",)),
    Entry("watchlist", Right.OWN, "Lists of coins to use in alerts", "watchlist [NAME [[add | remove] COIN… | delete]]",
          ("watchlist majors BTC ETH",), ("watchlists", "wl")),
    Entry("history", Right.LOOK, "What my alerts told lately", "history [NUMBER | COIN]", ("history",), ()),
    Entry("why", Right.LOOK, "The story of an alert: what was seen, who was told", "why NUMBER", ("why 3",), ()),
    Entry("settings", Right.OWN, "My zone, quiet hours, channels, digest",
          "settings [zone ZONE | quiet HOURS | channels … | digest TIME | cap N/h]",
          ("settings", "settings zone Europe/Madrid", "settings quiet 23:00-07:00"), ("set",)),
    Entry("link", Right.OWN, "One person on several platforms", "link [CODE | EMAIL | webhook URL | remove CHANNEL]",
          ("link",), ("connect",)),
    Entry("export", Right.OWN, "My alerts as a rule file", "export [PART]", ("export",), ()),
    Entry("import", Right.OWN, "Alerts from a rule file: attached, pasted, or named in a terminal",
          "import FILE | YAML", (), ()),
    Entry("help", Right.NONE, "What you can say here", "help [COMMAND | OPTION]", ("help alert", "help options"),
          ("h", "?")),
    Entry("start", Right.NONE, "Show a code that you were given", "start CODE", (), ("join", "enrol")),
    Entry("users", Right.PEOPLE, "Who there is", "users [PAGE]", ("users",), ()),
    Entry("invite", Right.PEOPLE, "A code that lets somebody in", "invite [viewer | user | admin]", ("invite",), ()),
    Entry("role", Right.PEOPLE, "What somebody may do", "role @NUMBER viewer | user | admin", ("role @7 admin",), ()),
    Entry("ban", Right.PEOPLE, "Shut somebody out", "ban @NUMBER", ("ban @7",), ()),
    Entry("forget-user", Right.PEOPLE, "Erase a person", "forget-user @NUMBER", (), ("forget",)),
    Entry("audit", Right.PEOPLE, "Who changed what, who was denied", "audit [@NUMBER]", ("audit",), ()),
    Entry("rules", Right.OPERATE, "The rules of the files", "rules [NAME]", ("rules",), ()),
    Entry("silence", Right.OPERATE, "Hold back what matches, for a while",
          "silence LABEL=VALUE… DURATION [COMMENT] | list | end NUMBER", ("silence rule=btc 2h", "silence list"), ()),
    Entry("status", Right.OPERATE, "How alertd is", "status", ("status",), ()),
)  # fmt: skip

COMMANDS = {entry.name: entry for entry in _EVERY}
"""By their names, in the order of menus and help."""


class Option(NamedTuple):
    """What may stand behind an alert, as `options` of a command has it by `name`; `sample` is how that looks, `also`
    are words by which people ask about it."""

    name: str
    sample: str
    says: str
    also: tuple[str, ...] = ()


OPTIONS = (
    Option("fire", "every time", "tell me each time, not just once", ("every", "once", "always")),
    Option("fire", "3 times", "tell me that often, then no more", ("times", "twice")),
    Option("for", "for 5m", "only when it has held for so long"),
    Option("remind", "remind 4h", "say it again that often while it lasts, once a minute at the most", ("reminder",)),
    Option("until", "until friday", "watch until then: a day, 2027-01-31, 18:00"),
    Option("until", "until price < 68k", "it is over, and may tell again, once that is true"),
    Option("via", "via email", "tell me there alone: telegram, slack, discord, email", ("by", "channel")),
    Option("note", 'note "sell half"', "words of mine to read when it happens", ("notes",)),
    Option("sure", "yes", "set a level that is far from the price without asking back", ("confirm",)),
)
"""Everything that may follow the condition of an alert."""
TOPIC = "options"
"""All of them, to `help`."""
TOPICS = {word: option.name for option in OPTIONS for word in (option.name, option.sample, *option.also)} | {
    "option": TOPIC, TOPIC: TOPIC,
}  # fmt: skip
"""What people ask of options → their names."""

NAMES = {name: entry.name for entry in _EVERY for name in (entry.name, *entry.also)}
"""Every name of a command → its own."""

PRESSES = {
    Action.ACK: Right.OWN,
    Action.SNOOZE: Right.OWN,
    Action.REARM: Right.OWN,
    Action.NUDGE: Right.OWN,
    Action.DELETE: Right.OWN,
    Action.RESUME: Right.OWN,
    Action.WHY: Right.LOOK,
    Action.CHART: Right.LOOK,
    Action.RUN: Right.NONE,
    Action.DROP: Right.NONE,
}
"""The right that a button asks of whoever presses it; a RUN asks for that of the command it stands for."""
