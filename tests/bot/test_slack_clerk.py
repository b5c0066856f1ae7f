"""A conversation on Slack with the real clerk: add, be told, snooze."""

import secrets
from pathlib import Path

from alertd.channels.slack import SlackSettings, build
from alertd.demo.platforms.slack_people import TEAM
from alertd.model.people import Identity, Role
from alertd.wire.session import http_session
from tests.bot.room import room
from tests.bot.slack_desk import ANN, BEN, desk


async def test_add_an_alert_be_told_snooze_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    async with room() as stand, desk(stand.clerk, stand.clock) as at, http_session() as session:
        await stand.enrol("ann", Role.USER)
        people = stand.office.people
        row = people.link(stand.numbers["ann"], Identity("slack", TEAM, ANN), ANN, "ann")
        await stand.pipeline.serve(people=[row])
        await stand.price(BTC=65_000)
        added = await at.ann.says("/alert BTC > 70k")
        assert "70,000" in added.text
        assert "BTC" in (await at.ann.says("alerts")).text

        await stand.after(60)
        await stand.price(BTC=70_100)
        token.write_text(at.platform.token)
        more = {"token": f"file:{token}", "app_token": f"file:{token}"}
        channel = build("slack", SlackSettings.model_validate({"url": at.platform.url, **more}), session)
        (told,) = (each for each in stand.sent("ann") if each.channel == "slack")
        await channel.send(told._replace(address=ANN), stand.clock.now())
        alert = await at.ann.reads()
        assert "BTC" in alert.text
        assert "Snooze 1 h" in dict(alert.callbacks)
        assert "snoozed" in (await at.ann.presses("Snooze 1 h")).text.lower()
        assert at.wrong == []


async def test_a_stranger_gets_nothing_but_the_way_in() -> None:
    async with room() as stand, desk(stand.clerk, stand.clock) as at:
        await stand.price(BTC=65_000)
        for typed in ("/alert BTC > 70k", "price BTC"):
            seen = await at.ben.says(typed)
            assert "65,000" not in seen.text
        assert stand.office.people.find(Identity("slack", TEAM, BEN)) is None
        assert (await at.ben.says(f"/alertd start {secrets.token_hex(4)}")).text
        assert at.wrong == []
