"""Modals: opened at once and filled after, and answered in time when they are submitted.

A submission is decided before it is acknowledged, so that a refusal shows beside the field; but
Slack waits three seconds only, so after `PATIENCE` the window says that the answer will follow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slack_bolt import Ack
from slack_sdk import WebClient
from sqlmodel import Session

from bot import people
from bot.logs import logger
from bot.slack import modals
from bot.slack.answers import (
    OLD,
    Decide,
    Desk,
    Place,
    fault,
    keep_refusal,
    redraw,
    run,
    whisper,
    why_not,
)
from bot.slack.faults import CALL_FAULTS, named
from bot.slack.mrkdwn import cut
from bot.slack.payloads import OldCard, Payload, given, of_action
from knowledge import reporting_units
from prompts import slack_escape as esc
from storage.models import LineItem, Shipment
from storage.values import Actor
from workflows import evidence, places, review
from workflows.review import Answer
from workflows.states import Refused, WrongRole

PATIENCE = 1.5  # of Slack's three seconds; the rest is for the way
OLD_WINDOW = (
    "This window is from an older version of Tidewaiter, so nothing was saved. Please close it "
    "and click the button on the card again."
)
SAVING = (
    "This takes longer than usual and is still being worked on. The answer comes here and as a "
    "message to you; please do not submit it again before."
)
_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})

Fill = Callable[[Session, Actor, Payload], dict[str, Any]]
Click = Callable[[Desk, Payload], Decide]
Make = Callable[[Desk, Payload, dict[str, Any]], Decide]
Change = Callable[[Session, Actor, Payload, dict[str, Any], dict[str, Any]], dict[str, Any]]
"""Draws a window anew; given the window as it stands, and the action in it."""
Draw = Callable[[Session, Actor, Payload, dict[str, Any]], dict[str, Any]]
"""The same without an action."""
Blame = Callable[[dict[str, Any]], str]


def opening(desk: Desk, title: str, make: Fill) -> Callable[..., None]:
    """A click that opens a modal."""

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        clicked = Place.of(body)
        try:
            opened = client.views_open(trigger_id=body["trigger_id"], view=modals.loading(title))
            shown: dict[str, Any] = opened["view"]
            view = _filled(desk, title, make, body, clicked)
            client.views_update(view_id=shown["id"], hash=shown["hash"], view=view)
        except CALL_FAULTS as exc:
            logger().warning("window_failed", error=named(exc), user=clicked.user, title=title)
            whisper(client, clicked.channel, clicked.user, _not_opened(title, named(exc)))

    return listener


def _filled(
    desk: Desk, title: str, make: Fill, asked: dict[str, Any] | Payload, clicked: Place
) -> dict[str, Any]:
    try:
        at = asked if isinstance(asked, Payload) else of_action(asked)
        at = at.model_copy(update={"ch": at.ch or clicked.channel})
        with desk.database.snapshot() as session:
            return make(session, people.who(session, clicked.user), at)
    except WrongRole as exc:
        keep_refusal(desk, clicked.user, exc, clicked)
        return modals.message(title, esc(why_not(desk, exc, clicked)))
    except Refused as exc:
        return modals.message(title, esc(str(exc)))
    except OldCard:
        redraw(desk, clicked)
        return modals.message(title, OLD)
    except Exception as exc:
        return modals.message(title, fault("modal_failed", exc, user=clicked.user))


def _not_opened(title: str, error: str) -> str:
    if error in _LATE:
        return "The window could not be opened in time; nothing was changed. Please click again."
    return (
        f"The window “{title}” could not be shown ({error}); nothing was changed. Please close it "
        "if it is still open and click again. If it happens again, tell whoever runs Tidewaiter."
    )


def turning(desk: Desk, title: str, make: Fill, decide: Click | None = None) -> Callable[..., None]:
    """A click within a window: decide if there is something to decide, and draw it anew.

    The answer stands on top of the window. Who clicks twice at once gets one of the drawings.
    """

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        user, view = Place.of(body).user, body["view"]
        said = ""
        if decide is not None:

            def decided(session: Session, actor: Actor) -> Answer:
                return decide(desk, of_action(body))(session, actor)

            said, _ = run(desk, user, decided)
        try:
            page = of_action(body).i
            at = Payload.read(view.get("private_metadata")).model_copy(update={"i": page})
        except OldCard:
            at = Payload()  # the filling says that the window is an old one
        made = _filled(desk, title, make, at, Place(user=user, channel="", ts=""))
        if said and "private_metadata" in made:
            made["blocks"].insert(0, modals.text(f"*{esc(said)}*"))
        try:
            client.views_update(view_id=view["id"], view=made)
        except CALL_FAULTS as exc:
            logger().info("window_gone", error=named(exc), user=user)
            whisper(client, "", user, said or _not_opened(title, named(exc)))

    return listener


def other_code_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    """Choose a code that is no candidate."""
    return _other_code(session, actor, at)


def other_code_drawn(desk: Desk) -> Draw:
    """The same again: with the units of what is chosen, and what was typed so far."""

    def draw(session: Session, actor: Actor, at: Payload, view: dict[str, Any]) -> dict[str, Any]:
        state = ((view.get("state") or {}).get("values") or {}).get(modals.CODE) or {}
        chosen = (state.get("tariff_search") or {}).get("selected_option")
        found = desk.lookup.find(str(chosen["value"])) if chosen else None
        return _other_code(
            session, actor, at, chosen=chosen, wanted=found.units if found else None,
            typed=modals.all_typed(view),
        )  # fmt: skip

    return draw


def _other_code(
    session: Session,
    actor: Actor,
    at: Payload,
    *,
    chosen: dict[str, Any] | None = None,
    wanted: Sequence[str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    line = session.get(LineItem, given(at.l))
    if line is None:
        raise Refused("This line is no longer part of the shipment.")
    review.may_choose(actor)
    units = None if wanted is None else reporting_units.told(line.quantity, line.unit, wanted)
    placed = evidence.place_of(
        session, shipment_id=line.shipment_id, line_id=line.id, path=evidence.LINE
    )
    return modals.other_code(
        at, number=line.number, description=cut(esc(line.description), 300), units=units,
        chosen=chosen, typed=typed, on_page=placed is not None,
    )  # fmt: skip


def reject_window(session: Session, _actor: Actor, at: Payload) -> dict[str, Any]:
    """Reject the shipment."""
    shipment = session.get(Shipment, given(at.s))
    return modals.reject(at, ref=esc((shipment.ref if shipment else None) or "?"))


def correct_window(desk: Desk) -> Fill:
    """Set fields right, each with the words that it was read from."""

    def make(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
        return correct_drawn(desk)(session, actor, at, {})

    return make


def correct_drawn(desk: Desk) -> Draw:
    """The same again, with what was typed so far."""

    def draw(session: Session, _actor: Actor, at: Payload, view: dict[str, Any]) -> dict[str, Any]:
        fields = review.editable(session, shipment_id=given(at.s))
        house = desk.house
        return modals.correct(
            at, fields, link=house.document_link, picture=house.evidence_link,
            typed=modals.all_typed(view) if view else None,
            figures=places.figures(session, shipment_id=given(at.s)),
        )  # fmt: skip

    return draw


def drawn(
    desk: Desk, title: str, draw: Draw, at: Payload, view: dict[str, Any], user: str
) -> dict[str, Any]:
    """A window as it is now; a refusal becomes a message in its place."""

    def fill(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
        return draw(session, actor, at, view)

    return _filled(desk, title, fill, at, Place(user=user, channel="", ts=""))


def changing(desk: Desk, title: str, make: Change) -> Callable[..., None]:
    """A click within a window that draws it anew, with what was typed so far.

    Slack keeps what stands in an input whose block_id and action_id stay the same.
    """

    def listener(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        user, view = Place.of(body).user, body["view"]
        try:
            at = Payload.read(view.get("private_metadata"))
        except OldCard:
            at = Payload()  # the filling says that the window is an old one

        def fill(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
            return make(session, actor, at, view, body["actions"][0])

        made = _filled(desk, title, fill, at, Place(user=user, channel="", ts=""))
        try:
            client.views_update(view_id=view["id"], view=made)
        except CALL_FAULTS as exc:
            logger().info("window_gone", error=named(exc), user=user)

    return listener


def first_field(begins: str) -> Blame:
    """The first input whose name begins so: where a refusal is shown."""
    return lambda view: next((one for one in view["state"]["values"] if one.startswith(begins)), "")


def submitting(desk: Desk, make: Make, blame: str | Blame | None) -> Callable[..., None]:
    """A submitted modal; a refusal is shown at the input `blame` if there is one."""

    def listener(ack: Ack, body: dict[str, Any], view: dict[str, Any], client: WebClient) -> None:
        user = str(body["user"]["id"])
        try:
            at = Payload.read(view.get("private_metadata"))
        except OldCard:
            ack(response_action="update", view=modals.message("Not saved", OLD_WINDOW))
            return

        def decide(session: Session, actor: Actor) -> Answer:
            return make(desk, at, view)(session, actor)

        reply = _Reply(ack)
        text, through = run(desk, user, decide, shipment_id=at.s)
        where = blame(view) if callable(blame) else blame
        if not reply.in_time(**_shown(text, view, blame=where, through=through)):
            _follow_up(client, view, text, user=user, through=through)
            whisper(client, at.ch or "", user, text)
        elif through:
            whisper(client, at.ch or "", user, text)

    return listener


class _Reply:
    """The one answer that Slack takes to a submission, given in time whatever happens."""

    def __init__(self, ack: Ack) -> None:
        self._ack, self._given = ack, threading.Lock()
        self._timer = threading.Timer(PATIENCE, self._wait)
        self._timer.daemon = True
        self._timer.start()

    def in_time(self, **what: Any) -> bool:
        """Answer; False when the person was told to wait already."""
        self._timer.cancel()
        if not self._given.acquire(blocking=False):
            return False
        self._ack(**what)
        return True

    def _wait(self) -> None:
        if self._given.acquire(blocking=False):
            self._ack(response_action="update", view=modals.message("Saving…", SAVING))


def _shown(text: str, view: dict[str, Any], *, blame: str | None, through: bool) -> dict[str, Any]:
    """What the window turns into: nothing, the error at its field, or a message."""
    if through:
        return {}
    if blame is not None and blame in view["state"]["values"]:
        return {"response_action": "errors", "errors": {blame: cut(text, 1900)}}
    return {"response_action": "update", "view": modals.message("Not saved", esc(text))}


def _follow_up(
    client: WebClient, view: dict[str, Any], text: str, *, user: str, through: bool
) -> None:
    """The answer that came too late for the submission, in its window if that is still open."""
    title = "Saved" if through else "Not saved"
    try:
        client.views_update(view_id=view["id"], view=modals.message(title, esc(text)))
    except CALL_FAULTS as exc:
        logger().info("window_gone", error=named(exc), user=user)


def other_code(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    line, rev = given(at.l), given(at.r)
    return lambda session, actor: review.choose(
        session,
        line_id=line,
        line_rev=rev,
        code=modals.typed(view, modals.CODE),
        actor=actor,
        tariff=desk.lookup,
        reason=modals.typed(view, modals.REASON),
    )


def reject(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = given(at.s)
    return lambda session, actor: review.reject(
        session, shipment_id=shipment, reason=modals.typed(view, modals.REASON), actor=actor
    )


def correct(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    shipment = given(at.s)
    changes = {path: modals.typed(view, path) for path in view["state"]["values"]}
    return lambda session, actor: review.correct(
        session, shipment_id=shipment, changes=changes, actor=actor
    )
