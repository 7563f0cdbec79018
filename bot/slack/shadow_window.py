"""Record what people filed in shadow mode: the number of the entry, and its lines as pasted."""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.payloads import Payload, given
from prompts import slack_escape as esc
from storage.models import Shipment
from storage.values import Actor
from workflows import byhand, comparing, shadow
from workflows.review import Answer
from workflows.states import Refused

CALLBACK = "shadow_record"
TITLE = "Record what was filed"
_ENTRY, _LINES = "entry", "lines"
_MOST = 3000  #: of Slack's input; longer entries come by `tidewaiter shadow record`


def register(app: App, desk: Desk) -> None:
    """Attach the listeners."""
    app.action("shadow_record")(windows.opening(desk, TITLE, _window))
    app.view(CALLBACK)(windows.submitting(desk, _submitted, _LINES))


def _window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    byhand.may(actor)
    shipment = session.get(Shipment, given(at.i))
    if shipment is None or shadow.case_of(session, given(at.i)) is None:
        raise Refused("This shipment is not in shadow mode.")
    columns = ",".join(comparing.COLUMNS)
    said = (
        f"*{esc(shipment.ref or '')}* Paste the lines as they were filed, as CSV with the columns "
        f"`{columns}`. What is left empty is not compared."
    )
    return modals.form(
        CALLBACK,
        TITLE,
        "Compare",
        at,
        [
            modals.text(said),
            _input(_ENTRY, "Entry number", {"max_length": 20}),
            _input(
                _LINES, "Lines",
                {"multiline": True, "max_length": _MOST, "initial_value": f"{columns}\n"},
            ),
        ],
    )  # fmt: skip


def _submitted(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    number, text = modals.typed(view, _ENTRY), modals.typed(view, _LINES)
    shipment_id = given(at.i)

    def decide(session: Session, actor: Actor) -> Answer:
        shipment = session.get(Shipment, shipment_id, with_for_update=True)
        if shipment is None:
            raise Refused("This shipment is not known.")
        lines = comparing.read(text)
        case = shadow.record(session, shipment, number=number, lines=lines, actor=actor)
        found = len(comparing.counted(case.differences))
        said = f"{found} differ: see the thread." if found else "It agrees in every compared field."
        return Answer(text=f"Recorded as entry {case.entry_number}. {said}", changed=True)

    return decide


def _input(block: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "label": modals.plain(label),
        "element": {"type": "plain_text_input", "action_id": "value", **element},
    }
