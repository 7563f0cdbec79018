"""The audit chain: every decision, message and status, each row sealed with the one before.

`record` notes an event; `seal` writes the notes of a transaction just before its commit, so
that the chain's lock is held for as short a time as possible. `verify` walks the chain.
Rows are never changed. Details hold ids and short facts, never document text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from storage import apart
from storage.columns import now
from storage.models import AuditEvent
from storage.values import Actor

GENESIS = "0" * 64
_NOTES = "audit_notes"
_CHAIN_LOCK = 7_446_001  # any number that nothing else in the database locks on


def record(
    session: Session,
    action: str,
    *,
    actor: Actor,
    shipment_id: int | None = None,
    **details: Any,
) -> None:
    """Note that something happened; it is written when the transaction commits."""
    notes: list[AuditEvent] = session.info.setdefault(_NOTES, [])
    notes.append(
        AuditEvent(
            at=now(),
            actor_id=actor.id,
            actor_name=actor.name,
            actor_role=actor.role.value,
            actor_licence=actor.licence,
            action=action,
            shipment_id=shipment_id,
            details=json.loads(json.dumps(details, default=str)),
            previous="",
            hash="",
        )
    )


def seal(session: Session) -> None:
    """Chain and write the notes of this transaction."""
    notes: list[AuditEvent] = session.info.pop(_NOTES, [])
    if not notes:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        # SQLite has one writer anyway. Here the lock keeps two commits from continuing
        # the chain at the same link.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    newest = select(AuditEvent.hash).order_by(col(AuditEvent.id).desc()).limit(1)
    # The chain is one for all workspaces.
    wide = apart.house_wide()
    previous = session.exec(newest, execution_options=wide).first() or GENESIS
    for note in notes:
        note.previous = previous
        note.hash = previous = _digest(note)
        session.add(note)
        session.flush()


def verify(session: Session) -> Iterator[str]:
    """A sentence for every link that does not hold; nothing when the chain is whole."""
    previous, last = GENESIS, 0
    while batch := session.exec(
        select(AuditEvent).where(col(AuditEvent.id) > last).order_by(col(AuditEvent.id)).limit(1000)
    ).all():
        for row in batch:
            if row.previous != previous:
                yield f"Audit event {row.id}: the event before it was removed or changed."
            if row.hash != _digest(row):
                yield f"Audit event {row.id} ({row.action}) was changed after it was written."
            previous, last = row.hash, row.id or last
        session.expunge_all()


def _digest(row: AuditEvent) -> str:
    at: datetime = row.at.astimezone(UTC)
    facts = [
        row.previous,
        at.isoformat(timespec="microseconds"),
        row.actor_id,
        row.actor_name,
        row.actor_role,
        row.actor_licence,
        row.action,
        row.shipment_id,
        row.details,
    ]
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()
