"""How far the reading of a long document has come, told in the thread of its shipment.

Told after 20 pages and then each time twice as many are done: never more than a handful of notes.
A shipment that has no card yet gets it now, so that there is a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlmodel import Session

from ingest.pages import Tell
from storage import outbox
from storage.models import Document, Shipment
from workflows import proposal
from workflows.effects import TellThread

FIRST = 20

Transaction = Callable[[], AbstractContextManager[Session]]


def teller(transaction: Transaction, document: Document) -> Tell:
    """To be told of each page of the document that is done."""

    def tell(page: int) -> None:
        if not _told(page):
            return
        with transaction() as session:
            shipment = session.get(Shipment, document.shipment_id, with_for_update=True)
            if shipment is None:
                return
            if shipment.card_ts is None and shipment.card_rev == 0:
                proposal.changed(session, shipment)
            outbox.add(
                session,
                TellThread(
                    shipment_id=document.shipment_id,
                    note="reading_on",
                    once=f"document-{document.id}-page-{page}",
                    facts={"file": document.filename, "count": page},
                ),
            )

    return tell


def _told(page: int) -> bool:
    times, rest = divmod(page, FIRST)
    return rest == 0 and times > 0 and times & (times - 1) == 0
