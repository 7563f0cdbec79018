"""A booking that came by mail, and mails about a shipment that is only booked.

A shipment of which nothing but bookings has come stays booked: there is nothing to review.
The first other document takes it on. Nothing here reads a file; the readings are there.
"""

from __future__ import annotations

import re

from pydantic import ValidationError
from sqlmodel import Session, col, select

from knowledge import reference
from storage import audit
from storage.booking import Booking, Mode
from storage.models import Booked, Document, Message, ReadState, Reference, Shipment, State
from storage.values import SYSTEM, DocumentKind, Parties, Reading, Transport
from workflows import booking, intake
from workflows.booked import telling
from workflows.booked.numbers import references
from workflows.ports import House

SOURCE = "mail"
_SAYS_SO = re.compile(r"(?i)\bbooking[\s:#-]*(?:confirm|note|request|advice|no\b|number)")


def take(session: Session, shipment: Shipment, *, house: House) -> None:
    """Keep what the newest booking document of this shipment says as its booking."""
    found = _newest(session, shipment)
    if found is None:
        return
    reading, sender = found
    facts = _facts(session, shipment, reading, sender)
    row = session.exec(
        select(Booked).where(Booked.shipment_id == shipment.id, Booked.source == SOURCE)
    ).first()
    if row is not None and row.facts == facts.model_copy(update={"external_id": row.external_id}):
        return
    if row is None:
        row = Booked(
            source=SOURCE,
            external_id=facts.external_id,
            shipment_id=shipment.id or 0,
            facts=facts,
        )
    row.facts = facts.model_copy(update={"external_id": row.external_id})
    session.add(row)
    session.flush()
    intake.remember(session, shipment.id or 0, references(row.facts))
    audit.record(
        session,
        "booking_taken",
        actor=SYSTEM,
        shipment_id=shipment.id,
        source=SOURCE,
        booking=row.external_id,
        outcome="mail",
    )
    telling.of_lane(session, shipment, house=house)


def only_booked(session: Session, shipment: Shipment) -> bool:
    """Whether nothing but bookings has come of this shipment."""
    if shipment.state is not State.RECEIVED:
        return False
    if session.exec(select(Booked.id).where(Booked.shipment_id == shipment.id)).first() is None:
        return False
    documents = session.exec(select(Document).where(Document.shipment_id == shipment.id)).all()
    return all(
        one.kind is DocumentKind.BOOKING and one.state is ReadState.READ for one in documents
    )


def older(session: Session, shipment: Shipment, parties: Parties) -> Shipment | None:
    """The one shipment that was only booked and that this one's numbers speak of.

    A bill is rarely known at booking. An order or a booking number repeats over firms, so the
    importer must be the same, and there must be just one such shipment.
    """
    importer = booking.importer_of(session, parties)
    if importer is None or shipment.state is not State.RECEIVED:
        return None
    kinds = ["booking", "purchase_order", "invoice"]
    mine = select(Reference.value).where(
        Reference.shipment_id == shipment.id, col(Reference.kind).in_(kinds)
    )
    spoken_of = select(Reference.shipment_id).where(
        col(Reference.kind).in_(kinds), col(Reference.value).in_(mine)
    )
    found = session.exec(
        select(Shipment).where(
            col(Shipment.id).in_(spoken_of),
            col(Shipment.id) < shipment.id,
            Shipment.state == State.BOOKED,
            Shipment.importer_id == importer.id,
        )
    ).all()
    return found[0] if len(found) == 1 else None


def _newest(session: Session, shipment: Shipment) -> tuple[Reading, str | None] | None:
    row = session.exec(
        select(Document)
        .where(Document.shipment_id == shipment.id, Document.kind == DocumentKind.BOOKING)
        .order_by(col(Document.id).desc())
    ).first()
    if row is not None and row.reading is not None:
        message = session.get(Message, row.message_id) if row.message_id else None
        return row.reading, message.sender if message else None
    there = session.exec(select(Document.id).where(Document.shipment_id == shipment.id)).first()
    first = session.exec(
        select(Message).where(Message.shipment_id == shipment.id).order_by(col(Message.id))
    ).first()
    if there is not None or first is None or not _SAYS_SO.search(first.subject):
        return None
    said = Reading(
        documentType=DocumentKind.BOOKING,
        kindConfidence=0.5,
        file="e-mail",
        pages=1,
        header=shipment.header,
        parties=shipment.parties,
        transport=shipment.transport,
        totals=shipment.totals,
    )
    return said, first.sender


def _facts(session: Session, shipment: Shipment, reading: Reading, sender: str | None) -> Booking:
    number = session.exec(
        select(Reference.value)
        .where(Reference.shipment_id == shipment.id, Reference.kind == "booking")
        .order_by(col(Reference.id))
    ).first()
    taken = (
        number is not None
        and session.exec(
            select(Booked.id).where(
                Booked.source == SOURCE,
                Booked.external_id == number,
                Booked.shipment_id != shipment.id,
            )
        ).first()
    )
    # Another firm's mail may name the same number: ours tells them apart.
    external = (f"{number}@{shipment.ref}" if taken else number) or shipment.ref or ""
    least = Booking(source=SOURCE, external_id=external[:100], contact=None)
    try:
        return Booking(
            source=SOURCE,
            external_id=external[:100],
            mode=_mode(reading.transport),
            origin=_country(reading.transport.portOfLoading) or reading.parties.exporter.country,
            destination=_country(reading.transport.portOfDischarge)
            or reading.parties.consignee.country
            or reading.parties.importer.country,
            header=reading.header,
            parties=reading.parties,
            transport=reading.transport,
            totals=reading.totals,
            carrier_booking=number,
            contact=sender,
        )
    except ValidationError:
        return least  # out of bounds: the document itself is there for a person


def _mode(transport: Transport) -> Mode | None:
    """Only where the paper leaves no doubt: a vessel or a container is the sea."""
    return "ocean" if transport.vessel or transport.containers else None


def _country(port: str | None) -> str | None:
    found = reference.port(port) if port else None
    return found.country if found else None
