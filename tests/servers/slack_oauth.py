"""Slack's side of adding an app: the code of the consent page against a token, and its end.

(Slack: "Installing with OAuth", oauth.v2.access, auth.test, auth.revoke, chat.postMessage.)
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.town import Thread, free_port

CLIENT, SECRET = "111.222", "client-secret"


class SlackOAuth:
    """`allow` is what a person does on Slack's page: it gives the code that the browser brings back."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}  #: token to team
        self.posted: list[tuple[str, str]] = []  #: token, text
        self.said: list[tuple[str, str, dict[str, Any]]] = []  #: team, method, what was sent
        self.refreshes: dict[str, tuple[str, str]] = {}  #: refresh token: the next pair
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api/"
        routes = [Route("/api/{method}", self._method, methods=["GET", "POST"])]
        self._thread = Thread(Starlette(routes=routes), self.port)

    def close(self) -> None:
        self._thread.close()

    def allow(self, code: str, *, team: str, token: str, redirect: str, **more: Any) -> None:
        self.codes[code] = {"team": team, "token": token, "redirect": redirect, "more": more}

    async def _method(self, request: Request) -> Response:
        body = (await request.body()).decode()
        given: dict[str, Any] = json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        name = request.path_params["method"]
        if name == "oauth.v2.access":
            return self._access(given, request.headers.get("authorization", ""))
        token = bearer or given.get("token", "")
        if token not in self.tokens:
            return JSONResponse({"ok": False, "error": "invalid_auth"})
        if name == "auth.test":
            return JSONResponse({"ok": True, "team_id": self.tokens[token], "user_id": "U0BOT", "bot_id": "B0BOT", "url": "https://pine.slack.com/"})
        if name == "auth.revoke":
            del self.tokens[token]
            return JSONResponse({"ok": True, "revoked": True})
        self.said.append((self.tokens[token], name, {**request.query_params, **given}))
        if name in ("chat.update", "chat.postEphemeral", "views.publish"):
            return JSONResponse({"ok": True, "channel": given.get("channel"), "ts": given.get("ts")})
        if name in ("views.open", "views.update"):
            return JSONResponse({"ok": True, "view": {"id": "V1", "hash": "1"}})
        if name == "conversations.open":
            return JSONResponse({"ok": True, "channel": {"id": f"D{given['users'][1:]}"}})
        if name == "users.info":
            asked = dict(parse_qsl(body)) | dict(request.query_params)
            mail = f"{asked['user'].lower()}@{self.tokens[token].lower()}.example"
            return JSONResponse({"ok": True, "user": {"id": asked["user"], "profile": {"email": mail}}})
        if name == "chat.postMessage":
            self.posted.append((token, given["text"]))
            return JSONResponse({"ok": True, "channel": given["channel"], "ts": f"17{len(self.posted):08}.000100"})
        return JSONResponse({"ok": False, "error": "unknown_method"})

    def _renewed(self, given: dict[str, Any]) -> Response:
        """A refresh token serves once."""
        old = given.get("refresh_token", "")
        if old not in self.refreshes:
            return JSONResponse({"ok": False, "error": "invalid_refresh_token"})
        token, refresh = self.refreshes.pop(old)
        self.tokens[token] = self.tokens[next(iter(self.tokens))]
        return JSONResponse({"ok": True, "access_token": token, "refresh_token": refresh, "expires_in": 43200, "token_type": "bot"})

    def _access(self, given: dict[str, Any], basic: str) -> Response:
        if basic.startswith("Basic "):
            who, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
        else:
            who, secret = given.get("client_id", ""), given.get("client_secret", "")
        if (who, secret) != (CLIENT, SECRET):
            return JSONResponse({"ok": False, "error": "bad_client_secret"})
        if given.get("grant_type") == "refresh_token":
            return self._renewed(given)
        made = self.codes.pop(given.get("code", ""), None)
        if made is None:
            return JSONResponse({"ok": False, "error": "invalid_code"})
        if given.get("redirect_uri") != made["redirect"]:
            return JSONResponse({"ok": False, "error": "bad_redirect_uri"})
        self.tokens[made["token"]] = made["team"]
        return JSONResponse(
            {
                "ok": True, "app_id": "A0TIDE", "token_type": "bot", "access_token": made["token"],
                "scope": "chat:write,commands", "bot_user_id": "U0BOT",
                "team": {"id": made["team"], "name": f"Team {made['team']}"}, "enterprise": None,
                "authed_user": {"id": "U0ADMIN"}, "is_enterprise_install": False, **made["more"],
            }
        )  # fmt: skip
