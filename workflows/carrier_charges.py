"""A carrier's invoice for demurrage or detention: what it lacks, by when to dispute, our own count.

An invoice without a required item gives no obligation to pay (46 CFR 541.5); whether to dispute or
to pay is a person's decision, and nothing is answered to the carrier by itself.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from knowledge import line_invoice
from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Shipment
from storage.values import SYSTEM, Charges
from workflows import demurrage, notices
from workflows.effects import TellThread
from workflows.ports import House


def take(session: Session, shipment: Shipment, *, house: House) -> None:
    """Tell of each such invoice of the shipment, once, and keep what was found in the audit."""
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    for document in documents:
        charges = document.reading.charges if document.reading is not None else None
        if charges is not None:
            _tell(session, shipment, document, charges, house)


def _tell(
    session: Session, shipment: Shipment, document: Document, charges: Charges, house: House
) -> None:
    until = line_invoice.dispute_by(charges.issued)
    late = line_invoice.issued_late(charges.issued, charges.last_charged)
    lacking = [line_invoice.words(one) for one in charges.missing]
    strangers = [one for one in charges.containers if one not in shipment.transport.containers]
    total = f"{charges.total:,.2f} {charges.currency or ''}".strip() if charges.total else None
    fresh = outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0, note="carrier_charges", once=f"document-{document.id}",
            facts={
                "file": document.filename, "number": charges.number, "total": total,
                "lacking": lacking, "late": int(late),
                "issued": str(charges.issued) if charges.issued else None,
                "until": str(until) if until else None,
                "ours": _ours(session, shipment, house), "strangers": strangers,
            },
            broadcast=bool(lacking or late or strangers),
            mention=shipment.assignee or shipment.confirmed_by,
        ),
    )  # fmt: skip
    if fresh is None:
        return
    audit.record(
        session, "carrier_invoice_checked", actor=SYSTEM, shipment_id=shipment.id,
        document_id=document.id, number=charges.number, total=charges.total,
        missing=list(charges.missing), issued_late=late, dispute_by=until,
    )  # fmt: skip


def _ours(session: Session, shipment: Shipment, house: House) -> list[str]:
    """What the recorded terms give, by clock, as far as the days are known."""
    if notices.pickup_of(session, shipment.id or 0) is None:
        return []
    counts = demurrage.counts(session, shipment, on=now().date(), house=house)
    return [
        f"{one.name} {one.amount:,.2f} {one.currency} up to {one.until} ({one.source})"
        for one in counts
        if one.over and one.amount is not None and one.name != "chassis"
    ]
