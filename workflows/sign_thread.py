"""What is told of a signature, where: the thread of the shipment that it is about, once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.models import Shipment, SignatureEnvelope, State
from storage.powers import EnvelopeState
from storage.values import SYSTEM
from workflows import proposal
from workflows.sign_effects import TellPower
from workflows.states import Refused

ACTIVE = (State.BOOKED, State.RECEIVED, State.IN_REVIEW, State.REJECTED)

Facts = dict[str, str | int | list[str] | None]


def refresh(session: Session, importer_id: int) -> None:
    """The cards of the importer's open shipments show how it stands."""
    for shipment in session.exec(
        select(Shipment).where(
            Shipment.importer_id == importer_id, col(Shipment.state).in_([State.IN_REVIEW])
        )
    ):
        proposal.changed(session, shipment)


def tell(
    session: Session,
    envelope: SignatureEnvelope,
    note: str,
    *,
    facts: Facts | None = None,
    once: str | None = None,
    buttons: Sequence[tuple[str, int]] = (),
    document_ids: Sequence[int] = (),
    mention: bool = False,
) -> None:
    """Tell it in the thread of the shipment that it is about, once."""
    shipment = thread_of(session, envelope)
    outbox.add(
        session,
        TellPower(
            note=note,
            once=once or f"envelope-{envelope.id}",
            shipment_id=shipment.id if shipment else None,
            facts={
                "importer": envelope.form.grantor,
                "signer": envelope.signer_name,
                "title": envelope.signer_title,
                "mail": envelope.signer_mail,
                **(facts or {}),
            },
            buttons=list(buttons),
            document_ids=list(document_ids),
            mention=shipment.assignee if mention and shipment else None,
            broadcast=mention,
        ),
    )


def thread_of(session: Session, envelope: SignatureEnvelope) -> Shipment | None:
    """The shipment for which it was asked, else the newest open one of the importer."""
    if envelope.shipment_id is not None:
        return session.get(Shipment, envelope.shipment_id)
    return session.exec(
        select(Shipment)
        .where(Shipment.importer_id == envelope.importer_id, col(Shipment.state).in_(ACTIVE))
        .order_by(col(Shipment.id).desc())
    ).first()


def locked(session: Session, envelope_id: int) -> SignatureEnvelope:
    """The request, ours until the transaction ends."""
    envelope = session.get(
        SignatureEnvelope, envelope_id, with_for_update=True, populate_existing=True
    )
    if envelope is None:
        raise Refused("This request for a signature is not known.")
    return envelope


def reminded(session: Session, envelope_id: int, number: int, most: int) -> None:
    """The signer was reminded."""
    envelope = locked(session, envelope_id)
    envelope.reminders = number
    session.add(envelope)
    audit.record(
        session,
        "signature_reminded",
        actor=SYSTEM,
        shipment_id=envelope.shipment_id,
        envelope_id=envelope_id,
        number=number,
    )
    once = f"envelope-{envelope_id}-{number}"
    tell(session, envelope, "poa_reminded", once=once, facts={"number": number, "most": most})


def nobody_signed(session: Session, envelope_id: int, most: int) -> None:
    """The reminders are over: somebody must call."""
    envelope = locked(session, envelope_id)
    if envelope.state not in (EnvelopeState.SENT, EnvelopeState.DELIVERED):
        return
    tell(session, envelope, "poa_unsigned", facts={"most": most}, mention=True)
