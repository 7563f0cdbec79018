"""How a click is decided and what the person who clicked is told, where they see it.

No path is silent. A refusal is told in its own words, a fault of ours with a reference under
which the log has it. Nothing here knows one button from another.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from slack_sdk import WebClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from bot import people
from bot.logs import logger
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.mrkdwn import esc_keep_mentions
from bot.slack.payloads import OldCard
from bot.slack.pictures import Pictures
from knowledge.likeness import Sentences
from knowledge.tariff import Lookup
from storage import audit
from storage.db import Database
from storage.models import Shipment
from storage.values import Actor
from workflows import questions, review, staffing, threads
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused, WrongRole

Decide = Callable[[Session, Actor], Answer]
OLD = (
    "This button is from an older version of Tidewaiter, so nothing was done. If it stands on a "
    "card, the card is being drawn anew: please look at it and try again."
)
_TRIES = 6
_NOT_THERE = frozenset({"not_in_channel", "user_not_in_channel", "channel_not_found"})


@dataclass(frozen=True)
class Desk:
    """What the listeners work with."""

    database: Database
    house: House
    lookup: Lookup
    pictures: Pictures | None = None  #: without it no place on a page is shown in a window
    likeness: Sentences = field(default_factory=lambda: Sentences(questions.all_masked()))


@dataclass(frozen=True)
class Place:
    """Who clicked, in which channel, on which message."""

    user: str
    channel: str
    ts: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> Place:
        container = body.get("container") or {}
        known = container.get("channel_id") or body.get("channel_id")
        channel = (body.get("channel") or {}).get("id") or known
        ts = (body.get("message") or {}).get("ts") or container.get("message_ts")
        user = (body.get("user") or {}).get("id") or body.get("user_id")
        return cls(user=str(user or ""), channel=str(channel or ""), ts=str(ts or ""))


def run(
    desk: Desk,
    user: str,
    decide: Decide,
    *,
    clicked: Place | None = None,
    shipment_id: int | None = None,
) -> tuple[str, bool]:
    """One workflow call in one transaction; what to say, and whether it went through.

    Who was refused for the role is on record, with the shipment as far as the click names it.
    """
    try:
        for attempt in range(_TRIES):
            try:
                with desk.database.transaction() as session:
                    answer = decide(session, people.who(session, user))
            except (StaleDataError, OperationalError):
                if attempt == _TRIES - 1:
                    raise
            else:
                return answer.text, True
    except WrongRole as exc:
        keep_refusal(desk, user, exc, clicked, shipment_id)
        return why_not(desk, exc, clicked), False
    except Refused as exc:
        return str(exc), False
    except OldCard:
        redraw(desk, clicked)
        return OLD, False
    except Exception as exc:
        return fault("click_failed", exc, user=user), False
    return "", False


def keep_refusal(
    desk: Desk, user: str, refusal: WrongRole, clicked: Place | None, shipment_id: int | None = None
) -> None:
    """Who tried what is not theirs to do is on record, though nothing was done."""
    try:
        with desk.database.transaction() as session:
            shipment = _of_card(session, clicked) if clicked else None
            audit.record(
                session, "role_refused", actor=people.who(session, user),
                shipment_id=shipment.id if shipment else shipment_id, words=str(refusal),
            )  # fmt: skip
    except OperationalError:
        logger().exception("refusal_not_recorded", user=user)


def why_not(desk: Desk, refusal: WrongRole, clicked: Place | None = None) -> str:
    """The refusal, and whom to ask instead: the one who has the shipment before others."""
    try:
        with desk.database.snapshot() as session:
            shipment = _of_card(session, clicked) if clicked else None
            names = staffing.whom_to_ask(
                session, roles=refusal.roles, assignee=shipment.assignee if shipment else None
            )
    except OperationalError:
        names = ""  # the refusal itself matters more
    return f"{refusal} Please ask {names}." if names else str(refusal)


def _of_card(session: Session, clicked: Place) -> Shipment | None:
    return threads.shipment_of(session, clicked.channel, clicked.ts)


def fault(event: str, error: Exception, *, user: str, **facts: str) -> str:
    """Log a fault of ours; the sentence for the person, with the same reference."""
    ref = secrets.token_hex(4)
    logger().error(event, exc_info=error, ref=ref, user=user, **facts)
    return (
        "This was not saved, because something went wrong on our side. Please try again; "
        f"reference {ref}."
    )


def whisper(
    client: WebClient, channel: str, user: str, text: str, *, thread: str | None = None
) -> None:
    """Tell only the person who clicked, in the channel: Slack hides it in a thread without replies.

    `thread` is for who has just written in that thread themselves.

    Who is not in the channel is told directly.
    """
    if not user or not text:
        return
    privately(client, channel, user, esc_keep_mentions(text, 2900), thread=thread)


def privately(
    client: WebClient, channel: str, user: str, told: str, *, thread: str | None = None
) -> None:
    """The same with a text that is mrkdwn already."""
    try:
        if channel and _whispered(client, channel, user, told, thread):
            return
        opened: dict[str, Any] = client.conversations_open(users=user)["channel"]
        client.chat_postMessage(channel=opened["id"], text=told, unfurl_links=False)
    except CALL_FAULTS as exc:
        logger().warning("whisper_failed", error=named(exc), channel=channel, user=user)


def redraw(desk: Desk, clicked: Place | None) -> None:
    """What the person saw no longer holds: let the card follow the database."""
    if clicked is None:
        return
    try:
        with desk.database.transaction() as session:
            review.draw_anew(session, channel=clicked.channel, ts=clicked.ts)
    except Exception:
        logger().exception("redraw_failed")


def _whispered(client: WebClient, channel: str, user: str, text: str, thread: str | None) -> bool:
    try:
        client.chat_postEphemeral(channel=channel, user=user, text=text, thread_ts=thread)
    except CALL_FAULTS as exc:
        if named(exc) not in _NOT_THERE:
            raise
        return False
    return True
