"""What is proposed for the lines of a shipment as they stand: one query for all of them."""

from __future__ import annotations

import json

from sqlalchemy import Text, type_coerce
from sqlmodel import Session, col, select

from storage.models import Classification, LineItem
from storage.values import Value


class Lead(Value):
    """The first candidate of a line, as far as a card of many lines needs it."""

    code: str
    confidence: float
    edition: str
    rate: str | None  #: column 1 general
    conflict: bool  #: the shipper's own code says something else


def of_line(session: Session, line: LineItem) -> Classification | None:
    """What is proposed for the line as it stands."""
    return session.exec(
        select(Classification).where(
            Classification.line_id == line.id, Classification.line_rev == line.rev
        )
    ).first()


def of_shipment(session: Session, shipment_id: int | None) -> dict[int, Classification]:
    """The same for every line, by the line's id."""
    found = session.exec(
        select(Classification)
        .join(LineItem, col(LineItem.id) == Classification.line_id)
        .where(LineItem.shipment_id == shipment_id, LineItem.rev == Classification.line_rev)
    )
    return {one.line_id: one for one in found}


def leads(session: Session, shipment_id: int | None) -> dict[int, Lead]:
    """The leading candidate of every line that has one, by the line's id.

    A card of a thousand lines asks for it at each drawing: only the first candidate is made.
    """
    rows = session.exec(
        select(
            Classification.line_id,
            type_coerce(col(Classification.candidates), Text),
            Classification.hint_conflict,
        )
        .join(LineItem, col(LineItem.id) == Classification.line_id)
        .where(LineItem.shipment_id == shipment_id, LineItem.rev == Classification.line_rev)
    )
    found: dict[int, Lead] = {}
    for line_id, written, conflict in rows:
        # PostgreSQL's driver has read the JSON already.
        candidates = json.loads(written) if isinstance(written, str) else written
        if candidates:
            first = candidates[0]
            found[line_id] = Lead.model_construct(
                code=first["code"],
                confidence=first["confidence"],
                edition=first["edition"],
                rate=first.get("generalRate"),
                conflict=bool(conflict),
            )
    return found
