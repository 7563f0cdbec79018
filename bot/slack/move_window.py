"""The window in which a document is given to another shipment of the same client."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App
from sqlmodel import Session

from bot import people
from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload, given
from prompts import slack_escape as esc
from storage.models import Shipment
from storage.values import Actor
from workflows import moving, states
from workflows.states import Refused

TITLE = "Move a document"
WHAT, WHERE = "document", "to"
_MOST_DOCUMENTS = 100


def register(app: App, desk: Desk) -> None:
    """Attach the window and the search for a shipment."""
    app.view("move")(windows.submitting(desk, _moved, WHERE))

    @app.options("place_search")
    def _places(ack: Ack, payload: dict[str, Any], body: dict[str, Any]) -> None:
        ack(options=_found(desk, body, str(payload.get("value") or "")))


def window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """Which document, and to which open shipment of the same client."""
    shipment = session.get(Shipment, given(at.s))
    if shipment is None:
        raise Refused("This shipment is not known.")
    importer = moving.possible(session, shipment, actor=actor)
    documents = moving.movable(session, given(at.s))[:_MOST_DOCUMENTS]
    if not documents:
        raise Refused(f"{shipment.ref} has no document that could be moved.")
    if not moving.places(session, given(at.s), words=""):
        raise Refused(f"{importer.name} has no other open shipment. Nothing was changed.")
    options = [
        {"text": modals.plain(cut(one.title, 75)), "value": str(one.id)} for one in documents
    ]
    return modals.form(
        "move",
        TITLE,
        "Move",
        Payload(s=shipment.id, ch=at.ch),
        [
            modals.text(
                f"*{esc(shipment.ref or '')}* · {esc(importer.name)}\nWhat both shipments say is "
                "made anew from the documents that each then has. Both threads are told."
            ),
            {
                "type": "input",
                "block_id": WHAT,
                "label": modals.plain("Document"),
                "element": {
                    "type": "static_select",
                    "action_id": "value",
                    "placeholder": modals.plain("Choose a document"),
                    "options": options,
                },
            },
            {
                "type": "input",
                "block_id": WHERE,
                "label": modals.plain("To which shipment of this client"),
                "hint": modals.plain("Its number, or a bill, container, invoice or order of it."),
                "element": {
                    "type": "external_select",
                    "action_id": "place_search",
                    "min_query_length": 0,
                    "placeholder": modals.plain("Search open shipments"),
                },
            },
        ],
    )


def _found(desk: Desk, body: dict[str, Any], asked: str) -> list[dict[str, Any]]:
    user = str((body.get("user") or {}).get("id") or "")
    try:
        shipment = given(Payload.read((body.get("view") or {}).get("private_metadata")).s)
        with desk.database.snapshot() as session:
            people.who(session, user)
            places = moving.places(session, shipment, words=asked[:100])
    except (OldCard, Refused):
        return []
    return [{"text": modals.plain(cut(_said(one), 75)), "value": str(one.id)} for one in places]


def _said(shipment: Shipment) -> str:
    numbers = shipment.transport.houseBill or shipment.transport.masterBill
    facts = [shipment.ref, shipment.header.invoiceNumber, numbers, states.words(shipment.state)]
    return " · ".join(one for one in facts if one)


def _moved(_desk: Desk, _at: Payload, view: dict[str, Any]) -> Decide:
    document, to = modals.typed(view, WHAT), modals.typed(view, WHERE)
    if not (document.isdecimal() and to.isdecimal()):
        raise OldCard
    return lambda session, actor: moving.move(
        session, document_id=int(document), to=int(to), actor=actor
    )
