"""Telling the source how its shipment stands with customs: "did it clear?" is answered there.

Planned in the transaction that records a status; performed by the outbox, in order, repeated
until the source has it. Only what was filed or an authority reported is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from storage import audit, outbox
from storage.models import Booked, Entry, StatusReport
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows.booked import lacking
from workflows.booked.effects import Standing, WriteBack
from workflows.ports import Ports
from workflows.tms import Clearance, TmsFile

Record = Callable[[Session], None]

_STANDING: dict[str, Standing] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "held": "held",
    "exam": "held",
    "released": "released",
}


def filed(session: Session, entry: Entry, at: datetime) -> None:
    """The gateway has the entry."""
    _plan(session, entry, "filed", reason="", at=at, once="filed")


def reported(session: Session, entry: Entry, report: StatusReport) -> None:
    """An authority reported a status that we know."""
    standing = _STANDING.get(report.code)
    if standing is not None and report.expected:
        once = f"{standing}-{report.raw_code}-{report.at:%Y%m%d%H%M%S}"
        _plan(session, entry, standing, reason=report.reason, at=report.at, once=once)


def _plan(
    session: Session, entry: Entry, standing: Standing, *, reason: str, at: datetime, once: str
) -> None:
    for row in _from_tms(session, entry.shipment_id):
        outbox.add(
            session,
            WriteBack(
                shipment_id=entry.shipment_id,
                source=row.source,
                external_id=row.external_id,
                standing=standing,
                entry=entry.number,
                entry_id=entry.id or 0,
                reason=reason[:500],
                at=at,
                once=once,
            ),
        )


def _from_tms(session: Session, shipment_id: int) -> list[Booked]:
    """Files and mails have nobody who listens."""
    found = lacking.bookings_of(session, shipment_id)
    return [row for row in found if row.source not in ("file", "mail")]


def nothing(_session: Session) -> None:
    """There is nothing to record."""


def write_back(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `WriteBack`."""
    effect = WriteBack.model_validate(claimed.payload)
    if ports.tms is None or ports.tms.name != effect.source:
        # The source was unplugged: there is nobody to tell, and nothing to repeat.
        return nothing
    files: list[TmsFile] = []
    if effect.standing == "released":
        with ports.snapshot() as session:
            entry = session.get(Entry, effect.entry_id)
            packet = entry.filing if entry else None
        if packet:
            files.append(
                TmsFile(
                    name=f"entry-{effect.entry or effect.entry_id}.json",
                    kind="customs_entry_summary_7501",
                    data=json.dumps(packet, sort_keys=True, indent=1).encode(),
                )
            )
    ports.tms.write_back(
        effect.external_id,
        Clearance(
            standing=effect.standing,
            entry=effect.entry,
            reason=effect.reason,
            at=effect.at,
            broker=ports.house.firm,
        ),
        key=effect.key(),
        files=files,
    )

    def record(session: Session) -> None:
        audit.record(
            session,
            "status_written_back",
            actor=SYSTEM,
            shipment_id=effect.shipment_id,
            source=effect.source,
            booking=effect.external_id,
            standing=effect.standing,
            entry=effect.entry,
        )

    return record
