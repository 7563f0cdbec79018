"""Antidumping and countervailing duty before filing: the question, and the type of the entry.

A line whose tariff number and origin meet an order that we know raises a question that only a
licensed broker answers: in scope (entry type 03, also at a deposit of 0 %) or not (type 01). While
it is open there is no entry type, so nothing can be built, let alone filed. A decision is about
exactly what was asked; other goods or another origin ask anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import Session, col, select

from knowledge import orders
from knowledge.orders import Order
from storage import outbox
from storage.adcvd import CaseStated
from storage.models import AdcvdDecision, LineItem, LineState, Shipment, State
from storage.values import Value
from workflows import offers
from workflows.adcvd_effects import MailFinance
from workflows.effects import TellThread
from workflows.offers import Lead
from workflows.states import Refused

CONSUMPTION, ADCVD = "01", "03"
_CENT = Decimal("0.01")
_MOST = 50  #: lines of a question that are said one by one


class Question(Value):
    """What is asked about one line."""

    number: int
    goods: str
    code: str | None
    origin: str | None
    ship_from: str | None  #: the seller's country, where it is another than the origin
    orders: tuple[Order, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        return tuple(one.case for one in self.orders)

    def told(self) -> str:
        """The line in words."""
        way = f" but shipped from {self.ship_from}" if self.ship_from else ""
        return (
            f"Line {self.number} ({self.goods[:80]}, {self.code or 'no code yet'}), of "
            f"{self.origin} origin{way}: {', '.join(self.cases)}"
        )


class Deposit(Value):
    """The cash deposit of one line under one case."""

    number: int
    case: str
    rate: Decimal | None  #: per cent; None: not available
    source: str | None
    amount: Decimal | None  #: US dollars


class Standing(Value):
    """The question about a shipment as it stands, looked up once."""

    asked: tuple[Question, ...]
    mark: str  #: what a decision is about
    decided: bool
    entry_type: str | None  #: CBP's two digits; None while a licensed broker must decide
    waiting: tuple[str, ...]  #: why, in words
    cases: tuple[str, ...] = ()  #: that were stated with the decision


def standing(
    session: Session,
    shipment: Shipment,
    *,
    lines: Sequence[LineItem] | None = None,
    leads: Mapping[int, Lead] | None = None,
) -> Standing:
    """Where it stands; who has the lines and their candidates already hands them over."""
    if lines is None:
        wanted = select(LineItem).where(LineItem.shipment_id == shipment.id)
        lines = session.exec(wanted.order_by(col(LineItem.number))).all()
    if leads is None:
        leads = offers.leads(session, shipment.id)
    seller = shipment.parties.exporter.country
    asked = tuple(
        one for line in lines if (one := _question(line, leads.get(line.id or 0), seller))
    )
    about, newest = _mark(lines, asked, seller), _newest(session, shipment)
    decided = newest is not None and newest.mark == about
    waiting = () if decided else _waiting(asked, newest)
    return Standing(
        asked=asked, mark=about, decided=decided, waiting=waiting,
        entry_type=newest.entry_type if decided and newest
        else None if waiting else CONSUMPTION,
        cases=tuple(one.case for one in newest.cases) if decided and newest else (),
    )  # fmt: skip


def decision(session: Session, shipment: Shipment) -> AdcvdDecision | None:
    """The newest decision, if it is about the goods as they stand."""
    return _newest(session, shipment) if standing(session, shipment).decided else None


def entry_type(session: Session, shipment: Shipment) -> str:
    """CBP's two digits. Raises `Refused` while the question is open: no type is assumed."""
    stands = standing(session, shipment)
    if stands.entry_type is None:
        raise Refused(
            "The entry has no type yet: a licensed broker decides about antidumping and "
            f"countervailing duty first. {' '.join(stands.waiting)}"
        )
    return stands.entry_type


