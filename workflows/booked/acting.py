"""Milestones: each delivery is a receipt, and the first of each event has its effects.

Everything here is rows of the database, in the caller's transaction; what reaches the outside
is an effect. A milestone of a source never clears, confirms or releases anything: at most the
customs gateway is asked sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.booking import Booking
from storage.columns import now
from storage.models import Booked, BookingReceipt, Importer, Shipment
from storage.values import SYSTEM
from workflows import filing, poa, sign_hints
from workflows.booked import lacking, opening
from workflows.booked.effects import RequestDocuments
from workflows.booked.triggers import Action, Triggers
from workflows.effects import TellThread
from workflows.ports import House

_LONG = 300


@dataclass(frozen=True)
class Milestone:
    """Something that a source told of: which event, of which booking, with what it said."""

    source: str
    event_id: str
    name: str  #: "flexport:/shipment#created"
    external_id: str | None
    facts: Booking | None
    sha256: str | None = None
    occurred_at: datetime | None = None
    only_open: bool = False  #: the rest follows when the source has been asked for the whole of it

    @property
    def once(self) -> str:
        return f"{self.source}:{self.event_id}"[:_LONG]


def receive(session: Session, told: Milestone, *, house: House) -> BookingReceipt:
    """Keep the delivery; the first one of its event acts."""
    first = session.exec(select(BookingReceipt).where(BookingReceipt.once == told.once)).first()
    receipt = BookingReceipt(
        source=told.source,
        event_id=told.event_id[:_LONG],
        milestone=told.name[:_LONG],
        outcome="repeated",
        sha256=told.sha256,
        external_id=told.external_id,
        occurred_at=told.occurred_at,
        triggers=house.bookings.triggers.version,
    )
    if first is not None:
        receipt.shipment_id = first.shipment_id
        session.add(receipt)
        return receipt
    receipt.once = told.once
    actions = house.bookings.triggers.actions(told.name)
    if told.only_open:
        actions = tuple(one for one in actions if one == "open_shipment")
    session.add(receipt)
    session.flush()  # a twin in another process stops here, before anything follows
    shipment = _shipment(session, told, actions, receipt, house=house)
    receipt.actions = list(actions)
    if shipment is None:
        receipt.outcome = "ignored"
        receipt.detail = receipt.detail or "No shipment of ours, and the table opens none for it."
        return receipt
    receipt.outcome, receipt.shipment_id = "taken", shipment.id
    audit.record(
        session,
        "milestone_received",
        actor=SYSTEM,
        shipment_id=shipment.id,
        milestone=told.name,
        event=told.event_id[:100],
        actions=list(actions),
    )
    for action in actions:
        if action in _ACTIONS:
            _ACTIONS[action](session, shipment, told, house)
    return receipt


def _shipment(
    session: Session,
    told: Milestone,
    actions: tuple[Action, ...],
    receipt: BookingReceipt,
    *,
    house: House,
) -> Shipment | None:
    if "open_shipment" in actions and told.facts is not None:
        taken = opening.take(session, told.facts, house=house)
        receipt.detail = taken.outcome
        return session.get(Shipment, taken.shipment_id)
    known = session.exec(
        select(Booked).where(
            Booked.source == told.source, Booked.external_id == (told.external_id or "")
        )
    ).first()
    return session.get(Shipment, known.shipment_id) if known else None


def _request_documents(
    session: Session, shipment: Shipment, _told: Milestone, house: House
) -> None:
    """Once for each lane; while the lane is unknown nobody can say what is needed."""
    found = lacking.of(session, shipment, house.bookings.lanes)
    if shipment.state in opening.OPEN and found.lane is not None and found.documents:
        outbox.add(session, RequestDocuments(shipment_id=shipment.id or 0, lane_name=found.lane))


def _ask_poa(session: Session, shipment: Shipment, _told: Milestone, house: House) -> None:
    """Send for its signature where the office lets that happen by itself; else say so, once."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    if importer is None:
        named = shipment.parties.importer.name or shipment.parties.consignee.name
        problem = (
            f"{named} is not among our importers, so there is no power of attorney."
            if named
            else "The importer is not known, so its power of attorney cannot be seen to."
        )
    else:
        sign_hints.look(session, shipment, house=house)
        sent = poa.open_envelope(session, importer) is not None
        problem = "" if sent else poa.problem(session, importer) or ""
    if problem:
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment.id or 0,
                note="booking_poa",
                once=problem[:150],
                facts={"what": problem},
                mention=shipment.assignee,
            ),
        )


def _poll_now(session: Session, shipment: Shipment, _told: Milestone, _house: House) -> None:
    entry = filing.latest_entry(session, shipment.id or 0)
    if entry is not None and entry.next_poll_at is not None:
        entry.next_poll_at = min(entry.next_poll_at, now())
        session.add(entry)


def _tell_thread(session: Session, shipment: Shipment, told: Milestone, _house: House) -> None:
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0,
            note="milestone",
            once=told.once[:150],
            facts={
                "source": told.source,
                "event": words(told.name),
                "at": int((told.occurred_at or now()).timestamp()),
            },
        ),
    )


_ACTIONS: dict[str, Callable[[Session, Shipment, Milestone, House], None]] = {
    "request_documents": _request_documents,
    "ask_poa": _ask_poa,
    "poll_now": _poll_now,
    "tell_thread": _tell_thread,
}


def words(milestone: str) -> str:
    """`flexport:/shipment_leg#arrived` -> "shipment leg arrived"."""
    return " ".join(
        milestone.partition(":")[2].replace("_", " ").replace("#", " ").split("/")
    ).strip()


@dataclass(frozen=True)
class Rehearsed:
    """What a past milestone did, and what it would do by a table."""

    milestone: str
    at: datetime
    did: tuple[str, ...]
    by: str
    would: tuple[str, ...]


def rehearse(session: Session, shipment: Shipment, table: Triggers) -> list[Rehearsed]:
    """What this table would do at each milestone of the past; nothing is done."""
    rows = session.exec(
        select(BookingReceipt)
        .where(BookingReceipt.shipment_id == shipment.id, col(BookingReceipt.once).is_not(None))
        .order_by(col(BookingReceipt.id))
    ).all()
    return [
        Rehearsed(
            milestone=row.milestone,
            at=row.occurred_at or row.received_at,
            did=tuple(row.actions),
            by=row.triggers,
            would=table.actions(row.milestone),
        )
        for row in rows
    ]
