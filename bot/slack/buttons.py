"""What can be clicked on a card, drawn from a view. Only ids travel in a button."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    ButtonElement,
    ConfirmObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
)

from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload
from storage.values import Candidate
from workflows.views import CardView, LineView

SURE = 0.85


def pick(view: CardView, line: LineView, letter: str, place: int, one: Candidate) -> ButtonElement:
    """Confirm this candidate; green only for what is sure and without a flag."""
    sure = place == 0 and one.confidence >= SURE and not line.flags and not line.note_is_conflict
    return ButtonElement(
        text=f"{letter} {one.code}",
        action_id=f"line_pick_{place}",
        value=Payload(
            s=view.shipment_id, l=line.line_id, r=line.rev, c=one.code.replace(".", "")
        ).written(),
        style="primary" if sure else None,
        accessibility_label=cut(
            f"Line {line.number}: confirm {one.code}, {one.confidence:.0%}", 75
        ),
    )


def line_menu(view: CardView, line: LineView) -> OverflowMenuElement:
    """What is rarer about one line."""
    here = Payload(s=view.shipment_id, l=line.line_id, r=line.rev)
    choices = [
        ("Correct this line…", "line"),
        ("Split this line…", "split"),
        ("Merge with other lines…", "merge"),
    ]
    if view.can_ask:
        choices.append(("Ask the shipper…", "ask"))
    return _menu("line_more", here, choices)


def shipment_menu(view: CardView) -> OverflowMenuElement:
    """What is rarer about the shipment."""
    choices = [("Add a line…", "line_add"), ("Move a document…", "move")]
    if view.total_lines:
        lines = [("Correct a line…", "line"), ("Split a line…", "split"), ("Merge lines…", "merge")]
        choices = [*lines, *choices]
    return _menu("shipment_more", Payload(s=view.shipment_id, r=view.rev), choices)


def _menu(action: str, here: Payload, choices: list[tuple[str, str]]) -> OverflowMenuElement:
    return OverflowMenuElement(
        action_id=action,
        options=[
            Option(label=label, value=here.model_copy(update={"w": what}).written())
            for label, what in choices
        ],
    )


def actions(view: CardView) -> list[ButtonElement]:
    """What can be done with the shipment as a whole."""
    here = Payload(s=view.shipment_id, r=view.rev)
    buttons: list[ButtonElement] = []
    if view.can_confirm:
        buttons.append(
            ButtonElement(
                text="Confirm and file",
                action_id="shipment_confirm",
                style="primary",
                value=here.written(),
                confirm=_ask(
                    "File this entry?",
                    "You confirm the entry under your name and licence, and it goes to customs.",
                    "Confirm and file",
                ),
            )
        )
    if view.bulk:
        buttons.append(
            ButtonElement(
                text=f"Confirm {view.bulk.count} proposed lines",
                action_id="bulk_confirm",
                value=here.model_copy(update={"f": view.bulk.fingerprint}).written(),
                confirm=_ask(
                    "Confirm proposed codes?",
                    f"You confirm {view.bulk.count} codes as proposed, under your name. "
                    "Lines with flags are not included.",
                    "Confirm",
                ),
            )
        )
    if view.can_edit and view.total_lines > len(view.lines):
        buttons.append(
            ButtonElement(text="Review all lines…", action_id="review_all", value=here.written())
        )
    if view.can_edit:
        buttons.append(
            ButtonElement(text="Correct fields…", action_id="shipment_edit", value=here.written())
        )
    if view.can_ask_all:
        buttons.append(
            ButtonElement(
                text="Ask the shipper for all of it",
                action_id="shipment_ask_all",
                value=here.written(),
                confirm=_ask(
                    "Write to the shipper?",
                    "One letter goes out with everything that is missing and why; at most one a "
                    "day.",
                    "Send it",
                ),
            )
        )
    if view.can_edit and any(
        one.waivable or one.code == "isf" or one.code.startswith("pga:") for one in view.open_items
    ):
        buttons.append(
            ButtonElement(
                text="State or let wait…", action_id="shipment_state", value=here.written()
            )
        )
    if view.can_edit and view.total_lines:
        buttons.append(ButtonElement(text="Duty…", action_id="shipment_duty", value=here.written()))
        asked = any(one.code == "entry_type" for one in view.open_items)
        buttons.append(
            ButtonElement(
                text="Entry type…",
                action_id="entry_type",
                value=here.written(),
                style="primary" if asked else None,
            )
        )
    if view.can_ask:
        buttons.append(
            ButtonElement(text="Ask the shipper…", action_id="shipment_ask", value=here.written())
        )
    if view.total_lines and view.state != "cancelled":
        buttons.append(
            ButtonElement(text="Papers…", action_id="shipment_papers", value=here.written())
        )
    if view.can_ask_poa:
        buttons.append(
            ButtonElement(
                text="Send POA for signature…", action_id="poa_send", value=here.written()
            )
        )
    if view.can_reject:
        buttons.append(
            ButtonElement(
                text="Reject…", action_id="shipment_reject", style="danger", value=here.written()
            )
        )
    if view.can_reopen:
        buttons.append(
            ButtonElement(text="Reopen", action_id="shipment_reopen", value=here.written())
        )
    return buttons


def _ask(title: str, text: str, yes: str) -> ConfirmObject:
    return ConfirmObject(
        title=title,
        text=PlainTextObject(text=text),
        confirm=yes,
        deny="Back",
    )
