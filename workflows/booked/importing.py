"""A file of bookings is taken once, row by row.

Each row is a transaction of its own, so a crash in the middle loses nothing and repeats nothing;
the file's own receipt comes last and says that the whole of it was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlmodel import Session, select

from knowledge.lanes import UnknownLane
from storage import audit, outbox
from storage.booking import Booking
from storage.models import Booked, BookingReceipt, Shipment
from storage.values import SYSTEM
from workflows.booked import acting
from workflows.booked.acting import Milestone
from workflows.effects import TellOps
from workflows.ports import House

SOURCE = "file"
MILESTONE = "file:booking"
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass
class Imported:
    """What became of a file's rows."""

    before: str | None = None  #: what became of the same bytes before
    rows: list[tuple[int, str, str, str]] = field(default_factory=list)
    #: row, booking, shipment, outcome


def known(session: Session, sha256: str) -> str | None:
    """What became of these bytes before, in words; None when they are new."""
    row = session.exec(
        select(BookingReceipt).where(BookingReceipt.once == f"file:{sha256}")
    ).first()
    if row is None:
        return None
    return f"{row.outcome} already, {row.received_at:%Y-%m-%d %H:%M} UTC as {row.detail}"


def take(
    transaction: Transaction,
    *,
    name: str,
    sha256: str,
    rows: Sequence[tuple[int, Booking]],
    errors: Sequence[tuple[int, str]],
    house: House,
) -> Imported:
    """Take the good rows of a file."""
    made = Imported()
    with transaction() as session:
        made.before = known(session, sha256)
    if made.before:
        return made
    for at, facts in rows:
        told = Milestone(
            source=SOURCE,
            event_id=f"{sha256[:40]}-row-{at}",
            name=MILESTONE,
            external_id=facts.external_id,
            facts=facts,
            sha256=sha256,
        )
        with transaction() as session:
            receipt = acting.receive(session, told, house=house)
            shipment = session.get(Shipment, receipt.shipment_id) if receipt.shipment_id else None
            said = receipt.detail or receipt.outcome
            ref = (shipment.ref if shipment else None) or "-"
            made.rows.append((at, facts.external_id, ref, said))
    with transaction() as session:
        session.add(
            BookingReceipt(
                source=SOURCE,
                event_id=sha256,
                once=f"file:{sha256}",
                milestone="file:whole",
                outcome="taken" if rows else "refused",
                detail=name[:200],
                sha256=sha256,
            )
        )
        audit.record(
            session,
            "booking_file_taken",
            actor=SYSTEM,
            file=name[:200],
            sha256=sha256,
            rows=len(rows),
            errors=len(errors),
        )
        if errors:
            listed = [f"row {at}: {problem}" for at, problem in errors[:8]]
            if len(errors) > 8:
                listed.append(f"and {len(errors) - 8} more")
            outbox.add(
                session,
                TellOps(
                    note="bookings_refused",
                    once=f"file-{sha256[:32]}",
                    facts={"file": name, "taken": len(rows), "problems": listed},
                ),
            )
    return made


def refuse(transaction: Transaction, *, name: str, sha256: str, why: str) -> bool:
    """A file that is no table of bookings: kept in mind and told once; False when it was before."""
    with transaction() as session:
        if known(session, sha256):
            return False
        session.add(
            BookingReceipt(
                source=SOURCE,
                event_id=sha256,
                once=f"file:{sha256}",
                milestone="file:whole",
                outcome="refused",
                detail=name[:200],
                sha256=sha256,
            )
        )
        outbox.add(
            session,
            TellOps(
                note="bookings_refused",
                once=f"file-{sha256[:32]}",
                facts={"file": name, "taken": 0, "problems": [why[:500]]},
            ),
        )
    return True


def preview(session: Session, facts: Booking, *, house: House) -> str:
    """What taking this row would do, without doing it."""
    there = session.exec(
        select(Booked).where(Booked.source == SOURCE, Booked.external_id == facts.external_id)
    ).first()
    shipment = session.get(Shipment, there.shipment_id) if there else None
    what = f"would change {shipment.ref}" if shipment else "would open a shipment"
    try:
        lane = house.bookings.lanes.profile(facts.origin, facts.destination, facts.mode)
    except UnknownLane as exc:
        return f"{what}; {exc}"
    return f"{what}; lane {lane.name}"
