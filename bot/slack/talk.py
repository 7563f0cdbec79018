"""What people write: questions in a mention or a direct message, words for the shipper, files.

Only what mentions the app, or is written to it alone, is read as words; in a shipment's thread
files are taken without a mention. Everything else is other people's talk.
"""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient
from sqlmodel import Session

from bot.logs import logger
from bot.slack import attach_window, question_answers
from bot.slack.answers import Decide, Desk, privately, run, whisper
from bot.slack.commands import Asked, plain
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.links import Links
from bot.slack.mrkdwn import cut
from storage.models import Shipment
from storage.values import Actor
from workflows import answering, asking, offices, threads
from workflows.review import Answer
from workflows.states import Refused

_SHIPPER = re.compile(
    r"^(?:please )?(?:ask|tell|write(?: to)?|send(?: to)?|reply(?: to)?|answer)"
    r" (?:the )?(?:shipper|seller|exporter|supplier|sender)\b[:,]?\s*(.+)$",
    re.IGNORECASE | re.DOTALL,
)
_MARK = re.compile(r"<@(?:T[A-Z0-9]+:)?[UW][A-Z0-9]+(?:\|[^>]*)?>")


def register(app: App, desk: Desk, links: Links) -> None:
    """Attach the listeners."""

    @app.event("app_mention")
    def _mentioned(event: dict[str, Any], client: WebClient) -> None:
        _heard(desk, client, links, event)

    @app.event("message")
    def _message(event: dict[str, Any], client: WebClient) -> None:
        subtype = event.get("subtype")
        if event.get("bot_id") or subtype not in (None, "file_share"):
            return
        if event.get("files") and event.get("thread_ts"):
            _files(desk, client, event)
        if event.get("channel_type") == "im":
            _heard(desk, client, links, event)

    attach_window.register(app, desk)


def _heard(desk: Desk, client: WebClient, links: Links, event: dict[str, Any]) -> None:
    """A question, or words for the shipper."""
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    thread = str(event.get("thread_ts") or "")
    text = plain(_MARK.sub(" ", str(event.get("text") or ""))).strip()
    if not user or (not text and event.get("files")):
        return  # who only mentions us beside their files has said all with them
    meant = _SHIPPER.match(text)
    if meant is not None and thread:
        said, _ = run(desk, user, _to_shipper(channel, thread, meant.group(1)))
        whisper(client, channel, user, said, thread=thread)
        return
    asked = Asked(desk, user, lambda row: links.to(client, row.channel, row.ts))
    answer = question_answers.answered(asked, text, place=(channel, thread))
    _tell(client, channel, user, cut(answer, 2900), thread=thread or None)


def _to_shipper(channel: str, thread: str, words: str) -> Decide:
    """A broker's words, sent on because they said so."""

    def decide(session: Session, actor: Actor) -> Answer:
        shipment = of_thread(session, channel, thread)
        if shipment is None:
            raise Refused("This thread is about no shipment. Nothing was sent.")
        if not asking.possible(shipment):
            raise Refused("There is nobody to ask about this shipment now. Nothing was sent.")
        said = answering.ask(session, shipment, question=words, to=None, actor=actor)
        return Answer(text=said, changed=True)

    return decide


def _files(desk: Desk, client: WebClient, event: dict[str, Any]) -> None:
    """Files in the thread of a shipment become its documents."""
    user, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    thread = str(event["thread_ts"])
    names = [str(one["id"]) for one in event["files"] if one.get("id")]
    with desk.database.snapshot() as session:
        shipment = of_thread(session, channel, thread)
    if shipment is None:
        return
    said, through = run(desk, user, attach_window.taking(shipment.id or 0, names))
    if not through:
        whisper(client, channel, user, said, thread=thread)


def of_thread(session: Session, channel: str, thread: str) -> Shipment | None:
    """The shipment whose thread this is."""
    return threads.shipment_of(session, channel, thread)


def _tell(client: WebClient, channel: str, user: str, text: str, *, thread: str | None) -> None:
    """An answer names clients: it is for who asked, not for all who read the channel."""
    if not offices.bare(channel).startswith("D"):
        privately(client, channel, user, text, thread=thread)
        return
    try:
        client.chat_postMessage(channel=channel, text=text, thread_ts=thread, unfurl_links=False)
    except CALL_FAULTS as exc:
        logger().warning("answer_failed", error=named(exc), channel=channel)
