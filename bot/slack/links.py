"""Links to messages, for the Home and for answers: Slack's own addresses of a message.

The workspace's address is asked once (auth.test); until it is known there is text without links.
"""

from __future__ import annotations

from slack_sdk import WebClient

from bot.logs import logger
from bot.slack.faults import CALL_FAULTS, named


class Links:
    """Addresses of messages in one workspace."""

    def __init__(self) -> None:
        self._home: dict[str, str] = {}

    def to(self, client: WebClient, channel: str | None, ts: str | None) -> str | None:
        """https://TEAM.slack.com/archives/C…/p… (Slack: chat.getPermalink gives the same)."""
        if not channel or not ts:
            return None
        token = client.token or ""
        if token not in self._home:
            try:
                answer = client.auth_test()
            except CALL_FAULTS as exc:
                logger().warning("workspace_unknown", error=named(exc))
                return None
            self._home[token] = str(answer.get("url") or "")
        home = self._home[token]
        return f"{home}archives/{channel}/p{ts.replace('.', '')}" if home else None
