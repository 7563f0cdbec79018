"""A booking opens exactly one shipment, or joins the one that is there already.

Which: the booking's own number at its source; else an open shipment with the same bill of
lading or container and no other importer. A changed booking changes what stands from it and
is told in the thread; a shipment that is confirmed or filed is not touched, only told.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.booking import Booking
from storage.columns import now
from storage.models import Booked, Importer, Reference, Shipment, State
from storage.values import SYSTEM, Flag, Value
from workflows import archive, booking, intake, proposal, screening
from workflows.booked import lacking, telling, weaving
from workflows.booked.numbers import references
from workflows.effects import TellThread
from workflows.ports import House

OPEN = (State.BOOKED, State.RECEIVED, State.IN_REVIEW, State.REJECTED)
_TOLD = {
    "transport.eta": "arrival",
    "transport.etd": "departure",
    "transport.vessel": "vessel",
    "transport.voyage": "voyage",
    "transport.portOfDischarge": "port of discharge",
    "transport.containers": "containers",
    "transport.houseBill": "house bill",
    "transport.masterBill": "master bill",
    "totals.packages": "packages",
    "totals.grossWeightKg": "gross weight",
    "mode": "mode",
    "origin": "origin",
    "destination": "destination",
    "parties.importer.name": "importer",
}


class Taken(Value):
    """What a booking led to."""

    shipment_id: int
    ref: str
    outcome: str  #: opened, joined, changed, same, older
    changes: tuple[str, ...] = ()


def take(session: Session, told: Booking, *, house: House) -> Taken:
    """Record a booking: one shipment, with what is known."""
    if session.get_bind().dialect.name == "postgresql":
        # A mail and a booking of one new shipment must not both find that it does not exist.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": intake.INTAKE_LOCK})
    row = session.exec(
        select(Booked).where(Booked.source == told.source, Booked.external_id == told.external_id)
    ).first()
    if row is not None:
        return _again(session, row, told, house=house)
    shipment, outcome = _shipment_for(session, told)
    assert shipment.id is not None
    session.add(
        Booked(
            source=told.source,
            external_id=told.external_id,
            shipment_id=shipment.id,
            facts=told,
        )
    )
    session.flush()
    audit.record(
        session,
        "booking_taken",
        actor=SYSTEM,
        shipment_id=shipment.id,
        source=told.source,
        booking=told.external_id,
        outcome=outcome,
    )
    _settle(session, shipment, told, house=house)
    if outcome == "joined":
        _tell(session, shipment, "booking_joined", told, told.external_id, [])
    return Taken(shipment_id=shipment.id, ref=shipment.ref or "", outcome=outcome)


def _again(session: Session, row: Booked, told: Booking, *, house: House) -> Taken:
    shipment = session.get(Shipment, row.shipment_id, with_for_update=True)
    assert shipment is not None
    assert shipment.id is not None
    facts = told.over(row.facts)
    known, newer = row.facts.version, told.version
    if known is not None and newer is not None and newer < known:
        return Taken(shipment_id=shipment.id, ref=shipment.ref or "", outcome="older")
    changes = _changes(row.facts, facts)
    same = row.facts.model_copy(update={"version": None, "partial": False}) == facts.model_copy(
        update={"version": None, "partial": False}
    )
    row.facts = facts.model_copy(update={"version": newer or known})
    session.add(row)
    if same:
        return Taken(shipment_id=shipment.id, ref=shipment.ref or "", outcome="same")
    row.changed_at = now()
    session.flush()
    audit.record(
        session,
        "booking_changed",
        actor=SYSTEM,
        shipment_id=shipment.id,
        booking=told.external_id,
        changes=changes,
    )
    _settle(session, shipment, facts, house=house)
    if changes:
        once = f"{told.external_id}-{row.changed_at.isoformat()}"
        _tell(session, shipment, "booking_changed", told, once, changes)
    return Taken(
        shipment_id=shipment.id,
        ref=shipment.ref or "",
        outcome="changed",
        changes=tuple(changes),
    )


def _settle(session: Session, shipment: Shipment, facts: Booking, *, house: House) -> None:
    """Everything that follows from a booking's facts, new or changed."""
    assert shipment.id is not None
    intake.remember(session, shipment.id, references(facts))
    conflicts: list[Flag] = []
    if shipment.state in OPEN:
        conflicts = weaving.weave(session, shipment)
        importer = booking.importer_of(session, shipment.parties)
        if importer is not None:
            shipment.importer_id = importer.id
            shipment.assignee = shipment.assignee or importer.broker
        session.add(shipment)
        session.flush()
    screening.screen(session, shipment, house.screener)
    archive.index(session, shipment)
    proposal.changed(session, shipment)  # first: the thread hangs on the card
    telling.conflicts(session, shipment, conflicts)
    telling.of_lane(session, shipment, house=house)


def _shipment_for(session: Session, told: Booking) -> tuple[Shipment, str]:
    importer = booking.importer_of(session, told.parties)
    strong = [pair for pair in references(told) if pair[0] in ("bill", "container")]
    for kind, value in strong:
        there = session.exec(
            select(Shipment)
            .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
            .where(
                Reference.kind == kind,
                Reference.value == value,
                col(Shipment.state).in_(OPEN),
            )
            .order_by(col(Shipment.id))
            .with_for_update()
        ).first()
        if there is None or _apart(there, importer):
            continue
        if not any(
            row.source == told.source for row in lacking.bookings_of(session, there.id or 0)
        ):
            return there, "joined"
        # Two bookings of one source are two shipments, whatever bill they share.
    shipment = intake.begin(session)
    audit.record(session, "shipment_booked", actor=SYSTEM, shipment_id=shipment.id)
    return shipment, "opened"


def _apart(shipment: Shipment, importer: Importer | None) -> bool:
    return (
        importer is not None
        and shipment.importer_id is not None
        and shipment.importer_id != importer.id
    )


def _changes(before: Booking, after: Booking) -> list[str]:
    made = []
    for path, label in _TOLD.items():
        old, new = _shown(before, path), _shown(after, path)
        if old != new:
            made.append(f"{label}: {old or 'not stated'} → {new or 'not stated'}")
    return made


def _shown(of: object, path: str) -> str:
    for step in path.split("."):
        of = getattr(of, step)
    if isinstance(of, tuple):
        return ", ".join(str(one) for one in of[:5])
    return "" if of is None else str(of)


def _tell(
    session: Session, shipment: Shipment, note: str, told: Booking, once: str, changes: list[str]
) -> None:
    late = shipment.state not in OPEN
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0,
            note=note,
            once=once[:200],
            facts={"booking": told.named, "changes": changes[:10], "late": int(late)},
            mention=shipment.assignee if late else None,
        ),
    )
