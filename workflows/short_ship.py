"""A seller who writes that a part follows: the invoice on file is for more than ships now.

Nothing is taken off by proportion: what ships, and for how much, only a revised invoice says. Until
one has come the shipment cannot be filed, and no paper is made of the old figures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import outbox
from storage.models import Disposition, Document, Message, Shipment, State
from storage.values import DocumentKind, Value
from workflows.effects import TellThread

_LATER = r"(?:next|later|follow\w*|afterwards|another|remain\w*|balance|rest|back ?order\w*)"
_SPLIT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:ship|send|deliver|load)\w*\s+(?:only\s+|just\s+)?\d[^.!?\n]{{0,80}}?\b{_LATER}\b",
        r"\bshort[- ]?ship\w*|\bpart(?:ial)? shipment\b|\bsplit (?:the )?shipment\b",
        r"\b(?:balance|remainder|remaining|rest)\b[^.!?\n]{0,60}?\b(?:next|later|follow\w*)\b",
    )
)
_MOST, _SHOWN = 5000, 160


class Said(Value):
    """What the seller's side wrote."""

    message_id: int
    sender: str
    words: str

    def told(self) -> str:
        """The reason not to file, for a broker."""
        return (
            f"{self.sender} writes “{self.words}”: the invoice on file is for more than ships now. "
            "A revised invoice is needed; nothing is taken off by proportion."
        )


def open_word(
    session: Session, shipment: Shipment, documents: Sequence[Document] | None = None
) -> Said | None:
    """The newest mail that says so and that no invoice has followed."""
    if documents is None:
        wanted = select(Document).where(Document.shipment_id == shipment.id)
        documents = session.exec(wanted).all()
    invoices = [
        one.message_id or 0
        for one in documents
        if one.kind is DocumentKind.COMMERCIAL_INVOICE and not one.made_by_us
    ]
    if not invoices:
        return None  # the invoice itself is asked for
    rows = session.exec(
        select(Message)
        .where(
            Message.shipment_id == shipment.id,
            Message.disposition == Disposition.ACCEPTED,
            col(Message.id) > max(invoices),
        )
        .order_by(col(Message.id).desc())
    )
    for row in rows:
        words = _words(row.text)
        if words is not None:
            return Said(message_id=row.id or 0, sender=row.sender, words=words)
    return None


def tell(session: Session, shipment: Shipment) -> None:
    """Say it in the thread, once for each mail."""
    if shipment.state is not State.IN_REVIEW or shipment.id is None:
        return
    said = open_word(session, shipment)
    if said is not None:
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment.id, note="short_shipment", once=f"message-{said.message_id}",
                facts={"sender": said.sender, "excerpt": said.words},
                mention=shipment.assignee,
            ),
        )  # fmt: skip


def superseded(documents: Sequence[Document]) -> set[int]:
    """Invoices in whose place a newer one with the same number has come."""
    newest: dict[str, int] = {}
    found: set[int] = set()
    for one in sorted(documents, key=lambda row: row.id or 0):
        if one.kind is not DocumentKind.COMMERCIAL_INVOICE or one.made_by_us or not one.reading:
            continue
        number = re.sub(r"[\W_]", "", one.reading.header.invoiceNumber or "").casefold()
        if not number:
            continue
        if number in newest:
            found.add(newest[number])
        newest[number] = one.id or 0
    return found


def _words(text: str) -> str | None:
    plain = " ".join(text[:_MOST].split())
    for pattern in _SPLIT:
        if match := pattern.search(plain):
            start = max(plain.rfind(sign, 0, match.start()) for sign in ".!?") + 1
            return plain[start : max(match.end(), start + _SHOWN)].strip()[:_SHOWN]
    return None
