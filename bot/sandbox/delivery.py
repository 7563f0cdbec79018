"""What people do on the page, sent to the app as Slack sends it: signed, within three seconds.

Through an open Socket Mode connection when there is one, else over HTTP to the app's URL.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from slack_sdk.signature import SignatureVerifier
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox import limits
from bot.sandbox.config import BOT_USER, SandboxConfig
from bot.sandbox.workspace import SlackError, Workspace

PATIENCE = 3.0
SILENT = "The app did not respond. Nothing may have happened; please look and try again."


class Delivery:
    """The way from a click to the app."""

    def __init__(self, config: SandboxConfig, workspace: Workspace) -> None:
        self._config, self._workspace = config, workspace
        self._signer = SignatureVerifier(config.signing_secret)
        # The app is on this machine: a proxy of the environment has no part in it.
        self._client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False)
        self._tickets: set[str] = set()
        self._sockets: list[WebSocket] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.response_times: list[float] = []

    async def close(self) -> None:
        await self._client.aclose()

    async def click(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A button, an option or an overflow of a message."""
        if asked.get("home"):
            return await self._click_home(asked)
        channel, ts = str(asked["channel"]), str(asked["ts"])
        message = self._workspace.find(channel, ts)
        if message is None:
            raise SlackError("message_not_found")
        action = _action(message["blocks"], asked)
        user = self._user(asked["user"])
        return await self._send(
            {
                "type": "block_actions",
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "api_app_id": "A00TIDE",
                "token": "deprecated",
                "container": {
                    "type": "message",
                    "message_ts": ts,
                    "channel_id": channel,
                    "thread_ts": message.get("thread_ts"),
                    "is_ephemeral": False,
                },
                "trigger_id": self._workspace.trigger(user["id"]),
                "channel": {"id": channel, "name": self._channel_name(channel)},
                "message": {
                    key: value
                    for key, value in message.items()
                    if key in ("ts", "text", "blocks", "user", "bot_id", "type", "thread_ts")
                    and value is not None
                },
                "actions": [action],
            }
        )

    async def _click_home(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The same in a person's Home: there is no message and no channel."""
        user = self._user(asked["user"])
        view = self._workspace.homes.get(user["id"])
        if view is None:
            raise SlackError("view_not_found")
        return await self._send(
            {
                "type": "block_actions",
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "api_app_id": "A00TIDE",
                "token": "deprecated",
                "container": {"type": "view", "view_id": f"V{user['id']}"},
                "trigger_id": self._workspace.trigger(user["id"]),
                "view": {**view, "id": f"V{user['id']}", "state": {"values": {}}},
                "actions": [_action(view["blocks"], asked)],
            }
        )

    async def click_view(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A button or a select of an open window."""
        user = self._user(asked["user"])
        view = self._view(asked, user)
        return await self._send(
            {
                "type": "block_actions",
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "api_app_id": "A00TIDE",
                "token": "deprecated",
                "container": {"type": "view", "view_id": view["id"]},
                "trigger_id": self._workspace.trigger(user["id"]),
                "view": {**view, "state": {"values": asked.get("values") or {}}},
                "actions": [_action(view["blocks"], asked)],
            }
        )

    async def home(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A person looks at the app's Home."""
        user = self._user(asked["user"])
        event = {
            "type": "app_home_opened",
            "user": user["id"],
            "channel": self._workspace.direct(user["id"]),
            "tab": "home",
            "event_ts": f"{time.time():.6f}",
        }
        return await self._event(event)

    async def say(self, asked: dict[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
        """A person writes in a channel, a thread or to the app alone, perhaps with files."""
        user = self._user(asked["user"])
        channel = self._workspace.channel(asked["channel"])
        text = str(asked.get("text") or "").replace("@tidewaiter", f"<@{BOT_USER}>")[:4000]
        message = self._workspace.post(
            {
                "channel": channel,
                "text": text,
                "thread_ts": asked.get("thread_ts") or None,
                "shared": shared,
            },
            user=user["id"],
        )
        event: dict[str, Any] = {
            "type": "message",
            "channel": channel,
            "channel_type": "im" if channel.startswith("D") else "channel",
            "user": user["id"],
            "text": text,
            "ts": message["ts"],
            "event_ts": message["ts"],
            "client_msg_id": secrets.token_hex(16),
        }
        if asked.get("thread_ts"):
            event["thread_ts"] = asked["thread_ts"]
        if shared:
            event |= {"subtype": "file_share", "files": shared}
        answer = await self._event(event)
        if f"<@{BOT_USER}>" in text and not channel.startswith("D"):
            # As Slack: who listens to both hears both.
            mention = {key: one for key, one in event.items() if key != "subtype"}
            answer = await self._event({**mention, "type": "app_mention"})
        return answer

    async def shortcut(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A shortcut on a message."""
        user, channel = self._user(asked["user"]), str(asked["channel"])
        message = self._workspace.find(channel, str(asked["ts"]))
        if message is None:
            raise SlackError("message_not_found")
        return await self._send(
            {
                "type": "message_action",
                "callback_id": str(asked["callback_id"]),
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "channel": {"id": channel, "name": self._channel_name(channel)},
                "message_ts": message["ts"],
                "message": {key: one for key, one in message.items() if one is not None},
                "trigger_id": self._workspace.trigger(user["id"]),
                "response_url": "",
                "token": "deprecated",
            }
        )

    async def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        """The Events API: an envelope of its own, with an id that is the same when repeated."""
        return await self._send(
            {
                "type": "event_callback",
                "token": "deprecated",
                "team_id": "T00SANDBOX",
                "api_app_id": "A00TIDE",
                "event": event,
                "event_id": f"Ev{secrets.token_hex(5).upper()}",
                "event_time": int(time.time()),
                "authorizations": [{"team_id": "T00SANDBOX", "user_id": BOT_USER, "is_bot": True}],
            },
            kind="events_api",
        )

    async def submit(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A modal's submit; gives the app's response action."""
        user = self._user(asked["user"])
        view = self._view(asked, user)
        answer = await self._send(
            {
                "type": "view_submission",
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "api_app_id": "A00TIDE",
                "trigger_id": self._workspace.trigger(user["id"]),
                "view": {**view, "state": {"values": asked.get("values") or {}}},
                "response_urls": [],
            }
        )
        body = answer.get("body") or {}
        action = body.get("response_action")
        if action == "update":
            if limits.view_problems(body.get("view")):
                return {"ok": False, "said": SILENT}
            self._workspace.update_view(body["view"], view_id=view["id"], expected=None)
        elif action == "clear":
            self._workspace.close_views(user["id"])
        elif action != "errors" and answer.get("ok"):
            self._workspace.close_view(view["id"])
        return answer

    async def suggest(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The options of an external select."""
        user = self._user(asked["user"])
        view = self._view(asked, user)
        return await self._send(
            {
                "type": "block_suggestion",
                "user": user,
                "team": {"id": "T00SANDBOX", "domain": "sandbox"},
                "api_app_id": "A00TIDE",
                "container": {"type": "view", "view_id": view["id"]},
                "view": view,
                "action_id": asked["action_id"],
                "block_id": asked["block_id"],
                "value": str(asked.get("value", "")),
            }
        )

    async def command(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A slash command; what it answers is shown to that person only."""
        user = self._user(asked["user"])
        facts = {
            "token": "deprecated",
            "team_id": "T00SANDBOX",
            "channel_id": asked["channel"],
            "user_id": user["id"],
            "user_name": user["username"],
            "command": asked["command"],
            "text": asked.get("text", ""),
            "api_app_id": "A00TIDE",
            "trigger_id": self._workspace.trigger(user["id"]),
            "response_url": "",
        }
        answer = await self._send(facts, kind="slash_commands")
        said = answer.get("text") or (answer.get("body") or {}).get("text")
        if said:
            self._workspace.whisper({"channel": asked["channel"], "user": user["id"], "text": said})
        return answer

    # -- the two ways

    async def _send(self, payload: dict[str, Any], *, kind: str = "interactive") -> dict[str, Any]:
        started = time.monotonic()
        try:
            if self._sockets:
                return await self._by_socket(payload, kind)
            return await self._by_http(payload, kind)
        finally:
            self.response_times.append(time.monotonic() - started)
            del self.response_times[:-5000]

    async def _by_http(self, payload: dict[str, Any], kind: str) -> dict[str, Any]:
        form = "application/x-www-form-urlencoded"
        if kind == "events_api":
            body, form = json.dumps(payload), "application/json"
        else:
            plain = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body = urlencode(plain)
        stamp = str(int(time.time()))
        try:
            # The three seconds are for the whole answer, however slowly it comes.
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.post(
                    self._config.events_url,
                    content=body,
                    headers={
                        "Content-Type": form,
                        "X-Slack-Request-Timestamp": stamp,
                        "X-Slack-Signature": self._signer.generate_signature(
                            timestamp=stamp, body=body
                        )
                        or "",
                    },
                )
        except (httpx.HTTPError, TimeoutError):
            return {"ok": False, "said": SILENT}
        if answer.status_code != httpx.codes.OK:
            return {"ok": False, "said": SILENT, "status": answer.status_code}
        try:
            said = answer.json() if answer.content else {}
        except ValueError:
            return {"ok": True, "text": answer.text}
        return {"ok": True, "body": said if isinstance(said, dict) else {}}

    async def _by_socket(self, payload: dict[str, Any], kind: str) -> dict[str, Any]:
        envelope = secrets.token_hex(16)
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = waiting
        try:
            await self._sockets[-1].send_json(
                {
                    "envelope_id": envelope,
                    "type": kind,
                    "payload": payload,
                    "accepts_response_payload": True,
                }
            )
            return {"ok": True, "body": await asyncio.wait_for(waiting, PATIENCE)}
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            return {"ok": False, "said": SILENT}
        finally:
            self._waiting.pop(envelope, None)

    def ticket(self) -> str:
        """What lets the app connect once. Without it any page in a browser could listen."""
        made = secrets.token_urlsafe(24)
        self._tickets.add(made)
        return made

    async def socket(self, socket: WebSocket) -> None:
        """One Socket Mode connection of the app."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await socket.close(1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        await socket.send_json({"type": "hello", "num_connections": len(self._sockets) + 1})
        self._sockets.append(socket)
        try:
            while True:
                said = await socket.receive_json()
                if not isinstance(said, dict):
                    break
                waiting = self._waiting.get(str(said.get("envelope_id")))
                if waiting is not None and not waiting.done():
                    payload = said.get("payload")
                    answer = payload if isinstance(payload, dict) else {"text": payload or ""}
                    waiting.set_result(answer)
        except (WebSocketDisconnect, RuntimeError, ValueError, KeyError):
            pass
        finally:
            self._sockets.remove(socket)

    def _view(self, asked: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
        view = self._workspace.views.get(str(asked["view_id"]))
        if view is None or view["user"] != user["id"]:
            raise SlackError("view_not_found")
        return view

    def _channel_name(self, channel_id: str) -> str:
        if channel_id.startswith("D"):
            return "directmessage"
        return next(one.name for one in self._config.channels if one.id == channel_id)

    def _user(self, user_id: Any) -> dict[str, Any]:
        for user in self._config.users:
            if user.id == user_id:
                name = user.name.split()[0].lower()
                return {"id": user.id, "username": name, "name": name, "team_id": "T00SANDBOX"}
        raise SlackError("user_not_found")


def _action(blocks: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """The action of a click on one of these blocks, as Slack tells it."""
    block, element = _element(blocks, asked["block_id"], asked["action_id"])
    action = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        return action | {"value": element.get("value"), "text": element["text"]}
    if "options" in element and asked.get("selected") not in element["options"]:
        raise SlackError("option_not_found")
    return action | {"selected_option": asked.get("selected")}


def _element(
    blocks: list[dict[str, Any]], block_id: Any, action_id: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    for block in blocks:
        if block.get("block_id") == block_id:
            offered = [*(block.get("elements") or []), block.get("accessory") or {}]
            if block.get("dispatch_action"):
                offered.append(block.get("element") or {})
            for element in offered:
                if element.get("action_id") == action_id:
                    return block, element
    raise SlackError("action_not_found")