def deposits(
    session: Session, shipment: Shipment, values: dict[int, Decimal | None]
) -> list[Deposit]:
    """The cash deposits that a decision in scope asks for, line by line; values in US dollars."""
    decided = decision(session, shipment)
    if decided is None or decided.entry_type != ADCVD:
        return []
    return [
        Deposit(
            number=number, case=one.case, rate=one.rate, source=one.source,
            amount=_amount(values.get(number), one),
        )
        for number in decided.lines
        for one in decided.cases
    ]  # fmt: skip


def suggested_cases(asked: Sequence[Question]) -> list[CaseStated]:
    """Each case once, without a rate: none is guessed."""
    return [CaseStated(case=one) for one in dict.fromkeys(c for q in asked for c in q.cases)]


def ask(session: Session, shipment: Shipment) -> None:
    """Say in the thread, and to finance, that there is a question; each question once."""
    if shipment.state is not State.IN_REVIEW or shipment.id is None:
        return
    stands = standing(session, shipment)
    if not stands.asked or stands.entry_type is not None:
        return
    asked = stands.asked
    told = TellThread(
        shipment_id=shipment.id, note="adcvd_question", once=stands.mark, ask="entry_type",
        mention=shipment.assignee,
        facts={
            "rows": [one.told() for one in asked[:_MOST]],
            "findings": _scopes(asked),
            "wanted": sorted({order.asks for one in asked for order in one.orders}),
            "papers": list(orders.UFLPA_FILE) if any_polysilicon(asked) else [],
        },
    )  # fmt: skip
    if outbox.add(session, told) is not None:
        outbox.add(session, MailFinance(shipment_id=shipment.id, once=stands.mark))


def any_polysilicon(asked: Sequence[Question]) -> bool:
    """Whether the goods hold polysilicon (UFLPA, a priority sector)."""
    return any(order.polysilicon for one in asked for order in one.orders)


def _question(line: LineItem, lead: Lead | None, seller: str | None) -> Question | None:
    met: dict[str, Order] = {}
    codes = _codes(line, lead)
    for code in codes:
        met |= {one.case: one for one in orders.orders_for(code, line.origin)}
    if not met:
        return None
    return Question(
        number=line.number, goods=line.description, code=codes[0], origin=line.origin,
        ship_from=seller if seller != line.origin else None, orders=tuple(met.values()),
    )  # fmt: skip


def _waiting(asked: Sequence[Question], older: AdcvdDecision | None) -> tuple[str, ...]:
    if asked:
        return tuple(f"{one.told()}." for one in asked)
    if older is not None:
        return ("The entry type was decided about other goods than there are now.",)
    return ()


def _mark(lines: Sequence[LineItem], asked: Sequence[Question], seller: str | None) -> str:
    """A hash of the goods, their origin, where they ship from, and the orders."""
    cases = {one.number: one.cases for one in asked}
    seen = [
        (one.number, one.description, one.sku, one.origin, cases.get(one.number, ()))
        for one in lines
    ]
    said = json.dumps([seller, seen], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _newest(session: Session, shipment: Shipment) -> AdcvdDecision | None:
    return session.exec(
        select(AdcvdDecision)
        .where(AdcvdDecision.shipment_id == shipment.id)
        .order_by(col(AdcvdDecision.id).desc())
    ).first()


def _codes(line: LineItem, lead: Lead | None) -> list[str]:
    """What decides: the confirmed code; before that, the leading one and the shipper's own."""
    if line.state is LineState.CONFIRMED:
        return [line.code] if line.code else []
    return [one for one in (lead.code if lead else None, line.hint) if one]


def _scopes(asked: Sequence[Question]) -> list[str]:
    found = {order.case: order for one in asked for order in one.orders}
    return [
        f"{one.case} ({one.kind}, {one.goods}): {one.scope} [{one.source}]"
        for one in found.values()
    ]


def _amount(value: Decimal | None, stated: CaseStated) -> Decimal | None:
    if value is None or stated.rate is None:
        return None
    return (value * stated.rate / 100).quantize(_CENT, ROUND_HALF_UP)
