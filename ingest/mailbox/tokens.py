"""Access tokens for logins without a password (OAuth 2): from a file, or refreshed at an endpoint.

No browser here: a person gives consent elsewhere, once. What comes back from an endpoint is
never logged. An endpoint may hand out a new refresh token and forget the old one, so the newest
is kept in a file of ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from ingest.mailbox.trouble import NeedsAPerson

_SPARE = 60.0  # seconds before its end in which a token is no longer used


class Tokens(Protocol):
    """Where access tokens come from."""

    def access(self, *, fresh: bool) -> str:
        """A token; `fresh` when the last one was refused."""
        ...


class TokenFile:
    """Another program of the house keeps a valid token in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def access(self, *, fresh: bool) -> str:  # noqa: ARG002 - the file is read each time
        try:
            token = self._path.read_text().strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise NeedsAPerson(
                f"The token file {self._path} cannot be read ({type(exc).__name__}); see "
                "TIDEWAITER_IMAP__OAUTH_TOKEN_FILE."
            ) from None
        if not token:
            raise NeedsAPerson(f"The token file {self._path} is empty.")
        return token


class _Answer(BaseModel):
    access_token: str
    expires_in: float = 300.0
    refresh_token: str | None = None


class RefreshedTokens:
    """Asks a token endpoint with a refresh token (RFC 6749 6)."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        client_secret: SecretStr | None,
        refresh_token: SecretStr,
        scope: str | None,
        keep: Path,
    ) -> None:
        self._url, self._keep = url, keep
        self._client = {"client_id": client_id}
        if client_secret is not None:
            self._client["client_secret"] = client_secret.get_secret_value()
        if scope:
            self._client["scope"] = scope
        self._given = refresh_token.get_secret_value()
        self._token, self._until = "", 0.0
        self._one_at_a_time = threading.Lock()

    def access(self, *, fresh: bool) -> str:
        with self._one_at_a_time:
            if fresh or time.monotonic() > self._until:
                answer = self._ask()
                self._token = answer.access_token
                self._until = time.monotonic() + max(answer.expires_in - _SPARE, 0)
                if answer.refresh_token:
                    self._remember(answer.refresh_token)
            return self._token

    def _ask(self) -> _Answer:
        form = {"grant_type": "refresh_token", "refresh_token": self._newest(), **self._client}
        try:
            got = httpx.post(
                self._url, data=form, timeout=30, headers={"accept": "application/json"}
            )
        except httpx.HTTPError as exc:
            raise ConnectionError(
                f"the token endpoint {self._url} did not answer ({type(exc).__name__})"
            ) from None
        if got.status_code == httpx.codes.TOO_MANY_REQUESTS or got.is_server_error:
            raise ConnectionError(f"the token endpoint {self._url} says {got.status_code}")
        if not got.is_success:
            raise NeedsAPerson(
                f"The token endpoint {self._url} refused with {got.status_code} {_reason(got)}. "
                "Give consent again and put the new refresh token into "
                "TIDEWAITER_IMAP__OAUTH_REFRESH_TOKEN; check the client id and secret."
            )
        try:
            return _Answer.model_validate_json(got.content)
        except ValidationError:
            raise NeedsAPerson(
                f"The token endpoint {self._url} answered without an access token; is "
                "TIDEWAITER_IMAP__OAUTH_TOKEN_URL the right address?"
            ) from None

    def _newest(self) -> str:
        try:
            kept = json.loads(self._keep.read_text())
        except (FileNotFoundError, ValueError):
            return self._given
        # A token that was configured after this file was written wins over what is in it.
        return str(kept["token"]) if kept["after"] == _mark(self._given) else self._given

    def _remember(self, token: str) -> None:
        if token == self._newest():
            return
        self._keep.parent.mkdir(parents=True, exist_ok=True)
        part = self._keep.with_suffix(".part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"after": _mark(self._given), "token": token}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._keep)


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _reason(got: httpx.Response) -> str:
    """The endpoint's own word, such as invalid_grant; nothing else of its answer."""
    try:
        word = got.json()["error"]
    except (ValueError, KeyError, TypeError):
        return ""
    return f"({word[:60]})" if isinstance(word, str) else ""
