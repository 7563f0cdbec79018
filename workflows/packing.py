"""Makes the packet of an entry from the shipment as it stands confirmed.

Values become US dollars by the rate of the day of exportation; duty rows stand in the order in
which an entry summary reports them, chapter 99 first. What is missing stays None and is named.
"""

from __future__ import annotations

import re
from decimal import Decimal

from sqlmodel import Session, col, select

from knowledge import reference
from storage.models import AdcvdDecision, Document, Entry, Importer, LineItem, Shipment, Statement
from storage.values import DutyFacts, DutyLine
from workflows import adcvd, bonds, estimate, lane
from workflows.adcvd import Deposit
from workflows.estimate import Priced
from workflows.gateways import packet as p
from workflows.ports import House

_ISSUER = re.compile(r"^([A-Z]{4})([A-Z0-9]{4,12})$")


def build(session: Session, shipment: Shipment, entry: Entry, *, house: House) -> p.EntryPacket:
    """The packet for `entry`; `Refused` while the type of the entry is not decided."""
    assert entry.number is not None
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    priced = estimate.priced(session, shipment, house.duty)
    moved, totals = shipment.transport, shipment.totals
    bond = bonds.of(session, shipment)
    kind = adcvd.entry_type(session, shipment)
    decided = adcvd.decision(session, shipment)
    deposits = adcvd.deposits(session, shipment, priced.values)
    answers = shipment.value_facts
    return p.EntryPacket(
        entry_number=entry.number,
        entry_type=kind,
        filer=entry.number.partition("-")[0],
        model="direct" if importer and importer.filer_code else "broker",
        shipment=shipment.ref or str(shipment.id),
        importer_of_record=importer.name if importer else "",
        ior_number=importer.ior_number if importer else None,
        mode=lane.mode_of(shipment, documents),
        port_of_entry=_port(moved.portOfDischarge),
        port_of_lading=_port(moved.portOfLoading),
        bills=_bills(shipment),
        transport=moved,
        parties=shipment.parties,
        related_parties=answers.related_parties if answers else None,
        invoice={
            **shipment.header.model_dump(mode="json"),
            "total": None if totals.total is None else str(totals.total),
        },
        gross_weight_kg=totals.grossWeightKg,
        packages=totals.packages,
        package_unit=totals.packageUnit,
        bond=p.BondUsed(
            kind="single" if bond.kind == "single" else "continuous",
            surety=bond.surety, amount=bond.amount, number=bond.number,
        ) if bond else None,
        isf=isf_of(session, shipment, importer),
        lines=tuple(_line(line, priced, house, deposits, decided) for line in lines),
        fees=tuple(_row(one) for one in (priced.duty.mpf, priced.duty.hmf) if one is not None),
        duty=priced.duty.duty.amount if priced.duty.duty else None,
        total=priced.duty.total.amount if priced.duty.total else None,
        deposits=_deposited(deposits),
        advisories=priced.duty.advisories,
        documents=tuple(
            p.PacketDocument(kind=one.kind.value, file=one.filename, sha256=one.sha256)
            for one in documents
        ),
        waivers=waivers(session, shipment),
        confirmation=p.Confirmation(
            name=entry.confirmed_name, licence=entry.confirmed_licence, at=entry.confirmed_at
        ),
    )  # fmt: skip


def isf_of(session: Session, shipment: Shipment, importer: Importer | None) -> str | None:
    """The reference of the Importer Security Filing, or the statement that stands in for it."""
    row = session.exec(
        select(Statement)
        .where(
            Statement.shipment_id == shipment.id,
            col(Statement.kind).in_(["isf_reference", "isf_statement"]),
            col(Statement.withdrawn_at).is_(None),
        )
        .order_by(col(Statement.id).desc())
    ).first()
    if row is not None:
        return row.text
    return importer.isf_statement if importer else None


