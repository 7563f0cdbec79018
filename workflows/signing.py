"""Asking an importer for its power of attorney: one request at a time, told in the thread.

A licensed broker decides that it is sent, or an installation that it goes out by itself to the
signer whom a broker recorded. What the signing service says is applied here and moves a request
forward only; what was signed is taken on file by `signed.py`. No service is called here.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Importer, Shipment, SignatureEnvelope
from storage.powers import (
    FAILED,
    OPEN,
    EnvelopeState,
    GrantorKind,
    Scope,
    Signatory,
    Signing,
)
from storage.values import SYSTEM, Actor
from workflows import poa, poa_form, sign_thread, signatories
from workflows.answering import in_working_days
from workflows.ports import House, Requested, SignatureStatus
from workflows.sign_effects import (
    CheckEnvelope,
    FetchSigned,
    RemindSigner,
    RequestSignature,
    VoidEnvelope,
)
from workflows.states import Refused

_RANK = {state: place for place, state in enumerate(OPEN)}
_NEXT = {
    EnvelopeState.DECLINED: "Call the importer, then send it again or to somebody else.",
    EnvelopeState.VOIDED: "Send it again when the importer is ready to sign.",
    EnvelopeState.BOUNCED: "The address does not work: ask for another, and send it again.",
    EnvelopeState.EXPIRED: "Nobody signed in time: call the importer, then send it again.",
}


class Unsuitable(Refused):
    """Something about the signer is wrong; `field` says what, for the form on the screen."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def needed(
    session: Session, importer: Importer, shipment: Shipment | None, *, house: House
) -> str | None:
    """Why a power of attorney should be asked for now, or None."""
    power = poa.on_file(session, importer)
    if power is None:
        return f"There is no power of attorney of {importer.name} on file."
    if found := poa.why_not(power, importer, shipment=shipment):
        return found
    if poa.expiring(power, within=house.signing.expiring_days):
        return f"The power of attorney of {importer.name} ends on {power.expires_on}."
    return None


