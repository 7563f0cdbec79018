"""A hold: who placed it, since when, what is needed, who has it, and when it was lifted."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.models import Entry, Hold, Shipment
from storage.values import AUTHORITY, Reported
from workflows.effects import TellThread


def place(session: Session, entry: Entry, shipment: Shipment, report: Reported) -> Hold:
    """Record a hold and alert the assigned broker in the thread, with the documents."""
    assert entry.id is not None
    assert shipment.id is not None
    hold = Hold(
        entry_id=entry.id,
        shipment_id=shipment.id,
        code=report.raw_code,
        reason=report.reason,
        placed_at=report.at,
    )
    session.add(hold)
    session.flush()
    audit.record(
        session,
        "hold_placed",
        actor=AUTHORITY,
        shipment_id=shipment.id,
        hold_id=hold.id,
        code=hold.code,
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note="hold_alert",
            once=f"hold-{hold.id}",
            facts={
                "entry": entry.number,
                "code": report.raw_code,
                "reason": report.reason or "none given",
                "at": int(report.at.timestamp()),
                "containers": list(shipment.transport.containers),
                "last_free_day": str(shipment.transport.lastFreeDay or "not known"),
            },
            broadcast=True,
            mention=shipment.assignee or shipment.confirmed_by,
            hold_id=hold.id,
        ),
    )
    return hold


def lift(session: Session, entry: Entry, report: Reported) -> int:
    """The authority released: every open hold of the entry ends; gives how many."""
    standing = session.exec(
        select(Hold).where(Hold.entry_id == entry.id, col(Hold.lifted_at).is_(None))
    ).all()
    for hold in standing:
        hold.lifted_at = report.at
        session.add(hold)
        audit.record(
            session,
            "hold_lifted",
            actor=AUTHORITY,
            shipment_id=entry.shipment_id,
            hold_id=hold.id,
        )
    return len(standing)


def open_holds(session: Session, shipment_id: int) -> list[Hold]:
    """Holds that stand now."""
    return list(
        session.exec(
            select(Hold)
            .where(Hold.shipment_id == shipment_id, col(Hold.lifted_at).is_(None))
            .order_by(col(Hold.id))
        )
    )
