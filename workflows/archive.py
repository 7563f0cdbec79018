"""The file of a shipment: found by its words, sealed at the end, kept for years.

A sealed manifest names every byte that belongs to the shipment by its sha256: raw mails,
documents, the filing, the authority's reports, every decision. Five years are the law's floor
(19 CFR 163.4), seven our default.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    LineItem,
    Message,
    OutgoingMessage,
    Reference,
    Shipment,
    State,
    StatusReport,
)
from storage.values import SYSTEM
from workflows import states

_DAYS_IN_A_YEAR = 365.25


def index(session: Session, shipment: Shipment) -> None:
    """Refresh the words by which `tidewaiter search` finds the shipment."""
    session.flush()
    words: list[str | None] = [shipment.ref]
    for block in (
        shipment.parties.exporter,
        shipment.parties.importer,
        shipment.parties.consignee,
        shipment.parties.notifyParty,
    ):
        words.append(block.name)
    words += [shipment.transport.vessel, shipment.transport.portOfDischarge]
    words += session.exec(
        select(Reference.value).where(
            Reference.shipment_id == shipment.id, Reference.kind != "message_id"
        )
    ).all()
    words += session.exec(select(Entry.number).where(Entry.shipment_id == shipment.id)).all()
    for line in session.exec(select(LineItem).where(LineItem.shipment_id == shipment.id)):
        words += [line.description, line.code, line.sku]
        words.append(line.code.replace(".", "") if line.code else None)
    shipment.search_text = fold(" ".join(word for word in words if word))[:50_000]
    session.add(shipment)


def fold(text: str) -> str:
    """Text for comparison: no case, no accents, single blanks."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def search(session: Session, query: str, *, limit: int = 50) -> list[Shipment]:
    """Shipments that contain every word of the query, newest first."""
    statement = select(Shipment)
    for word in fold(query).split()[:10]:
        escaped = word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        statement = statement.where(col(Shipment.search_text).like(f"%{escaped}%", escape="\\"))
    return list(session.exec(statement.order_by(col(Shipment.id).desc()).limit(limit)))


def manifest(session: Session, shipment: Shipment) -> bytes:
    """Everything that belongs to the shipment, by name and sha256, as canonical JSON."""
    entries = session.exec(
        select(Entry).where(Entry.shipment_id == shipment.id).order_by(col(Entry.id))
    ).all()
    made: dict[str, Any] = {
        "manifest": 1,
        "shipment": shipment.ref,
        "importer": shipment.parties.importer.name,
        "mails": [
            {"messageId": mail.message_id, "sha256": mail.raw_sha256, "from": mail.sender}
            for mail in session.exec(
                select(Message).where(Message.shipment_id == shipment.id).order_by(col(Message.id))
            )
        ],
        "sent": [
            {
                "messageId": one.message_id,
                "to": one.recipients,
                "subject": one.subject,
                "at": one.sent_at.isoformat(),
                "outcome": one.outcome.value,
                "sha256": hashlib.sha256(one.text.encode()).hexdigest(),
            }
            for one in session.exec(
                select(OutgoingMessage)
                .where(OutgoingMessage.shipment_id == shipment.id)
                .order_by(col(OutgoingMessage.id))
            )
        ],
        "documents": [
            {"file": one.filename, "kind": one.kind.value, "sha256": one.sha256, "size": one.size}
            for one in session.exec(
                select(Document)
                .where(Document.shipment_id == shipment.id)
                .order_by(col(Document.id))
            )
        ],
        "entries": [
            {
                "number": entry.number,
                "reference": entry.reference,
                "filing": entry.filing,
                "sha256": entry.filing_sha256,
                "reports": [
                    {"code": one.code, "raw": one.raw_code, "at": one.at.isoformat()}
                    for one in session.exec(
                        select(StatusReport)
                        .where(StatusReport.entry_id == entry.id)
                        .order_by(col(StatusReport.at), col(StatusReport.id))
                    )
                ],
            }
            for entry in entries
        ],
        "audit": [
            {"action": event.action, "by": event.actor_name, "hash": event.hash}
            for event in session.exec(
                select(AuditEvent)
                .where(AuditEvent.shipment_id == shipment.id)
                .order_by(col(AuditEvent.id))
            )
        ],
    }
    return json.dumps(made, sort_keys=True, ensure_ascii=False, indent=1).encode()


def seal(session: Session, *, shipment_id: int, sha256: str, keep_years: int) -> None:
    """Record the sealed manifest and close the shipment."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    assert shipment is not None
    if shipment.state is not State.RELEASED:
        return  # recalled meanwhile: it is sealed when it is released again
    shipment.manifest_sha256 = sha256
    shipment.keep_until = now() + timedelta(days=_DAYS_IN_A_YEAR * keep_years)
    index(session, shipment)
    states.fire(session, shipment, states.Close(), actor=SYSTEM)
    audit.record(
        session,
        "file_sealed",
        actor=SYSTEM,
        shipment_id=shipment_id,
        manifest=sha256,
        keep_until=shipment.keep_until.date().isoformat(),
    )
