"""What each command and each button does: one function for each, by the names of the catalogue."""

from collections.abc import Awaitable, Callable

from alertd.bot.asking import Reply
from alertd.bot.do import (
    alerts,
    change,
    door,
    exchange,
    help,
    link,
    listing,
    lists,
    operate,
    people,
    pressed,
    prices,
    record,
    seen,
    settings,
)
from alertd.bot.office import Job
from alertd.model.press import Action, Press

RUN: dict[str, Callable[[Job], Awaitable[Reply]]] = {
    "alert": alerts.alert,
    "alerts": listing.alerts,
    "edit": alerts.edit,
    "delete": change.delete,
    "pause": change.pause,
    "resume": change.resume,
    "snooze": change.snooze,
    "ack": seen.ack,
    "mute": change.mute,
    "price": prices.price,
    "chart": prices.chart,
    "signal": prices.signal,
    "history": record.history,
    "why": record.why,
    "watchlist": lists.watchlist,
    "settings": settings.settings,
    "link": link.link,
    "export": exchange.export,
    "import": exchange.import_,
    "help": help.help_,
    "start": door.start,
    "users": people.users,
    "invite": people.invite,
    "role": people.role,
    "ban": people.ban,
    "forget-user": people.forget_user,
    "audit": people.audit,
    "rules": operate.rules,
    "silence": operate.silence,
    "status": operate.status,
}
"""By the command's name."""

PRESS: dict[Action, Callable[[Job, Press], Awaitable[Reply]]] = {
    Action.ACK: pressed.ack,
    Action.SNOOZE: pressed.snooze,
    Action.REARM: pressed.rearm,
    Action.NUDGE: pressed.nudge,
    Action.DELETE: pressed.delete,
    Action.RESUME: pressed.resume,
    Action.WHY: pressed.why,
    Action.CHART: pressed.chart,
    Action.DROP: pressed.drop,
}
"""By the button's action."""
