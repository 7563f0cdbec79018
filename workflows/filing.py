"""From a broker's confirmation to an entry that is filed exactly once.

`prepare` makes the entry and the filing in the transaction of the confirmation. The filing is
sent by a handler; whenever it is not known whether an earlier attempt got through, the gateway
is asked first. A filing is never blindly repeated.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.columns import now
from storage.entry_number import format_entry_number
from storage.models import Entry, Shipment
from storage.values import SYSTEM, Actor
from workflows import proposal, states
from workflows.effects import TellThread
from workflows.gateways import packet
from workflows.ports import House, Ports, Receipt, Transient


def prepare(session: Session, shipment: Shipment, *, actor: Actor, house: House) -> Entry:
    """The entry with its number and its filing, under the broker's name and licence."""
    assert shipment.id is not None
    earlier = session.exec(
        select(func.count()).select_from(Entry).where(Entry.shipment_id == shipment.id)
    ).one()
    entry = Entry(
        shipment_id=shipment.id,
        key=f"{shipment.ref}-entry-{earlier + 1}",
        gateway=house.gateway,
        confirmed_by=actor.id,
        confirmed_name=actor.name,
        confirmed_licence=actor.licence,
        confirmed_at=now(),
    )
    session.add(entry)
    session.flush()
    assert entry.id is not None
    entry.number = format_entry_number(house.filer_code, house.entry_numbers_from + entry.id)
    entry.filing = packet.build(session, shipment, entry, filer=house.filer_code)
    written = json.dumps(entry.filing, sort_keys=True, separators=(",", ":"))
    entry.filing_sha256 = hashlib.sha256(written.encode()).hexdigest()
    session.add(entry)
    return entry


def send(ports: Ports, entry: Entry) -> Receipt:
    """File it, unless the gateway already has it."""
    known = ports.gateway.find(entry.key)
    if known is not None:
        return known
    assert entry.number is not None
    try:
        return ports.gateway.submit(entry.key, entry.number, entry.filing)
    except Transient as exc:
        if exc.outcome == "unknown" and (known := ports.gateway.find(entry.key)):
            return known
        raise


def submitted(
    session: Session, *, entry_id: int, receipt: Receipt, filing_blob: str, house: House
) -> None:
    """Record that the gateway has the filing, and start watching."""
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    entry.reference, entry.submitted_at = receipt.reference, now()
    entry.next_poll_at = now() + timedelta(seconds=house.poll_seconds)
    session.add(entry)
    states.fire(session, shipment, states.Submitted(reference=receipt.reference), actor=SYSTEM)
    audit.record(
        session,
        "entry_submitted",
        actor=SYSTEM,
        shipment_id=shipment.id,
        entry=entry.number,
        filing=filing_blob,
        reference=receipt.reference,
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id,
            note="submitted",
            once=f"entry-{entry_id}",
            facts={"entry": entry.number, "reference": receipt.reference},
        ),
    )
    proposal.changed(session, shipment)


def latest_entry(session: Session, shipment_id: int) -> Entry | None:
    """The newest entry of a shipment."""
    return session.exec(
        select(Entry).where(Entry.shipment_id == shipment_id).order_by(col(Entry.id).desc())
    ).first()
