"""The type of an entry in a window: the orders that may apply, their scope, what was stated."""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload
from prompts import slack_escape as esc
from storage.values import Actor
from workflows import adcvd_acts
from workflows.adcvd_acts import FORM, TYPES, View

CALLBACK = "entry_type"
TITLE = "Entry type"
_TYPE, _CASES, _PRODUCER, _EXPORTER = "type", "cases", "producer", "exporter"


def register(app: App, desk: Desk) -> None:
    """Attach the listeners."""
    app.action(CALLBACK)(windows.opening(desk, TITLE, _window))
    app.view(CALLBACK)(windows.submitting(desk, _submitted, _CASES))


def _shipment(at: Payload) -> int:
    """From the card, or from the note in its thread."""
    found = at.s if at.s is not None else at.i
    if found is None:
        raise OldCard
    return found


def _window(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    shown = adcvd_acts.view(session, shipment_id=_shipment(at))
    options = [{"text": modals.plain(words), "value": value} for value, words in TYPES]
    chosen = next(one for one in options if one["value"] == shown.suggested)
    return modals.form(
        CALLBACK, TITLE, "Decide", at,
        [
            *_said(shown),
            {
                "type": "input", "block_id": _TYPE, "label": modals.plain("Type of the entry"),
                "element": {"type": "static_select", "action_id": "value", "options": options,
                            "initial_option": chosen},
            },
            _input(_CASES, "Cases, one on a line; a rate only with its message", shown.cases,
                   hint=f"{FORM}; without a message the rate is not available", many=True,
                   optional=True),
            _input(_PRODUCER, "Producer (of cells: who made them, where)", shown.producer,
                   optional=True),
            _input(_EXPORTER, "Exporter", shown.exporter, optional=True),
            _input(modals.REASON, "Reason, and what it rests on", "", many=True),
        ],
    )  # fmt: skip


def _said(shown: View) -> list[dict[str, Any]]:
    parts = [f"*{esc(shown.ref)}* What you decide is filed under your name and licence."]
    if shown.decided:
        parts.append(f"Decided so far: {esc(shown.decided)}.")
    if shown.told:
        parts.append("*May be covered* (the words of the scope decide, not the tariff number)")
        parts += [f"• {esc(one)}" for one in shown.told[:10]]
        parts += [f"_{esc(one)}_" for one in shown.scopes]
        parts.append(f"*To find out*: {esc('; '.join(shown.asks))}")
        parts.append("In scope the type is 03, even at a deposit of 0 %.")
    else:
        parts.append("No order that we know names these goods. That is no finding: check them.")
    blocks = [modals.text(cut("\n".join(parts), 2900))]
    if shown.papers:
        listed = "\n".join(f"• {esc(one)}" for one in shown.papers)
        told = f"*For the UFLPA file* (polysilicon; “Ask the shipper…” asks for it)\n{listed}"
        blocks.append(modals.text(cut(told, 2900)))
    return blocks


def _submitted(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = _shipment(at)
    kind, cases = modals.typed(view, _TYPE), modals.typed(view, _CASES)
    producer, exporter = modals.typed(view, _PRODUCER), modals.typed(view, _EXPORTER)
    reason = modals.typed(view, modals.REASON)
    return lambda session, actor: adcvd_acts.decide(
        session, shipment_id=shipment, entry_type=kind, cases=cases, producer=producer,
        exporter=exporter, reason=reason, actor=actor,
    )  # fmt: skip


def _input(
    block: str, label: str, value: str, *, hint: str = "", many: bool = False,
    optional: bool = False,
) -> dict[str, Any]:  # fmt: skip
    element: dict[str, Any] = {
        "type": "plain_text_input", "action_id": "value", "max_length": 1000, "multiline": many,
    }  # fmt: skip
    if value:
        element["initial_value"] = cut(value, 1000)
    made = {
        "type": "input", "block_id": block, "label": modals.plain(label), "element": element,
        "optional": optional,
    }  # fmt: skip
    return {**made, "hint": modals.plain(cut(hint, 150))} if hint else made
