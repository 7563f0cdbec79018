"""A signature has come: the documents are kept, a licensed broker checks, the power counts.

Nothing that was signed counts by itself. The broker ticks what was looked at (the importer's
registration, address, the signer's authority); only then the blocker goes and the cards follow.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlmodel import Session, select

from storage import audit, outbox
from storage.columns import now
from storage.models import (
    Document,
    Importer,
    PowerOfAttorney,
    ReadState,
    SignatureEnvelope,
)
from storage.powers import CHECKS, Check, EnvelopeState
from storage.values import SYSTEM, Actor, DocumentKind
from workflows import poa, sign_thread
from workflows.poa import only_a_broker
from workflows.review import Answer
from workflows.sign_effects import TellPower
from workflows.states import Refused

BY_MAIL = "email"
_MOST_SCANS = 5


def file(
    session: Session,
    *,
    envelope_id: int,
    document: tuple[str, int],
    certificate: tuple[str, int] | None,
    signed_by: str | None,
    signed_on: date,
) -> None:
    """Keep what a service gave back: (sha256, bytes) of each, and the power that it proves."""
    envelope = sign_thread.locked(session, envelope_id)
    if envelope.state is EnvelopeState.SIGNED:
        return  # kept already
    keep_power(
        session,
        envelope,
        document_sha256=document[0],
        certificate_sha256=certificate[0] if certificate else None,
        signed_by=signed_by or envelope.signer_name,
        signed_on=signed_on,
        recorded_by=SYSTEM.id,
    )
    shipment = sign_thread.thread_of(session, envelope)
    kept: list[int] = []
    if shipment is not None and shipment.id is not None:
        name = envelope.form.reference
        kept = [
            _document(session, shipment.id, f"{name}-signed.pdf", *document),
            *(
                [_document(session, shipment.id, f"{name}-certificate.pdf", *certificate)]
                if certificate
                else []
            ),
        ]
    ended(session, envelope, kept)


def verify(
    session: Session, *, power_id: int, ticked: Collection[str], note: str, actor: Actor
) -> Answer:
    """A licensed broker has checked who signed: the power of attorney counts from now on."""
    only_a_broker(actor, "check a power of attorney")
    power = session.get(PowerOfAttorney, power_id, with_for_update=True)
    if power is None or power.revoked_on is not None:
        raise Refused("This power of attorney no longer waits for a check.")
    if not power.awaiting_check:
        raise Refused("Somebody has checked it already.")
    if left := [label for name, label in CHECKS if name not in ticked]:
        raise Refused(f"Every point must be looked at and ticked. Not ticked: {'; '.join(left)}.")
    if not note.strip():
        raise Refused("Please say what you looked at, e.g. the state's register and its number.")
    at = now()
    power.checks = [Check(name=name, by=actor.id, by_name=actor.name, at=at) for name, _ in CHECKS]
    power.check_note, power.awaiting_check = note.strip()[:1000], False
    session.add(power)
    session.flush()
    audit.record(
        session,
        "power_of_attorney_checked",
        actor=actor,
        importer_id=power.importer_id,
        power_id=power_id,
        checks=[name for name, _ in CHECKS],
        note=power.check_note,
    )
    importer = session.get(Importer, power.importer_id)
    assert importer is not None
    _tell(
        session,
        power,
        "poa_checked",
        facts={"who": actor.name, "problem": poa.problem(session, importer) or ""},
    )
    sign_thread.refresh(session, power.importer_id)
    return Answer(text=f"The power of attorney of {importer.name} is on file.", changed=True)


def refuse(session: Session, *, power_id: int, reason: str, actor: Actor) -> Answer:
    """A licensed broker does not accept what was signed."""
    power = poa.revoke(session, power_id=power_id, reason=reason, actor=actor)
    _tell(session, power, "poa_refused", facts={"who": actor.name, "reason": power.revoked_reason})
    sign_thread.refresh(session, power.importer_id)
    return Answer(text="It is not accepted; it can be sent for signature again.", changed=True)


def keep_power(
    session: Session,
    envelope: SignatureEnvelope,
    *,
    document_sha256: str,
    certificate_sha256: str | None,
    signed_by: str,
    signed_on: date,
    recorded_by: str,
) -> None:
    form = envelope.form
    power = PowerOfAttorney(
        importer_id=envelope.importer_id,
        signed_by=signed_by,
        signed_on=signed_on,
        expires_on=date.fromisoformat(form.expires) if form.expires else None,
        recorded_by=recorded_by,
        grantor_name=form.grantor,
        kind=form.kind,
        scope=form.scope,
        number=form.number,
        nonresident=form.nonresident,
        resident_agent=form.resident_agent,
        signer_title=envelope.signer_title,
        signer_mail=envelope.signer_mail,
        document_sha256=document_sha256,
        certificate_sha256=certificate_sha256,
        envelope_id=envelope.id,
        awaiting_check=True,
    )
    session.add(power)
    session.flush()


def ended(session: Session, envelope: SignatureEnvelope, documents: list[int]) -> None:
    envelope.state, envelope.open_for = EnvelopeState.SIGNED, None
    envelope.ended_at, envelope.next_poll_at = now(), None
    session.add(envelope)
    session.flush()
    power = session.exec(
        select(PowerOfAttorney).where(PowerOfAttorney.envelope_id == envelope.id)
    ).one()
    assert power.id is not None
    audit.record(
        session,
        "signature_stored",
        actor=SYSTEM,
        shipment_id=envelope.shipment_id,
        envelope_id=envelope.id,
        power_id=power.id,
        document=power.document_sha256,
        certificate=power.certificate_sha256,
    )
    sign_thread.tell(
        session,
        envelope,
        "poa_signed",
        facts={"signed_by": power.signed_by, "on": power.signed_on.isoformat()},
        buttons=[("poa_check", power.id), ("poa_refuse", power.id)],
        document_ids=documents,
        mention=True,
    )
    sign_thread.refresh(session, envelope.importer_id)


def _document(session: Session, shipment_id: int, name: str, sha256: str, size: int) -> int:
    known = session.exec(
        select(Document).where(Document.shipment_id == shipment_id, Document.sha256 == sha256)
    ).first()
    if known is None:
        known = Document(
            shipment_id=shipment_id,
            filename=name,
            content_type="application/pdf",
            size=size,
            sha256=sha256,
            kind=DocumentKind.POWER_OF_ATTORNEY,
            state=ReadState.READ,
        )
        session.add(known)
        session.flush()
    assert known.id is not None
    return known.id


def _tell(
    session: Session,
    power: PowerOfAttorney,
    note: str,
    facts: dict[str, str | int | list[str] | None],
) -> None:
    envelope = session.get(SignatureEnvelope, power.envelope_id) if power.envelope_id else None
    if envelope is not None:
        sign_thread.tell(session, envelope, note, once=f"power-{power.id}", facts=facts)
        return
    outbox.add(
        session,
        TellPower(
            note=note,
            once=f"power-{power.id}",
            facts={"importer": power.grantor_name or "", "signer": power.signed_by, **facts},
        ),
    )
