"""Ask the shipper: a window with the question prepared and whom it goes to, both to be changed.

The answer comes back into the shipment's thread like every mail about it.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from bot.slack import modals
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given
from bot.slack.windows import Fill
from prompts import slack_escape as esc
from storage.models import Shipment
from storage.values import Actor
from workflows import answering, asking
from workflows.review import Answer
from workflows.states import Refused

CALLBACK = "ask_shipper"
TITLE = "Ask the shipper"
QUESTION = "question"
_TO = "to"


def filled(desk: Desk) -> Fill:
    """How the window is filled."""

    def make(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
        answering.may_ask(actor)
        made = asking.prepare(session, shipment_id=given(at.s), house=desk.house)
        others = ", ".join(made.to[1:4])
        hint = f"Also known: {others}" if others else "One address."
        return modals.form(
            CALLBACK,
            TITLE,
            "Send",
            at,
            [
                modals.text(f"*{esc(made.ref)}* The answer comes into the shipment's thread."),
                _input(_TO, "To", made.to[0] if made.to else "", 320, hint=hint),
                _input(QUESTION, "Question", made.question, 3000, many_lines=True),
            ],
        )

    return make


def submitted(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    """Send what was written."""
    number = given(at.s)
    question, to = modals.typed(view, QUESTION), modals.typed(view, _TO)

    def decide(session: Session, actor: Actor) -> Answer:
        shipment = session.get(Shipment, number, with_for_update=True)
        if shipment is None or not asking.possible(shipment):
            raise Refused("There is nobody to ask about this shipment now. Nothing was sent.")
        said = answering.ask(session, shipment, question=question, to=to or None, actor=actor)
        return Answer(text=said, changed=True)

    return decide


def _input(
    block: str, label: str, value: str, most: int, *, hint: str = "", many_lines: bool = False
) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": most,
        "multiline": many_lines,
    }
    if value:
        element["initial_value"] = cut(value, most)
    made = {"type": "input", "block_id": block, "label": modals.plain(label), "element": element}
    return {**made, "hint": modals.plain(cut(hint, 150))} if hint else made
