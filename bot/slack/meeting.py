"""Who was put on the list by a mail address is met when they first act in the workspace.

The workspace vouches for the address. Guests, strangers of shared channels and bots are not met:
their profile is another firm's word.
"""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient

from bot import people
from bot.logs import logger
from bot.slack.answers import Place
from bot.slack.faults import CALL_FAULTS, named
from storage.db import Database
from workflows import offices

_SECONDS = 1  #: of the three that a click has; who cannot be asked about now is met the next time


def meet(database: Database, client: WebClient, body: dict[str, Any]) -> None:
    """Bind the acting user to the person that waits under their address, if there is one."""
    event = body.get("event")
    user = Place.of(body).user or str((event if isinstance(event, dict) else {}).get("user") or "")
    if not user:
        return
    try:
        with database.snapshot() as session:
            if not people.awaited(session, user):
                return
        address = _address(client, user)
        if address:
            with database.transaction() as session:
                people.meet(session, slack_user=user, mail=address)
    except CALL_FAULTS as exc:
        logger().warning("not_met", error=named(exc), user=user)


def _address(client: WebClient, user: str) -> str | None:
    asking = WebClient(
        token=client.token, base_url=client.base_url, timeout=_SECONDS, retry_handlers=[]
    )
    told: dict[str, Any] = asking.users_info(user=offices.bare(user))["user"]
    outside = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    if any(told.get(one) for one in outside):
        return None
    return str((told.get("profile") or {}).get("email") or "") or None
