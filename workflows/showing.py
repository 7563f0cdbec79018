"""The card of a shipment in Slack: posted once, kept up to date, posted again where it is lost."""

from __future__ import annotations

import contextlib

from sqlmodel import Session

from prompts import render
from storage import audit, outbox
from storage.columns import now
from storage.models import Shipment
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows import all_lines, hold_alarms, holds, offices, proposal, threads
from workflows.card import card
from workflows.effects import ShowCard, TellThread
from workflows.mailing import nothing
from workflows.ports import Gone, Ports, Posted
from workflows.post import Record
from workflows.review import Answer
from workflows.views import CardView, NoteView


def anew(session: Session, shipment: Shipment) -> Answer:
    """Somebody misses it: draw it, and where it is lost in Slack post it again."""
    proposal.changed(session, shipment)
    return Answer(text=f"The card of {shipment.ref} is drawn anew.", changed=True)


def show_card(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowCard.model_validate(claimed.payload)
    with ports.snapshot() as session:
        shipment = session.get(Shipment, effect.shipment_id)
        if shipment is None or shipment.card_shown_rev >= shipment.card_rev:
            return nothing  # the last revision is on show already
        view = card(session, shipment_id=effect.shipment_id, house=ports.house)
        at = card_of(shipment)
        channel = offices.review_channel(session, shipment, ports.house)
    office = offices.office_of(channel)
    moved = at is not None and offices.office_of(at.channel) != office
    if moved and at is not None:
        with contextlib.suppress(Gone):
            ports.chat.update(at, NoteView(text=render("slack/card_elsewhere", ref=view.ref)))
        at = None
    shown_at, lost = _brought(ports, claimed, view, at, channel)

    def record(session: Session) -> None:
        row = session.get(Shipment, effect.shipment_id, with_for_update=True)
        assert row is not None
        if lost or moved:
            _posted_again(session, row, at=shown_at)
        if offices.office_of(row.assignee) != office:
            row.assignee = None  # nobody there may see it
        row.card_channel, row.card_ts = shown_at.channel, shown_at.ts
        row.card_shown_rev = max(row.card_shown_rev, view.rev)
        row.card_shown_at = now()
        session.add(row)
        # Slack takes one change of a message in about three seconds, whoever asked in between.
        outbox.defer(session, effect.lane(), until=row.card_shown_at + proposal.CARD_PAUSE)
        if row.card_rev > view.rev:
            # Something changed since this drawing began, and may have counted on it.
            proposal.redraw_card(session, row)

    return record


def _brought(
    ports: Ports, claimed: Claimed, view: CardView, at: Posted | None, channel: str
) -> tuple[Posted, bool]:
    """Show the card; where, and whether it was lost in Slack and is a new message there."""
    key, lost = f"card-{view.ref}", False
    if at is not None:
        try:
            ports.chat.update(at, view)
        except Gone:
            key, lost = f"{key}-after-{at.ts}", True
        else:
            return at, False
    if claimed.last_outcome == "unknown":
        found = ports.chat.find(channel, key)
        if found is not None:
            ports.chat.update(found, view)
            return found, lost
    return ports.chat.post(channel, view, key=key), lost


def _posted_again(session: Session, shipment: Shipment, *, at: Posted) -> None:
    """What the old card's thread said stays there and in the file; the new one says so."""
    assert shipment.id is not None
    threads.remember(session, shipment)
    audit.record(
        session, "card_posted_again", actor=SYSTEM, shipment_id=shipment.id,
        before=shipment.card_ts, now=at.ts,
    )  # fmt: skip
    told = TellThread(shipment_id=shipment.id, note="card_again", once=at.ts)
    outbox.add(session, told)
    all_lines.begin_again(session, shipment)
    for hold in holds.open_holds(session, shipment.id):
        # What waits for somebody must not wait in a thread that nobody finds.
        hold_alarms.again(session, hold, shipment, once=at.ts)


def card_of(shipment: Shipment) -> Posted | None:
    """Where its card is, once it is posted."""
    if shipment.card_channel is None or shipment.card_ts is None:
        return None
    return Posted(channel=shipment.card_channel, ts=shipment.card_ts)
