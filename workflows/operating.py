"""What operators do with the outbox: see what gave up, try it again, or let it be."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.models import Outbox, OutboxStatus
from storage.values import Actor, Role
from workflows.review import Answer
from workflows.states import Refused

_OPERATORS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.COMPLIANCE, Role.SYSTEM})


def unfinished(session: Session, *, limit: int = 200) -> list[Outbox]:
    """Effects that are still to happen or gave up, oldest first."""
    return list(
        session.exec(
            select(Outbox)
            .where(col(Outbox.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]))
            .order_by(col(Outbox.id))
            .limit(limit)
        )
    )


def outbox_retry(session: Session, *, outbox_id: int, actor: Actor) -> Answer:
    """Try an effect again that gave up. A filing asks the gateway first, always."""
    row = _dead(session, outbox_id, actor)
    outbox.revive(session, outbox_id)
    audit.record(session, "effect_retried", actor=actor, shipment_id=row.shipment_id, key=row.key)
    return Answer(text=f"{row.key} is being tried again.", changed=True)


def outbox_drop(session: Session, *, outbox_id: int, actor: Actor) -> Answer:
    """Decide that an effect shall not happen."""
    row = _dead(session, outbox_id, actor)
    outbox.drop(session, outbox_id)
    audit.record(session, "effect_dropped", actor=actor, shipment_id=row.shipment_id, key=row.key)
    return Answer(text=f"{row.key} will not be done.", changed=True)


def _dead(session: Session, outbox_id: int, actor: Actor) -> Outbox:
    if actor.role not in _OPERATORS:
        raise Refused("Viewers cannot decide about failed effects. Nothing was changed.")
    row = session.get(Outbox, outbox_id)
    if row is None:
        raise Refused(f"There is no effect {outbox_id}.")
    if row.status is not OutboxStatus.DEAD:
        raise Refused(f"{row.key} is {row.status.value}: there is nothing to decide.")
    return row
