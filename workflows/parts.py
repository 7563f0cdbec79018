"""Several documents in one file: a row for each, with its pages; the bytes are kept once.

The file's own row is its first document. Kept as soon as it is read and before anything is proposed
from it, because the proposal names the document of each value. Doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import audit
from storage.models import Document, ReadState
from storage.values import SYSTEM, Reading


def keep(session: Session, document_id: int, readings: Sequence[Reading]) -> list[int]:
    """The documents' ids, in the order of `readings`; [] when the file's row is gone.

    The readings are those of one file, by their first page.
    """
    whole = session.get(Document, document_id, with_for_update=True)
    if whole is None:
        return []
    first, *others = readings
    there = {
        one.first_page: one
        for one in session.exec(select(Document).where(Document.part_of == document_id))
    }
    new = not there
    whole.last_page = first.firstPage + first.pages - 1
    session.add(whole)
    rows = [whole]
    for made in others:
        row = there.get(made.firstPage) or Document(
            shipment_id=whole.shipment_id,
            message_id=whole.message_id,
            filename=whole.filename,
            content_type=whole.content_type,
            size=whole.size,
            sha256=whole.sha256,
            kind=made.documentType,
            state=ReadState.READ,
            received_at=whole.received_at,
            part_of=whole.id,
            first_page=made.firstPage,
        )
        row.last_page = made.firstPage + made.pages - 1
        row.kind, row.reading, row.state = made.documentType, made, ReadState.READ
        session.add(row)
        rows.append(row)
    session.flush()
    if new:
        audit.record(
            session,
            "file_parted",
            actor=SYSTEM,
            shipment_id=whole.shipment_id,
            document_id=whole.id,
            sha256=whole.sha256,
            documents=[
                f"{one.documentType.value}: pages {one.firstPage}-{one.firstPage + one.pages - 1}"
                for one in readings
            ],
        )
    return [row.id or 0 for row in rows]


def of(session: Session, document_ids: Sequence[int]) -> list[Document]:
    """These documents with all others of their files, by id."""
    wanted = col(Document.id).in_(document_ids) | col(Document.part_of).in_(document_ids)
    return list(session.exec(select(Document).where(wanted).order_by(col(Document.id))))


def once(documents: Sequence[Document]) -> list[Document]:
    """One row for each file: where bytes are sent or packed, they go once."""
    seen: dict[str, Document] = {}
    for one in documents:
        seen.setdefault(one.sha256, one)
    return list(seen.values())
