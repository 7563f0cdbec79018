"""Every click, modal and command: acknowledge, parse, one workflow call, a visible answer.

No path is silent. A refusal is told to the person who clicked, in the same thread; a fault of
ours is told with a reference under which the log has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from bot import people
from bot.logs import logger
from bot.slack import cards, modals
from bot.slack.payloads import OldCard, Payload, of_action
from knowledge.tariff import Lookup
from prompts import slack_escape as esc
from storage.db import Database
from storage.models import LineItem, Screening, Shipment
from storage.values import Actor
from workflows import archive, operating, proposal, review
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

Decide = Callable[[Session, Actor], Answer]
OLD = "This card is from an older version of Tidewaiter. It is being drawn anew; please try again."
NOT_DECIDED = (
    "This was not saved, because something went wrong on our side. Please try again; "
    "reference {ref}."
)
_TRIES = 6
_MOST_OPTIONS = 100


@dataclass(frozen=True)
class Desk:
    """What the listeners work with."""

    database: Database
    house: House
    lookup: Lookup


def register(app: App, desk: Desk) -> None:
    """Attach all listeners."""
    for place in range(3):
        app.action(f"line_pick_{place}")(_deciding(desk, _pick))
    app.action("bulk_confirm")(_deciding(desk, _bulk))
    app.action("shipment_confirm")(_deciding(desk, _confirm))
    app.action("shipment_reopen")(_deciding(desk, _reopen))
    app.action("document_looked")(_deciding(desk, _looked))
    app.action("hold_ack")(_deciding(desk, _hold))
    app.action("outbox_retry")(_deciding(desk, _retry))
    app.action("outbox_drop")(_deciding(desk, _drop))
    app.action("line_change")(_opening(desk, "Other code", _other_code_modal))
    app.action("shipment_reject")(_opening(desk, "Reject shipment", _reject_modal))
    app.action("shipment_edit")(_opening(desk, "Correct fields", _correct_modal))
    app.action("screening_clear")(_opening(desk, "Clear match", _clear_modal))
    app.view("other_code")(_submitting(desk, _other_code, modals.CODE))
    app.view("reject")(_submitting(desk, _reject, modals.REASON))
    app.view("correct")(_submitting(desk, _correct, None))
    app.view("clear_match")(_submitting(desk, _clear, modals.REASON))

    @app.options("tariff_search")
    def _search(ack: Ack, payload: dict[str, Any]) -> None:
        found = desk.lookup.search(str(payload.get("value", ""))[:200], _MOST_OPTIONS)
        ack(
            options=[
                {
                    "text": {
                        "type": "plain_text",
                        "text": cards.cut(f"{one.code} {_short(one.path)}", 75),
                    },
                    "value": one.bare,
                }
                for one in found
            ]
        )

    @app.command("/tidewaiter")
    def _command(ack: Ack, command: dict[str, Any]) -> None:
        ack(_answer_command(desk, command))

    @app.action({"action_id": "tariff_search"})
    def _chosen(ack: Ack) -> None:
        ack()

    @app.error
    def _fault(error: Exception, body: dict[str, Any]) -> None:
        logger().error("slack_fault", error=str(error), kind=str(body.get("type")))


# -- clicks that decide -------------------------------------------------------------------------


def _deciding(desk: Desk, make: Callable[[Desk, Payload], Decide]) -> Callable[..., None]:
    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        user, channel, thread = _where(body)

        def decide(session: Session, actor: Actor) -> Answer:
            return make(desk, of_action(body))(session, actor)

        text, _ = _run(desk, user, decide, body)
        _whisper(client, channel, user, text, thread)

    return listener


def _run(desk: Desk, user: str, decide: Decide, body: dict[str, Any]) -> tuple[str, bool]:
    """One workflow call in one transaction; what to say, and whether it went through."""
    try:
        for attempt in range(_TRIES):
            try:
                with desk.database.transaction() as session:
                    answer = decide(session, people.who(session, user))
            except (StaleDataError, OperationalError):
                if attempt == _TRIES - 1:
                    raise
            else:
                return answer.text, True
    except Refused as exc:
        _redraw(desk, body)
        return str(exc), False
    except OldCard:
        _redraw(desk, body)
        return OLD, False
    except Exception:
        ref = secrets.token_hex(4)
        logger().exception("click_failed", ref=ref, user=user)
        return NOT_DECIDED.format(ref=ref), False
    return "", False


def _pick(desk: Desk, at: Payload) -> Decide:
    line, rev, code = at.l, at.r, at.c
    if line is None or rev is None or code is None:
        raise OldCard

    def decide(session: Session, actor: Actor) -> Answer:
        return review.choose(
            session, line_id=line, line_rev=rev, code=code, actor=actor, tariff=desk.lookup
        )

    return decide


def _bulk(_desk: Desk, at: Payload) -> Decide:
    shipment, fingerprint = at.s, at.f
    if shipment is None or fingerprint is None:
        raise OldCard
    return lambda session, actor: review.confirm_bulk(
        session, shipment_id=shipment, fingerprint=fingerprint, actor=actor
    )


def _confirm(desk: Desk, at: Payload) -> Decide:
    shipment, rev = at.s, at.r
    if shipment is None or rev is None:
        raise OldCard
    return lambda session, actor: review.confirm(
        session, shipment_id=shipment, rev=rev, actor=actor, house=desk.house
    )


def _reopen(_desk: Desk, at: Payload) -> Decide:
    shipment = _given(at.s)
    return lambda session, actor: review.reopen(session, shipment_id=shipment, actor=actor)


def _looked(_desk: Desk, at: Payload) -> Decide:
    document = _given(at.i)
    return lambda session, actor: review.looked_at(session, document_id=document, actor=actor)


def _hold(_desk: Desk, at: Payload) -> Decide:
    hold = _given(at.i)
    return lambda session, actor: review.acknowledge_hold(session, hold_id=hold, actor=actor)


def _retry(_desk: Desk, at: Payload) -> Decide:
    row = _given(at.i)
    return lambda session, actor: operating.outbox_retry(session, outbox_id=row, actor=actor)


def _drop(_desk: Desk, at: Payload) -> Decide:
    row = _given(at.i)
    return lambda session, actor: operating.outbox_drop(session, outbox_id=row, actor=actor)


# -- clicks that open a modal, and what is submitted in it --------------------------------------


def _opening(
    desk: Desk, title: str, make: Callable[[Session, Actor, Payload], dict[str, Any]]
) -> Callable[..., None]:
    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        user, channel, thread = _where(body)
        try:
            opened = client.views_open(trigger_id=body["trigger_id"], view=modals.loading(title))
        except SlackApiError as exc:
            logger().warning("modal_not_opened", error=str(exc.response.get("error")))
            text = (
                "The window could not be opened in time; nothing was changed. Please click again."
            )
            _whisper(client, channel, user, text, thread)
            return
        try:
            at = of_action(body).model_copy(update={"ch": channel, "ts": thread})
            with desk.database.snapshot() as session:
                view = make(session, people.who(session, user), at)
        except Refused as exc:
            view = modals.message(title, esc(str(exc)))
        except OldCard:
            view = modals.message(title, OLD)
        except Exception:
            ref = secrets.token_hex(4)
            logger().exception("modal_failed", ref=ref, user=user)
            view = modals.message(title, NOT_DECIDED.format(ref=ref))
        shown: dict[str, Any] = opened["view"]
        client.views_update(view_id=shown["id"], hash=shown["hash"], view=view)

    return listener


def _other_code_modal(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    line = session.get(LineItem, _given(at.l))
    if line is None:
        raise Refused("This line is no longer part of the shipment.")
    review.may_choose(actor)
    return modals.other_code(
        at, number=line.number, description=cards.cut(esc(line.description), 300)
    )


def _reject_modal(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    shipment = session.get(Shipment, _given(at.s))
    return modals.reject(at, ref=esc((shipment.ref if shipment else None) or "?"))


def _correct_modal(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    return modals.correct(at, review.editable(session, shipment_id=_given(at.s)))


def _clear_modal(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    row = session.get(Screening, _given(at.i))
    if row is None or not row.hits:
        raise Refused("This match is no longer there.")
    review.may_clear(actor)
    hit = row.hits[0]
    text = (
        f"*{row.party}* resembles *{hit.listed}* ({hit.list_name}, {hit.entry_id}): {hit.because}"
    )
    return modals.clear_match(at, text=text)


def _submitting(
    desk: Desk, make: Callable[[Desk, Payload, dict[str, Any]], Decide], blame: str | None
) -> Callable[..., None]:
    """A submitted modal: decided before it is acknowledged, so that a refusal shows in it."""

    def listener(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        user = str(body["user"]["id"])
        try:
            at = Payload.read(view.get("private_metadata"))
        except OldCard:
            ack(response_action="update", view=modals.message("Not saved", OLD))
            return

        def decide(session: Session, actor: Actor) -> Answer:
            return make(desk, at, view)(session, actor)

        text, through = _run(desk, user, decide, {})
        if through:
            ack()
            if at.ch:
                _whisper(client, at.ch, user, text, at.ts)
        elif blame is not None and blame in view["state"]["values"]:
            ack(response_action="errors", errors={blame: cards.cut(text, 1900)})
        else:
            ack(response_action="update", view=modals.message("Not saved", esc(text)))

    return listener


def _other_code(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    line, rev = _given(at.l), _given(at.r)
    return lambda session, actor: review.choose(
        session,
        line_id=line,
        line_rev=rev,
        code=modals.typed(view, modals.CODE),
        actor=actor,
        tariff=desk.lookup,
        reason=modals.typed(view, modals.REASON),
    )


def _reject(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = _given(at.s)
    return lambda session, actor: review.reject(
        session, shipment_id=shipment, reason=modals.typed(view, modals.REASON), actor=actor
    )


def _correct(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = _given(at.s)
    changes = {path: modals.typed(view, path) for path in view["state"]["values"]}
    return lambda session, actor: review.correct(
        session, shipment_id=shipment, changes=changes, actor=actor
    )


def _clear(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    row = _given(at.i)
    return lambda session, actor: review.clear_screening(
        session, screening_id=row, reason=modals.typed(view, modals.REASON), actor=actor
    )


# -- the command, and small things --------------------------------------------------------------


def _answer_command(desk: Desk, command: dict[str, Any]) -> str:
    words = str(command.get("text") or "").strip()
    if not words or words.casefold() == "help":
        return "`/tidewaiter WORDS` finds shipments by number, bill, container, firm or goods."
    try:
        with desk.database.snapshot() as session:
            people.who(session, str(command.get("user_id")))
            found = archive.search(session, words, limit=10)
            lines = [
                f"• {one.ref} · {esc(one.parties.importer.name or 'unknown importer')}"
                f" · {one.state.value.replace('_', ' ')}"
                for one in found
            ]
    except Refused as exc:
        return esc(str(exc))
    return "\n".join(lines) or f"Nothing has all of these words: {esc(words[:100])}"


def _where(body: dict[str, Any]) -> tuple[str, str, str | None]:
    """Who clicked, in which channel, under which message."""
    container = body.get("container") or {}
    message = body.get("message") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    thread = message.get("thread_ts") or message.get("ts") or container.get("message_ts")
    return str(body["user"]["id"]), channel, str(thread) if thread else None


def _whisper(client: WebClient, channel: str, user: str, text: str, thread: str | None) -> None:
    """Tell only the person who clicked. An old thread must not swallow it: say it there."""
    if not channel or not text:
        return
    try:
        client.chat_postEphemeral(
            channel=channel,
            user=user,
            text=cards.cut(cards.esc_keep_mentions(text), 2900),
            thread_ts=thread,
        )
    except (SlackApiError, OSError) as exc:
        logger().warning("whisper_failed", error=str(exc))


def _redraw(desk: Desk, body: dict[str, Any]) -> None:
    """The person saw something that no longer holds: let the card follow the database."""
    try:
        at = of_action(body) if body.get("actions") else None
        if at is None or at.s is None:
            return
        with desk.database.transaction() as session:
            shipment = session.get(Shipment, at.s, with_for_update=True)
            if shipment is not None and shipment.card_ts:
                proposal.changed(session, shipment)
    except Exception:
        logger().exception("redraw_failed")


def _given(value: int | None) -> int:
    if value is None:
        raise OldCard
    return value


def _short(path: tuple[str, ...]) -> str:
    return " · ".join(part[:40] for part in path[-2:])
