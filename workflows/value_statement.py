"""From the invoice to the entered value in eighteen rows, and what may be missing from it.

Each row is an amount, the law it stands on and where it comes from; what nobody stated is empty.
The last row is what remains unexplained. Papers that speak of tools, moulds or design work are
listed beside it, as possible assists, with no conclusion: a person says whether they belong to the
value (19 USC 1401a(h)(1)(A)).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from sqlmodel import Session, col, select

from knowledge import assists
from storage.models import Document, Entry, LineItem, Message, Shipment
from storage.values import Value, ValueFacts
from workflows import estimate

_CENT = Decimal("0.01")
_RATE = "rate of exchange"
_MOST = 2000  # papers and mails of one importer that are looked through, the newest
LARGE_SHARE, LARGE = Decimal("0.05"), Decimal(10_000)  #: of a difference: counsel first


class Found(Value):
    """A line of the importer's papers that may speak of an assist."""

    paper: str
    shipment: str
    page: int | None
    words: str
    amount: Decimal


class Statement(Value):
    """The eighteen rows and what follows from them."""

    rows: tuple[tuple[int, str, Decimal | None, str], ...]  #: number, what, amount, where from
    unexplained: Decimal | None  #: US dollars
    share: Decimal | None  #: of the entered value


def found(session: Session, shipment: Shipment) -> list[Found]:
    """Possible assists in this importer's own papers and mails; never another client's."""
    if shipment.importer_id is None:
        return []
    mine = select(Shipment.id).where(Shipment.importer_id == shipment.importer_id)
    refs = {
        one.id: one.ref or str(one.id)
        for one in session.exec(select(Shipment).where(col(Shipment.id).in_(mine)))
    }
    papers = session.exec(
        select(Document)
        .where(col(Document.shipment_id).in_(mine), col(Document.made_by_us).is_(False))
        .order_by(col(Document.id).desc())
        .limit(_MOST)
    ).all()
    mails = session.exec(
        select(Message)
        .where(col(Message.shipment_id).in_(mine))
        .order_by(col(Message.id).desc())
        .limit(_MOST)
    ).all()
    # The lines of the entry's own invoice are in the value already; customs' form is no paper.
    said = [
        Found(paper=paper.filename, shipment=refs[paper.shipment_id], page=one.page,
              words=one.text, amount=one.amount)
        for paper in papers
        if paper.reading is not None and paper.shipment_id is not None
        and paper.id not in _invoices(session, shipment)
        for one in paper.reading.mentions
    ]  # fmt: skip
    said += [
        Found(paper=f"mail of {mail.sender}, {mail.received_at:%Y-%m-%d}",
              shipment=refs[mail.shipment_id], page=None, words=words, amount=Decimal(amount))
        for mail in mails
        if mail.shipment_id is not None
        for words, amount in assists.mentions(mail.text.splitlines())
    ]  # fmt: skip
    return list({(one.words.casefold(), one.amount): one for one in reversed(said)}.values())


def searched(session: Session, shipment: Shipment) -> tuple[int, int]:
    """How many papers and mails of the importer there are to look through."""
    mine = select(Shipment.id).where(Shipment.importer_id == shipment.importer_id)
    papers = session.exec(
        select(Document.id).where(
            col(Document.shipment_id).in_(mine), col(Document.made_by_us).is_(False)
        )
    ).all()
    mails = session.exec(select(Message.id).where(col(Message.shipment_id).in_(mine))).all()
    return min(len(papers), _MOST), min(len(mails), _MOST)


def _invoices(session: Session, shipment: Shipment) -> set[int | None]:
    lines = session.exec(
        select(LineItem.document_id).where(LineItem.shipment_id == shipment.id)
    ).all()
    return set(lines)