def waivers(session: Session, shipment: Shipment) -> tuple[p.Waived, ...]:
    """What a licensed broker took on for this shipment."""
    rows = session.exec(
        select(Statement)
        .where(
            Statement.shipment_id == shipment.id,
            Statement.kind == "waiver",
            col(Statement.withdrawn_at).is_(None),
        )
        .order_by(col(Statement.id))
    ).all()
    return tuple(
        p.Waived(
            code=row.about, words=row.words, reason=row.text, by=row.by_name,
            licence=row.licence, due=row.due,
        )
        for row in rows
    )  # fmt: skip


def _line(
    line: LineItem,
    priced: Priced,
    house: House,
    deposits: list[Deposit],
    decided: AdcvdDecision | None,
) -> p.PacketLine:
    cases = [one for one in deposits if one.number == line.number]
    made = next((one for one in priced.duty.lines if one.number == line.number), None)
    facts = line.duty_facts or DutyFacts()
    converted = priced.rates.get(line.number)
    return p.PacketLine(
        number=line.number,
        hts=line.code,
        edition=line.code_edition,
        description=line.description,
        origin=line.origin,
        quantity=line.quantity,
        unit=line.unit,
        reported=_reported(line, house),
        value=line.value,
        currency=line.currency,
        exchange=p.Exchange(
            currency=line.currency, rate=converted.rate, rule=converted.rule,
            source=converted.source, exported=priced.exported,
        ) if converted is not None and line.currency else None,
        entered_value=priced.values.get(line.number),
        melt_and_pour=facts.melt_and_pour,
        smelt_and_cast=facts.smelt_and_cast,
        preference=facts.preference,
        duty=tuple(_row(one) for one in made.layers) if made else (),
        cases=tuple(
            p.CasePaid(case=one.case, rate=one.rate, source=one.source, deposit=one.amount)
            for one in cases
        ),
        producer=(decided.producer or None) if cases and decided else None,
        exporter=(decided.exporter or None) if cases and decided else None,
        refusal=made.refusal if made else None,
        confirmed_by=line.decided_name,
    )  # fmt: skip


def _deposited(deposits: list[Deposit]) -> Decimal | None:
    known = [one.amount for one in deposits if one.amount is not None]
    return sum(known, Decimal(0)) if deposits and len(known) == len(deposits) else None


def _reported(line: LineItem, house: House) -> tuple[p.Reported, ...]:
    """The quantity in the units of the schedule: 4,560 pieces are 380 dozen."""
    found = house.duty.units(line.code) if line.code else ()
    return tuple(
        p.Reported(quantity=reference.convert(line.quantity, line.unit, to=unit), unit=unit)
        for unit in found
    )


def _row(one: DutyLine) -> p.DutyRow:
    return p.DutyRow(
        authority=one.authority,
        heading=one.heading,
        rate=one.rate,
        basis=one.basis.amount if one.basis else None,
        amount=one.amount.amount if one.amount else None,
        edition=one.edition,
        needs=one.needs,
    )


def _port(named: str | None) -> p.Port | None:
    if named is None:
        return None
    known = reference.port(named)
    return p.Port(
        name=named,
        locode=known.locode if known else None,
        schedule_d=known.schedule_d if known else None,
    )


def _bills(shipment: Shipment) -> tuple[p.Bill, ...]:
    """A house bill goes with its master; a bill that stands alone is a regular one."""
    moved = shipment.transport
    named = [("M", moved.masterBill), ("H", moved.houseBill)]
    there = [(kind, number) for kind, number in named if number]
    found = []
    for kind, number in there:
        plain = re.sub(r"[\s-]", "", number.upper())
        match = _ISSUER.match(plain)
        found.append(
            p.Bill(
                kind="R" if len(there) == 1 else "M" if kind == "M" else "H",
                issuer=match[1] if match else moved.scac,
                number=match[2] if match else plain,
                quantity=shipment.totals.packages if kind == "H" or len(there) == 1 else None,
                unit=shipment.totals.packageUnit,
            )
        )
    return tuple(found)


def total_value(values: dict[int, Decimal | None]) -> Decimal | None:
    """US dollars of all lines; None while a line has none."""
    known = [one for one in values.values() if one is not None]
    return sum(known, Decimal(0)) if values and len(known) == len(values) else None
