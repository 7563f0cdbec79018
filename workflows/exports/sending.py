"""Handing an export over: the same journal and the same gateways as an entry's."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from storage import outbox
from storage.columns import now
from storage.models import Export
from storage.outbox import Claimed
from storage.values import AUTHORITY
from workflows import journal
from workflows.effects import PollExport, SubmitExport, TellOps
from workflows.exports import desk
from workflows.gateways import packet as packets
from workflows.mailing import nothing
from workflows.ports import House, Parcel, Permanent, Ports
from workflows.post import Record
from workflows.submitting import Unsure, attempt


def submit_export(ports: Ports, claimed: Claimed) -> Record:
    """Hand the EEI over, unless it is there already."""
    effect = SubmitExport.model_validate(claimed.payload)
    with ports.transact() as session:
        row = session.get(Export, effect.export_id, with_for_update=True)
        if row is None or row.key is None:
            raise Permanent("The export to file is not in the database.")
        if row.submitted_at is not None or row.state != "filed":
            return nothing
        begun = journal.begin(
            session, key=row.key, gateway=ports.gateway.name,
            sha256=packets.digest(row.packet), shipment_id=None,
        )  # fmt: skip
    ports.blobs.put(packets.written(row.packet))
    parcel = Parcel(
        key=row.key,
        kind="export",
        number=row.ref or "",
        packet=row.packet,
        sha256=packets.digest(row.packet),
    )
    try:
        receipt = attempt(ports, lambda: parcel, row.key, begun)
    except Unsure:
        facts: dict[str, str | int | list[str] | None] = {
            "ref": row.ref,
            "reason": "It is not known whether it reached the filer, and a mail cannot be asked "
            "for. It is not sent again; please ask the filer and record the ITN.",
        }
        doubt = TellOps(note="export_trouble", once=f"{row.key}-doubt", facts=facts)

        def told(session: Session) -> None:
            outbox.add(session, doubt)

        return told
    return lambda session: desk.submitted(
        session, export_id=effect.export_id, receipt=receipt, house=ports.house
    )


def poll_export(ports: Ports, claimed: Claimed) -> Record:
    """Ask what became of it."""
    effect = PollExport.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row = session.get(Export, effect.export_id)
    assert row is not None
    assert row.key is not None
    reports = ports.gateway.status(row.key)
    return lambda session: desk.reported(
        session, export_id=effect.export_id, reports=reports, actor=AUTHORITY
    )


def schedule_polls(session: Session, *, house: House) -> int:
    """Ask for the status of every export whose time has come; gives how many."""
    due = desk.schedule_polls(session)
    for row in due:
        assert row.id is not None
        row.next_poll_at = now() + timedelta(seconds=max(house.poll_seconds, 1.0))
        session.add(row)
        outbox.add(session, PollExport(export_id=row.id, number=int(now().timestamp() * 1000)))
    return len(due)


TABLE = {SubmitExport.kind: submit_export, PollExport.kind: poll_export}
