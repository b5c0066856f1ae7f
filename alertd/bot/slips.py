"""A slip as a reply: the place, the reason, and corrected commands to tap."""

from alertd.bot.asking import Reply
from alertd.bot.do.wording import capital
from alertd.bot.language.coins import ADD
from alertd.bot.language.command import Slip
from alertd.bot.offers import Offers
from alertd.model.notification import Notification
from alertd.model.people import Person, Role

_ADMINS = {ADD: "ask an admin to add it", "add it under sources:": "an admin can add it"}
"""What hints say of the configuration, which is the admins', and what everybody else is told instead."""
_SHOWN = 120
"""Characters of the line around the place that are shown."""


def explained(slip: Slip, offers: Offers, person: Person) -> Reply:
    """What is wrong, where, and what would be right; nothing was done."""
    problem = slip.problem
    hint = problem.hint
    if not person.role.at_least(Role.ADMIN):
        for words, others in _ADMINS.items():
            hint = hint.replace(words, others)
    buttons = [offers.button(person.number, command) for command in slip.offers]
    buttons += [offers.button(person.number, command, label) for label, command in slip.choices]
    said = Notification(
        capital(problem.message),
        lines=(hint,) if hint else (),
        buttons=tuple(buttons),
    )
    return Reply(said=said, ok=False, code=_pointed(problem.text, problem.column, problem.width), private=True)


def _pointed(text: str, column: int, width: int) -> str:
    """The line with a caret below the place, "" where there is none."""
    if not text or column < 1:
        return ""
    start = max(0, min(column - 1 - _SHOWN // 2, len(text) - _SHOWN))
    part = text[start : start + _SHOWN]
    at = column - 1 - start
    return f"{part}\n{' ' * at}{'^' * max(min(width, len(part) - at), 1)}"
