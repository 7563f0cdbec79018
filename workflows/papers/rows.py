"""What people stated for the papers of a shipment, as it is kept."""

from __future__ import annotations

from sqlmodel import Session, select

from storage.models import PaperFact


def stated(session: Session, shipment_id: int) -> dict[str, str]:
    """By the name of the fact."""
    rows = session.exec(select(PaperFact).where(PaperFact.shipment_id == shipment_id)).all()
    return {row.path: row.value for row in rows}
