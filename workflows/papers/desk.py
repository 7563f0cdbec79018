"""Reads a shipment from the database as the dossier that papers are made of. Decides nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select

from knowledge.duty.desk import DutyDesk
from storage.columns import now
from storage.models import (
    Discrepancy,
    Document,
    Entry,
    Importer,
    LineItem,
    LineState,
    Shipment,
    Standing,
)
from workflows import adcvd, estimate, filing
from workflows.adcvd import Deposit
from workflows.papers import rows
from workflows.papers.dossier import Dossier, File, Goods
from workflows.ports import House


def read(session: Session, shipment: Shipment, house: House) -> Dossier:
    """Everything that papers know of this shipment now."""
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    made = estimate.priced(session, shipment, house.duty)
    paid = adcvd.deposits(session, shipment, made.values)
    layers, advisories = estimate.shown(session, shipment, house.duty)
    entry = filing.latest_entry(session, shipment.id or 0)
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    confirmed = None
    if entry is not None:
        licence = f", licence {entry.confirmed_licence}" if entry.confirmed_licence else ""
        confirmed = (
            f"Entry {entry.number} was confirmed by {entry.confirmed_name}{licence} on "
            f"{entry.confirmed_at:%Y-%m-%d %H:%M} UTC. This confirmation is no signature."
        )
    return Dossier(
        ref=shipment.ref or str(shipment.id),
        firm=house.firm,
        filer=house.filer_code,
        today=now().date(),
        state=shipment.state,
        header=shipment.header,
        parties=shipment.parties,
        transport=shipment.transport,
        totals=shipment.totals,
        lines=tuple(_goods(line, house.duty, paid) for line in lines),
        importer=importer.name if importer is not None else None,
        entry_number=entry.number if entry is not None else None,
        entry_type=_type(session, shipment, entry),
        confirmed=confirmed,
        duty=tuple(layers),
        advisories=tuple(advisories),
        value_facts=shipment.value_facts,
        stated=rows.stated(session, shipment.id or 0),
        files=tuple(
            File(id=one.id or 0, kind=one.kind, filename=one.title)
            for one in session.exec(
                select(Document)
                .where(Document.shipment_id == shipment.id, col(Document.made_by_us).is_(False))
                .order_by(col(Document.id))
            )
        ),
        decided={
            row.field: row.decided_value
            for row in session.exec(
                select(Discrepancy)
                .where(
                    Discrepancy.shipment_id == shipment.id,
                    Discrepancy.standing == Standing.DECIDED,
                )
                .order_by(col(Discrepancy.id))
            )
            if row.decided_value is not None
        },
    )


def _type(session: Session, shipment: Shipment, entry: Entry | None) -> str | None:
    """As filed; before that as decided, None while the question is open."""
    if entry is not None:
        return str(entry.filing.get("entryType") or adcvd.CONSUMPTION)
    return adcvd.standing(session, shipment).entry_type


def _goods(line: LineItem, duty: DutyDesk, paid: list[Deposit]) -> Goods:
    return Goods(
        number=line.number,
        description=line.description or None,
        sku=line.sku,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        value=line.value,
        currency=line.currency,
        origin=line.origin,
        code=line.code,
        decided=line.state is LineState.CONFIRMED,
        units=_units(line.code, duty),
        cases=tuple(
            (one.case, f"{one.rate}%" if one.rate is not None else None, one.amount)
            for one in paid
            if one.number == line.number
        ),
    )


def _units(code: str | None, duty: DutyDesk) -> tuple[str, ...]:
    """In which the schedule in force counts these goods."""
    if code is None:
        return ()
    books, _ = duty.shelf.at(now().date())
    for book in books:
        found = book.find(code.replace(".", ""))
        if found is not None:
            return found.units
    return ()
