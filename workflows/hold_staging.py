"""Have the package of a hold made, and made anew when something came for its shipment."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import outbox
from storage.models import Hold
from workflows.hold_effects import StageHold


def stage(session: Session, hold: Hold) -> None:
    """One more version of the package."""
    assert hold.id is not None
    hold.package_version += 1
    session.add(hold)
    outbox.add(
        session,
        StageHold(shipment_id=hold.shipment_id, hold_id=hold.id, version=hold.package_version),
    )


def restage(session: Session, shipment_id: int) -> None:
    """Something came for the shipment: what stands open gets it into its package."""
    wanted = select(Hold).where(Hold.shipment_id == shipment_id, col(Hold.lifted_at).is_(None))
    for hold in session.exec(wanted.order_by(col(Hold.id))):
        stage(session, hold)
