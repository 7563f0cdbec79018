"""The Web API methods that we use, as strict as Slack about tokens, limits and triggers.

Faults can be scripted for tests: a list of answers per method, used up one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox import limits
from bot.sandbox.config import BOT_USER, TEAM
from bot.sandbox.files import Files
from bot.sandbox.workspace import SlackError, Workspace

Method = Callable[[dict[str, Any]], dict[str, Any]]
_SHOWN = (
    *("type", "ts", "user", "bot_id", "text", "blocks", "thread_ts", "metadata", "edited", "files"),
)


class SlackApi:
    """The methods, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.files = Files(workspace)
        self.faults: dict[str, list[Any]] = {}
        self.calls: list[tuple[float, str]] = []
        self.socket_url: Callable[[], str] = str
        self._methods: dict[str, Method] = {
            "api.test": lambda _: {},
            "auth.test": self._auth,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "chat.getPermalink": self._permalink,
            "views.open": self._open,
            "views.update": self._view_update,
            "views.publish": self._publish,
            "users.info": self._user,
            "users.list": self._users,
            "conversations.list": self._channels,
            "conversations.info": self._channel,
            "conversations.open": self._direct,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "apps.connections.open": self._connect,
            "blocks.validate": self._validate,
            "files.getUploadURLExternal": self.files.place,
            "files.completeUploadExternal": self.files.complete,
            "files.info": self.files.info,
            "files.delete": self.files.delete,
        }

    def routes(self) -> list[Route]:
        return [
            Route("/api/{method:path}", self.handle, methods=["GET", "POST"]),
            *self.files.routes(),
        ]

    async def handle(self, request: Request) -> Response:
        name = request.path_params["method"]
        facts, token = await _facts(request)
        self.calls.append((time.time(), name))
        del self.calls[:-5000]
        fault = self.faults[name].pop(0) if self.faults.get(name) else None
        if fault in (429, "429"):
            return JSONResponse(
                {"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": "1"}
            )
        if fault == "timeout":
            await asyncio.sleep(30)
        if isinstance(fault, int):
            return Response("fault", fault)
        wanted = (
            self.workspace.config.app_token
            if name == "apps.connections.open"
            else self.workspace.config.bot_token
        )
        if token != wanted:
            return _refused("invalid_auth" if token else "not_authed")
        method = self._methods.get(name)
        if method is None:
            return _refused("unknown_method")
        try:
            if isinstance(fault, str) and fault not in ("timeout", "lost"):
                raise SlackError(fault)
            answer = await asyncio.to_thread(method, facts)
        except SlackError as exc:
            return _refused(exc.error, **exc.more)
        if fault == "lost":
            # It was done, and the answer never arrives.
            return Response("the answer was lost", 502)
        return JSONResponse({"ok": True, **answer})

    # -- methods

    def _auth(self, _facts: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": f"http://{self.workspace.config.host}:{self.workspace.config.port}/",
            "team": "Harbor & Pine",
            "user": "tidewaiter",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": "B00TIDE",
        }

    def _post(self, facts: dict[str, Any]) -> dict[str, Any]:
        _check_message(facts)
        self._know_files(facts.get("blocks"), "invalid_blocks")
        made = self.workspace.post(facts)
        return {"channel": made["channel"], "ts": made["ts"], "message": _shown(made, facts)}

    def _know_files(self, blocks: Any, error: str) -> None:
        """A picture shows a file that was handed over and completed."""
        for block in blocks or []:
            file = block.get("slack_file")
            if file is not None and not self.files.has(file.get("id")):
                raise SlackError(error, response_metadata={"messages": ["invalid slack file"]})

    def _update(self, facts: dict[str, Any]) -> dict[str, Any]:
        _check_message(facts)
        made = self.workspace.update(facts)
        return {"channel": made["channel"], "ts": made["ts"], "text": made["text"]}

    def _whisper(self, facts: dict[str, Any]) -> dict[str, Any]:
        _check_message(facts)
        return {"message_ts": self.workspace.whisper(facts)}

    def _permalink(self, facts: dict[str, Any]) -> dict[str, Any]:
        channel = self.workspace.channel(facts.get("channel"))
        ts = str(facts.get("message_ts"))
        return {"permalink": f"/#{channel}/{ts}", "channel": channel}

    def _open(self, facts: dict[str, Any]) -> dict[str, Any]:
        view = _view(facts, "modal")
        self._know_files(view.get("blocks"), "invalid_arguments")
        return {"view": self.workspace.open_view(facts.get("trigger_id"), view)}

    def _view_update(self, facts: dict[str, Any]) -> dict[str, Any]:
        view = _view(facts, "modal")
        self._know_files(view.get("blocks"), "invalid_arguments")
        kept = self.workspace.update_view(
            view, view_id=str(facts.get("view_id")), expected=facts.get("hash")
        )
        return {"view": kept}

    def _publish(self, facts: dict[str, Any]) -> dict[str, Any]:
        view = _view(facts, "home")
        if not any(user.id == facts.get("user_id") for user in self.workspace.config.users):
            raise SlackError("user_not_found")
        self.workspace.publish(str(facts["user_id"]), view)
        return {}

    def _user(self, facts: dict[str, Any]) -> dict[str, Any]:
        for user in self.workspace.config.users:
            if user.id == facts.get("user"):
                return {"user": _profile(user)}
        raise SlackError("user_not_found")

    def _users(self, _facts: dict[str, Any]) -> dict[str, Any]:
        return {"members": [_profile(user) for user in self.workspace.config.users]}

    def _channels(self, _facts: dict[str, Any]) -> dict[str, Any]:
        return {
            "channels": [
                {"id": one.id, "name": one.name, "is_member": True, "is_archived": False}
                for one in self.workspace.config.channels
            ]
        }

    def _channel(self, facts: dict[str, Any]) -> dict[str, Any]:
        found = self.workspace.channel(facts.get("channel"))
        return {"channel": {"id": found, "is_member": True, "is_archived": False}}

    def _direct(self, facts: dict[str, Any]) -> dict[str, Any]:
        """The channel of a person and the app alone."""
        return {"channel": {"id": self.workspace.direct(facts.get("users"))}}

    def _history(self, facts: dict[str, Any]) -> dict[str, Any]:
        channel = self.workspace.channel(facts.get("channel"))
        with self.workspace.lock:
            found = [
                _shown(one, facts)
                for one in reversed(self.workspace.messages)
                if one["channel"] == channel and (not one["thread_ts"] or one["broadcast"])
            ]
        return _page(found, facts)

    def _replies(self, facts: dict[str, Any]) -> dict[str, Any]:
        channel = self.workspace.channel(facts.get("channel"))
        with self.workspace.lock:
            found = self.workspace.thread(channel, str(facts.get("ts")))
            if not found:
                raise SlackError("thread_not_found")
            return _page([_shown(one, facts) for one in found], facts)

    def _connect(self, _facts: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.socket_url()}

    def _validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        found = limits.problems(facts.get("blocks"), surface="message")
        if found:
            raise SlackError("invalid_blocks", response_metadata={"messages": found})
        return {}


