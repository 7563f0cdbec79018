"""Clicks and windows about filings: by hand, in doubt, a status, a late document, waivers, ISF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given
from prompts import slack_escape as esc
from storage.models import Entry
from storage.values import Actor
from workflows import byhand, late, stating
from workflows.byhand import STATED
from workflows.late import CHOICES, Choice
from workflows.review import Answer
from workflows.states import Refused

Deciding = Callable[[Desk, Callable[[Desk, Payload], Decide]], Callable[..., None]]
STATUS = "status"
REFERENCE = "reference"


def register(app: App, desk: Desk, deciding: Deciding) -> None:
    """Attach the listeners."""
    app.action("filing_denied")(deciding(desk, _denied))
    for choice, _ in CHOICES:
        app.action(f"late_{choice}")(deciding(desk, _late(choice)))
    app.action("shipment_ask_all")(deciding(desk, _ask_all))
    app.action("shipment_state")(windows.opening(desk, "State or let wait", _state_window(desk)))
    app.view("shipment_state")(windows.submitting(desk, _state, modals.REASON))
    app.action("filed_by_hand")(windows.opening(desk, "Filed by hand", _by_hand_window))
    app.action("status_stated")(windows.opening(desk, "Record a status", _status_window))
    app.view("filed_by_hand")(windows.submitting(desk, _by_hand, REFERENCE))
    app.view("status_stated")(windows.submitting(desk, _stated, modals.REASON))


def _denied(_desk: Desk, at: Payload) -> Decide:
    entry = given(at.i)
    return lambda session, actor: byhand.denied(session, entry_id=entry, actor=actor)


def _late(choice: Choice) -> Callable[[Desk, Payload], Decide]:
    def made(_desk: Desk, at: Payload) -> Decide:
        row = given(at.i)

        def decide(session: Session, actor: Actor) -> Answer:
            text = late.decide(session, late_id=row, choice=choice, actor=actor)
            return Answer(text=text, changed=True)

        return decide

    return made


def _entry(session: Session, actor: Actor, at: Payload) -> Entry:
    byhand.may(actor)
    entry = session.get(Entry, given(at.i))
    if entry is None:
        raise Refused("This entry is not known.")
    return entry


def _by_hand_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    entry = _entry(session, actor, at)
    said = (
        f"*Entry {esc(entry.number or '')}* You state, under your name and licence, that you have "
        "filed it without Tidewaiter. It is not sent again."
    )
    return modals.form(
        "filed_by_hand",
        "Filed by hand",
        "I filed it",
        at,
        [modals.text(said), _line(REFERENCE, "Reference at customs or at the filer")],
    )


def _status_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    entry = _entry(session, actor, at)
    options = [{"text": modals.plain(words), "value": code} for code, words in STATED.items()]
    return modals.form(
        "status_stated",
        "Record a status",
        "Record",
        at,
        [
            modals.text(f"*Entry {esc(entry.number or '')}* What did the filer or customs say?"),
            {
                "type": "input",
                "block_id": STATUS,
                "label": modals.plain("Status"),
                "element": {"type": "static_select", "action_id": "value", "options": options},
            },
            _line(modals.REASON, "Evidence: who said it, when, where it stands"),
        ],
    )


def _by_hand(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    entry = given(at.i)
    return lambda session, actor: byhand.filed(
        session,
        entry_id=entry,
        reference=modals.typed(view, REFERENCE),
        actor=actor,
        house=desk.house,
    )


def _stated(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    entry = given(at.i)
    return lambda session, actor: byhand.state(
        session,
        entry_id=entry,
        code=modals.typed(view, STATUS),
        evidence=modals.typed(view, modals.REASON),
        actor=actor,
        house=desk.house,
    )


def _ask_all(_desk: Desk, at: Payload) -> Decide:
    shipment = given(at.s)
    return lambda session, actor: stating.ask_all(session, shipment_id=shipment, actor=actor)


def _state_window(desk: Desk) -> windows.Fill:
    def make(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
        found = stating.choices(session, shipment_id=given(at.s), house=desk.house)
        if not found:
            raise Refused("There is nothing to state or to let wait now.")
        options = [
            {"text": modals.plain(cut(one.label, 75)), "value": one.key} for one in found[:90]
        ]
        return modals.form(
            "shipment_state",
            "State or let wait",
            "Record",
            at,
            [
                modals.text(
                    "A document that is let wait is secured by the bond and due within 120 days "
                    "(19 CFR 141.66, 113.42). It stands in the record under your name and licence."
                ),
                {
                    "type": "input",
                    "block_id": STATUS,
                    "label": modals.plain("What"),
                    "element": {"type": "static_select", "action_id": "value", "options": options},
                },
                _line(modals.REASON, "The reference, the statement, or the reason"),
            ],
        )

    return make


def _state(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = given(at.s)
    return lambda session, actor: stating.state(
        session,
        shipment_id=shipment,
        key=modals.typed(view, STATUS),
        text=modals.typed(view, modals.REASON),
        actor=actor,
        house=desk.house,
    )


def _line(block: str, label: str) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "label": modals.plain(label),
        "element": {"type": "plain_text_input", "action_id": "value", "max_length": 1000},
    }
