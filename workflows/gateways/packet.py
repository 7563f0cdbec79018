"""The filing as data: one entry, its parties, its lines, and who confirmed it.

This is our own neutral shape, not CATAIR: a program is no ABI connection without CBP's
certification, and this does not claim to be one. Amounts and quantities are strings, exact.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from storage.models import Document, Entry, Importer, LineItem, Shipment

ENTRY_TYPE_CONSUMPTION = "01"


def build(session: Session, shipment: Shipment, entry: Entry, *, filer: str) -> dict[str, Any]:
    """The filing for `entry` from the shipment as it stands confirmed."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    return {
        "version": 1,
        "entryNumber": entry.number,
        "entryType": ENTRY_TYPE_CONSUMPTION,
        "filer": filer,
        "shipment": shipment.ref,
        "importerOfRecord": importer.name if importer else None,
        "parties": shipment.parties.model_dump(mode="json"),
        "transport": shipment.transport.model_dump(mode="json"),
        "invoice": {
            **shipment.header.model_dump(mode="json"),
            "total": None if shipment.totals.total is None else str(shipment.totals.total),
        },
        "lines": [
            {
                "number": line.number,
                "hts": line.code,
                "edition": line.code_edition,
                "description": line.description,
                "origin": line.origin,
                "quantity": None if line.quantity is None else str(line.quantity),
                "unit": line.unit,
                "value": None if line.value is None else str(line.value),
                "currency": line.currency,
                "confirmedBy": line.decided_name,
            }
            for line in lines
        ],
        "documents": [
            {"kind": document.kind.value, "sha256": document.sha256} for document in documents
        ],
        "confirmation": {
            "name": entry.confirmed_name,
            "licence": entry.confirmed_licence,
            "at": entry.confirmed_at.isoformat(),
        },
    }
