"""Sign in with Slack: who the person in a browser is, on Slack's word (OpenID Connect).

Slack's page asks them and sends them back with a code; the code is exchanged for an ID token, and
that counts only when Slack's key signed it, for us, now, and for the attempt that we began.
(Slack: "Sign in with Slack", openid.connect.token, /.well-known/openid-configuration.)
"""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

_SECONDS = 10
_KEYS_SECONDS = 60  #: an unknown key makes us ask anew, this often at most
_LEEWAY = 60
_TEAM, _USER = "https://slack.com/team_id", "https://slack.com/user_id"


class NotProved(Exception):
    """Slack did not say who it is; the words are for the log."""


@dataclass(frozen=True)
class Proved:
    """Who somebody is: a user of a workspace."""

    team: str
    user: str


@dataclass
class OpenId:
    """Slack's side of signing in, for one app of Slack's."""

    api_url: str  #: ends in /api/
    client_id: str
    client_secret: str = field(repr=False)
    back: str  #: where Slack sends the browser
    _keys: jwt.PyJWKSet | None = field(default=None, init=False, repr=False)
    _asked_at: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def root(self) -> str:
        return self.api_url.removesuffix("api/")

    def page(self, *, state: str, nonce: str, team: str) -> str:
        """The address of Slack's page."""
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "state": state,
            "nonce": nonce,
        }
        if team:
            asked["team"] = team
        return f"{self.root}openid/connect/authorize?{urlencode(asked)}"

    def proved(self, code: str, *, nonce: str) -> Proved:
        """Who came back with this code. Raises `NotProved`."""
        told = self._exchanged(code)
        token = told.get("id_token")
        if told.get("ok") is not True or not isinstance(token, str):
            raise NotProved(f"no ID token: {str(told.get('error'))[:80]}")
        claims = self._claims(token)
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotProved("the ID token is of another attempt")
        team, user = claims.get(_TEAM), claims.get(_USER)
        if not (isinstance(team, str) and isinstance(user, str) and team and user):
            raise NotProved("the ID token names no user of a workspace")
        return Proved(team, user)

    def _exchanged(self, code: str) -> dict[str, Any]:
        asked = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "redirect_uri": self.back,
            "grant_type": "authorization_code",
        }
        try:
            answer = httpx.post(f"{self.api_url}openid.connect.token", data=asked, timeout=_SECONDS)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise NotProved(f"Slack did not answer: {type(exc).__name__}") from exc
        return told if isinstance(told, dict) else {}

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self.client_id,
                issuer=self.root.rstrip("/"),
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as exc:
            raise NotProved(f"the ID token is not good: {type(exc).__name__}") from exc
        return claims

    def _key(self, kid: str) -> jwt.PyJWK:
        with self._lock:
            found = self._known(kid)
            if found is None and time.monotonic() - self._asked_at > _KEYS_SECONDS:
                self._ask()
                found = self._known(kid)
        if found is None:
            raise NotProved("the ID token is under no key of Slack's")
        return found

    def _known(self, kid: str) -> jwt.PyJWK | None:
        keys = self._keys.keys if self._keys else []
        return next((one for one in keys if one.key_id == kid), None)

    def _ask(self) -> None:
        try:
            answer = httpx.get(f"{self.root}openid/connect/keys", timeout=_SECONDS)
            answer.raise_for_status()
            self._keys = jwt.PyJWKSet.from_dict(answer.json())
        except (httpx.HTTPError, ValueError, TypeError, AttributeError, jwt.PyJWTError) as exc:
            raise NotProved(f"Slack's keys are not to be had: {type(exc).__name__}") from exc
        self._asked_at = time.monotonic()
