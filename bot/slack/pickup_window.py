"""Record a pickup: the appointment, or a day of the container, in one window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.payloads import Payload, given
from prompts import slack_escape as esc
from storage.models import Pickup, Shipment
from storage.values import Actor
from workflows import carrier_mail, collecting, delivery
from workflows.review import Answer
from workflows.states import Refused

CALLBACK = "pickup_record"
TITLE = "Record the pickup"
_WHAT, _ON, _AT, _BOX = "what", "on", "at", "container"
_MOST = 100  # choices of a list in Slack
_CHOICES = {
    "appointment": "The appointment (day and time)",
    "available_on": "Available for collection since",
    "last_free_day": "The last free day, as the terminal says",
    "gate_out_on": "The goods left the terminal on",
    "empty_on": "The empty container was returned on",
    "chassis_on": "The chassis was returned on",
}


def register(app: App, desk: Desk) -> None:
    """Attach the listeners."""
    app.action("pickup_record")(windows.opening(desk, TITLE, _window))
    app.view(CALLBACK)(windows.submitting(desk, _submitted, _ON))


def _window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    if actor.role not in delivery.MAY:
        raise Refused("Only a broker or an entry writer can record a pickup.")
    row = session.get(Pickup, given(at.i))
    shipment = session.get(Shipment, row.shipment_id) if row else None
    if row is None or shipment is None:
        raise Refused("This pickup is not known.")
    zone = carrier_mail.zone_of(shipment.transport.portOfDischarge)
    options = [{"text": modals.plain(words), "value": key} for key, words in _CHOICES.items()]
    return modals.form(
        CALLBACK,
        TITLE,
        "Record",
        at,
        [
            modals.text(f"*{esc(shipment.ref or '')}* Times are the port's own ({zone.key})."),
            _input(_WHAT, "What", {"type": "static_select", "options": options}),
            _input(_ON, "Day", {"type": "datepicker"}),
            _input(_AT, "Time of the appointment", {"type": "timepicker"}, optional=True),
            *_boxes(shipment.transport.containers),
        ],
    )


def _submitted(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    pickup, what = given(at.i), modals.typed(view, _WHAT)
    values = view["state"]["values"]
    on = str(_picked(values, _ON).get("selected_date") or "")
    clock = str(_picked(values, _AT).get("selected_time") or "")
    box = (_picked(values, _BOX).get("selected_option") or {}).get("value")

    def decide(session: Session, actor: Actor) -> Answer:
        try:
            day = date.fromisoformat(on)
        except ValueError:
            raise Refused("Please choose the day. Nothing was recorded.") from None
        if what != "appointment":
            said = collecting.day(
                session, pickup_id=pickup, what=what, on=day, actor=actor, house=desk.house,
                container=box,
            )  # fmt: skip
            return Answer(text=said, changed=True)
        row = session.get(Pickup, pickup)
        shipment = session.get(Shipment, row.shipment_id) if row else None
        port = shipment.transport.portOfDischarge if shipment else None
        try:
            told = datetime.fromisoformat(f"{day}T{clock}")
        except ValueError:
            raise Refused("Please give the time too. Nothing was recorded.") from None
        moment = told.replace(tzinfo=carrier_mail.zone_of(port)).astimezone(UTC)
        said = collecting.appoint(
            session, pickup_id=pickup, at=moment, by=actor.name, way="slack", actor=actor,
            house=desk.house,
        )  # fmt: skip
        return Answer(text=said, changed=True)

    return decide


def _boxes(numbers: Sequence[str]) -> list[dict[str, Any]]:
    """Which container a day is of, where there are several."""
    if len(numbers) < 2:
        return []
    options = [{"text": modals.plain(one), "value": one} for one in numbers[:_MOST]]
    element = {"type": "static_select", "options": options}
    return [_input(_BOX, "Only this container (else all)", element, optional=True)]


def _picked(values: dict[str, Any], block: str) -> dict[str, Any]:
    found = values.get(block, {}).get("value", {})
    return found if isinstance(found, dict) else {}


def _input(
    block: str, label: str, element: dict[str, Any], *, optional: bool = False
) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "label": modals.plain(label),
        "element": {"action_id": "value", **element},
        "optional": optional,
    }
