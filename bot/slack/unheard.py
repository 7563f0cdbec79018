"""What Slack may send although we never asked for it: answered all the same, and without an effect.

An app's page in Slack can name other commands, shortcuts and events than our manifest. Slack takes
an answer other than 2xx for a failure: it repeats the event, counts it against the app, and shows
who typed or clicked an error that says nothing.
"""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.logs import logger
from bot.slack.answers import Place, whisper

_ANY = re.compile(".*")
NOT_OURS = (
    "Tidewaiter does not know this, so nothing was done. `/tidewaiter help` says what it "
    "understands."
)


def register(app: App) -> None:
    """Attach the listeners; those before them come first."""

    @app.event(_ANY)
    def _event(event: dict[str, Any]) -> None:
        logger().info("event_unheard", kind=str(event.get("type")))

    @app.command(_ANY)
    def _command(ack: Ack, command: dict[str, Any]) -> None:
        logger().warning("command_unknown", command=str(command.get("command"))[:80])
        ack(NOT_OURS)

    @app.shortcut(_ANY)
    def _shortcut(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        logger().warning("shortcut_unknown", callback=str(body.get("callback_id"))[:80])
        clicked = Place.of(body)
        whisper(client, clicked.channel, clicked.user, NOT_OURS)

    @app.options(_ANY)
    def _options(ack: Ack) -> None:
        ack(options=[])

    @app.view_closed(_ANY)
    def _closed(ack: Ack) -> None:
        ack()
