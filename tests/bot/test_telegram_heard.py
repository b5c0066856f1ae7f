"""Whatever Telegram sends as an update is read or passed over, and never stops the rest."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from telegram import Update, User

from alertd.bot.telegram_heard import heard
from alertd.wire.telegram_updates import UpdatesRequest, readable

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
        "entities": odd,
    },
)
query = st.fixed_dictionaries(
    {"id": st.text(max_size=4) | odd, "from": user | odd, "chat_instance": st.text(max_size=4) | odd},
    optional={"message": message | odd, "data": st.text(max_size=70) | odd},
)
update = st.fixed_dictionaries(
    {"update_id": st.integers(0, 2**40) | odd},
    optional={"message": message | odd, "callback_query": query | odd, "my_chat_member": odd, "poll": odd},
)


@given(st.lists(update | odd, max_size=4))
def test_any_update_is_read_or_passed_over(updates: list[Any]) -> None:
    answer = UpdatesRequest.parse_json_payload(json.dumps({"ok": True, "result": updates}).encode())
    for found in Update.de_list(answer["result"], None):
        said = heard(found, "telegram", ME)
        if said is None:
            continue
        asked = said.asked
        assert bool(asked.text) != bool(asked.button)
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
    said = heard(found, "telegram", ME)
    assert said is not None
    assert (said.message, said.asked.chat, said.asked.name, said.asked.text) == (3, "-100/9", "Ann Lee", "/alerts")
