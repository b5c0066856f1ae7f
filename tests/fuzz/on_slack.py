"""Slack: envelopes of Socket Mode, and what would be posted back, to the loopback platform's strict reader."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from alertd.bot.asking import Answering
from alertd.bot.slack_bringing import Bringing
from alertd.bot.slack_hearing import Said, Way, hear
from alertd.channels.slack_api import SlackApi
from alertd.demo.platforms.slack_blocks import pressable, read
from alertd.wire.secret import Secret
from tests.bot.room import Room
from tests.fuzz.wire import Between, Saying, Wrong, ears, file_of

ME, ROOM = "U0ALERTDBOT", "C0ROOM0001"


class Posted(SlackApi):
    """What would be sent, in place of sending it: (whether everybody sees it, the message)."""

    def __init__(self) -> None:
        self.bodies: list[tuple[bool, Mapping[str, Any]]] = []
        self.shared: list[str] = []

    async def call(
        self, method: str, body: Mapping[str, Any], *, now: float, address: str = "", token: Secret | None = None
    ) -> Mapping[str, Any]:
        if method == "conversations.open":
            return {"ok": True, "channel": {"id": f"D{body['users']}"}}
        public = method == "chat.postMessage" and not str(body["channel"]).startswith(("D", "U"))
        self.bodies.append((public, body))
        return {"ok": True}

    async def post(self, url: Callable[[], str], body: Mapping[str, Any], *, now: float, address: str = "") -> None:
        self.bodies.append((body.get("response_type") == "in_channel", body))

    async def upload(
        self, name: str, content: bytes, *, channel: str, now: float, thread: str = "", address: str = ""
    ) -> None:
        if not name or not content:
            raise Wrong("payload: a file that is empty")
        self.shared.append(channel)


class Slack:
    def __init__(self, stand: Room, answering: Answering) -> None:
        self._stand = stand
        self._between = Between(stand, answering)
        self._api = Posted()
        self._bringing = Bringing(self._api, ears(stand, "slack", self._between), None)

    def update(self, saying: Saying) -> dict[str, Any]:
        user, team = saying.who.user, saying.who.workspace
        chat = ROOM if saying.group else f"D{user[1:]}"
        url = "https://hooks.slack.com/actions/T1/x"
        envelope: dict[str, Any] = {"envelope_id": f"e-{saying.number}", "accepts_response_payload": True}
        if saying.button:
            payload: dict[str, Any] = {
                "type": "block_actions",
                "user": {"id": user, "username": saying.name, "name": saying.name, "team_id": team},
                "team": {"id": team, "domain": "loopback"},
                "container": {"type": "message", "message_ts": "1767225600.000001", "channel_id": chat},
                "channel": {"id": chat, "name": "group"},
                "response_url": url,
                "message": {"ts": "1767225600.000001"},
                "actions": [{"type": "button", "action_id": "0", "block_id": "b", "value": saying.button}],
            }
            payload["container"]["is_ephemeral"] = saying.rng.random() < 0.3
            return {**envelope, "type": "interactive", "payload": payload}
        typed = saying.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        if saying.rng.random() < 0.1:
            typed = saying.text
        if saying.rng.random() < 0.5:
            payload = {"command": "/alertd", "text": typed, "team_id": team, "user_id": user, "user_name": saying.name}
            return {
                **envelope,
                "type": "slash_commands",
                "payload": {**payload, "channel_id": chat, "response_url": url},
            }
        kind = {"type": "app_mention"} if saying.group else {"type": "message", "channel_type": "im"}
        text = f"<@{ME}> {typed}" if saying.group else typed
        event: dict[str, Any] = {
            **kind,
            "user": user,
            "text": text,
            "ts": "1767225600.000002",
            "team": team,
            "channel": chat,
        }
        if not saying.group and (file := file_of(saying)):
            files = [{"id": "F1", "name": "a.yaml", "size": len(file), "url_private_download": file}]
            event |= {"subtype": "file_share", "files": files}
        payload = {"type": "event_callback", "team_id": team, "event_id": f"Ev{saying.number}", "event": event}
        return {**envelope, "type": "events_api", "payload": payload}

    async def deliver(self, raw: Any, rng: Random) -> None:
        raw = json.loads(json.dumps(raw))
        if not isinstance(raw, dict):
            return  # the SDK hands on objects only
        said = hear("slack", raw.get("type"), raw.get("envelope_id"), raw.get("payload"), ME, fetch=self._between.fetch)
        if said is None:
            return
        self._api.bodies.clear()
        self._api.shared.clear()
        reply = await self._between.answer(said.asked)
        if reply is None:
            return
        told = said.way is Way.COMMAND and rng.random() < 0.5
        if told:
            body = self._bringing.answer(said, reply)
            self._api.bodies.append((body["response_type"] == "in_channel", body))
        await self._bringing.bring(said, reply, told=told)
        for public, posted in self._api.bodies:
            self._check(said, public and reply.private, json.loads(json.dumps(posted)))
        if reply.private and said.asked.group and ROOM in self._api.shared:
            raise Wrong("leak: a file for one person is in the channel")

    def _check(self, said: Said, leaked: bool, body: dict[str, Any]) -> None:
        try:
            read(body)
            pressable(body)
        except (KeyError, TypeError, ValueError) as error:
            raise Wrong(f"payload: {error!r} in {body}") from error
        if leaked and said.asked.group:
            raise Wrong(f"leak: what is for one person is in the channel: {body['text']!r}")
