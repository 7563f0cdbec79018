"""How long the file of a shipment is kept, what stops its deletion, and the deletion itself.

Customs records: five years from entry is the law's floor (19 CFR 163.4), seven our policy.
Screening records: ten years (31 CFR 501.601). A legal hold stops deletion whatever the date.
A deletion is a licensed broker's decision, recorded with the person; it leaves the shipment's
number, its entry numbers (never used again), its screening and the audit chain. Nothing here
deletes by itself: the clock only tells what is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, Table, delete, exists, or_
from sqlalchemy import select as choose
from sqlmodel import Session, SQLModel, col, select

from storage import audit, outbox, search
from storage.columns import now
from storage.models import (
    AuditEvent,
    Clearance,
    Entry,
    LegalHold,
    Outbox,
    Screening,
    Shipment,
    State,
)
from storage.outbox import Claimed, Effect
from storage.values import Actor, Header, Parties, Role, Totals, Transport
from workflows.ports import Ports
from workflows.post import Record
from workflows.states import Refused

SCREENING_YEARS = 10
_DAYS_IN_A_YEAR = 365.25
_KEPT = frozenset(
    {"shipment", "entry", "screening", "screening_clearance", "legal_hold", "audit_event", "outbox"}
)
_ENDED = (State.CLOSED, State.CANCELLED)
_BLOB = "sha256"
_AT_A_TIME = 500


class DeleteBlobs(Effect):
    """Delete the bytes of a disposed file that no other file shares."""

    kind: ClassVar[str] = "archive.delete_blobs"
    shipment_id: int
    part: int
    names: list[str]

    def key(self) -> str:
        return f"shipment-{self.shipment_id}-delete-blobs-{self.part}"


def place_hold(session: Session, shipment: Shipment, *, reason: str, actor: Actor) -> LegalHold:
    """Nothing of this shipment may be deleted until the hold is lifted."""
    _may_hold(actor)
    if not reason.strip():
        raise Refused("Please say why the file must be kept.")
    assert shipment.id is not None
    row = LegalHold(shipment_id=shipment.id, reason=reason.strip()[:1000], placed_by=actor.id)
    session.add(row)
    audit.record(
        session, "legal_hold_placed", actor=actor, shipment_id=shipment.id, reason=row.reason
    )
    return row


def lift_hold(session: Session, shipment: Shipment, *, reason: str, actor: Actor) -> int:
    """Lift every hold of the shipment; gives how many stood."""
    _may_hold(actor)
    if not reason.strip():
        raise Refused("Please say why the hold is lifted.")
    rows = open_holds(session, shipment)
    for row in rows:
        row.lifted_by, row.lifted_reason, row.lifted_at = actor.id, reason.strip()[:1000], now()
        session.add(row)
    if rows:
        audit.record(
            session,
            "legal_hold_lifted",
            actor=actor,
            shipment_id=shipment.id,
            holds=[row.id for row in rows],
            reason=reason.strip()[:1000],
        )
    return len(rows)


def open_holds(session: Session, shipment: Shipment) -> list[LegalHold]:
    return list(
        session.exec(
            select(LegalHold).where(
                LegalHold.shipment_id == shipment.id, col(LegalHold.lifted_at).is_(None)
            )
        )
    )


def due(session: Session, *, on: datetime | None = None, limit: int = 1000) -> list[Shipment]:
    """Files whose time is over and that nothing holds, the oldest first."""
    held = exists().where(
        col(LegalHold.shipment_id) == col(Shipment.id), col(LegalHold.lifted_at).is_(None)
    )
    return list(
        session.exec(
            select(Shipment)
            .where(
                col(Shipment.keep_until) < (on or now()),
                col(Shipment.disposed_at).is_(None),
                col(Shipment.state).in_(_ENDED),
                ~held,
            )
            .order_by(col(Shipment.keep_until))
            .limit(limit)
        )
    )


def dispose(session: Session, shipment: Shipment, *, actor: Actor) -> dict[str, int]:
    """Delete the file of a shipment; gives how many rows of each table went.

    Raises `Refused` before its day, under a legal hold, and for anyone but a licensed broker.
    """
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can have a file deleted. Nothing was deleted.")
    assert shipment.id is not None
    if shipment.disposed_at is not None:
        raise Refused(f"The file of {shipment.ref} was deleted on {shipment.disposed_at.date()}.")
    if shipment.state not in _ENDED or shipment.keep_until is None:
        raise Refused(f"{shipment.ref} is {shipment.state.value}: only a closed file has an end.")
    if shipment.keep_until >= now():
        raise Refused(f"{shipment.ref} must be kept until {shipment.keep_until.date()}.")
    if holds := open_holds(session, shipment):
        raise Refused(f"{shipment.ref} is under a legal hold: {holds[0].reason}")
    names = _blobs_of(session, shipment.id)
    gone = {table.name: _delete(session, table, shipment.id) for table in _tables()}
    # What was still to be told of the file has nobody to be told to.
    session.execute(delete(Outbox).where(col(Outbox.shipment_id) == shipment.id))
    _forget(session, shipment)
    search.remove(session, shipment.id)
    ordered = sorted(names)
    for at in range(0, len(ordered), _AT_A_TIME):
        outbox.add(
            session,
            DeleteBlobs(shipment_id=shipment.id, part=at, names=ordered[at : at + _AT_A_TIME]),
        )
    gone = {name: count for name, count in gone.items() if count}
    audit.record(
        session,
        "file_disposed",
        actor=actor,
        shipment_id=shipment.id,
        ref=shipment.ref,
        kept_until=shipment.keep_until.date().isoformat(),
        rows=gone,
        blobs=len(names),
    )
    return gone


def screening_due(session: Session, *, on: datetime | None = None) -> int:
    """Forget screenings of disposed files after ten years; gives how many."""
    end = (on or now()) - timedelta(days=_DAYS_IN_A_YEAR * SCREENING_YEARS)
    disposed = select(Shipment.id).where(col(Shipment.disposed_at).is_not(None))
    found = session.exec(
        select(Screening).where(
            col(Screening.screened_at) < end,
            col(Screening.shipment_id).in_(disposed),
            col(Screening.confirmed_at).is_(None),
        )
    ).all()
    gone = 0
    for row in found:
        decided = session.exec(select(Clearance).where(Clearance.screening_id == row.id)).all()
        if any(one.at >= end for one in decided):
            continue  # the decision is younger than the match
        for one in decided:
            session.delete(one)
        session.flush()
        session.delete(row)
        gone += 1
    session.flush()
    return gone


def delete_blobs(ports: Ports, claimed: Claimed) -> Record:
    """Delete bytes, each only when no row of any file names it any more."""
    effect = DeleteBlobs.model_validate(claimed.payload)
    with ports.snapshot() as session:
        free = [name for name in effect.names if not _named(session, name)]
    for name in free:
        ports.blobs.remove(name)
    return lambda _session: None


TABLE = {DeleteBlobs.kind: delete_blobs}


def _may_hold(actor: Actor) -> None:
    if actor.role not in (Role.COMPLIANCE, Role.LICENSED_BROKER):
        raise Refused("A legal hold is for compliance or a licensed broker. Nothing was changed.")


def _forget(session: Session, shipment: Shipment) -> None:
    """What remains of the rows that stay: numbers and times."""
    for entry in session.exec(select(Entry).where(Entry.shipment_id == shipment.id)):
        entry.filing, entry.next_poll_at = {}, None
        session.add(entry)
    shipment.header, shipment.parties = Header(), Parties()
    shipment.transport, shipment.totals = Transport(), Totals()
    shipment.confidence, shipment.evidence, shipment.flags = {}, {}, []
    shipment.duty, shipment.duty_advisories, shipment.value_facts = [], [], None
    shipment.reject_reason = shipment.attention = None
    shipment.search_text = ""
    shipment.manifest_sha256 = None
    shipment.disposed_at = now()
    session.add(shipment)
    session.flush()


def _tables() -> list[Table]:
    """The tables whose rows hang on a shipment, those that refer to others first.

    Read from the schema itself: a table that is added later is disposed of too.
    """
    return [
        table
        for table in reversed(SQLModel.metadata.sorted_tables)
        if table.name not in _KEPT and _hangs(table)
    ]


def _hangs(table: Table, seen: frozenset[str] = frozenset()) -> bool:
    return any(
        key.column.table.name == "shipment"
        or (
            key.column.table.name not in seen
            and key.column.table is not table
            and not key.parent.nullable
            and _hangs(key.column.table, seen | {table.name})
        )
        for key in table.foreign_keys
    )


def _of(table: Table, shipment_id: int) -> ColumnElement[bool]:
    """The rows of `table` that hang on the shipment, by itself or by what they belong to."""
    ways: list[ColumnElement[bool]] = []
    for key in table.foreign_keys:
        parent = key.column.table
        if parent.name == "shipment":
            ways.append(key.parent == shipment_id)
        elif parent is not table and not key.parent.nullable and _hangs(parent):
            ways.append(key.parent.in_(choose(key.column).where(_of(parent, shipment_id))))
    return or_(*ways)


def _delete(session: Session, table: Table, shipment_id: int) -> int:
    """Delete the rows; what stays and names one of them, names nothing from now on."""
    mine = _of(table, shipment_id)
    for other in SQLModel.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table and key.parent.nullable:
                session.execute(
                    other.update()
                    .where(key.parent.in_(choose(key.column).where(mine)))
                    .values({key.parent.name: None})
                )
    result: Any = session.execute(table.delete().where(mine))
    return int(result.rowcount)


def _blob_columns() -> Iterator[tuple[Table, Column[Any]]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(_BLOB):
                yield table, column


def _blobs_of(session: Session, shipment_id: int) -> set[str]:
    names: set[str] = set()
    for table, column in _blob_columns():
        if table.name == "shipment":
            mine: ColumnElement[bool] = table.c.id == shipment_id
        elif _hangs(table):
            mine = _of(table, shipment_id)
        else:
            continue
        names.update(one for one in session.execute(choose(column).where(mine)).scalars() if one)
    for event in session.exec(
        select(AuditEvent).where(
            AuditEvent.shipment_id == shipment_id, AuditEvent.action == "entry_submitted"
        )
    ):
        if isinstance(named := event.details.get("filing"), str):
            names.add(named)
    return names


def _named(session: Session, name: str) -> bool:
    """Whether a file that is still there needs the bytes.

    An entry's row outlives its file and keeps only the digest of what was filed.
    """
    return any(
        session.execute(choose(column).where(column == name).limit(1)).first() is not None
        for table, column in _blob_columns()
        if table.name != "entry"
    )


def told(shipments: Sequence[Shipment]) -> list[str]:
    """Each file that is due, in a line."""
    return [
        f"{one.ref}: kept until {one.keep_until.date() if one.keep_until else '-'}"
        for one in shipments
    ]
