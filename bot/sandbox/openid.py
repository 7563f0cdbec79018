"""Sign in with Slack, as the sandbox's workspace: choose who you are, and come back with a code.

As Slack: a code serves once, for the client and the address that it was asked for, and the ID token
is signed by a key that stands at a public address. (Slack: "Sign in with Slack".)
"""

from __future__ import annotations

import json
import secrets
import time
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from bot.sandbox.config import TEAM, USERS, SandboxConfig

_CODE_SECONDS = 600
_TOKEN_SECONDS = 300
_MOST_CODES = 200


class SignIn:
    """The page, the token and the keys."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._codes: dict[str, tuple[float, str, dict[str, str]]] = {}
        self._kid = secrets.token_hex(8)
        self._key: rsa.RSAPrivateKey | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/openid/connect/authorize", self._page),
            Route("/openid/connect/keys", self._keys),
            Route("/api/openid.connect.token", self._token, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != self._config.client_id:
            return PlainTextResponse("invalid_client_id", 400)
        if asked.get("redirect_uri") != f"{self._config.desk_url}/signin/back":
            return PlainTextResponse("bad_redirect_uri", 400)
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return PlainTextResponse("invalid_request", 400)
        chosen = asked.pop("as", "")
        if chosen in {one.id for one in USERS}:
            code = secrets.token_urlsafe(24)
            self._codes[code] = (time.monotonic(), chosen, asked)
            while len(self._codes) > _MOST_CODES:
                self._codes.pop(next(iter(self._codes)))
            back = urlencode({"code": code, "state": asked.get("state", "")})
            return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)
        ways = "".join(
            f'<li><a href="?{escape(urlencode({**asked, "as": one.id}))}">{one.name}</a></li>'
            for one in USERS
        )
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>'
            "<body><h1>Sign in to Harbor &amp; Pine</h1><p>Who are you?</p>"
            f"<ul>{ways}</ul></body></html>"
        )

    async def _token(self, request: Request) -> Response:
        asked = dict(parse_qsl((await request.body())[:20_000].decode(errors="replace")))
        known = (self._config.client_id, self._config.client_secret)
        if (asked.get("client_id"), asked.get("client_secret")) != known:
            return JSONResponse({"ok": False, "error": "bad_client_secret"})
        at, user, begun = self._codes.pop(asked.get("code", ""), (0.0, "", {}))
        if not user or time.monotonic() - at > _CODE_SECONDS:
            return JSONResponse({"ok": False, "error": "invalid_code"})
        if asked.get("redirect_uri") != begun["redirect_uri"]:
            return JSONResponse({"ok": False, "error": "bad_redirect_uri"})
        token = await run_in_threadpool(self._signed, user, begun.get("nonce", ""))
        told = {"access_token": "xoxp-sandbox", "token_type": "Bearer", "id_token": token}
        return JSONResponse({"ok": True, **told})

    async def _keys(self, _request: Request) -> Response:
        key = await run_in_threadpool(self._private)
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        return JSONResponse({"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "RS256"}]})

    def _signed(self, user: str, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": f"http://{self._config.host}:{self._config.port}",
            "sub": user,
            "aud": self._config.client_id,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "nonce": nonce,
            "https://slack.com/team_id": TEAM,
            "https://slack.com/user_id": user,
        }
        return jwt.encode(claims, self._private(), algorithm="RS256", headers={"kid": self._kid})

    def _private(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key