def can_ask(session: Session, shipment: Shipment, *, house: House) -> bool:
    """Whether the card shows the button."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    return (
        importer is not None
        and poa.open_envelope(session, importer) is None
        and poa.awaiting_check(session, importer) is None
        and needed(session, importer, shipment, house=house) is not None
    )


def keep_signer(
    session: Session,
    *,
    importer: Importer,
    actor: Actor,
    signatory: Signatory | None = None,
    **facts: object,
) -> Signing:
    """Record who signs for an importer and what its form says; only what is given changes."""
    poa.only_a_broker(actor, "record who signs for an importer")
    known = importer.signing or Signing()
    changes = {name: value for name, value in facts.items() if value is not None}
    if signatory is not None:
        changes["signatory"] = signatory
    importer.signing = Signing.model_validate({**known.model_dump(), **changes})
    session.add(importer)
    audit.record(
        session,
        "signer_recorded",
        actor=actor,
        importer_id=importer.id,
        signer=signatory.name if signatory else None,
        changed=sorted(changes),
    )
    return importer.signing


def ask(
    session: Session,
    *,
    importer_id: int,
    signatory: Signatory,
    kind: GrantorKind | None,
    shipment_id: int | None,
    actor: Actor,
    house: House,
    scope: Scope | None = None,
) -> SignatureEnvelope:
    """Decide that the power of attorney is sent for signature."""
    if not (actor is SYSTEM and house.signing.automatic):
        poa.only_a_broker(actor, "send a power of attorney for signature")
    importer = session.get(Importer, importer_id, with_for_update=True)
    if importer is None:
        raise Refused("This importer is not known. Nothing was sent.")
    shipment = session.get(Shipment, shipment_id) if shipment_id else None
    _only_one(session, importer)
    if needed(session, importer, shipment, house=house) is None:
        raise Refused(
            f"A power of attorney of {importer.name} is on file and serves. Nothing was sent; "
            "revoke it first if it shall be replaced."
        )
    known = importer.signing or Signing()
    if kind is not None and kind is not known.kind:
        importer.signing = known = known.model_copy(update={"kind": kind})
    wrong = signatories.why_not(session, importer, signatory, house=house)
    if wrong is not None:
        raise Unsuitable(wrong[0], f"{wrong[1]} Nothing was sent.")
    if known.nonresident and not known.resident_agent:
        raise Refused(
            f"{importer.name} is not resident: record its resident agent first (19 CFR 141.36). "
            "Nothing was sent."
        )
    importer.signing = known.model_copy(update={"signatory": signatory})
    session.add(importer)
    earlier = session.exec(
        select(func.count())
        .select_from(SignatureEnvelope)
        .where(SignatureEnvelope.importer_id == importer_id)
    ).one()
    key = f"poa-{importer_id}-{earlier + 1}-{secrets.token_hex(4)}"
    form = poa_form.filled(importer, signatory, shipment=shipment, reference=key, house=house)
    if scope is not None:
        form = form.model_copy(update={"scope": scope})
    envelope = SignatureEnvelope(
        key=key,
        importer_id=importer_id,
        open_for=importer_id,
        shipment_id=shipment_id,
        via=house.signing.via,
        state=EnvelopeState.ASKED,
        signer_name=signatory.name,
        signer_title=signatory.title,
        signer_mail=signatory.mail,
        form=form,
        asked_by=actor.id,
        asked_name=actor.name,
    )
    session.add(envelope)
    session.flush()
    assert envelope.id is not None
    audit.record(
        session,
        "signature_asked",
        actor=actor,
        shipment_id=shipment_id,
        importer_id=importer_id,
        envelope_id=envelope.id,
        signer=signatory.name,
        mail=signatory.mail,
    )
    outbox.add(session, RequestSignature(envelope_id=envelope.id, shipment_id=shipment_id))
    sign_thread.refresh(session, importer_id)
    return envelope


def sent(
    session: Session, *, envelope_id: int, requested: Requested, sha256: str, house: House
) -> None:
    """The service has taken the request: tell it, and begin the reminders."""
    envelope = sign_thread.locked(session, envelope_id)
    envelope.reference, envelope.form_sha256 = requested.reference, sha256
    envelope.sent_at = now()
    session.add(envelope)
    if envelope.state not in OPEN:
        # It was taken back while it was on its way: take it back there too.
        _void_there(session, envelope, envelope.reason or "It was taken back.")
        return
    if envelope.state is EnvelopeState.ASKED:
        envelope.state = EnvelopeState.SENT
    envelope.next_poll_at = now() + timedelta(seconds=house.signing.poll_seconds)
    sign_thread.tell(
        session,
        envelope,
        "poa_sent",
        facts={"who": envelope.asked_name, "why": "", "via": envelope.via},
    )
    first = RemindSigner(envelope_id=envelope_id, shipment_id=envelope.shipment_id, number=1)
    outbox.add(session, first, run_at=in_working_days(house.signing.first))
    sign_thread.refresh(session, envelope.importer_id)


def told(session: Session, *, envelope_id: int, status: SignatureStatus) -> None:
    """Apply what the service says. What is older than what we know changes nothing."""
    envelope = sign_thread.locked(session, envelope_id)
    if envelope.state not in OPEN:
        return
    if status.state in FAILED:
        _end(session, envelope, status.state, status.reason)
        return
    if _RANK.get(status.state, 0) <= _RANK[envelope.state]:
        return
    envelope.state = status.state
    session.add(envelope)
    audit.record(
        session,
        f"signature_{status.state.value}",
        actor=SYSTEM,
        shipment_id=envelope.shipment_id,
        envelope_id=envelope_id,
        by=status.signed_by,
    )
    if status.state is EnvelopeState.COMPLETED:
        fetch = FetchSigned(envelope_id=envelope_id, shipment_id=envelope.shipment_id)
        outbox.add(session, fetch)


def take_back(session: Session, *, envelope_id: int, reason: str, actor: Actor) -> None:
    """A licensed broker takes an open request back."""
    poa.only_a_broker(actor, "take a request for a signature back")
    envelope = sign_thread.locked(session, envelope_id)
    if envelope.state not in OPEN:
        raise Refused(f"This request is {envelope.state.value} already. Nothing was changed.")
    why = reason.strip()[:300] or "The broker took the request back."
    _void_there(session, envelope, why)
    _end(session, envelope, EnvelopeState.VOIDED, why, actor=actor)


def poll(session: Session, *, house: House) -> None:
    """Ask about every open request that was not looked at for a while."""
    due = session.exec(
        select(SignatureEnvelope)
        .where(
            col(SignatureEnvelope.open_for).is_not(None),
            col(SignatureEnvelope.next_poll_at) <= now(),
        )
        .limit(100)
    ).all()
    for envelope in due:
        assert envelope.id is not None
        envelope.polls += 1
        envelope.next_poll_at = now() + timedelta(seconds=house.signing.poll_seconds)
        session.add(envelope)
        look = CheckEnvelope(
            envelope_id=envelope.id, shipment_id=envelope.shipment_id, once=str(envelope.polls)
        )
        outbox.add(session, look)


def _only_one(session: Session, importer: Importer) -> None:
    if envelope := poa.open_envelope(session, importer):
        raise Refused(
            f"It was sent to {envelope.signer_name} ({envelope.signer_mail}) on "
            f"{envelope.asked_at:%Y-%m-%d} already and is still open. Nothing was sent."
        )
    if poa.awaiting_check(session, importer):
        raise Refused("One is signed and waits for the check of a broker. Nothing was sent.")


def _end(
    session: Session,
    envelope: SignatureEnvelope,
    state: EnvelopeState,
    reason: str | None,
    *,
    actor: Actor = SYSTEM,
) -> None:
    envelope.state, envelope.open_for, envelope.ended_at = state, None, now()
    envelope.next_poll_at = None
    envelope.reason = (reason or "")[:500] or None
    session.add(envelope)
    session.flush()
    audit.record(
        session,
        f"signature_{state.value}",
        actor=actor,
        shipment_id=envelope.shipment_id,
        envelope_id=envelope.id,
        reason=envelope.reason,
    )
    thread = sign_thread.thread_of(session, envelope)
    sign_thread.tell(
        session,
        envelope,
        "poa_failed",
        facts={"state": state.value, "reason": envelope.reason or "", "next": _NEXT[state]},
        buttons=[("poa_send", thread.id)] if thread and thread.id else [],
        mention=True,
    )
    sign_thread.refresh(session, envelope.importer_id)


def _void_there(session: Session, envelope: SignatureEnvelope, reason: str) -> None:
    if envelope.reference is not None and envelope.id is not None:
        void = VoidEnvelope(
            envelope_id=envelope.id, shipment_id=envelope.shipment_id, reason=reason
        )
        outbox.add(session, void)
