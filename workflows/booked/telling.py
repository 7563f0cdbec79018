"""What the thread hears of a booking: what differs, and that a lane is unknown. Each once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlmodel import Session

from storage import outbox
from storage.models import Shipment
from storage.values import Flag
from workflows.booked import lacking
from workflows.effects import TellThread
from workflows.ports import House


def conflicts(session: Session, shipment: Shipment, flags: Iterable[Flag]) -> None:
    """A line for each disagreement, with both sources."""
    for flag in flags:
        mark = hashlib.sha256(flag.message.encode()).hexdigest()[:16]
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment.id or 0,
                note="booking_conflict",
                once=f"{flag.field}-{mark}",
                facts={"what": flag.message},
                mention=shipment.assignee,
            ),
        )


def of_lane(session: Session, shipment: Shipment, *, house: House) -> None:
    """An unknown lane is an exception for a person; a lane that is not stated yet is a gap."""
    origin, destination, mode = lacking.lane_of(session, shipment)
    found = lacking.of(session, shipment, house.bookings.lanes)
    if found.lane is None and origin and destination and mode:
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment.id or 0,
                note="lane_unknown",
                once=f"{origin}-{destination}-{mode}",
                facts={"what": found.problem or ""},
                mention=shipment.assignee,
                broadcast=True,
            ),
        )
