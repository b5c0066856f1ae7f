"""Whatever Telegram sends as an update is read or passed over, and never stops the rest."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update, User

from alertd.bot.asking import Upload
from alertd.bot.telegram_heard import heard
from alertd.wire.telegram_updates import UpdatesRequest, readable
from tests.fakes import unfetched

ME = User(110, "alertd", is_bot=True, username="alertd_bot")

odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({}), st.just([{}])
)
user = st.fixed_dictionaries(
    {"id": st.integers(1, 2**52) | odd, "is_bot": st.booleans() | odd, "first_name": st.text(max_size=8) | odd},
    optional={"last_name": st.text(max_size=4) | odd, "username": odd},
)
chat = st.fixed_dictionaries(
    {"id": st.integers(-(2**52), 2**52) | odd, "type": st.sampled_from(["private", "group", "supergroup"]) | odd}
)
told = st.fixed_dictionaries(
    {"message_id": st.integers(0, 9) | odd, "date": st.integers(0, 2**33) | odd, "chat": chat | odd},
    optional={"from": user | odd},
)
document = st.fixed_dictionaries(
    {"file_id": st.text(max_size=4) | odd, "file_unique_id": st.text(max_size=4) | odd},
    optional={"file_name": st.text(max_size=8) | odd, "file_size": st.integers(0, 2**33) | odd},
)
message = st.fixed_dictionaries(
    {"message_id": st.integers(0, 9) | odd, "date": st.integers(0, 2**33) | odd, "chat": chat | odd},
    optional={
        "from": user | odd,
        "text": st.text(max_size=20) | st.sampled_from(["/alert BTC > 1", "/a@alertd_bot", "/ a", "/a@b"]) | odd,
        "reply_to_message": told | odd,
        "message_thread_id": st.integers(0, 9) | odd,
        "is_topic_message": st.booleans() | odd,
        "sender_chat": chat | odd,
        "photo": odd,
        "document": document | odd,
        "caption": st.sampled_from(["/import", "import", "/alerts", "mine"]) | odd,
        "forward_origin": st.fixed_dictionaries({"date": st.integers(0, 2**33) | odd}, optional={"type": odd}) | odd,
        "entities": odd,
    },
)
query = st.fixed_dictionaries(
    {"id": st.text(max_size=4) | odd, "from": user | odd, "chat_instance": st.text(max_size=4) | odd},
    optional={"message": message | odd, "data": st.text(max_size=70) | odd},
)
STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")
member = st.fixed_dictionaries({"user": user | odd, "status": st.sampled_from(STATUSES) | odd})
change = st.fixed_dictionaries(
    {
        "chat": chat | odd,
        "from": user | odd,
        "date": st.integers(0, 2**33) | odd,
        "old_chat_member": member | odd,
        "new_chat_member": member | odd,
    }
)
update = st.fixed_dictionaries(
    {"update_id": st.integers(0, 2**40) | odd},
    optional={"message": message | odd, "callback_query": query | odd, "my_chat_member": change | odd, "poll": odd},
)


@given(st.lists(update | odd, max_size=4))
def test_any_update_is_read_or_passed_over(updates: list[Any]) -> None:
    answer = UpdatesRequest.parse_json_payload(json.dumps({"ok": True, "result": updates}).encode())
    for found in Update.de_list(answer["result"], None):
        said = heard(found, "telegram", ME, unfetched)
        if said is None:
            continue
        asked = said.asked
        assert [bool(each) for each in (asked.text, asked.button, asked.returned)].count(True) == 1
        assert asked.key == f"110:{found.update_id}"
        assert asked.identity.user == asked.direct
        "".join((asked.text, asked.button, asked.name)).encode()


@given(st.lists(update, max_size=4))
def test_every_update_that_has_a_number_can_be_confirmed(updates: list[dict[str, Any]]) -> None:
    numbers = [each["update_id"] for each in updates if type(each["update_id"]) is int]
    assert [each["update_id"] for each in readable(updates)] == numbers


def test_an_answer_that_is_no_list_is_left_as_it_is() -> None:
    assert UpdatesRequest.parse_json_payload(b'{"ok": true}') == {"ok": True}
    assert not UpdatesRequest.parse_json_payload(b"[]")


def test_what_is_read_of_an_update_comes_through() -> None:
    whole = {
        "update_id": 5,
        "message": {
            "message_id": 3,
            "date": 1,
            "chat": {"id": -100, "type": "supergroup", "title": "desk"},
            "from": {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "language_code": "en"},
            "text": "/alerts",
            "message_thread_id": 9,
            "is_topic_message": True,
            "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
        },
    }
    (found,) = Update.de_list(readable([whole]), None)
    said = heard(found, "telegram", ME, unfetched)
    assert said is not None
    assert (said.message, said.asked.chat, said.asked.name, said.asked.text) == (3, "-100/9", "Ann Lee", "/alerts")


ORIGINS: tuple[dict[str, Any], ...] = (
    {"type": "user", "date": 1, "sender_user": {"id": 8, "is_bot": False, "first_name": "Bob"}},
    {"type": "hidden_user", "date": 1, "sender_user_name": "Bob"},
    {"type": "chat", "date": 1, "sender_chat": {"id": -100, "type": "supergroup", "title": "desk"}},
    {"type": "channel", "date": 1, "chat": {"id": -101, "type": "channel", "title": "news"}, "message_id": 4},
    {"type": "of another day", "date": 1},
)


@pytest.mark.parametrize("origin", ORIGINS, ids=lambda origin: origin["type"])
@pytest.mark.parametrize(
    ("chat", "more", "heard_as"),
    [
        pytest.param("private", {"text": "/ban @2"}, "", id="a command"),
        pytest.param("private", {"text": "ban @2"}, "", id="words"),
        pytest.param("supergroup", {"text": "/ban @2"}, "", id="a command in a group"),
        pytest.param("private", {"document": {"file_id": "B1", "file_unique_id": "u"}}, "import", id="a document"),
        pytest.param(
            "supergroup",
            {"document": {"file_id": "B1", "file_unique_id": "u"}, "caption": "/import"},
            "",
            id="a document in a group",
        ),
    ],
)
def test_what_is_forwarded_is_no_command(
    origin: dict[str, Any], chat: str, more: dict[str, Any], heard_as: str
) -> None:
    told = {"message_id": 3, "date": 1, "chat": {"id": 7, "type": chat}, **more}
    told["from"] = {"id": 7, "is_bot": False, "first_name": "Ann"}
    updates = [{"update_id": 5, "message": {**told, "forward_origin": origin}}, {"update_id": 6, "message": told}]
    forwarded, said = Update.de_list(readable(updates), None)
    found = heard(forwarded, "telegram", ME, unfetched)
    assert (found.asked.text if found else "") == heard_as
    assert heard(said, "telegram", ME, unfetched) is not None


@pytest.mark.parametrize(
    ("chat", "caption", "heard_as"),
    [
        pytest.param("private", None, "import", id="alone in a private chat"),
        pytest.param("private", "these are mine", "import", id="with words"),
        pytest.param("private", "/import", "import", id="with the command"),
        pytest.param("private", "/delete 3", "/delete 3", id="with another command"),
        pytest.param("supergroup", "/import", "import", id="in a group, with the command"),
        pytest.param("supergroup", "/import@ALERTD_bot", "import", id="in a group, for this bot"),
        pytest.param("supergroup", "/import@other_bot", "", id="in a group, for another bot"),
        pytest.param("supergroup", "look", "", id="in a group, with words"),
        pytest.param("supergroup", None, "", id="alone in a group"),
    ],
)
def test_a_document_is_for_import_where_that_is_meant(chat: str, caption: str | None, heard_as: str) -> None:
    told = {
        "message_id": 3,
        "date": 1,
        "chat": {"id": 7, "type": chat},
        "from": {"id": 7, "is_bot": False, "first_name": "Ann"},
        "document": {"file_id": "B1", "file_unique_id": "u1", "file_name": "my.yaml", "file_size": 64, "thumbnail": {}},
    }
    whole = {"update_id": 5, "message": told if caption is None else {**told, "caption": caption}}
    (found,) = Update.de_list(readable([whole]), None)
    said = heard(found, "telegram", ME, unfetched)
    assert (said.asked.text if said else "") == heard_as
    assert (said.asked.uploads if said else ()) == (
        (Upload("my.yaml", 64, "B1", unfetched),) if heard_as == "import" else ()
    )


@pytest.mark.parametrize(
    ("status", "returned"),
    [
        ("creator", True),
        ("administrator", True),
        ("member", True),
        ("restricted", True),
        ("left", False),
        ("kicked", False),
    ],
)
@pytest.mark.parametrize(("kind", "chat"), [("private", 7), ("supergroup", -100)])
def test_the_bot_is_in_a_chat_again(kind: str, chat: int, status: str, returned: bool) -> None:
    """Of an administrator Telegram tells far more than the status, of which nothing is asked for."""
    bot = {"id": 110, "is_bot": True, "first_name": "alertd"}
    whole = {
        "update_id": 5,
        "my_chat_member": {
            "chat": {"id": chat, "type": kind},
            "from": {"id": 7, "is_bot": False, "first_name": "Ann"},
            "date": 1,
            "old_chat_member": {"user": bot, "status": "kicked", "until_date": 0},
            "new_chat_member": {"user": bot, "status": status},
        },
    }
    (found,) = Update.de_list(readable([whole]), None)
    said = heard(found, "telegram", ME, unfetched)
    assert (said is not None) == returned
    if said is not None:
        assert (said.asked.place.user, said.asked.returned) == (str(chat), True)
