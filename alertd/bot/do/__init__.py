"""What each command and each button does: one function of a `Job` for each, by the names of the catalogue."""

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
    settings,
)
from alertd.bot.office import Job
from alertd.model.press import Action

Doing = Callable[[Job], Awaitable[Reply]]

RUN: dict[str, Doing] = {
    "alert": alerts.alert,
    "alerts": listing.alerts,
    "edit": alerts.edit,
    "delete": change.delete,
    "pause": change.pause,
    "resume": change.resume,
    "snooze": change.snooze,
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

PRESS: dict[Action, Doing] = {
    Action.SNOOZE: pressed.snooze,
    Action.REARM: pressed.rearm,
    Action.NUDGE: pressed.nudge,
    Action.DELETE: pressed.delete,
    Action.PAUSE: pressed.pause,
    Action.RESUME: pressed.resume,
    Action.WHY: pressed.why,
    Action.CHART: pressed.chart,
    Action.DROP: pressed.drop,
}
"""By the button's action."""
