"""Where on a page a value was read, as far as a picture can show it."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage.models import Document, LineItem, Shipment
from storage.values import Evidence, Value
from workflows.ports import Place
from workflows.states import Refused

_PAGED = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".heic")
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


def has_pages(document: Document) -> bool:
    """Whether it is a PDF or a picture; sheets and texts have no pages to show."""
    kind = document.content_type
    paged = kind == "application/pdf" or kind.startswith("image/")
    return paged or document.filename.casefold().endswith(_PAGED)


def of(document: Document, seen: Evidence) -> Place | None:
    """Only a page has points: in sheets and texts the box counts cells or is empty."""
    x0, y0, x1, y1 = (round(edge, 1) for edge in seen.box)
    if not has_pages(document) or x1 <= x0 or y1 <= y0:
        return None
    return Place(document=document.id or 0, page=seen.page, box=(x0, y0, x1, y1))


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
            place = of(document, seen) if document and seen else None
            value = getattr(line, column)
            if place is not None and value is not None:
                said = ReadFigure(line=line.number, label=label, value=f"{value:,f}", place=place)
                found.append(said)
    return found
