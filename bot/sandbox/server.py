"""The sandbox's process: the workspace, the authority, the mail sink, and the page over them.

It listens on loopback only, answers to its own host names only (a page elsewhere must not reach
it by DNS rebinding), and takes changes from its own origin only.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.sandbox.authority import Authority
from bot.sandbox.config import SandboxConfig
from bot.sandbox.delivery import Delivery
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.openid import SignIn
from bot.sandbox.signing import SigningRoom
from bot.sandbox.slack_api import SlackApi
from bot.sandbox.workspace import SlackError, Workspace
from ingest.smtp import Listener

__all__ = ["Sandbox", "SandboxConfig", "serve"]

_PAGE = Path(__file__).with_name("page")
_FILES = {
    "app.js": "text/javascript",
    "blocks.js": "text/javascript",
    "sign.js": "text/javascript",
    "style.css": "text/css",
}
_LOOK_SECONDS = 0.1
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class Sandbox:
    """All the parts, and the web application over them."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.workspace = Workspace(config)
        self.api = SlackApi(self.workspace)
        self.authority = Authority(config, self.workspace)
        self.mailbox = Mailbox(config, self.workspace)
        self.signing = SigningRoom(config, self.workspace)
        self.delivery = Delivery(config, self.workspace)
        self.api.socket_url = lambda: (
            f"ws://{config.host}:{config.port}/socket?ticket={self.delivery.ticket()}"
        )
        self.stopping: Callable[[], bool] = bool
        self.sink = Listener(
            host=config.sink_host,
            port=config.sink_port,
            take=self.mailbox.take,
            accepts=lambda _: True,
        )
        self.app = Starlette(
            routes=[
                Route("/", self._index),
                Route("/page/{name}", self._file),
                Route("/archives/{channel}/{ts}", self._message),
                Route("/favicon.ico", lambda _request: Response(status_code=204)),
                *SignIn(config).routes(),
                *self.api.routes(),
                *self.authority.routes(),
                *self.signing.routes(),
                WebSocketRoute("/socket", self.delivery.socket),
                Route("/sandbox/state", self._state),
                Route("/sandbox/changes", self._changes),
                Route("/sandbox/{what}", self._act, methods=["POST"]),
                Route("/healthz", self._health),
            ],
            middleware=[
                Middleware(
                    TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", config.host]
                ),
                Middleware(_OwnOrigin),
            ],
            lifespan=self._life,
        )

    @contextlib.asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        await self.sink.start()
        yield
        await self.sink.stop()
        await self.delivery.close()

    async def _index(self, _request: Request) -> Response:
        return FileResponse(_PAGE / "index.html", headers={"Content-Security-Policy": _POLICY})

    async def _message(self, request: Request) -> Response:
        """The address of a message: the page opens at it."""
        channel, ts = request.path_params["channel"], request.path_params["ts"]
        return RedirectResponse(f"/#{quote(channel)}/{quote(ts)}")

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            return Response(status_code=404)
        return FileResponse(_PAGE / name, media_type=_FILES[name])

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def _state(self, request: Request) -> Response:
        return JSONResponse(self.state(request.query_params.get("user", "")))

    def state(self, user: str) -> dict[str, Any]:
        """Everything that one person sees."""
        self.authority.advance()  # it takes its own lock first, so never inside the workspace's
        with self.workspace.lock:
            return {
                "version": self.workspace.version,
                "users": [one.model_dump() for one in self.config.users],
                "channels": [one.model_dump() for one in self.config.channels],
                "messages": [
                    one
                    for one in self.workspace.messages
                    if one["channel"][0] != "D" or one["channel"] == f"D{user[1:]}"
                ],
                "whispers": [one for one in self.workspace.whispers if one["to"] == user],
                "views": [one for one in self.workspace.views.values() if one["user"] == user],
                "home": self.workspace.homes.get(user),
                "mails": self.mailbox.mails,
                "signing": self.signing.shown(),
                "intake": self.config.intake_host and f"{self.config.intake_port}",
                "authority": {
                    "away": self.authority.away,
                    "entries": [
                        {key: entry[key] for key in ("key", "entryNumber", "reference", "events")}
                        for entry in self.authority.entries.values()
                    ],
                },
            }

    async def _changes(self, request: Request) -> Response:
        """Server-sent events: a line each time that something is new."""

        async def stream() -> AsyncIterator[bytes]:
            # Looking, not waiting in a thread: a few open pages would take all the threads that
            # the Web API needs.
            seen, quiet = 0, 0
            while not self.stopping() and not await request.is_disconnected():
                newest = self.workspace.version
                quiet += 1
                if newest != seen:
                    yield f"data: {newest}\n\n".encode()
                    seen, quiet = newest, 0
                elif quiet % 50 == 0:
                    yield b": waiting\n\n"
                await asyncio.sleep(_LOOK_SECONDS)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def _act(self, request: Request) -> Response:
        """What a person does on the page."""
        try:
            asked = json.loads(await request.body())
            if not isinstance(asked, dict):
                raise TypeError("a JSON object is expected")
            return JSONResponse(await self._do(request.path_params["what"], asked))
        except SlackError as exc:
            return JSONResponse({"ok": False, "said": exc.error}, 400)
        except (KeyError, ValueError, TypeError, OSError) as exc:
            return JSONResponse({"ok": False, "said": f"{type(exc).__name__}: {exc}"}, 400)

    async def _do(self, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        to_the_app = {
            "click": self.delivery.click,
            "view": self.delivery.click_view,
            "submit": self.delivery.submit,
            "suggest": self.delivery.suggest,
            "command": self.delivery.command,
            "home": self.delivery.home,
            "shortcut": self.delivery.shortcut,
        }
        if what in to_the_app:
            return await to_the_app[what](asked)
        match what:
            case "say":
                shared = [
                    self.api.files.share(
                        str(one["name"]), base64.b64decode(str(one["data"]), validate=True)
                    )
                    for one in asked.get("files") or []
                ]
                return await self.delivery.say(asked, shared)
            case "close":
                self.workspace.close_view(str(asked["view_id"]))
            case "mail":
                mail = self.mailbox.compose(
                    sender=str(asked["from"]),
                    to=str(asked["to"]),
                    subject=str(asked["subject"]),
                    text=str(asked["text"]),
                )
                await asyncio.to_thread(self.mailbox.send, mail)
            case "deliver":
                raw = base64.b64decode(str(asked["raw"]), validate=True)
                return {"ok": True, "answer": await asyncio.to_thread(self.mailbox.hand_in, raw)}
            case "authority":
                self.authority.tell(str(asked["key"]), str(asked["event"]), asked.get("reason"))
            case "sign":
                self.signing.decide(
                    str(asked["key"]),
                    name=str(asked.get("name", "")),
                    signs=asked["signs"] is True,
                    reason=str(asked.get("reason", "")),
                )
            case "outage":
                self.authority.away = bool(asked["away"])
            case "faults":
                self.api.faults[str(asked["method"])] = list(asked["answers"])
            case _:
                raise SlackError("unknown_action")
        return {"ok": True}


class _OwnOrigin:
    """Refuses changes that another site's page asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            headers = dict(scope["headers"])
            origin = headers.get(b"origin")
            host = headers.get(b"host", b"")
            if origin is not None and origin != b"http://" + host:
                await Response("another origin", status_code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def serve(config: SandboxConfig) -> None:
    """Run until told to stop."""
    sandbox = Sandbox(config)
    server = uvicorn.Server(
        uvicorn.Config(
            sandbox.app,
            host=config.host,
            port=config.port,
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
    )
    # An open page's stream ends by itself then, and nothing has to be broken off.
    sandbox.stopping = lambda: server.should_exit
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
