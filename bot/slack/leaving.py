"""The app was taken out of the workspace, or its token withdrawn: on record, and said to operators.

Slack cannot be told any more then. What waits for Slack fails with Slack's own word, stays in the
outbox, and is tried again by a person when the app is back (`tidewaiter outbox retry`).
"""

from __future__ import annotations

from typing import Any

from slack_bolt import App

from bot.logs import logger
from bot.slack.answers import Desk
from storage import audit
from storage.values import SYSTEM


def register(app: App, desk: Desk) -> None:
    """Attach the listeners."""

    def _gone(event: dict[str, Any], body: dict[str, Any]) -> None:
        kind, team = str(event.get("type")), str(body.get("team_id") or "")
        logger().error("slack_left", event_type=kind, team=team)
        with desk.database.transaction() as session:
            audit.record(session, "slack_left", actor=SYSTEM, event=kind, team=team)

    app.event("app_uninstalled")(_gone)

    @app.event("tokens_revoked")
    def _revoked(event: dict[str, Any], body: dict[str, Any]) -> None:
        # A person's own token is no token of ours.
        if (event.get("tokens") or {}).get("bot"):
            _gone(event, body)
