"""The handlers of asking for a signature. Like all handlers each can run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlmodel import Session

from prompts import letter, render
from storage import outbox
from storage.columns import now
from storage.models import Importer, Shipment, SignatureEnvelope
from storage.outbox import Claimed
from storage.powers import FAILED, OPEN, EnvelopeState, Signatory
from workflows import poa_form, post, sign_thread, signed, signing
from workflows.answering import in_working_days
from workflows.card import documents_of
from workflows.ports import (
    Permanent,
    Ports,
    Posted,
    Requested,
    SignatureRequest,
    Transient,
)
from workflows.post import Record
from workflows.sign_effects import (
    CheckEnvelope,
    FetchSigned,
    RemindSigner,
    RequestSignature,
    TellPower,
    VoidEnvelope,
)
from workflows.views import DocumentView, NoteButton, NoteView

MOST_BYTES = 25_000_000
_LABELS = {
    "poa_send": "Send POA for signature…",
    "poa_check": "Check who signed…",
    "poa_refuse": "Do not accept…",
    "poa_scan": "It is signed…",
    "poa_unsigned": "Not signed",
}


def nothing(_session: Session) -> None:
    """There is nothing to record."""


def request_signature(ports: Ports, claimed: Claimed) -> Record:
    effect = RequestSignature.model_validate(claimed.payload)
    with ports.snapshot() as session:
        envelope = _envelope(session, effect.envelope_id)
        asked = _request(session, ports, envelope, stage="first")
    if envelope.reference is not None or envelope.state is not EnvelopeState.ASKED:
        return nothing  # an earlier attempt was recorded, or it was taken back
    sha256 = ports.blobs.put(asked.form)
    again = asked.model_copy(update={"again": claimed.last_outcome == "unknown"})
    requested = ports.signer.request(again)

    def record(session: Session) -> None:
        signing.sent(
            session,
            envelope_id=effect.envelope_id,
            requested=requested,
            sha256=sha256,
            house=ports.house,
        )
        _note_mail(session, requested, envelope)

    return record


def check_envelope(ports: Ports, claimed: Claimed) -> Record:
    effect = CheckEnvelope.model_validate(claimed.payload)
    with ports.snapshot() as session:
        envelope = _envelope(session, effect.envelope_id)
    if envelope.reference is None or envelope.state not in OPEN:
        return nothing
    status = ports.signer.status(envelope.reference)
    return lambda session: signing.told(session, envelope_id=effect.envelope_id, status=status)


def fetch_signed(ports: Ports, claimed: Claimed) -> Record:
    effect = FetchSigned.model_validate(claimed.payload)
    with ports.snapshot() as session:
        envelope = _envelope(session, effect.envelope_id)
    if envelope.reference is None or envelope.state not in OPEN:
        return nothing
    # What a message said is only a hint: the service itself must say that it is signed.
    status = ports.signer.status(envelope.reference)
    if status.state in FAILED:
        return lambda session: signing.told(session, envelope_id=effect.envelope_id, status=status)
    if status.state is not EnvelopeState.COMPLETED:
        raise Transient("The signing service does not call it completed yet.", retry_after=30)
    papers = ports.signer.documents(envelope.reference)
    for what in filter(None, (papers.document, papers.certificate)):
        if not what.startswith(b"%PDF-") or len(what) > MOST_BYTES:
            raise Permanent("The signing service gave something that is no PDF of a fair size.")
    document = (ports.blobs.put(papers.document), len(papers.document))
    certificate = None
    if papers.certificate is not None:
        certificate = (ports.blobs.put(papers.certificate), len(papers.certificate))
    signed_on: date = (status.at or now()).date()

    def record(session: Session) -> None:
        signed.file(
            session,
            envelope_id=effect.envelope_id,
            document=document,
            certificate=certificate,
            signed_by=status.signed_by,
            signed_on=signed_on,
        )

    return record


def remind_signer(ports: Ports, claimed: Claimed) -> Record:
    effect = RemindSigner.model_validate(claimed.payload)
    with ports.snapshot() as session:
        envelope = _envelope(session, effect.envelope_id)
        asked = _request(session, ports, envelope, stage="again", number=effect.number)
    waiting = (EnvelopeState.SENT, EnvelopeState.DELIVERED)
    if envelope.reference is None or envelope.state not in waiting:
        return nothing
    status = ports.signer.status(envelope.reference)
    if status.state not in waiting:
        # Signed or ended a moment ago: nobody is reminded of that.
        return lambda session: signing.told(session, envelope_id=effect.envelope_id, status=status)
    rules = ports.house.signing
    if effect.number > rules.most:
        return lambda session: sign_thread.nobody_signed(session, effect.envelope_id, rules.most)
    requested = Requested(reference=envelope.reference)
    if claimed.last_outcome != "unknown":  # a reminder that may have gone out is not repeated
        requested = ports.signer.remind(envelope.reference, asked)

    def record(session: Session) -> None:
        sign_thread.reminded(session, effect.envelope_id, effect.number, rules.most)
        _note_mail(session, requested, envelope)
        following = effect.model_copy(update={"number": effect.number + 1})
        outbox.add(session, following, run_at=in_working_days(rules.then_every))

    return record


def void_envelope(ports: Ports, claimed: Claimed) -> Record:
    effect = VoidEnvelope.model_validate(claimed.payload)
    with ports.snapshot() as session:
        envelope = _envelope(session, effect.envelope_id)
        asked = _request(session, ports, envelope, stage="void")
    if envelope.reference is None:
        return nothing
    requested = ports.signer.void(envelope.reference, effect.reason, asked)
    return lambda session: _note_mail(session, requested, envelope)


def tell_power(ports: Ports, claimed: Claimed) -> Record:
    effect = TellPower.model_validate(claimed.payload)
    at = Posted(channel=ports.house.ops_channel, ts="")
    documents: tuple[DocumentView, ...] = ()
    address = ports.house.intake_address
    if effect.shipment_id is not None:
        with ports.snapshot() as session:
            shipment = session.get(Shipment, effect.shipment_id)
            if shipment is None:
                return nothing
            wanted = set(effect.document_ids)
            shown = documents_of(session, effect.shipment_id, ports.house) if wanted else ()
            documents = tuple(one for one in shown if one.document_id in wanted)
            address = ports.house.address_for(shipment.ref or "")
        if shipment.card_channel is None or shipment.card_ts is None:
            raise Transient("The card is not posted yet.", retry_after=2)
        at = Posted(channel=shipment.card_channel, ts=shipment.card_ts)
    thread = at.ts or None
    note = NoteView(
        text=render(f"slack/{effect.note}", address=address, **effect.facts),
        mention=effect.mention,
        buttons=tuple(
            NoteButton.model_validate({"action": action, "label": _LABELS[action], "target": one})
            for action, one in effect.buttons
        ),
        documents=documents,
    )
    if claimed.last_outcome == "unknown" and ports.chat.find(
        at.channel, claimed.key, thread=thread
    ):
        return nothing
    ports.chat.post(
        at.channel,
        note,
        key=claimed.key,
        thread=thread,
        broadcast=effect.broadcast and thread is not None,
    )
    return nothing


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    RequestSignature.kind: request_signature,
    CheckEnvelope.kind: check_envelope,
    FetchSigned.kind: fetch_signed,
    RemindSigner.kind: remind_signer,
    VoidEnvelope.kind: void_envelope,
    TellPower.kind: tell_power,
}


def _envelope(session: Session, envelope_id: int) -> SignatureEnvelope:
    envelope = session.get(SignatureEnvelope, envelope_id)
    if envelope is None:
        raise Permanent("The request for a signature is not in the database.")
    return envelope


def _request(
    session: Session, ports: Ports, envelope: SignatureEnvelope, *, stage: str, number: int = 0
) -> SignatureRequest:
    importer = session.get(Importer, envelope.importer_id)
    shipment = sign_thread.thread_of(session, envelope)
    ref = (shipment.ref if shipment else None) or ""
    language = (importer.language if importer else None) or "en"
    facts = {
        "stage": stage,
        "by_mail": envelope.via == signed.BY_MAIL,
        "importer": envelope.form.grantor,
        "signer": envelope.signer_name,
        "ref": ref,
        "asked_on": envelope.asked_at.date(),
        "number": number,
        "most": ports.house.signing.most,
        "firm": ports.house.firm,
    }
    made = letter.write("signature", language=language, **facts)
    return SignatureRequest(
        key=envelope.key if stage == "first" else f"{envelope.key}-{number or stage}",
        signatory=Signatory(
            name=envelope.signer_name, title=envelope.signer_title, mail=envelope.signer_mail
        ),
        grantor=envelope.form.grantor,
        form=poa_form.pdf(envelope.form),
        subject=letter.subject("signature", language=language, **facts),
        text=made.text,
        html=made.html,
        reply_to=ports.house.address_for(ref),
        fields=poa_form.fields(envelope.form),
    )


def _note_mail(session: Session, requested: Requested, envelope: SignatureEnvelope) -> None:
    """A mail of our own stands in the history of its shipment; an answer to it finds it."""
    if requested.mail is None or requested.sent is None:
        return
    shipment = sign_thread.thread_of(session, envelope)
    post.noted(
        session,
        requested.mail,
        requested.sent,
        kind="signature",
        shipment_id=shipment.id if shipment else None,
        quiet=True,
    )
