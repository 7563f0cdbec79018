"""Windows in which a line of goods is set right, added, or taken out."""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import divide_windows, modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.payloads import OldCard, Payload, given
from bot.slack.windows import Draw, Fill
from prompts import slack_escape as esc
from storage.models import LineItem
from storage.values import Actor
from workflows import line_fields
from workflows.states import Refused

TITLE, ADD = "Correct a line", "Add a line"
_SEARCH = "line_correct_search"
_OUT = "take_out"


def register(app: App, desk: Desk) -> None:
    """Attach the windows and the search for a line."""
    app.action(_SEARCH)(windows.changing(desk, TITLE, _chosen(desk)))
    app.view("line")(windows.submitting(desk, _save, windows.first_field("lineItems[")))
    app.view("line_add")(windows.submitting(desk, _add, windows.first_field("lineItems[")))

    @app.options(_SEARCH)
    def _options(ack: Any, payload: dict[str, Any], body: dict[str, Any]) -> None:
        ack(options=divide_windows.found(desk, body, str(payload.get("value") or "")))


def window(desk: Desk) -> Fill:
    """Which line; and once that is said, its fields."""

    def make(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
        return drawn(desk)(session, actor, at, {})

    return make


def drawn(desk: Desk) -> Draw:
    """The same again, with what was typed so far."""

    def draw(session: Session, actor: Actor, at: Payload, view: dict[str, Any]) -> dict[str, Any]:
        shipment = divide_windows.in_review(session, actor, at)
        line = session.get(LineItem, at.l) if at.l is not None else None
        if line is None or line.shipment_id != shipment.id:
            where = Payload(s=shipment.id, ch=at.ch)
            question = "Which line shall be set right?"
            return divide_windows.asking(shipment, where, TITLE, _SEARCH, question)
        here = Payload(s=shipment.id, l=line.id, r=at.r or line.rev, w=at.w, ch=at.ch)
        inputs = modals.fields_of(
            line_fields.editable(session, line),
            here,
            link=desk.house.document_link,
            picture=desk.house.evidence_link,
            typed=modals.all_typed(view) if view else None,
        )
        head = f"*{esc(shipment.ref or '')}*, line {line.number}. What the page says is kept."
        return modals.form("line", TITLE, "Save", here, [modals.text(head), *inputs, _out()])

    return draw


def adding(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """A line that was not read: its fields are empty."""
    shipment = divide_windows.in_review(session, actor, at)
    here = Payload(s=shipment.id, ch=at.ch)
    head = (
        f"*{esc(shipment.ref or '')}*: goods of the invoice that were not read. Write them as they "
        "stand on the page: the next invoice of this shipper is read with what that teaches."
    )
    inputs = modals.fields_of(line_fields.empty(), here, link=None, picture=None, typed=None)
    return modals.form("line_add", ADD, "Add", here, [modals.text(head), *inputs])


def _out() -> dict[str, Any]:
    no_goods = {"text": modals.plain("This is no line of goods: take it out"), "value": _OUT}
    return {
        "type": "input",
        "block_id": _OUT,
        "optional": True,
        "label": modals.plain("Or"),
        "element": {"type": "checkboxes", "action_id": "value", "options": [no_goods]},
    }


def _chosen(desk: Desk) -> windows.Change:
    def draw(
        session: Session, actor: Actor, at: Payload, _view: dict[str, Any], action: dict[str, Any]
    ) -> dict[str, Any]:
        chosen = Payload.read((action.get("selected_option") or {}).get("value"))
        where = at.model_copy(update={"l": chosen.l, "r": chosen.r})
        return drawn(desk)(session, actor, where, {})

    return draw


def _said(view: dict[str, Any]) -> dict[str, str]:
    """What stands in the inputs, by field."""
    return {
        path.rpartition(".")[2]: modals.typed(view, path)
        for path in view["state"]["values"]
        if path.startswith("lineItems[")
    }


def _save(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    line, rev, says = given(at.l), given(at.r), _said(view)
    if not set(says) <= set(line_fields.LABELS):
        raise OldCard
    if modals.ticked(view, _OUT):
        return lambda session, actor: line_fields.take_out(
            session, line_id=line, line_rev=rev, actor=actor
        )
    return lambda session, actor: line_fields.correct(
        session, line_id=line, line_rev=rev, says=says, actor=actor
    )


def _add(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment, says = given(at.s), _said(view)
    if not set(says) <= set(line_fields.LABELS):
        raise Refused("This window is an old one. Nothing was changed.")
    return lambda session, actor: line_fields.add(
        session, shipment_id=shipment, says=says, actor=actor
    )
