"""Where on a page a value of a shipment, or a line of it, was read."""

from __future__ import annotations

from sqlmodel import Session

from storage.models import Document, LineItem, Shipment
from storage.values import Evidence
from workflows.ports import Place

LINE = "line"
"""The path that stands for the line of a window."""

_PAGED = (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".heic")


def place_of(session: Session, *, shipment_id: int, line_id: int | None, path: str) -> Place | None:
    """The place of a field by its path, or of a line; None where no page has it."""
    shipment = session.get(Shipment, shipment_id)
    if path == LINE and line_id is not None:
        line = session.get(LineItem, line_id)
        if line is None:
            return None
        shipment = session.get(Shipment, line.shipment_id)
        found = _of_line(shipment, line) if shipment is not None else None
    else:
        found = shipment.evidence.get(path) if shipment is not None else None
    if found is None:
        return None
    number, seen = found
    document = session.get(Document, number) if number > 0 else None
    return on_page(document, seen) if document is not None else None


def has_pages(document: Document) -> bool:
    """Whether it is a PDF or a picture; sheets and texts have no pages to show."""
    kind = document.content_type
    paged = kind == "application/pdf" or kind.startswith("image/")
    return paged or document.filename.casefold().endswith(_PAGED)


def on_page(document: Document, seen: Evidence) -> Place | None:
    """Only a page has points: in sheets and texts the box counts cells or is empty."""
    x0, y0, x1, y1 = (round(edge, 1) for edge in seen.box)
    if not has_pages(document) or x1 <= x0 or y1 <= y0:
        return None
    return Place(document=document.id or 0, page=seen.page, box=(x0, y0, x1, y1))


def _of_line(shipment: Shipment, line: LineItem) -> tuple[int, Evidence] | None:
    """The place where its description begins, if these words begin one line of the page only.

    Lines are known by number and places by their order on the page, so the words decide. Where a
    description runs over several rows, its place is the first.
    """
    wanted = _plain(line.description)
    begins = [
        (len(_plain(seen.text)), number, seen)
        for path, (number, seen) in shipment.evidence.items()
        if path.startswith("lineItems[") and path.endswith("].description")
        and _plain(seen.text) and wanted.startswith(_plain(seen.text))
    ]  # fmt: skip
    longest = max((length for length, _, _ in begins), default=0)
    found = [(number, seen) for length, number, seen in begins if length == longest]
    return found[0] if len(found) == 1 else None


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
