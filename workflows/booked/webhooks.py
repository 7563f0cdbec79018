"""A webhook of the source, already proved genuine: kept, and what follows from it.

The shipment may come with it or only its number. Where the source can be asked, it is asked for
the whole of it, and what the milestone triggers follows then.
"""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import Session

from storage import outbox
from storage.models import BookingReceipt
from workflows.booked import acting, pulling
from workflows.booked.acting import Milestone
from workflows.booked.effects import FetchBooking
from workflows.outgoing import flexport
from workflows.ports import House


def parse(raw: bytes) -> flexport.Event:
    """The event; NotFlexport when the body is none."""
    try:
        body: Any = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise flexport.NotFlexport("The webhook's body is no JSON.") from exc
    return flexport.event(body)


def take(session: Session, event: flexport.Event, *, sha256: str, house: House) -> BookingReceipt:
    """Keep one delivery, in the caller's transaction."""
    askable = house.bookings.tms == flexport.SOURCE and event.external_id is not None
    told = Milestone(
        source=flexport.SOURCE,
        event_id=event.event_id,
        name=f"{flexport.SOURCE}:{event.kind}",
        external_id=event.external_id,
        facts=event.facts,
        sha256=sha256,
        occurred_at=event.occurred_at,
        only_open=askable and not event.whole,
    )
    receipt = acting.receive(session, told, house=house)
    if askable and receipt.outcome == "taken" and event.external_id is not None:
        outbox.add(
            session,
            FetchBooking(
                source=flexport.SOURCE,
                external_id=event.external_id,
                version=f"event-{event.event_id}",
                # What the event triggers was done with what it brought, unless it brought nothing.
                milestone=told.name if told.only_open else f"{flexport.SOURCE}:/shipment#read",
                shipment_id=receipt.shipment_id,
            ),
        )
    return receipt


def refuse(session: Session, *, sha256: str, why: str) -> BookingReceipt:
    """A genuine delivery that is no event."""
    return pulling.refused(session, source=flexport.SOURCE, sha256=sha256, why=why)
