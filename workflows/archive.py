"""The file of a shipment: found by its words, sealed at the end, kept for years.

A sealed manifest names every byte that belongs to the shipment by its sha256: raw mails,
documents, the filing, the authority's reports, every decision. Five years are the law's floor
(19 CFR 163.4), seven our default.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from storage import audit
from storage import search as search_words
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    Importer,
    LineItem,
    Message,
    OutgoingMessage,
    Reference,
    Screening,
    Shipment,
    State,
    StatusReport,
)
from storage.values import SYSTEM
from workflows import decisions, states

_DAYS_IN_A_YEAR = 365.25


def index(session: Session, shipment: Shipment) -> None:
    """Refresh the words by which `tidewaiter search` finds the shipment."""
    session.flush()
    assert shipment.id is not None
    parties = shipment.parties
    transport = shipment.transport
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    numbers: dict[str, list[str]] = {}
    for reference in session.exec(
        select(Reference).where(
            Reference.shipment_id == shipment.id, Reference.kind != "message_id"
        )
    ):
        numbers.setdefault(reference.kind, []).append(reference.value)
    lines = session.exec(select(LineItem).where(LineItem.shipment_id == shipment.id)).all()
    mails = session.exec(select(Message).where(Message.shipment_id == shipment.id)).all()
    search_words.put(
        session,
        shipment.id,
        {
            "ref": [shipment.ref],
            "entry": session.exec(
                select(Entry.number).where(Entry.shipment_id == shipment.id)
            ).all(),
            "importer": [importer.name if importer else None, parties.importer.name],
            "supplier": [parties.exporter.name, parties.manufacturer.name],
            "party": [
                parties.exporter.name,
                parties.importer.name,
                parties.consignee.name,
                parties.notifyParty.name,
                parties.manufacturer.name,
                parties.shipTo.name,
            ],
            "container": [*transport.containers, *numbers.get("container", [])],
            "bill": [transport.masterBill, transport.houseBill, *numbers.get("bill", [])],
            "invoice": [shipment.header.invoiceNumber, *numbers.get("invoice", [])],
            "po": [shipment.header.purchaseOrder, *numbers.get("purchase_order", [])],
            "vessel": [transport.vessel],
            "port": [transport.portOfLoading, transport.portOfDischarge],
            "hts": [line.code for line in lines],
            "sku": [line.sku for line in lines],
            "goods": [line.description for line in lines],
            "file": session.exec(
                select(Document.filename).where(Document.shipment_id == shipment.id)
            ).all(),
            "mail": [
                said for mail in mails for said in (mail.sender, mail.subject, mail.text[:4000])
            ],
        },
    )


def search(session: Session, question: str, *, limit: int = 50) -> list[Shipment]:
    """Shipments that contain every word of the question, newest first.

    `storage.search.parse` says what can be asked; ValueError says what is wrong with a question.
    """
    query = search_words.parse(question)
    condition, facts = search_words.matching(session, query)
    statement = select(Shipment).where(
        col(Shipment.id).in_(
            select(search_words.table.c.rowid).where(text(condition).bindparams(**facts))
        )
    )
    filed = (
        select(func.max(Entry.submitted_at))
        .where(Entry.shipment_id == Shipment.id)
        .scalar_subquery()
    )
    day = func.coalesce(filed, Shipment.created_at)
    if query.since is not None:
        statement = statement.where(day >= datetime.combine(query.since, time(), UTC))
    if query.until is not None:
        end = datetime.combine(query.until, time(), UTC) + timedelta(days=1)
        statement = statement.where(day < end)
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
            {
                "messageId": mail.message_id,
                "sha256": mail.raw_sha256,
                "from": mail.sender,
                "to": mail.recipients,
                "subject": mail.subject,
                "at": mail.received_at.isoformat(),
                "text": mail.text,
                "files": [file.model_dump(exclude={"inner"}) for file in mail.files],
                "verdict": mail.verdict.model_dump() if mail.verdict else None,
                "partOf": mail.part_of,
            }
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
                "kind": one.kind,
                "text": one.text,
                "bounce": one.bounce.model_dump(mode="json") if one.bounce else None,
                "sha256": hashlib.sha256(one.text.encode()).hexdigest(),
            }
            for one in session.exec(
                select(OutgoingMessage)
                .where(OutgoingMessage.shipment_id == shipment.id)
                .order_by(col(OutgoingMessage.id))
            )
        ],
        "documents": [
            {
                "file": one.filename,
                "kind": one.kind.value,
                "sha256": one.sha256,
                "size": one.size,
                # Several documents of one file: the same bytes, each with its pages.
                **({"pages": [one.first_page, one.last_page]} if one.last_page else {}),
            }
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
        "screenings": [
            {
                "party": one.party,
                "edition": one.list_edition,
                "algorithm": one.algorithm,
                "hits": [hit.model_dump(mode="json") for hit in one.hits],
                "clearedBy": one.cleared_name,
                "reason": one.cleared_reason,
                "evidence": one.evidence,
            }
            for one in session.exec(
                select(Screening)
                .where(Screening.shipment_id == shipment.id)
                .order_by(col(Screening.id))
            )
        ],
        "classifications": [
            {
                "line": one.line_number,
                "code": one.code,
                "hash": one.record_hash,
                "record": one.record,
            }
            for one in decisions.of_shipment(session, shipment.id or 0)
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


def reseal(session: Session, *, shipment_id: int, sha256: str) -> None:
    """Record the newer manifest of a closed shipment; the older one stays in the audit chain."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None or shipment.state is not State.CLOSED or shipment.disposed_at is not None:
        return  # it is sealed with everything when it is closed
    before, shipment.manifest_sha256 = shipment.manifest_sha256, sha256
    session.add(shipment)
    audit.record(
        session, "file_resealed", actor=SYSTEM, shipment_id=shipment_id, manifest=sha256,
        before=before,
    )  # fmt: skip
