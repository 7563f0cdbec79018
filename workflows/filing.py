"""From a broker's confirmation to an entry that is filed exactly once.

`prepare` makes the entry and the filing in the transaction of the confirmation. The filing is
sent by `workflows.submitting`; whenever it is not known whether an earlier attempt got through,
the gateway is asked first, and where that cannot be asked, a broker. A filing is never blindly
repeated.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Importer, Shipment
from storage.values import SYSTEM, Actor
from workflows import adcvd, entry_numbers, intake, packing, proposal, shadow, states
from workflows.booked import writing_back
from workflows.effects import TellThread
from workflows.gateways import packet
from workflows.ports import House, Receipt


def filer_of(importer: Importer | None, house: House) -> str:
    """Whose filer code an entry goes under: the importer's own, or the brokerage's."""
    return importer.filer_code if importer and importer.filer_code else house.filer_code


def prepare(session: Session, shipment: Shipment, *, actor: Actor, house: House) -> Entry:
    """The entry with its number and its filing, under the broker's name and licence."""
    assert shipment.id is not None
    if shadow.rule_of(session, shipment) is not None or shadow.case_of(session, shipment.id):
        raise states.Refused("Shadow mode: nothing of this shipment is filed by the machine.")
    adcvd.entry_type(session, shipment)  # refused while it is open, before a number is taken
    earlier = session.exec(
        select(func.count()).select_from(Entry).where(Entry.shipment_id == shipment.id)
    ).one()
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    entry = Entry(
        shipment_id=shipment.id,
        key=f"{shipment.ref}-entry-{earlier + 1}",
        gateway=house.gateway,
        number=entry_numbers.take(session, filer=filer_of(importer, house), house=house),
        confirmed_by=actor.id,
        confirmed_name=actor.name,
        confirmed_licence=actor.licence,
        confirmed_at=now(),
    )
    session.add(entry)
    session.flush()
    entry.filing = packing.build(session, shipment, entry, house=house).as_json()
    entry.filing_sha256 = packet.digest(entry.filing)
    session.add(entry)
    return entry


def submitted(
    session: Session, *, entry_id: int, receipt: Receipt, filing_blob: str, house: House
) -> None:
    """Record that the gateway has the filing, and start watching."""
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    if entry.submitted_at is not None:
        return  # a person was faster: what we know is not written over
    entry.reference, entry.submitted_at = receipt.reference, now()
    entry.next_poll_at = now() + timedelta(seconds=house.poll_seconds)
    session.add(entry)
    if entry.gateway == "email":
        # The filer's answer to the mail finds the shipment by it.
        intake.remember(session, entry.shipment_id, [("message_id", receipt.reference)])
    states.fire(session, shipment, states.Submitted(reference=receipt.reference), actor=SYSTEM)
    writing_back.filed(session, entry, entry.submitted_at)
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
            note="handed_over" if entry.gateway in ("sftp", "email") else "submitted",
            once=f"entry-{entry_id}",
            facts={"entry": entry.number, "reference": receipt.reference, "how": entry.gateway},
        ),
    )
    proposal.changed(session, shipment)


def latest_entry(session: Session, shipment_id: int) -> Entry | None:
    """The newest entry of a shipment."""
    return session.exec(
        select(Entry).where(Entry.shipment_id == shipment_id).order_by(col(Entry.id).desc())
    ).first()
