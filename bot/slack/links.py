"""Links to messages, for the Home and for answers: Slack's own addresses of a message.

The workspace's address is asked once (auth.test); until it is known there is text without links.
"""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient

from bot.logs import logger
from bot.slack.faults import CALL_FAULTS, named
from workflows import offices


class Links:
    """Addresses of messages in one workspace."""

    def __init__(self) -> None:
        self._home: dict[str, dict[str, Any]] = {}

    def to(self, client: WebClient, channel: str | None, ts: str | None) -> str | None:
        """https://TEAM.slack.com/archives/C…/p… (Slack: chat.getPermalink gives the same)."""
        if not channel or not ts:
            return None
        home = str(self._asked(client).get("url") or "")
        return f"{home}archives/{offices.bare(channel)}/p{ts.replace('.', '')}" if home else None

    def team(self, client: WebClient) -> str:
        """The workspace's id; "" while Slack cannot be asked."""
        return str(self._asked(client).get("team_id") or "")

    def _asked(self, client: WebClient) -> dict[str, Any]:
        token = client.token or ""
        if token not in self._home:
            try:
                told = client.auth_test().data
            except CALL_FAULTS as exc:
                logger().warning("workspace_unknown", error=named(exc))
                return {}
            self._home[token] = told if isinstance(told, dict) else {}
        return self._home[token]
