"""Clicks and windows about holds: take, answer customs, note, say the kind, clear, close."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given
from knowledge.holds import KINDS, TITLES
from prompts import slack_escape as esc
from storage.models import Hold
from storage.values import Actor, Role
from workflows import hold_acts, hold_letter
from workflows.review import Answer
from workflows.states import Refused

Deciding = Callable[[Desk, Callable[[Desk, Payload], Decide]], Callable[..., None]]
TEXT = "text"
KIND = "kind"
TO = "to"
_MOST = 3000


def register(app: App, desk: Desk, deciding: Deciding) -> None:
    """Attach the listeners."""
    app.action("hold_ack")(deciding(desk, _take))
    app.action("hold_answer")(windows.opening(desk, "Answer customs", _answer_window))
    app.view("hold_answer")(windows.submitting(desk, _answer, TEXT))
    app.action("hold_letter")(windows.opening(desk, "Write to the client", _letter_window(desk)))
    app.view("hold_letter")(windows.submitting(desk, _letter, TEXT))
    app.action("hold_note")(windows.opening(desk, "Note", _note_window))
    app.view("hold_note")(windows.submitting(desk, _note, TEXT))
    app.action("hold_kind")(windows.opening(desk, "Kind of hold", _kind_window))
    app.view("hold_kind")(windows.submitting(desk, _kind, KIND))
    app.action("hold_clear")(windows.opening(desk, "Clear", _end_window("hold_clear", "Clear")))
    app.view("hold_clear")(windows.submitting(desk, _clear, TEXT))
    app.action("hold_close")(windows.opening(desk, "Close", _end_window("hold_close", "Close")))
    app.view("hold_close")(windows.submitting(desk, _close, TEXT))


def _hold(session: Session, at: Payload) -> Hold:
    hold = session.get(Hold, given(at.i))
    if hold is None:
        raise Refused("This hold is not known.")
    return hold


def _take(_desk: Desk, at: Payload) -> Decide:
    hold = given(at.i)
    return lambda session, actor: hold_acts.acknowledge(session, hold_id=hold, actor=actor)


def _answer_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can answer customs.")
    hold = _hold(session, at)
    said = (
        f"*{esc(hold.code)}* {esc(cut(hold.reason, 500))}\nWhat you write goes to customs under "
        "your name and licence, with the documents of the shipment. The draft is software's."
    )
    missing = f"\nMissing: {esc(', '.join(hold.missing))}" if hold.missing else ""
    return modals.form(
        "hold_answer", "Answer customs", "Send", at,
        [modals.text(said + missing), _long(TEXT, "Answer", hold.draft)],
    )  # fmt: skip


def _answer(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, text = given(at.i), modals.typed(view, TEXT)
    return lambda session, actor: hold_acts.answer(session, hold_id=hold, text=text, actor=actor)


def _letter_window(desk: Desk) -> windows.Fill:
    def make(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
        made = hold_letter.prepare(session, hold_id=given(at.i), actor=actor, house=desk.house)
        said = (
            f"A letter to the {made.whom}, prepared by software. It goes by your word only, and "
            "the answer comes into this thread."
        )
        to: dict[str, Any] = {"type": "plain_text_input", "action_id": "value", "max_length": 254}
        if made.to:
            to["initial_value"] = made.to
        address = {"type": "input", "block_id": TO, "label": modals.plain("To"), "element": to}
        return modals.form(
            "hold_letter", "Write to the client", "Send", at,
            [modals.text(said), address, _long(TEXT, "Letter", made.text)],
        )  # fmt: skip

    return make


def _letter(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, to, text = given(at.i), modals.typed(view, TO), modals.typed(view, TEXT)
    return lambda session, actor: hold_letter.send(
        session, hold_id=hold, to=to, text=text, actor=actor
    )


def _note_window(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    hold = _hold(session, at)
    said = f"*{esc(hold.code)}* Costs with their amount: `tidewaiter holds note`."
    kinds = [(kind, words) for kind, words in hold_acts.NOTES.items() if kind != "cost"]
    return modals.form(
        "hold_note", "Note", "Keep", at,
        [modals.text(said), _choose("What", kinds), _long(TEXT, "What was said", "")],
    )  # fmt: skip


def _note(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, kind, text = given(at.i), modals.typed(view, KIND), modals.typed(view, TEXT)
    return lambda session, actor: hold_acts.note(
        session, hold_id=hold, kind=kind, text=text, actor=actor
    )


def _kind_window(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    hold = _hold(session, at)
    said = f"*{esc(hold.code)}* {esc(cut(hold.reason or 'no reason given', 500))}"
    kinds = [(kind, TITLES[kind].capitalize()) for kind in KINDS if kind != "unknown"]
    return modals.form(
        "hold_kind", "Kind of hold", "Record", at, [modals.text(said), _choose("Kind", kinds)]
    )


def _kind(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, kind = given(at.i), modals.typed(view, KIND)
    return lambda session, actor: hold_acts.retype(
        session, hold_id=hold, kind=kind, actor=actor, house=desk.house
    )


def _end_window(callback: str, title: str) -> windows.Fill:
    words = {
        "hold_clear": "Compliance lets go of it, with the evidence. A broker closes it.",
        "hold_close": "Your work on it is done, with the evidence. What customs holds stays held "
        "until customs lifts it.",
    }[callback]

    def make(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
        hold = _hold(session, at)
        blocks = [modals.text(f"*{esc(hold.code)}* {words}"), _long(TEXT, "Evidence, reason", "")]
        return modals.form(callback, title, title, at, blocks)

    return make


def _clear(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, text = given(at.i), modals.typed(view, TEXT)
    return lambda session, actor: hold_acts.clear(session, hold_id=hold, reason=text, actor=actor)


def _close(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    hold, text = given(at.i), modals.typed(view, TEXT)

    def decide(session: Session, actor: Actor) -> Answer:
        return hold_acts.close(session, hold_id=hold, reason=text, actor=actor)

    return decide


def _long(block: str, label: str, value: str) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input", "action_id": "value", "multiline": True, "max_length": _MOST,
    }  # fmt: skip
    if value:
        element["initial_value"] = cut(value, _MOST)
    return {"type": "input", "block_id": block, "label": modals.plain(label), "element": element}


def _choose(label: str, options: Sequence[tuple[str, str]]) -> dict[str, Any]:
    made = [{"text": modals.plain(cut(words, 75)), "value": value} for value, words in options]
    return {
        "type": "input",
        "block_id": KIND,
        "label": modals.plain(label),
        "element": {"type": "static_select", "action_id": "value", "options": made},
    }
