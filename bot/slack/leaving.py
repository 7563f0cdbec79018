"""The app was taken out of the workspace, or its token withdrawn: on record, and said to operators.

Slack cannot be told any more then. What waits for Slack fails with Slack's own word, stays in the
outbox, and is tried again by a person when the app is back (`tidewaiter outbox retry`). A token
that was given by OAuth is deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slack_bolt import App

from bot.logs import logger
from bot.slack.answers import Desk
from bot.slack.installations import Installations
from storage import audit
from storage.values import SYSTEM


def register(app: App, desk: Desk, store: Installations | None) -> None:
    """Attach the listeners."""

    def _gone(event: dict[str, Any], body: dict[str, Any]) -> None:
        kind, team = str(event.get("type")), str(body.get("team_id") or "")
        logger().error("slack_left", event_type=kind, team=team)
        with desk.database.transaction() as session:
            gone = store is not None and store.forget(session, team, before=_when(body))
            audit.record(session, "slack_left", actor=SYSTEM, event=kind, team=team, forgotten=gone)

    app.event("app_uninstalled")(_gone)

    @app.event("tokens_revoked")
    def _revoked(event: dict[str, Any], body: dict[str, Any]) -> None:
        # A person's own token is no token of ours.
        if (event.get("tokens") or {}).get("bot"):
            _gone(event, body)


def _when(body: dict[str, Any]) -> datetime | None:
    """When it happened (Slack's event_time): a late word must not end a newer installation."""
    told = body.get("event_time")
    return datetime.fromtimestamp(told + 1, UTC) if isinstance(told, int) else None
