"""The two windows of a denied-party match: cleared with evidence, or confirmed as the listed one.

They open for compliance only, on compliance's own card; everybody else is refused in words.
"""

from __future__ import annotations

from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given
from prompts import slack_escape as esc
from storage.models import Screening
from storage.values import Actor
from workflows import compliance
from workflows.states import Refused

EVIDENCE = "evidence"
_MOST = 2800


def register(app: App, desk: Desk) -> None:
    """Attach the buttons and the windows."""
    app.action("screening_clear")(windows.opening(desk, "Clear match", clear_window))
    app.action("screening_confirm")(windows.opening(desk, "Confirm match", confirm_window))
    app.view("clear_match")(windows.submitting(desk, clear, EVIDENCE))
    app.view("confirm_match")(windows.submitting(desk, confirm, modals.REASON))


def clear_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """Not the listed party: why, and how it is known."""
    compliance.may_decide(actor)
    evidence = modals.reason("What shows it? Register, date of birth, address, file")
    evidence["block_id"] = EVIDENCE
    return modals.form(
        "clear_match",
        "Clear match",
        "Clear",
        at,
        [
            modals.text(_match(session, given(at.i))),
            modals.reason("Why is this not the listed party?"),
            evidence,
        ],
    )


def confirm_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """The listed party: it stays frozen."""
    compliance.may_decide(actor)
    return modals.form(
        "confirm_match",
        "Confirm match",
        "Confirm match",
        at,
        [
            modals.text(_match(session, given(at.i))),
            modals.text(
                "Everything of this shipment stays frozen and under legal hold; principal and "
                "counsel are told at once."
            ),
            modals.reason("Why is this the listed party?"),
        ],
    )


def clear(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    row = given(at.i)
    return lambda session, actor: compliance.clear(
        session,
        screening_id=row,
        reason=modals.typed(view, modals.REASON),
        evidence=modals.typed(view, EVIDENCE),
        actor=actor,
    )


def confirm(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    row = given(at.i)
    return lambda session, actor: compliance.confirm_match(
        session, screening_id=row, reason=modals.typed(view, modals.REASON), actor=actor
    )


def _match(session: Session, screening_id: int) -> str:
    row = session.get(Screening, screening_id)
    if row is None or not row.hits:
        raise Refused("This match is no longer there.")
    told = [
        f"*{esc(row.party)}* resembles *{esc(hit.listed)}* "
        f"({esc(hit.list_name)}, {esc(hit.entry_id)}): {esc(hit.because)}"
        for hit in row.hits[:3]
    ]
    return cut("\n".join(told), _MOST)
