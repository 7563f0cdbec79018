"""What happens when customs lets go: the thread is told, the consignee is notified, once.

Only a report through the gateway gets here. A mail that says "RELEASED" never does.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, select

from prompts import letter
from storage import audit, outbox
from storage.columns import now
from storage.mail import ID_DOMAIN, OutgoingMail
from storage.models import Delivery, Entry, Importer, Shipment
from storage.values import SYSTEM, Reported
from workflows import correspondents
from workflows.effects import NotifyConsignee, SealArchive, TellThread
from workflows.outgoing import calendar
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


def notice(
    session: Session, shipment: Shipment, entry: Entry, *, house: House
) -> tuple[OutgoingMail, str]:
    """The consignee's mail, with its days for the calendar; and its language."""
    transport = shipment.transport
    key = NotifyConsignee(shipment_id=entry.shipment_id, entry_id=entry.id or 0).key()
    expected = transport.eta if transport.eta and transport.eta >= now().date() else None
    facts = {
        "ref": shipment.ref,
        "entry": entry.number,
        "importer": shipment.parties.importer.name or shipment.parties.consignee.name,
        "bill": transport.houseBill or transport.masterBill,
        "containers": list(transport.containers),
        "vessel": transport.vessel,
        "port": transport.portOfDischarge,
        "deliver_by": expected,
        "last_free_day": transport.lastFreeDay,
        "invoice": shipment.header.invoiceNumber,
        "order": shipment.header.purchaseOrder,
        "firm": house.firm,
    }
    to = address_of(session, shipment)
    assert to is not None
    made = letter.write("release", language=correspondents.language_of(session, shipment), **facts)
    mail = OutgoingMail(
        key=key,
        to=(to,),
        subject=letter.subject("release", language=made.language, **facts),
        text=made.text,
        html=made.html,
        calendar=_calendar(shipment, key, made, expected),
        reply_to=house.address_for(shipment.ref or ""),
    )
    return mail, made.language


def _calendar(
    shipment: Shipment, key: str, made: letter.Letter, expected: date | None
) -> str | None:
    """The expected arrival and the last free day, as far as they are known."""
    named = (("arrival_day", expected), ("last_free_day", shipment.transport.lastFreeDay))
    days = [
        calendar.Day(
            uid=f"{key}-{what}@{ID_DOMAIN}",
            on=on,
            title=letter.subject(what, language=made.language, ref=shipment.ref),
            details=made.text,
        )
        for what, on in named
        if on is not None
    ]
    return calendar.published(days, at=now()) if days else None


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
