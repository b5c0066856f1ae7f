"""`price`, `chart`, `signal`: what a coin is doing, for whoever may look."""

from alertd.bot.asking import Reply
from alertd.bot.do.looking import Reading, readings
from alertd.bot.do.refusal import refusable, refused
from alertd.bot.do.wording import capital, read
from alertd.bot.office import Job
from alertd.conditions.explain import spoken
from alertd.conditions.fields import FIELDS, MARKET
from alertd.dispatch.draw import DAY
from alertd.dispatch.render import fold
from alertd.model.event import Value
from alertd.model.notification import Button, Notification, Picture
from alertd.model.units import duration, say_duration, say_number

SIGNALS = (
    "signal", "grade_signal", "momentum", "hourly_signal", "tm_grade", "trader_grade", "investor_grade",
)  # fmt: skip
"""The fields that `signal` tells, those of them that some source gives."""

_MOST = 20
"""Coins that are told of at once."""
_SHORTEST, _LONGEST = 900.0, 366 * DAY
"""Seconds of a chart."""


@refusable
async def price(job: Job) -> Reply:
    coins = _coins(job)
    found, short = await readings(job.office, "price", coins)
    lines = [
        f"{fold(coin)} {say_number(found[coin][0])}{_read(found[coin], job.now)}"
        if coin in found
        else f"{fold(coin)}: no source says what it costs just now"
        for coin in coins
    ]
    said = Notification(lines[0], lines=(*lines[1:], *_short(short)), buttons=(_chart_of(job, coins[0]),))
    return Reply(said=said, ok=bool(found))


@refusable
async def signal(job: Job) -> Reply:
    coins = _coins(job)
    given = {field for fields in job.office.universe().sources.values() for field in fields}
    wanted = [field for field in SIGNALS if field in given]
    if not wanted:
        raise refused("No source here gives signals", "A tokenmetrics source does: an admin can add one.")
    known = {field: await readings(job.office, field, coins) for field in wanted}
    lines = []
    for coin in coins:
        parts = [f"{_label(field)} {_said(field, each[coin][0])}" for field, (each, _) in known.items() if coin in each]
        newest = max((each[coin] for each, _ in known.values() if coin in each), key=lambda it: it[1], default=None)
        told = f"{', '.join(parts)}{_read(newest, job.now)}" if newest else "nothing is known yet"
        lines.append(f"{fold(coin)}: {told}")
    short = next((each.short for each in known.values() if each.short), "")
    ok = any(each.found for each in known.values())
    return Reply(said=Notification(lines[0], lines=(*lines[1:], *_short(short))), ok=ok)


@refusable
async def chart(job: Job) -> Reply:
    words = job.command.words
    try:
        span = duration(words[0]) if words else DAY
    except ValueError as error:
        raise refused(f"I do not know how long {words[0]!r} is", f"{capital(str(error))}.") from None
    if not _SHORTEST <= span <= _LONGEST:
        raise refused("That is no span for a chart", "Say one from 15m to a year, such as chart BTC 24h.")
    coins = _coins(job)
    return await drawn(job, Picture(coins[0], job.now, span))


async def drawn(job: Job, picture: Picture) -> Reply:
    """A chart as a reply. Raises Refusal where there is nothing to draw."""
    if picture.symbol == MARKET:
        raise refused("There is no chart of the market as a whole", "chart BTC shows that of a coin.")
    coin, span = fold(picture.symbol), say_duration(picture.span)
    png = await job.office.charts.draw(picture)
    if isinstance(png, str):
        raise refused(f"There is no chart of {coin} over {span}", png)
    found = (await readings(job.office, "price", [picture.symbol])).found.get(picture.symbol)
    now = f" {say_number(found[0])}" if found else ""
    return Reply(said=Notification(f"{coin}{now}, the last {span}"), picture=png)


def _coins(job: Job) -> list[str]:
    if not job.command.symbols:
        raise refused("Of which coin?", f"Say it, such as {job.command.name} BTC.")
    return list(job.command.symbols[:_MOST])


def _chart_of(job: Job, coin: str) -> Button:
    return job.offer(f"chart {coin}", "Chart")


def _short(why: str) -> tuple[str, ...]:
    return (why,) if why else ()


def _read(reading: Reading, now: float) -> str:
    return read(reading[2], reading[1], now)


def _label(field: str) -> str:
    return field.replace("_", " ")


def _said(field: str, value: float) -> str:
    said: Value = spoken(field, value) if field in FIELDS else value
    return said.replace("_", " ") if isinstance(said, str) else say_number(said)
