"""Open shipments screened anew, a few at a time: for a new edition, and when parties change.

Called by the clock. A shipment is due when it was never screened, was screened with another
edition or algorithm, or was touched since. Closed and cancelled ones are done with.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, or_, select

from storage import outbox
from storage.columns import now
from storage.models import Shipment, State
from workflows import proposal, screening
from workflows.effects import TellOps
from workflows.ports import House

BATCH = 20
_OVER = (State.CLOSED, State.CANCELLED)


def due(session: Session, house: House, *, limit: int = BATCH) -> list[int]:
    """The shipments to screen next."""
    wanted = (
        select(Shipment.id)
        .where(
            col(Shipment.state).not_in(_OVER),
            or_(
                col(Shipment.screened).is_(None),
                col(Shipment.screened) != screening.mark(house.screener),
                col(Shipment.screened_at) < col(Shipment.updated_at),
            ),
        )
        .order_by(col(Shipment.id))
        .limit(limit)
    )
    return [one for one in session.exec(wanted).all() if one is not None]


def one(session: Session, shipment_id: int, house: House) -> bool:
    """Screen a shipment anew; whether a match holds it that did not before."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None or shipment.state in _OVER:
        return False
    new = screening.screen(session, shipment, house.screener)
    found = any(row.hits for row in new)
    if found:
        proposal.changed(session, shipment)
        shipment.screened_at = now()  # the change was ours
        session.add(shipment)
    return found


def tell_of_list(session: Session, house: House, *, at: datetime) -> str | None:
    """Operations hear once a day that nobody can be screened; gives the reason."""
    problem = house.screener.problem
    if problem is not None:
        outbox.add(
            session,
            TellOps(note="list_unusable", once=f"{at:%Y-%m-%d}", facts={"problem": problem}),
        )
    return problem
