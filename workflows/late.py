"""Documents that come after an entry was confirmed: told with what differs, decided by a broker.

The entry is never touched by itself. The choices: send the document on as a correction, correct
after the release by a post summary correction (CBP: within 300 days of entry and at least 15 days
before the scheduled liquidation), ask customs to cancel, or decide that nothing follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, select

from prompts import render
from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Entry, LateDocument, Shipment, State
from storage.values import SYSTEM, Actor, DocumentKind, InvoiceLine, Role, Totals
from workflows.effects import RespondEntry, TellThread
from workflows.gateways import packet as packets
from workflows.states import Refused

Choice = Literal["correct", "psc", "cancel", "nothing"]
CHOICES: tuple[tuple[Choice, str], ...] = (
    ("correct", "Send on as a correction"),
    ("psc", "Correct after release (PSC)"),
    ("cancel", "Ask to cancel the entry"),
    ("nothing", "Nothing follows"),
)
_PSC_DAYS = 300
_TELLING = frozenset(
    {
        DocumentKind.COMMERCIAL_INVOICE,
        DocumentKind.PROFORMA_INVOICE,
        DocumentKind.PACKING_LIST,
        DocumentKind.CERTIFICATE_OF_ORIGIN,
        DocumentKind.MILL_CERTIFICATE,
    }
)
_MOST = 12


def note(
    session: Session,
    shipment: Shipment,
    *,
    message_id: int,
    lines: Sequence[InvoiceLine],
    totals: Totals,
) -> LateDocument | None:
    """Flag what a message brought after the entry was confirmed, if it can matter."""
    if shipment.state in (State.BOOKED, State.REJECTED, State.CANCELLED):
        return None  # nothing is filed that could differ
    entry = session.exec(
        select(Entry).where(Entry.shipment_id == shipment.id).order_by(col(Entry.id).desc())
    ).first()
    came = session.exec(
        select(Document)
        .where(Document.shipment_id == shipment.id, Document.message_id == message_id)
        .order_by(col(Document.id))
    ).all()
    known = select(LateDocument.id).where(
        LateDocument.shipment_id == shipment.id, LateDocument.message_id == message_id
    )
    if entry is None or not came or session.exec(known).first() is not None:
        return None
    filed = {one["sha256"] for one in entry.filing.get("documents", [])}
    late = [one for one in came if one.sha256 not in filed]
    invoice = any(one.kind is DocumentKind.COMMERCIAL_INVOICE for one in late)
    found = differences(entry, lines, totals) if invoice else []
    if not any(one.kind in _TELLING for one in late):
        return None
    row = LateDocument(
        shipment_id=entry.shipment_id,
        entry_id=entry.id or 0,
        message_id=message_id,
        documents=[one.id or 0 for one in late],
        differences=found[:_MOST],
    )
    session.add(row)
    session.flush()
    shipment.attention = (
        f"A document came after entry {entry.number} was confirmed: a broker must decide."
    )
    session.add(shipment)
    audit.record(
        session, "late_document", actor=SYSTEM, shipment_id=shipment.id, entry=entry.number,
        documents=[one.sha256 for one in late], differences=row.differences,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id, note="late_document", once=f"late-{row.id}",
            facts={
                "entry": entry.number,
                "files": [one.title for one in late],
                "differences": row.differences,
                "invoice": int(invoice),
            },
            broadcast=True, mention=shipment.assignee or entry.confirmed_by,
            late_id=row.id, ask="late",
        ),
    )  # fmt: skip
    return row


def decide(session: Session, *, late_id: int, choice: Choice, actor: Actor) -> str:
    """A licensed broker decides what follows; what the person is told."""
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can decide about a filed entry. Nothing was changed.")
    row = session.get(LateDocument, late_id, with_for_update=True)
    if row is None:
        raise Refused("This document is no longer there.")
    if row.decision is not None:
        raise Refused(f"{row.decided_name} decided that already ({row.decision}).")
    entry = session.get(Entry, row.entry_id)
    shipment = session.get(Shipment, row.shipment_id, with_for_update=True)
    assert entry is not None
    assert shipment is not None
    if choice in ("correct", "cancel") and entry.submitted_at is None:
        raise Refused(
            f"Entry {entry.number} has not reached customs yet. Nothing was changed; wait for the "
            "submission, then decide."
        )
    row.decision, row.decided_by, row.decided_name = choice, actor.id, actor.name
    row.decided_at = now()
    open_ones = session.exec(
        select(LateDocument.id).where(
            LateDocument.shipment_id == row.shipment_id,
            col(LateDocument.decision).is_(None),
            col(LateDocument.id) != late_id,
        )
    ).all()
    if not open_ones:
        shipment.attention = None
    session.add_all([row, shipment])
    audit.record(
        session, "late_document_decided", actor=actor, shipment_id=row.shipment_id,
        entry=entry.number, choice=choice,
    )  # fmt: skip
    last = (entry.confirmed_at + timedelta(days=_PSC_DAYS)).date()
    if choice in ("correct", "cancel"):
        outbox.add(
            session,
            RespondEntry(
                shipment_id=row.shipment_id,
                entry_id=row.entry_id,
                text=render(
                    f"filing/{choice}", entry=entry.number, reference=entry.reference,
                    differences=row.differences, who=actor.name, licence=actor.licence,
                ),
                documents=row.documents if choice == "correct" else [],
                once=f"late-{late_id}",
            ),
        )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="late_decided", once=f"late-{late_id}",
            facts={"entry": entry.number, "who": actor.name, "choice": choice, "last": str(last)},
        ),
    )  # fmt: skip
    return dict(CHOICES)[choice] + ": recorded."


def differences(entry: Entry, lines: Sequence[InvoiceLine], totals: Totals) -> list[str]:
    """What the documents say now that the filed packet says otherwise."""
    made = packets.read(entry.filing)
    if made is None:
        return []
    there = {line.number: line for line in made.lines}
    told: list[str] = []
    for line in lines:
        was = there.pop(line.lineNumber, None)
        if was is None:
            told.append(f"Line {line.lineNumber} is new: {line.description or 'no description'}.")
            continue
        pairs: tuple[tuple[str, object, object], ...] = (
            ("description", was.description, line.description or ""),
            ("quantity", was.quantity, line.quantity),
            ("value", was.value, line.extendedValue),
            ("origin", was.origin, line.countryOfOrigin),
        )
        told += [
            f"Line {line.lineNumber}: {name} was {_said(old)}, is {_said(new)}."
            for name, old, new in pairs
            if old != new
        ]
    told += [f"Line {number} is gone." for number in there]
    total = made.invoice.get("total")
    if totals.total is not None and total is not None and Decimal(str(total)) != totals.total:
        told.append(f"The total was {total}, is {totals.total}.")
    return told


def _said(value: object) -> str:
    return "not stated" if value is None or value == "" else str(value)
