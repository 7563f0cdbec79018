"""A power of attorney that went by mail comes back as a scan: a person says whether it is signed.

Nothing here reads a signature off a picture. A scan that nobody has looked at leaves the request
open, and a scan without a signature does too.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import Document, Importer, Message, OutgoingMessage, Shipment, SignatureEnvelope
from storage.powers import OPEN
from storage.values import Actor, DocumentKind, Role
from workflows import poa, sign_thread
from workflows.poa import only_a_broker
from workflows.ports import House
from workflows.review import Answer
from workflows.signed import BY_MAIL, ended, keep_power
from workflows.states import Refused

_MOST_SCANS = 5


def mark_signed(
    session: Session, *, document_id: int, signed_by: str, signed_on: date, actor: Actor
) -> Answer:
    """A person says that a scan which came by mail is signed, and by whom."""
    only_a_broker(actor, "say that a power of attorney is signed")
    document, envelope = _scan(session, document_id)
    if not signed_by.strip():
        raise Refused("Who signed it? Nothing was recorded.")
    if signed_on > now().date():
        raise Refused("It cannot be signed in the future. Nothing was recorded.")
    if signed_on < envelope.asked_at.date():
        raise Refused(
            f"It was asked for on {envelope.asked_at.date()}: the date of the signature cannot be "
            "before. Nothing was recorded."
        )
    keep_power(
        session,
        envelope,
        document_sha256=document.sha256,
        certificate_sha256=None,
        signed_by=signed_by.strip(),
        signed_on=signed_on,
        recorded_by=actor.id,
    )
    document.kind = DocumentKind.POWER_OF_ATTORNEY
    document.looked_at_by = document.looked_at_by or actor.id
    session.add(document)
    audit.record(
        session,
        "scan_marked_signed",
        actor=actor,
        shipment_id=document.shipment_id,
        document_id=document_id,
        signed_by=signed_by.strip(),
    )
    ended(session, envelope, [document_id])
    return Answer(text="Recorded as signed. Please check who signed; then it counts.", changed=True)


def mark_unsigned(session: Session, *, document_id: int, actor: Actor) -> Answer:
    """A person has looked: the scan bears no signature, so the request stays open."""
    if actor.role not in (Role.LICENSED_BROKER, Role.ENTRY_WRITER):
        raise Refused("Only a broker or an entry writer can say so. Nothing was changed.")
    document, envelope = _scan(session, document_id)
    document.looked_at_by = document.looked_at_by or actor.id
    session.add(document)
    audit.record(
        session,
        "scan_not_signed",
        actor=actor,
        shipment_id=document.shipment_id,
        document_id=document_id,
    )
    sign_thread.tell(
        session,
        envelope,
        "poa_unsigned_scan",
        once=f"document-{document_id}",
        facts={"who": actor.name, "file": document.filename},
    )
    sign_thread.refresh(session, envelope.importer_id)
    return Answer(text="Noted: it is not signed, and the request stays open.", changed=True)


def scans_arrived(session: Session, shipment: Shipment, message_id: int, *, house: House) -> None:
    """A mail answers a request that went by mail: a person must look whether it is signed."""
    message = session.get(Message, message_id)
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    if message is None or importer is None or house.signing.via != BY_MAIL:
        return
    envelope = poa.open_envelope(session, importer)
    if envelope is None or envelope.via != BY_MAIL or not _answers(session, envelope, message):
        return
    scans = session.exec(
        select(Document)
        .where(Document.message_id == message_id, Document.shipment_id == shipment.id)
        .order_by(col(Document.id))
        .limit(_MOST_SCANS)
    ).all()
    for scan in scans:
        assert scan.id is not None
        sign_thread.tell(
            session,
            envelope,
            "poa_scan",
            once=f"document-{scan.id}",
            facts={"file": scan.filename, "sender": message.sender_name or message.sender},
            buttons=[("poa_scan", scan.id), ("poa_unsigned", scan.id)],
            document_ids=[scan.id],
            mention=True,
        )


def _answers(session: Session, envelope: SignatureEnvelope, message: Message) -> bool:
    """It comes from the signer, or from the firm that the request was mailed to."""
    asked = session.exec(
        select(OutgoingMessage.id).where(
            OutgoingMessage.kind == "signature",
            OutgoingMessage.correspondent == envelope.signer_mail.strip().casefold(),
        )
    ).first()
    same = message.sender.strip().casefold() == envelope.signer_mail.strip().casefold()
    domain = envelope.signer_mail.rpartition("@")[2].casefold()
    return asked is not None and (same or message.sender.rpartition("@")[2].casefold() == domain)


def _scan(session: Session, document_id: int) -> tuple[Document, SignatureEnvelope]:
    document = session.get(Document, document_id)
    shipment = session.get(Shipment, document.shipment_id) if document else None
    importer = (
        session.get(Importer, shipment.importer_id) if shipment and shipment.importer_id else None
    )
    envelope = poa.open_envelope(session, importer) if importer else None
    if document is None or envelope is None or envelope.id is None:
        raise Refused("No request for a signature is open for this document any more.")
    locked = sign_thread.locked(session, envelope.id)
    if locked.state not in OPEN:
        raise Refused("Somebody has decided about this request already.")
    return document, locked
