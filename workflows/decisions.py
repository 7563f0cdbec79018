"""The record of a classification: what was shown, who chose what, when and for what reason.

Written in the transaction of the decision, never changed afterwards, and sealed into the file of
the shipment. It stands by itself: whoever reads it in seven years needs no other table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from sqlmodel import Session, col, select

from storage.columns import now
from storage.models import Classification, Decision, Document, Entry, LineItem, Shipment
from storage.values import Actor, Candidate, Value

_MOST = 200


class Found(Value):
    """A record as it is kept, and whether its hash still fits."""

    record: dict[str, Any]
    sha256: str
    whole: bool


def write(
    session: Session,
    shipment: Shipment,
    line: LineItem,
    *,
    actor: Actor,
    offered: Classification | None,
    together: bool = False,
) -> Decision:
    """Keep why the line has the code that it now has."""
    assert shipment.id is not None
    assert line.code is not None
    record = _record(session, shipment, line, actor=actor, offered=offered, together=together)
    made = Decision(
        shipment_id=shipment.id,
        importer_id=shipment.importer_id,
        line_number=line.number,
        line_rev=line.rev,
        sku=line.sku or "",
        code=line.code,
        decided_by=actor.id,
        decided_at=line.decided_at or now(),
        record=record,
        record_hash=digest(record),
    )
    session.add(made)
    session.flush()
    return made


def digest(record: dict[str, Any]) -> str:
    """The hash of a record's canonical JSON."""
    plain = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def of_shipment(session: Session, shipment_id: int) -> list[Decision]:
    """All decisions about a shipment's lines, oldest first; also those that were overtaken."""
    wanted = select(Decision).where(Decision.shipment_id == shipment_id)
    return list(session.exec(wanted.order_by(col(Decision.id))))


def latest(session: Session, shipment_id: int, number: int) -> Decision | None:
    """The newest decision about a line."""
    return session.exec(
        select(Decision)
        .where(Decision.shipment_id == shipment_id, Decision.line_number == number)
        .order_by(col(Decision.id).desc())
    ).first()


def find(
    session: Session,
    *,
    shipment: str | None = None,
    sku: str | None = None,
    code: str | None = None,
) -> list[Found]:
    """Records by shipment or entry number, article number, or the beginning of a code."""
    wanted = select(Decision)
    if shipment is not None:
        by_ref = select(Shipment.id).where(Shipment.ref == shipment.upper())
        by_entry = select(Entry.shipment_id).where(Entry.number == shipment.upper())
        wanted = wanted.where(
            col(Decision.shipment_id).in_(by_ref) | col(Decision.shipment_id).in_(by_entry)
        )
    if sku is not None:
        wanted = wanted.where(Decision.sku == sku)
    if code is not None:
        wanted = wanted.where(col(Decision.code).startswith(code, autoescape=True))
    rows = session.exec(wanted.order_by(col(Decision.id).desc()).limit(_MOST))
    return [
        Found(
            record=row.record,
            sha256=row.record_hash,
            whole=digest(row.record) == row.record_hash,
        )
        for row in rows
    ]


def _record(
    session: Session,
    shipment: Shipment,
    line: LineItem,
    *,
    actor: Actor,
    offered: Classification | None,
    together: bool,
) -> dict[str, Any]:
    shown: Sequence[Candidate] = offered.candidates if offered else ()
    codes = [one.code for one in shown]
    document = session.get(Document, line.document_id) if line.document_id else None
    made: dict[str, Any] = {
        "record": 1,
        "tool": f"tidewaiter {_version()}",
        "shipment": shipment.ref,
        "importer": shipment.parties.importer.name,
        "line": line.number,
        "revision": line.rev,
        "facts": {
            "description": line.description,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit": line.unit,
            "value": line.value,
            "currency": line.currency,
            "origin": line.origin,
            "shippersCode": line.hint,
            "document": document.title if document else None,
            "documentSha256": document.sha256 if document else None,
        },
        "shown": {
            "candidates": [one.model_dump(mode="json") for one in shown],
            "source": offered.source if offered else None,
            "band": offered.band if offered else None,
            "confirmedBefore": offered.confirmed_by if offered else None,
            "conflict": offered.hint_conflict if offered else None,
            "missingFacts": list(offered.missing_facts) if offered else [],
            "notes": list(offered.notes or ()) if offered else [],
            "flags": list(offered.pga) if offered else [],
            "madeAt": offered.made_at if offered else None,
        },
        "decision": {
            "code": line.code,
            "edition": line.code_edition,
            "generalRate": line.general_rate,
            "place": codes.index(line.code) + 1 if line.code in codes else None,
            "reason": line.decided_reason,
            "together": together,
        },
        "person": actor.model_dump(mode="json"),
        "at": line.decided_at,
    }
    plain: dict[str, Any] = json.loads(json.dumps(made, default=_written))
    return plain


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@cache
def _version() -> str:
    return version("tidewaiter")