async def _facts(request: Request) -> tuple[dict[str, Any], str | None]:
    header = request.headers.get("authorization", "")
    token = header.removeprefix("Bearer ").strip() if header else None
    facts: dict[str, Any] = dict(request.query_params)
    if request.method == "POST":
        if "json" in request.headers.get("content-type", ""):
            try:
                body = json.loads(await request.body() or b"{}")
            except ValueError:
                body = {}
            facts |= body if isinstance(body, dict) else {}
        else:
            facts |= dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    for name in ("blocks", "view", "metadata", "files"):
        if isinstance(facts.get(name), str):
            # What cannot be read stays a text, and is refused as one.
            with contextlib.suppress(ValueError):
                facts[name] = json.loads(facts[name])
    return facts, token or facts.get("token")


def _check_message(facts: dict[str, Any]) -> None:
    blocks = facts.get("blocks")
    if not facts.get("text") and not blocks:
        raise SlackError("no_text")
    if len(str(facts.get("text") or "")) > 40_000:
        raise SlackError("msg_too_long")
    metadata = facts.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    if blocks is not None:
        if found := limits.problems(blocks, surface="message"):
            raise SlackError("invalid_blocks", response_metadata={"messages": found})
        if limits.too_long(blocks):
            raise SlackError("msg_blocks_too_long")


def _view(facts: dict[str, Any], kind: str) -> dict[str, Any]:
    view = facts.get("view")
    found = limits.view_problems(view)
    if found or not isinstance(view, dict) or view["type"] != kind:
        found = found or [f"the view must be a {kind}"]
        raise SlackError("invalid_arguments", response_metadata={"messages": found})
    return view


def _page(found: list[dict[str, Any]], facts: dict[str, Any]) -> dict[str, Any]:
    """As many as were asked for, and the cursor of the rest."""
    try:
        most = min(max(int(facts.get("limit") or 100), 1), 999)
    except (TypeError, ValueError):
        raise SlackError("invalid_arguments") from None
    try:
        start = int(str(facts.get("cursor") or "from:0").removeprefix("from:"))
    except ValueError:
        raise SlackError("invalid_cursor") from None
    end = start + most
    more = len(found) > end
    return {
        "messages": found[start:end],
        "has_more": more,
        "response_metadata": {"next_cursor": f"from:{end}" if more else ""},
    }


def _shown(message: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    shown = {name: message.get(name) for name in _SHOWN if message.get(name) is not None}
    if str(facts.get("include_all_metadata", "")).lower() not in ("1", "true"):
        shown.pop("metadata", None)
    return shown


def _profile(user: Any) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name.split()[0].lower(),
        "real_name": user.name,
        "profile": {"email": user.email, "real_name": user.name},
        "deleted": False,
        "is_bot": False,
    }


def _refused(error: str, **more: Any) -> JSONResponse:
    return JSONResponse({"ok": False, "error": error, **more})