def of(
    entry: Entry, shipment: Shipment, lines: Sequence[LineItem], mentions: Sequence[Found]
) -> Statement:
    """The rows, in the invoice's currency up to row 15, then in US dollars."""
    facts, totals = shipment.value_facts or ValueFacts(), shipment.totals
    made = estimate.value_of(shipment, lines)
    steps = {one.what: one for one in made.steps} if made is not None else {}
    goods = [line.value for line in lines]
    summed = _sum(goods)
    stated = totals.total if totals.total is not None else summed
    filed = entry.filing.get("lines", ())
    rate = _rate(filed)
    entered = _sum([one.get("enteredValue") for one in filed])
    value = made.value.amount if made is not None and made.value is not None else None
    dollars = _cents(value * rate) if value is not None and rate else None
    unstated = Decimal(0) if facts.assists else sum((one.amount for one in mentions), Decimal(0))
    declared = _cents((facts.assists or Decimal(0)) * rate) if rate else Decimal(0)
    gap = None
    if dollars is not None and entered is not None:
        gap = dollars - entered
        # Stated and not yet entered: the row of the assists explains it.
        gap = gap - declared if declared and gap >= declared else gap
        gap += unstated

    def step(name: str) -> tuple[Decimal | None, str]:
        one = steps.get(name)
        return (one.amount.amount, f"{one.effect}: {one.because}") if one else (None, "not stated")

    freight, insurance = step("international freight"), step("international insurance")
    own = [
        ("invoice total as stated", stated, "the invoice"),
        ("sum of its lines", summed, "the lines of the invoice"),
        ("difference of the two", stated - summed if stated is not None and summed is not None
         else None, "charges and discounts that are no line"),
        ("packing", *_given(facts.packing, "(b)(1)(A)")),
        ("selling commission", *_given(facts.selling_commission, "(b)(1)(B)")),
        ("assists", *_assists(facts.assists, unstated)),
        ("royalties", *_given(facts.royalties, "(b)(1)(D)")),
        ("proceeds of a later resale", *_given(facts.proceeds, "(b)(1)(E)")),
        ("international freight", *(freight if freight[0] is not None else
                                    (totals.freight, "as the invoice states it"))),
        ("international insurance", *(insurance if insurance[0] is not None else
                                      (totals.insurance, "as the invoice states it"))),
        ("discounts", _sum([one.amount for one in totals.discounts]), "the invoice"),
        ("inland freight in the country of export", *step("inland freight")),
        ("US duties and taxes in the price", *step("US duties and taxes")),
        ("transaction value, invoice currency", value, "19 USC 1401a(b)"),
        (_RATE, rate, "as filed" if rate != 1 else "US dollars"),
        ("transaction value, USD", dollars, "the row before at the rate"),
        ("entered value, USD", entered, f"entry {entry.number} as filed"),
        ("UNEXPLAINED, USD", gap, "what no row above explains"),
    ]  # fmt: skip
    rows = tuple(
        (at, what, amount if amount is None or what == _RATE else _cents(amount), where)
        for at, (what, amount, where) in enumerate(own, start=1)
    )
    share = abs(gap) / entered if gap is not None and entered else None
    return Statement(rows=rows, unexplained=gap, share=share)


def counsel_first(
    statement: Statement, mentions: Sequence[Found], facts: ValueFacts | None
) -> list[str]:
    """Why compliance and counsel are asked before an answer goes; nothing when they need not be."""
    why = [
        f"{one.paper}: {one.words[:160]} ({one.amount:,.2f}) is not in the value"
        for one in mentions
        if not (facts and facts.assists)
    ]
    gap, share = statement.unexplained, statement.share
    if gap is not None and (abs(gap) > LARGE or (share is not None and share > LARGE_SHARE)):
        why.append(f"{gap:,.2f} USD between the papers and the entered value are unexplained")
    return why


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _assists(stated: Decimal | None, unstated: Decimal) -> tuple[Decimal | None, str]:
    if stated:
        return stated, "19 USC 1401a(b)(1)(C), as a broker stated it"
    if unstated:
        return unstated, "found in the importer's papers, not apportioned (see assists-found.csv)"
    return _given(stated, "(b)(1)(C)")


def _given(amount: Decimal | None, cite: str) -> tuple[Decimal | None, str]:
    return amount, f"19 USC 1401a{cite}" if amount is not None else "not stated: please ask"


def _rate(filed: Sequence[dict[str, object]]) -> Decimal | None:
    rates = {
        str(exchange["rate"])
        for one in filed
        if isinstance(exchange := one.get("exchange"), dict) and exchange.get("rate")
    }
    if not rates:
        return Decimal(1)
    return Decimal(rates.pop()) if len(rates) == 1 else None


def _sum(amounts: Sequence[object]) -> Decimal | None:
    found_ = [Decimal(str(one)) for one in amounts if one is not None]
    return sum(found_, Decimal(0)) if found_ and len(found_) == len(amounts) else None
