"""What happens when customs lets go: the thread is told, the consignee is notified, once.

Only a report through the gateway gets here. A mail that says "RELEASED" never does.
"""

from __future__ import annotations

from sqlmodel import Session, select

from prompts import render
from storage import audit, outbox
from storage.columns import now
from storage.mail import OutgoingMail
from storage.models import Delivery, Entry, Importer, Shipment
from storage.values import SYSTEM, Reported
from workflows.effects import NotifyConsignee, SealArchive, TellThread
from workflows.ports import House


def announce(
    session: Session, entry: Entry, shipment: Shipment, report: Reported, house: House
) -> None:
    """Tell the thread; tell the consignee if we know an address; else say that we do not."""
    assert shipment.id is not None
    assert entry.id is not None
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note="released",
            once=f"entry-{entry.id}",
            facts={
                "entry": entry.number,
                "at": int(report.at.timestamp()),
                "consignee": address_of(session, shipment),
                "firm": house.firm,
            },
        ),
    )
    if address_of(session, shipment):
        outbox.add(session, NotifyConsignee(shipment_id=shipment.id, entry_id=entry.id))
    else:
        outbox.add(session, SealArchive(shipment_id=shipment.id, entry_id=entry.id))


def address_of(session: Session, shipment: Shipment) -> str | None:
    """Where the consignee wants to hear of a release."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    return importer.consignee_mail if importer else None


def notice(session: Session, shipment: Shipment, entry: Entry, *, house: House) -> OutgoingMail:
    """The consignee's mail."""
    transport = shipment.transport
    facts = {
        "ref": shipment.ref,
        "entry": entry.number,
        "importer": shipment.parties.importer.name or shipment.parties.consignee.name,
        "bill": transport.houseBill or transport.masterBill,
        "containers": list(transport.containers),
        "vessel": transport.vessel,
        "port": transport.portOfDischarge,
        "last_free_day": transport.lastFreeDay,
        "invoice": shipment.header.invoiceNumber,
        "order": shipment.header.purchaseOrder,
        "firm": house.firm,
    }
    to = address_of(session, shipment)
    assert to is not None
    return OutgoingMail(
        key=NotifyConsignee(shipment_id=entry.shipment_id, entry_id=entry.id or 0).key(),
        to=(to,),
        subject=render("email/release_subject", **facts),
        text=render("email/release", **facts),
        reply_to=house.address_for(shipment.ref or ""),
    )


def notified(session: Session, *, shipment_id: int, entry_id: int, to: str) -> None:
    """Record that the consignee was told, and close the file."""
    row = session.exec(select(Delivery).where(Delivery.shipment_id == shipment_id)).first()
    row = row or Delivery(shipment_id=shipment_id)
    row.notified, row.notified_at = to, now()
    session.add(row)
    audit.record(
        session, "consignee_notified", actor=SYSTEM, shipment_id=shipment_id, entry_id=entry_id
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="consignee_notified",
            once=f"entry-{entry_id}",
            facts={"to": to},
        ),
    )
    outbox.add(session, SealArchive(shipment_id=shipment_id, entry_id=entry_id))
