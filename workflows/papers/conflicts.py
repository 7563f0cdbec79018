"""Discrepancies as rows: found when documents are read, told in the thread, decided by a person.

A figure that two sources state differently is open until somebody says which one holds, or until
the sources agree. Other figures of the same fact are another discrepancy: an old decision does
not cover them.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.models import Discrepancy, Document, LineItem, Shipment, Standing
from storage.values import SYSTEM, DocumentKind, InvoiceLine, Totals
from workflows.effects import TellThread
from workflows.papers import check, rows
from workflows.papers.check import Conflict, Source

_COMPARED = {
    DocumentKind.BOOKING: "Booking",
    DocumentKind.PROFORMA_INVOICE: "Proforma invoice",
    DocumentKind.PACKING_LIST: "Packing list",
    DocumentKind.COMMERCIAL_INVOICE: "Commercial invoice",
    DocumentKind.BILL_OF_LADING: "Bill of lading",
    DocumentKind.AIR_WAYBILL: "Air waybill",
    DocumentKind.ARRIVAL_NOTICE: "Arrival notice",
}
_PRICED = frozenset({DocumentKind.PROFORMA_INVOICE, DocumentKind.COMMERCIAL_INVOICE})
_OWN_LINES = frozenset({DocumentKind.PACKING_LIST, DocumentKind.BOOKING})


def look(session: Session, shipment: Shipment) -> list[Discrepancy]:
    """Bring the rows up to what the sources say now, and tell of new ones; the open ones."""
    assert shipment.id is not None
    session.flush()
    known = {
        row.key: row
        for row in session.exec(select(Discrepancy).where(Discrepancy.shipment_id == shipment.id))
    }
    found = {one.key: one for one in check.conflicts(sources(session, shipment))}
    for key, row in known.items():
        if key not in found and row.standing is not Standing.GONE:
            _move(session, row, Standing.GONE, "discrepancy_gone")
        elif key in found and row.standing is Standing.GONE:
            # The same figures are back: what was decided of them then holds again.
            to = Standing.OPEN if row.decided_at is None else Standing.DECIDED
            _move(session, row, to, "discrepancy_back")
    for key, conflict in found.items():
        if key not in known:
            _raise(session, shipment, conflict)
    return open_ones(session, shipment.id)


def open_ones(session: Session, shipment_id: int) -> list[Discrepancy]:
    """What a person must decide before a paper is made."""
    return list(
        session.exec(
            select(Discrepancy)
            .where(Discrepancy.shipment_id == shipment_id, Discrepancy.standing == Standing.OPEN)
            .order_by(col(Discrepancy.id))
        )
    )


def sources(session: Session, shipment: Shipment) -> list[Source]:
    """What is compared: the newest document of each kind, the invoice's goods, what was stated."""
    documents = session.exec(
        select(Document)
        .where(Document.shipment_id == shipment.id, col(Document.made_by_us).is_(False))
        .order_by(col(Document.id))
    ).all()
    found = check.stated(rows.stated(session, shipment.id or 0))
    for kind, title in _COMPARED.items():
        of_kind = [one for one in documents if one.kind is kind and one.reading is not None]
        numbers = {one.reading.header.invoiceNumber for one in of_kind if one.reading}
        if not of_kind or len(numbers - {None}) > 1:
            continue  # several invoices, each with its part of the goods, compare with nothing
        newest = of_kind[-1]
        assert newest.reading is not None
        own = newest.reading.lineItems if kind in _OWN_LINES else ()
        priced = kind in _PRICED
        if kind is DocumentKind.COMMERCIAL_INVOICE:
            own, totals = _invoice(session, shipment, newest.reading.totals)
        else:
            totals = newest.reading.totals
            own = newest.reading.lineItems if priced else own
        found.append(
            Source(
                name=f"{title} ({newest.title})",
                document_id=newest.id,
                totals=totals,
                lines=own,
                money=priced,
            )
        )
    # The invoice comes first: quantities are told by its lines.
    return sorted(found, key=lambda one: not one.name.startswith("Commercial invoice"))


def _invoice(
    session: Session, shipment: Shipment, read: Totals
) -> tuple[tuple[InvoiceLine, ...], Totals]:
    """The invoice as it stands after corrections by people."""
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    own = tuple(
        InvoiceLine(
            lineNumber=line.number,
            description=line.description or None,
            sku=line.sku,
            quantity=line.quantity,
            unit=line.unit,
        )
        for line in lines
    )
    return own, read.model_copy(update={"total": shipment.totals.total})


def _raise(session: Session, shipment: Shipment, conflict: Conflict) -> None:
    assert shipment.id is not None
    row = Discrepancy(
        shipment_id=shipment.id,
        key=conflict.key,
        field=conflict.field,
        title=conflict.title,
        claims=list(conflict.claims),
        standing=Standing.OPEN,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "discrepancy_found",
        actor=SYSTEM,
        shipment_id=shipment.id,
        discrepancy_id=row.id,
        field=row.field,
        claims=[f"{claim.source}: {claim.value}" for claim in row.claims],
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note="discrepancy",
            once=f"discrepancy-{row.id}",
            facts={
                "what": row.title,
                "claims": [f"{claim.source}: {claim.value}" for claim in row.claims],
            },
            mention=shipment.assignee,
            discrepancy_id=row.id,
        ),
    )


def _move(session: Session, row: Discrepancy, to: Standing, action: str) -> None:
    row.standing = to
    session.add(row)
    audit.record(
        session,
        action,
        actor=SYSTEM,
        shipment_id=row.shipment_id,
        discrepancy_id=row.id,
        field=row.field,
    )
