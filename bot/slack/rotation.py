"""Renewing a token that ends: a refresh token for a new pair (Slack: "Using token rotation")."""

from __future__ import annotations

from dataclasses import dataclass

from slack_sdk import WebClient

from bot.slack.faults import CALL_FAULTS, named


class Refused(Exception):
    """Slack did not renew it; the words are for the log."""


@dataclass(frozen=True)
class Fresh:
    """A new pair, and how long the token is good for."""

    token: str
    refresh: str
    seconds: int


class Rotation:
    """One Slack app's side of it."""

    def __init__(self, *, api_url: str, client_id: str, client_secret: str) -> None:
        self._client = WebClient(base_url=api_url, timeout=10, retry_handlers=[])
        self._id, self._secret = client_id, client_secret

    def renew(self, refresh: str) -> Fresh:
        """Raises `Refused`; a refresh token serves once, so this is never repeated by itself."""
        try:
            told = self._client.oauth_v2_access(
                client_id=self._id,
                client_secret=self._secret,
                grant_type="refresh_token",
                refresh_token=refresh,
            )
        except CALL_FAULTS as exc:
            raise Refused(named(exc)) from exc
        token, fresh = told.get("access_token"), told.get("refresh_token")
        seconds = told.get("expires_in")
        if not (isinstance(token, str) and isinstance(fresh, str) and isinstance(seconds, int)):
            raise Refused("Slack's answer has no new pair")
        return Fresh(token, fresh, seconds)
