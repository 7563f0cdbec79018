"""What becomes of a pickup: the appointment, the days of the container, the proof of delivery.

Each fact is recorded with who said it, by which way, and what stood before. A carrier's own
answer counts only from its own address or its own signed link.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from sqlmodel import Session

from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Pickup, ReadState, Shipment
from storage.values import SYSTEM, Actor, DocumentKind, Role
from workflows import archive, containers, delivery, proposal, release
from workflows.effects import ResealArchive, TellThread
from workflows.ports import House
from workflows.states import Refused

Way = Literal["mail", "link", "slack", "cli"]
DAYS = containers.DAYS
_WORDS = {
    "available_on": "available for collection",
    "last_free_day": "last free day",
    "gate_out_on": "left the terminal",
    "empty_on": "empty returned",
    "chassis_on": "chassis returned",
}
_FAR = timedelta(days=120)


def appoint(
    session: Session, *, pickup_id: int, at: datetime, by: str, way: Way, actor: Actor, house: House
) -> str:
    """Record when the carrier collects, and correct what consignees were told."""
    row, shipment = _row(session, pickup_id, actor)
    if not now() - timedelta(days=1) < at < now() + _FAR:
        raise Refused(f"{at:%Y-%m-%d %H:%M} cannot be the appointment. Nothing was recorded.")
    if row.early:
        raise Refused(f"{shipment.ref} is not released: nobody is to collect it yet.")
    if row.appointment_at == at:
        return f"The appointment of {shipment.ref} was known already."
    before, row.appointment_at = row.appointment_at, at
    row.appointment_by, row.appointment_via = by[:200], way
    session.add(row)
    audit.record(
        session, "appointment_recorded", actor=actor, shipment_id=row.shipment_id,
        at=at.isoformat(), by=by[:200], way=way, before=before.isoformat() if before else None,
        escalated=row.escalated_at is not None,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="appointment",
            once=f"{pickup_id}-{at.isoformat()}",
            facts={
                "at": int(at.timestamp()), "by": by[:200],
                "how": {"mail": "by mail", "link": "by their link"}.get(way, "told by a person"),
                "was": int(before.timestamp()) if before else None,
                "task": int(row.escalated_at is not None and before is None),
            },
            pickup_id=pickup_id,
        ),
    )  # fmt: skip
    _corrected(session, shipment, house, "the appointment was made")
    return f"Recorded: {shipment.ref} is collected on {at:%Y-%m-%d %H:%M} UTC."


def day(
    session: Session, *, pickup_id: int, what: str, on: date, actor: Actor, house: House,
    container: str | None = None,
) -> str:  # fmt: skip
    """Record one of the days (`DAYS`) of one container, or of all that have none of their own.

    Raises `Refused`.
    """
    row, shipment = _row(session, pickup_id, actor)
    if what not in DAYS:
        raise Refused(f"{what} is no day of a pickup: {', '.join(DAYS)}.")
    today = now().date()
    if what in ("gate_out_on", "empty_on", "chassis_on") and on > today + timedelta(days=1):
        raise Refused(f"{on} has not come yet. Nothing was recorded.")
    if abs(on - today) > timedelta(days=400):
        raise Refused(f"{on} is too far away to be right. Nothing was recorded.")
    before = containers.put(row, shipment, what=what, on=on, number=container)
    if before == on:
        return f"{shipment.ref}: that was recorded already."
    session.add(row)
    number = container and containers.plain(container)
    audit.record(
        session, "container_day_recorded", actor=actor, shipment_id=row.shipment_id, what=what,
        on=on.isoformat(), before=before.isoformat() if before else None, container=number,
    )  # fmt: skip
    named = f"{number}, {_WORDS[what]}" if number else _WORDS[what]
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="container_day",
            once=f"{pickup_id}-{what}-{on}" + (f"-{number}" if number else ""),
            facts={"what": named, "on": str(on), "who": actor.name},
        ),
    )  # fmt: skip
    told = _corrected(session, shipment, house, f"{named}: {on}")
    more = f" A correction goes to {', '.join(told)}." if told else ""
    return f"Recorded: {shipment.ref}, {named} {on}.{more}"


def proof(
    session: Session, *, pickup_id: int, document: Document, at: datetime | None, by: str,
    actor: Actor,
) -> str:  # fmt: skip
    """Attach the proof of delivery; a sealed file is sealed anew with it."""
    row, shipment = _row(session, pickup_id, actor)
    if row.proof_document_id is not None:
        kept = session.get(Document, row.proof_document_id)
        if kept is not None and kept.sha256 == document.sha256:
            return f"The proof of delivery of {shipment.ref} was there already."
    if document.id is None:
        session.add(document)
        session.flush()
    row.proof_document_id, row.delivered_at = document.id, at or now()
    session.add(row)
    audit.record(
        session, "proof_of_delivery", actor=actor, shipment_id=row.shipment_id,
        sha256=document.sha256, by=by[:200],
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="delivered",
            once=f"{pickup_id}-{document.sha256[:12]}",
            facts={"file": document.filename, "by": by[:200]},
        ),
    )  # fmt: skip
    archive.index(session, shipment)
    outbox.add(
        session,
        ResealArchive(shipment_id=row.shipment_id, once=f"proof-{document.sha256[:12]}"),
    )
    proposal.changed(session, shipment)
    return f"The proof of delivery of {shipment.ref} is attached."


def proof_file(shipment_id: int, *, name: str, sha256: str, size: int) -> Document:
    """A proof of delivery that came by the carrier's link or from a file."""
    return Document(
        shipment_id=shipment_id, filename=name[:200], content_type="application/pdf", size=size,
        sha256=sha256, kind=DocumentKind.OTHER, state=ReadState.READ,
    )  # fmt: skip


def carrier_actor(name: str) -> Actor:
    """Somebody at the carrier, who may say when they come and what they delivered."""
    return SYSTEM.model_copy(update={"name": f"{name} (carrier)"[:120]})


def _row(session: Session, pickup_id: int, actor: Actor) -> tuple[Pickup, Shipment]:
    if actor.role not in delivery.MAY:
        raise Refused("Only a broker or an entry writer can record this. Nothing was recorded.")
    row = session.get(Pickup, pickup_id, with_for_update=True)
    if row is None:
        raise Refused("This pickup is not known.")
    shipment = session.get(Shipment, row.shipment_id, with_for_update=True)
    assert shipment is not None
    if actor.role is Role.SYSTEM and (why := delivery.stopped(session, shipment)):
        raise Refused(f"{why} Nothing was recorded; please ask the broker.")
    return row, shipment


def _corrected(session: Session, shipment: Shipment, house: House, reason: str) -> list[str]:
    return release.follow(session, shipment, reason=reason, actor=SYSTEM, house=house)
