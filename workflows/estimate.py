"""The duty estimate of a shipment: over the codes that stand or lead now, never a decision.

Computed when a card is drawn, so that it follows every decision; kept with the shipment when it
is proposed and when a broker confirms, so that the archive can say what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from knowledge.duty import value as valuation
from knowledge.duty.compute import EntryDuty, LineDuty
from knowledge.duty.desk import DutyDesk
from knowledge.duty.exchange import Unknown
from knowledge.duty.line import DutyQuery
from storage.columns import now
from storage.models import Classification, LineItem, Shipment
from storage.values import Money

_SHOWN_CANDIDATES = 3


def of(
    session: Session, shipment: Shipment, desk: DutyDesk, *, on: date | None = None
) -> EntryDuty:
    """The estimate for an entry made today, or on that day."""
    lines = session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment.id).order_by(col(LineItem.number))
    ).all()
    told: list[str] = []
    queries = [_query(session, shipment, line, desk, told) for line in lines]
    made = desk.estimate(
        queries,
        on=on or now().date(),
        by_sea=bool(shipment.transport.containers or shipment.transport.vessel),
    )
    return made.model_copy(
        update={"advisories": (*dict.fromkeys(told), *made.advisories, *_valuation(shipment))}
    )


def keep(session: Session, shipment: Shipment, desk: DutyDesk) -> None:
    """Write the estimate as it is now to the shipment."""
    made = of(session, shipment, desk)
    shipment.duty = list(made.layers)
    shipment.duty_advisories = [*made.refusals, *made.advisories]
    session.add(shipment)


def of_candidates(
    session: Session,
    shipment: Shipment,
    line: LineItem,
    codes: Sequence[str],
    desk: DutyDesk,
) -> dict[str, LineDuty]:
    """The duty of a line under each of the codes that are offered for it."""
    query = _query(session, shipment, line, desk, [])
    return {
        code: desk.line(query.model_copy(update={"code": code}), on=now().date())
        for code in codes[:_SHOWN_CANDIDATES]
    }


def _query(
    session: Session, shipment: Shipment, line: LineItem, desk: DutyDesk, told: list[str]
) -> DutyQuery:
    return DutyQuery(
        number=line.number,
        code=line.code or _leading(session, line),
        value=_dollars(shipment, line, desk, told),
        origin=line.origin,
        quantity=line.quantity if line.quantity is None or line.quantity >= 0 else None,
        unit=line.unit,
    )


def _leading(session: Session, line: LineItem) -> str | None:
    offered = session.exec(
        select(Classification).where(
            Classification.line_id == line.id, Classification.line_rev == line.rev
        )
    ).first()
    return offered.candidates[0].code if offered is not None and offered.candidates else None


def _dollars(shipment: Shipment, line: LineItem, desk: DutyDesk, told: list[str]) -> Decimal | None:
    currency = line.currency or shipment.totals.currency or shipment.header.currency
    if line.value is None or currency is None:
        return None
    exported = shipment.header.exportDate or shipment.transport.etd
    made = desk.dollars(Money(amount=line.value, currency=currency), exported=exported)
    if isinstance(made, Unknown):
        told.append(f"{currency}: {made.needs}.")
        return None
    if currency != "USD":
        told.append(f"{currency} at {made.rate} ({made.rule}, {made.source}).")
    return made.usd.amount


def _valuation(shipment: Shipment) -> list[str]:
    """What the term of sale and the charges would change (19 CFR 152.103).

    Said and not applied: no person has answered yet whether the charges are actual.
    """
    totals = shipment.totals
    currency = totals.currency or shipment.header.currency
    amount = totals.total if totals.total is not None else totals.subtotal
    if currency is None or amount is None or amount <= 0:
        return []

    def money(amount: Decimal | None) -> Money | None:
        return Money(amount=amount, currency=currency) if amount is not None else None

    made = valuation.customs_value(
        valuation.Price(
            amount=Money(amount=amount, currency=currency),
            incoterm=shipment.header.incoterms,
            freight=money(totals.freight),
            insurance=money(totals.insurance),
        )
    )
    return [flag.message for flag in made.flags]
