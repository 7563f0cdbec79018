"""The duty estimate of a shipment: over the codes that stand or lead now, never a decision.

Computed when a card is drawn, so that it follows every decision; kept with the shipment when it
is proposed and when a broker confirms, so that the archive can say what was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from knowledge.duty import explain
from knowledge.duty import value as valuation
from knowledge.duty.compute import EntryDuty, LineDuty
from knowledge.duty.desk import DutyDesk
from knowledge.duty.exchange import Converted, Unknown
from knowledge.duty.line import DutyQuery
from knowledge.duty.spread import over_lines
from knowledge.duty.value import CustomsValue
from storage.columns import now
from storage.models import LineItem, Shipment, State
from storage.values import DutyFacts, DutyLine, Money, Value, ValueFacts
from workflows import offers
from workflows.offers import Lead

_SHOWN_CANDIDATES = 3


class Words(Value):
    """An estimate for people."""

    table: str
    paragraphs: tuple[str, ...]
    total: str


class Priced(Value):
    """An estimate with the values and rates of exchange that it stands on, by line number."""

    duty: EntryDuty
    values: dict[int, Decimal | None]  #: US dollars that each line is entered at
    rates: dict[int, Converted]  #: of lines in another currency
    unpriced: dict[int, str]  #: lines whose currency has no rate, and what it needs
    exported: date | None
    metals: dict[int, tuple[str, ...]]  #: of lines that pay Section 232 duty on a metal


def of(
    session: Session, shipment: Shipment, desk: DutyDesk, *, on: date | None = None
) -> EntryDuty:
    """The estimate for an entry made today, or on that day."""
    return priced(session, shipment, desk, on=on).duty


def priced(
    session: Session,
    shipment: Shipment,
    desk: DutyDesk,
    *,
    on: date | None = None,
    lines: Sequence[LineItem] | None = None,
    leads: Mapping[int, Lead] | None = None,
) -> Priced:
    """The same, with what each line is entered at; who has the lines already hands them over."""
    if lines is None:
        lines = session.exec(
            select(LineItem)
            .where(LineItem.shipment_id == shipment.id)
            .order_by(col(LineItem.number))
        ).all()
    if leads is None:
        leads = offers.leads(session, shipment.id)
    told: list[str] = []
    queries = [_query(shipment, line, _code(line, leads), desk, told) for line in lines]
    price = value_of(shipment, lines)
    valued = over_lines(price, goods=_goods(lines), dollars=[query.value for query in queries])
    made = desk.estimate(
        [
            query.model_copy(update={"value": value})
            for query, value in zip(queries, valued, strict=True)
        ],
        on=on or now().date(),
        by_sea=bool(shipment.transport.containers or shipment.transport.vessel),
    )
    flags = [flag.message for flag in price.flags] if price is not None else []
    asked = {line.number: _converted(shipment, line, desk) for line in lines}
    return Priced(
        duty=made.model_copy(
            update={"advisories": (*dict.fromkeys(told), *made.advisories, *flags)}
        ),
        values={line.number: value for line, value in zip(lines, valued, strict=True)},
        rates={
            line.number: found
            for line in lines
            if isinstance(found := asked[line.number], Converted)
            and _currency(shipment, line) != "USD"
        },
        unpriced={
            number: found.needs for number, found in asked.items() if isinstance(found, Unknown)
        },
        exported=_exported(shipment),
        metals=_metals(made, queries, desk),
    )


def _metals(
    made: EntryDuty, queries: Sequence[DutyQuery], desk: DutyDesk
) -> dict[int, tuple[str, ...]]:
    due = {line.number for line in made.lines if any(map(_on_metal, line.layers))}
    return {
        query.number: desk.metals(query, on=now().date())
        for query in queries
        if query.number in due
    }


def _on_metal(layer: DutyLine) -> bool:
    named = ("metals", "steel", "aluminum", "copper")
    return any(layer.authority == f"Section 232 ({metal})" for metal in named)


def words(made: EntryDuty) -> Words:
    """The estimate as a table and a paragraph for each line."""
    known = [layer.amount.amount for layer in made.layers if layer.amount is not None]
    open_items = len(made.refusals) + sum(1 for layer in made.layers if layer.amount is None)
    total = (
        f"Duty {made.duty}, with fees {made.total}."
        if made.total is not None
        else f"USD {sum(known, Decimal(0)):,.2f} so far, {open_items} open."
    )
    return Words(
        table=explain.table(explain.summary(made)),
        paragraphs=tuple(explain.paragraph(line) for line in made.lines),
        total=total,
    )


def shown(
    session: Session, shipment: Shipment, desk: DutyDesk
) -> tuple[Sequence[DutyLine], Sequence[str]]:
    """Layers and what to know: live while the shipment is in review, then as they were kept."""
    if shipment.state is not State.IN_REVIEW:
        return shipment.duty, shipment.duty_advisories
    made = of(session, shipment, desk)
    return made.layers, (*made.refusals, *made.advisories)


def keep(session: Session, shipment: Shipment, desk: DutyDesk) -> None:
    """Write the estimate as it is now to the shipment."""
    made = of(session, shipment, desk)
    shipment.duty = list(made.layers)
    shipment.duty_advisories = [*made.refusals, *made.advisories]
    session.add(shipment)


def of_candidates(
    shipment: Shipment, line: LineItem, codes: Sequence[str], desk: DutyDesk
) -> dict[str, LineDuty]:
    """The duty of a line under each of the codes that are offered for it."""
    query = _query(shipment, line, line.code, desk, [])
    return {
        code: desk.line(query.model_copy(update={"code": code}), on=now().date())
        for code in codes[:_SHOWN_CANDIDATES]
    }


def _query(
    shipment: Shipment, line: LineItem, code: str | None, desk: DutyDesk, told: list[str]
) -> DutyQuery:
    facts = line.duty_facts or DutyFacts()
    return DutyQuery(
        number=line.number,
        code=code,
        value=_dollars(shipment, line, desk, told),
        origin=line.origin,
        quantity=line.quantity if line.quantity is None or line.quantity >= 0 else None,
        unit=line.unit,
        steel=facts.steel,
        aluminum=facts.aluminum,
        copper=facts.copper,
        melt_and_pour=facts.melt_and_pour,
        smelt_and_cast=facts.smelt_and_cast,
        preference=facts.preference,
        claims=frozenset(facts.claims),
        non_us_content=facts.non_us_content,
    )


def _code(line: LineItem, leads: Mapping[int, Lead]) -> str | None:
    lead = leads.get(line.id or 0)
    return line.code or (lead.code if lead else None)


def _dollars(shipment: Shipment, line: LineItem, desk: DutyDesk, told: list[str]) -> Decimal | None:
    currency, made = _currency(shipment, line), _converted(shipment, line, desk)
    if made is None:
        return None
    if isinstance(made, Unknown):
        told.append(f"{currency}: {made.needs}.")
        return None
    if currency != "USD":
        told.append(f"{currency} at {made.rate} ({made.rule}, {made.source}).")
    return made.usd.amount


def _converted(shipment: Shipment, line: LineItem, desk: DutyDesk) -> Converted | Unknown | None:
    currency = _currency(shipment, line)
    if line.value is None or currency is None:
        return None
    return desk.dollars(Money(amount=line.value, currency=currency), exported=_exported(shipment))


def _currency(shipment: Shipment, line: LineItem) -> str | None:
    return line.currency or shipment.totals.currency or shipment.header.currency


def _exported(shipment: Shipment) -> date | None:
    return shipment.header.exportDate or shipment.transport.etd


def value_of(shipment: Shipment, lines: Sequence[LineItem]) -> CustomsValue | None:
    """The customs value that the documents and the importer's answers give (19 CFR 152.103).

    Under a term that puts the carriage into the price, the price is the invoice's total; under
    any other it is what the lines come to, and carriage on top of it never counts.
    """
    totals, facts = shipment.totals, shipment.value_facts or ValueFacts()
    currency = totals.currency or shipment.header.currency
    goods = _goods(lines)
    inside = valuation.carriage_inside(shipment.header.incoterms)
    amount = totals.total if inside and totals.total is not None else goods
    if currency is None or amount is None or amount <= 0:
        return None

    def money(amount: Decimal | None) -> Money | None:
        return Money(amount=amount, currency=currency) if amount is not None else None

    return valuation.customs_value(
        valuation.Price(
            amount=Money(amount=amount, currency=currency),
            incoterm=shipment.header.incoterms,
            freight=money(totals.freight),
            insurance=money(totals.insurance),
            actual=facts.actual,
            discounts=()
            if inside
            else tuple(
                valuation.Discount(
                    amount=Money(amount=abs(one.amount), currency=currency), when="before_import"
                )
                for one in totals.discounts
            ),
            packing=money(facts.packing),
            selling_commission=money(facts.selling_commission),
            assists=money(facts.assists),
            royalties=money(facts.royalties),
            proceeds=money(facts.proceeds),
            related_parties=facts.related_parties,
        )
    )


def _goods(lines: Sequence[LineItem]) -> Decimal | None:
    """What the lines come to in the invoice's currency; None while one has no value."""
    values = [line.value for line in lines if line.value is not None]
    total = sum(values, Decimal(0))
    return total if len(values) == len(lines) and total > 0 else None
