"""The shortcut on any message: attach its files and its words to a shipment."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from sqlmodel import Session

from bot.logs import logger
from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk, Place, whisper
from bot.slack.commands import find, plain
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.payloads import Payload
from storage import outbox
from storage.values import Actor
from workflows import review
from workflows.effects import TakeFile
from workflows.review import Answer
from workflows.states import Refused

NUMBER, WORDS = "number", "words"
TITLE = "Attach to a shipment"
_MOST_FILES = 10


def register(app: App, desk: Desk) -> None:
    """Attach the shortcut and its window."""
    app.shortcut("attach_message")(_opening)
    app.view("attach_message")(windows.submitting(desk, _submitted, NUMBER))


def taking(shipment_id: int, names: list[str], words: tuple[str, str] | None = None) -> Decide:
    """Take files by their ids, and words under a mark of their own, as documents."""

    def decide(session: Session, actor: Actor) -> Answer:
        review.may_correct(actor)
        for name in names[:_MOST_FILES]:
            outbox.add(session, TakeFile(shipment_id=shipment_id, user=actor.id, file=name))
        if words is not None:
            mark, text = words
            taken = TakeFile(shipment_id=shipment_id, user=actor.id, file=mark, words=text)
            outbox.add(session, taken)
        left = len(names) - _MOST_FILES
        more = f" {left} were left out: at most {_MOST_FILES} at once." if left > 0 else ""
        return Answer(text=f"It is being added; the thread will tell.{more}", changed=True)

    return decide


def _opening(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
    """Slack's trigger lives three seconds: the window needs nothing that is slow."""
    ack()
    message, user = body.get("message") or {}, Place.of(body).user
    channel = str((body.get("channel") or {}).get("id") or "")
    names = [str(one["id"]) for one in message.get("files") or [] if one.get("id")][:_MOST_FILES]
    text = plain(str(message.get("text") or ""))
    at = Payload(w=" ".join(names) or None, ch=channel, c=str(message.get("ts") or ""))
    words: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": True,
        "max_length": 3000,
    }
    if text:
        words["initial_value"] = text
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    where: dict[str, Any] = {"type": "plain_text_input", "action_id": "value", "max_length": 200}
    view = modals.form(
        "attach_message",
        TITLE,
        "Attach",
        at,
        [
            modals.text(f"{count}, and the words below unless you empty them."),
            _input(NUMBER, "Shipment: number, bill, container or firm", where),
            {**_input(WORDS, "Words of the message", words), "optional": True},
        ],
    )
    try:
        client.views_open(trigger_id=body["trigger_id"], view=view)
    except CALL_FAULTS as exc:
        logger().warning("window_failed", error=named(exc), user=user)
        said = "The window could not be opened; nothing was changed. Please try again."
        whisper(client, channel, user, said)


def _submitted(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    asked, words = modals.typed(view, NUMBER).strip(), modals.typed(view, WORDS).strip()
    names = (at.w or "").split()

    def decide(session: Session, actor: Actor) -> Answer:
        found = find(session, asked) if asked else []
        if len(found) != 1:
            count = len(found) or "No"
            raise Refused(f"{count} shipments for '{asked}': one is needed. Nothing was attached.")
        if not names and not words:
            raise Refused("There is neither a file nor a word to attach.")
        kept = (f"{at.ch}-{at.c}", words) if words else None
        answer = taking(found[0].id or 0, names, kept)(session, actor)
        return answer.model_copy(update={"text": f"{found[0].ref}: {answer.text}"})

    return decide


def _input(block: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "input", "block_id": block, "label": modals.plain(label), "element": element}
