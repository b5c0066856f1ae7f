"""Every command and every button, said on each platform to a real daemon: one long conversation, as people lead it."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from alertd.bot.catalogue import COMMANDS, NAMES
from alertd.model.press import Action, read
from tests.acceptance.chatting import PLATFORMS, ROOMS, Speaker, Town, town


class Step(NamedTuple):
    """Who says what, and what stands in the one reply. `said` in brackets is a button; the `market` sets prices, and
    `mail` reads. `{code}` is the last one-time code that somebody was shown. `slip` marks what is not done, `room` a
    button in the group."""

    who: str
    said: str
    expected: tuple[str, ...]
    slip: bool = False
    room: bool = False


def does(who: str, said: str, *expected: str) -> Step:
    return Step(who, said, expected)


def taps(who: str, said: str, *expected: str) -> Step:
    return Step(who, said, expected, room=True)


def slips(who: str, said: str, *expected: str) -> Step:
    return Step(who, said, expected, slip=True)


FILE = """import
version: 1
rules:
  - name: one
    symbols: [XRP]
    when: price > 300
    fire: once
"""

TALK = (
    # ── an alert, from the first word to the last ──
    does("op", "alert BTC > 200", "Alert #1: BTC: price > 200", "Once.", "BTC is at 100, 50.0% below 200 (binance"),
    does("op", "alert BTC > 200", "You have that already: #1, which is live"),
    slips("op", "alert eth abvoe 250", "I do not know 'abvoe'", "^^^^^", "[alert ETH > 250]"),
    does("op", "[alert ETH > 250]", "Alert #2: ETH: price > 250"),
    slips("op", "alert BTC > 300k", "Is 300,000 right? BTC is at 100", "Nothing is set yet", "[Yes, 300,000]"),
    slips("op", "alert BТC > 90", "look"),
    does("op", 'alert SOL < 500 every time note "cheap & <b>cheerful</b>"', "#3", "true already", "& <b>cheerful</b>"),
    does("op", "alerts", "3 alerts", "#1  BTC: price > 200", "50.0% below 200", "#3  SOL: price < 500"),
    does("op", "alerts DOGE", "You have no alerts on DOGE yet"),
    does("market", "BTC=210"),
    does("op", "", "BTC 210: price > 200", "[Snooze 1 h] [Re-arm] [−1 %] [+1 %] [Delete] [Why] [Chart]"),
    does("op", "[Why]", "#1 BTC: price > 200", "fired: BTC 210", "You: sent 12:0"),
    does("op", "[Chart]", "BTC 210, the last 1d", "(picture)"),
    does("op", "[Snooze 1 h]", "Snoozed until Tue 2026-03-10 13:", "BTC 210: price > 200"),
    does("op", "[+1 %]", "Moved #1: BTC: price > 202", "That is true already"),
    does("op", "[−1 %]", "Moved #1: BTC: price > 199.98"),
    does("op", "[Re-arm]", "Armed again: #1: BTC: price > 199.98"),
    does("op", "why 1", "#1 BTC: price > 200", "fired: BTC 210"),
    slips("op", "why 99", "There is no alert #99"),
    does("op", "history", "Lately", "#1  fired: BTC 210", "you: sent"),
    does("op", "history DOGE", "Nothing happened on DOGE yet"),
    slips("op", "history xqzwv", "There is no coin 'xqzwv' here"),
    does("op", "[Delete]", "Deleted #1: BTC: price > 199.98"),
    does("market", "BTC=100"),
    # ── what the group is told, and others if nobody acknowledges it ──
    does("market", "XRP=410"),
    does("op", "", "XRP 410: price > 400", "[Acknowledge] [Snooze 1 h] [Why] [Chart]"),
    taps("op", "[Acknowledge]", "Acknowledged by @1: urgent/XRP", "not passed on"),
    slips("op", "ack urgnt", "is called 'urgnt'", "did you mean 'urgent'"),
    does("op", "ack urgent/XRP", "It is acknowledged already, by @1"),
    does("market", "XRP=100"),
    # ── changing what is there ──
    does("op", "edit 2 > 260", "Changed #2: ETH: price > 260", "61.5% below 260"),
    slips("op", "edit 99 > 5", "There is no alert #99"),
    does("op", "pause 2", "Paused #2: ETH: price > 260", "[Resume]"),
    does("op", "[Resume]", "Watching again: #2"),
    slips("op", "pause 99", "There is no alert #99"),
    does("op", "pause all", "Paused 2 alerts"),
    does("op", "resume 2", "Watching again: #2"),
    slips("op", "resume 2", "#2 is watching already"),
    does("op", "snooze 2 1h", "Snoozed until Tue 2026-03-10 13:", "[Wake it]"),
    does("op", "[Wake it]", "No longer snoozed: #2"),
    slips("op", "snooze 2 blah", "for how long?", "[snooze 2 4h]"),
    does("op", "mute 2h", "Muted until Tue 2026-03-10 14:", "[Unmute]"),
    does("op", "[Unmute]", "You are told again"),
    slips("op", "mute off", "You are not muted"),
    slips("op", "delete 99", "There is no alert #99"),
    slips("op", "delete all", "Delete all of your 2 alerts?", "[Yes, delete 2 alerts] [No]"),
    does("op", "[No]", "Left as it is"),
    does("op", "delete 3", "Deleted #3: SOL: price < 500"),
    # ── looking ──
    does("op", "price BTC", "BTC 100 (binance", "[Chart]"),
    slips("op", "price BTX", "there is no coin 'BTX' here", "^^^"),
    does("op", "chart BTC 24h", "BTC 100, the last 1d", "(picture)"),
    slips("op", "chart BTC 5m", "no span for a chart"),
    slips("op", "signal ETHX", "there is no coin 'ETHX' here"),
    does("op", "signal ETH", "No source here gives signals"),
    # ── one's own ──
    does("op", "watchlist majors BTC ETH", "majors: BTC, ETH"),
    slips("op", "watchlist majors BTCX", "there is no coin 'BTCX' here", "[watchlist majors BTC]"),
    does("op", "alert majors > 500", "BTC, ETH: price > 500"),
    does("op", "settings", "Your settings", "Quiet hours", "@1, owner"),
    slips("op", "settings zone Madrid", "There is no time zone 'Madrid'", "[settings zone Europe/Madrid]"),
    does("op", "[settings zone Europe/Madrid]", "Zone: Europe/Madrid"),
    slips("op", "settings quiet whenever", "whenever"),
    does("op", "settings quiet 03:00-04:00", "Quiet hours: 03:00-04:00"),
    does("op", "settings digest 08:00", "Digest: 08:00"),
    does("op", "settings digest off", "Digest: off"),
    does("op", "settings cap 50/h", "Cap: 50/h"),
    does("op", "export", "alerts.yaml", "price > 260"),
    slips("op", "import\nfoo: bar\n", "Nothing was imported", "foo"),
    does("op", FILE, "Imported: #5"),
    does("op", "help", "What you can say here", "forget-user", "[help alert]"),
    does("op", "help alert", "alert COIN CONDITION [OPTIONS]", "[alert BTC > 70k]"),
    slips("op", "help allert", "there is no command 'allert'", "[help alert]"),
    does("op", "link", "Whoever says this is you, too", "link "),
    slips("op", "link {code}", "That is your own code"),
    does("op", "link ann@desk.example", "Read your mail", "on its way to ann@desk.example"),
    does("mail", "ann@desk.example", "Your code for alertd", "If you did not ask for it"),
    does("op", "link {code}", "email is linked"),
    does("op", "settings", "email"),
    does("op", "settings channels all", "email"),
    does("op", "link remove email", "Removed: email"),
    # ── people ──
    slips("ann", "alerts", "I do not know you", "start CODE"),
    slips("ann", "start ABCDEFGHJK", "That code is none, or it is over"),
    does("op", "invite", "An invite for a user: good for ten minutes, and once", "start "),
    does("ann", "start {code}", "Welcome: you are @2 here, a user", "[alert BTC > 70k] [alerts] [help]"),
    slips("bob", "start {code}", "That code is none, or it is over"),
    slips("op", "invite king", "king"),
    does("ann", "alert DOGE > 300", "Alert #1: DOGE: price > 300"),
    slips("ann", "users", "You may not do that: it takes an admin, you are a user"),
    slips("ann", "delete @1.2", "somebody else's"),
    does("op", "users", "2 people", "@2", "user"),
    slips("op", "users 7", "no page 7"),
    does("op", "role @2 viewer", "@2 is a viewer now"),
    slips("ann", "alert BTC > 500", "You may not do that: it takes a user, you are a viewer"),
    does("ann", "price BTC", "BTC 100"),
    slips("op", "role @2 king", "king"),
    does("op", "ban @2", "@2 is banned"),
    slips("op", "ban @9", "There is nobody '@9'"),
    slips("ann", "alerts", "You are banned here"),
    does("op", "audit", "@2", "ban", "denied: is user"),
    slips("op", "audit bob", "bob"),
    slips("op", "forget-user @9", "There is nobody '@9'"),
    does("op", "forget-user @2", "Erase @2?", "[Erase @2]"),
    does("op", "[Erase @2]", "@2 is erased"),
    slips("ann", "alerts", "I do not know you"),
    # ── the daemon ──
    does("op", "rules", "2 rules of the files", "of-files  3 alerts", "urgent  2 alerts"),
    does("op", "rules of-files", "price > 100000"),
    slips("op", "rules off-files", "No rule of the files is called 'off-files'", "of-files"),
    does("op", "silence rule=of-files 2h deploy", "Held back for 2h: rule=of-files"),
    does("op", "silence list", "1 silence", "@1: deploy"),
    does("op", "silence end 1", "Silence 1 is over"),
    slips("op", "silence whatever", "for how long"),
    does("op", "status", "State", "well", "5 rules, 9 alerts, 1 source"),
)  # fmt: skip


def test_every_command_is_in_the_conversation_right_and_with_a_slip() -> None:
    """`export` and `status` take nothing that could be wrong."""
    said = {slip: {_command(step) for step in TALK if step.slip is slip} for slip in (False, True)}
    assert said[False] - {""} == set(COMMANDS)
    assert said[True] - {""} == set(COMMANDS) - {"export", "status"}


def _command(step: Step) -> str:
    return NAMES.get((step.said.split() or [""])[0], "")


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_conversation_with_every_command_and_every_button(platform: str, tmp_path: Path) -> None:
    # Telegram takes one message a second in one chat: there seconds pass more quickly.
    async with town(tmp_path, [platform], urgent=True, speed=8.0 if platform == "telegram" else 1.0) as the:
        await the.listening(platform)
        people = {"op": await the.owner(platform), "ann": the.somebody(platform), "bob": the.somebody(platform)}
        pressed, code = set[Action](), ""
        for step in TALK:
            said = step.said.format(code=code) if "{code}" in step.said else step.said
            if said.startswith("["):
                pressed.add(_action(people[step.who], said[1:-1]))
            told = await _step(the, people, step._replace(said=said), ROOMS[platform])
            if found := re.search(r"\b(?:start|link) ([A-Z2-9]{10})\b", told):
                code = found[1]
        assert pressed == set(Action)
        assert the.world.record.wrong == []
        log = "\n".join(the.world.daemon.log.lines)
        assert "a bug" not in log
        secret = [each for person in people.values() for each in person.ids]
        assert not [each for each in secret if each in log], "an address is in the log"
        await the.world.daemon.stop()
        kept = _database(tmp_path)
        assert not [each for each in secret if each.encode() in kept], "an address is in the database"
        assert b"ann@desk" not in kept


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_was_exported_is_changed_and_given_back(platform: str, tmp_path: Path) -> None:
    async with town(tmp_path, [platform], speed=8.0 if platform == "telegram" else 1.0) as the:
        await the.listening(platform)
        op, stranger = await the.owner(platform), the.somebody(platform)
        await op.asks("alert BTC > 200", "Alert #1: BTC: price > 200")
        shown = await op.asks("export", "alerts.yaml\nversion: 1")
        file = shown.rpartition("alerts.yaml\n")[2]
        await stranger.gives("alerts.yaml", file, "I do not know you")
        await op.gives("alerts.yaml", file, "There is nothing new in it")
        await op.gives("alerts.yaml", file.replace("> 200", ">> 300"), "Nothing was imported", "alerts.yaml:6:")
        await op.gives("mine.yml", file.replace("> 200", "> 300"), "Imported: #2", "#2: BTC: price > 300, once")
        await the.world.price(BTC=310.0)
        await op.reads("BTC 310: price > 200", "BTC 310: price > 300")
        assert the.world.record.wrong == []
        assert "a bug" not in "\n".join(the.world.daemon.log.lines)


async def _step(the: Town, people: dict[str, Speaker], step: Step, chat: str) -> str:
    who, said, expected, *_ = step
    if who == "market":
        coin, _, price = said.partition("=")
        await the.world.price(**{coin: float(price)})
        return ""
    if who == "mail":
        mail = (await the.world.came(1, "email", said))[-1].text
        assert all(part in mail for part in expected), mail
        return mail
    if not said:
        return await people[who].reads(*expected)
    if said.startswith("["):
        return await people[who].taps(said[1:-1], *expected, chat=chat if step.room else "")
    return await people[who].asks(said, *expected)


def _action(who: Speaker, label: str) -> Action:
    """What the latest button of that label stands for."""
    press = next(
        read(data) for shown in reversed(who.account.screen()) for name, data in shown.callbacks if name == label
    )
    assert press is not None
    return press.action


def _database(folder: Path) -> bytes:
    """All of its files."""
    return b"".join(path.read_bytes() for path in folder.glob("alertd.db*"))
