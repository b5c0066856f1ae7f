"""How the end of an episode is told where its beginning was, over a kill -9; and how loud."""

from pathlib import Path

from tests.acceptance.world import WAYS, watch, world

RECEIVERS = {
    **WAYS,
    "me": {"telegram": "123456789", "silent": "info"},
    "post": {"email": "desk@desk.example", "loud": "info"},
    "replies": {"telegram": "222222222", "follow_ups": "reply"},
    "anew": {"telegram": "333333333", "follow_ups": "new"},
}


async def test_an_end_finds_its_beginning(tmp_path: Path) -> None:
    above = watch("above", labels={"severity": "info"}, tell=["fired", "resolved"], notify=list(RECEIVERS))
    async with world(tmp_path, [above], receivers=RECEIVERS) as the:
        await the.start()
        await the.price(BTC=210)
        await the.until(lambda: len(the.record.told_of()) >= 7)
        await the.daemon.log.has('"message": "sent over', times=7)
        await the.restart()
        await the.price(BTC=100)
        await the.until(lambda: len(the.record.told_of()) >= 14)
        assert await the.daemon.stop() == 0

        begins, ends = the.at("telegram", "123456789")
        assert (ends.edits, ends.replies) == (begins.ref, "")
        assert "resolved after" in ends.text
        assert begins.silent
        begins, ends = the.at("discord")
        assert (ends.edits, ends.replies) == (begins.ref, "")
        begins, ends = the.at("slack")
        assert (ends.edits, ends.replies) == ("", begins.ref), "Slack answers in the thread"
        begins, ends = the.at("email")
        assert (ends.new, ends.replies) == (True, begins.ref)
        assert the.email.mails[0]["Importance"] == "high"
        begins, ends = the.at("telegram", "222222222")
        assert (ends.edits, ends.replies) == ("", begins.ref)
        assert not begins.silent
        begins, ends = the.at("telegram", "333333333")
        assert (ends.edits, ends.replies) == ("", "")
    assert the.record.wrong == []
