"""What a signing service tells us by itself: recorded once by (envelope, event, time).

A message only says that it is worth looking: each asks the service how the request stands, so
that messages out of order, twice, or about nothing of ours do no harm.
"""

from __future__ import annotations

import hashlib

from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.models import SignatureEnvelope, SigningEvent
from storage.powers import OPEN
from storage.values import SYSTEM
from workflows.sign_effects import CheckEnvelope, FetchSigned

COMPLETED = "envelope-completed"
_MOST_REPEATS = 20  # of one message that are worth a row


def take(
    session: Session, *, reference: str, event: str, generated_at: str, raw_sha256: str
) -> str:
    """Record a message whose signature was right; what followed, in words."""
    once = hashlib.sha256(f"{reference}\n{event}\n{generated_at}".encode()).hexdigest()
    first = session.exec(select(SigningEvent).where(SigningEvent.once == once)).first()
    row = SigningEvent(
        reference=reference,
        event=event,
        generated_at=generated_at,
        effect="repeated: nothing",
        raw_sha256=raw_sha256,
    )
    if first is not None:
        row.duplicate_of, row.envelope_id = first.id, first.envelope_id
        if _repeats(session, first) < _MOST_REPEATS:
            session.add(row)
        return row.effect
    envelope = session.exec(
        select(SignatureEnvelope).where(SignatureEnvelope.reference == reference)
    ).first()
    row.once = once
    row.envelope_id = envelope.id if envelope else None
    row.effect = _follow(session, envelope, event, once)
    session.add(row)
    if envelope is not None:
        audit.record(
            session,
            "signing_event",
            actor=SYSTEM,
            shipment_id=envelope.shipment_id,
            envelope_id=envelope.id,
            event=event,
            raw=raw_sha256,
        )
    return row.effect


def _follow(session: Session, envelope: SignatureEnvelope | None, event: str, once: str) -> str:
    if envelope is None or envelope.id is None:
        return "no request of ours: nothing"
    if envelope.state not in OPEN:
        return f"{envelope.state.value} already: nothing"
    if event == COMPLETED:
        fetch = FetchSigned(envelope_id=envelope.id, shipment_id=envelope.shipment_id)
        return "fetch" if outbox.add(session, fetch) is not None else "being fetched: nothing"
    look = CheckEnvelope(envelope_id=envelope.id, shipment_id=envelope.shipment_id, once=once[:16])
    outbox.add(session, look)
    return "look"


def _repeats(session: Session, first: SigningEvent) -> int:
    return session.exec(
        select(func.count())
        .select_from(SigningEvent)
        .where(col(SigningEvent.duplicate_of) == first.id)
    ).one()
