"""The figures of goods lines with their places on the page."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage.models import Document, LineItem, Shipment
from storage.values import Value
from workflows import evidence
from workflows.ports import Place
from workflows.states import Refused

_FIGURES = (
    ("quantity", "quantity", "quantity"),
    ("unitPrice", "unit_price", "price"),
    ("extendedValue", "value", "value"),
)
"""The name in the reading, the name on the line, the word for people."""


class ReadFigure(Value):
    """A figure of a goods line, with the place on the page where it was read."""

    line: int
    label: str
    value: str
    place: Place


def figures(session: Session, *, shipment_id: int) -> list[ReadFigure]:
    """The figures of the goods that stand on a page, line by line."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None:
        raise Refused("This shipment is not known.")
    wanted = select(LineItem).where(LineItem.shipment_id == shipment_id)
    found = []
    for index, line in enumerate(session.exec(wanted.order_by(col(LineItem.number)))):
        for field, column, label in _FIGURES:
            number, seen = shipment.evidence.get(f"lineItems[{index}].{field}", (None, None))
            document = session.get(Document, number) if number and number > 0 else None
            place = evidence.on_page(document, seen) if document and seen else None
            value = getattr(line, column)
            if place is not None and value is not None:
                said = ReadFigure(line=line.number, label=label, value=f"{value:,f}", place=place)
                found.append(said)
    return found
