"""The commercial invoice, as a draft for the seller to issue and sign.

A broker does not make up an invoice: the draft repeats what the seller's own papers and people
said, in the order of 19 CFR 141.86(a), and is refused while one required item is empty or the
figures do not add up. It never stands for the seller's invoice.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from storage.values import ValueFacts
from workflows.papers import words
from workflows.papers.dossier import Dossier
from workflows.papers.sheet import TITLES, Kind, Sheet, head, lane_notes, lane_of, template

DRAFT = "DRAFT — for the seller to issue and sign. Not an invoice until the seller has signed it."
_CENT = Decimal("0.01")
_NONE = "none"


def sheet(dossier: Dossier) -> Sheet:
    """The draft with what it lacks."""
    header, transport = dossier.header, dossier.transport
    seller = dossier.party(dossier.parties.exporter, "seller")
    buyer = dossier.party(dossier.parties.importer, "buyer")
    currency = dossier.currency
    value = dossier.value_facts or ValueFacts()
    assists = _stated(value.assists, currency) or dossier.told("assists")
    rebates = dossier.told("rebates") or _discounts(dossier)
    charges = _charges(dossier)
    facts = head(dossier, Kind.COMMERCIAL_INVOICE, draft=DRAFT) | {
        "title": TITLES[Kind.COMMERCIAL_INVOICE],
        "number": header.invoiceNumber,
        "date": words.day(header.invoiceDate),
        "order": header.purchaseOrder,
        "seller": words.party(seller),
        "buyer": words.party(buyer),
        "consignee": words.party(dossier.parties.consignee),
        "sale_place": dossier.told("sale.place"),
        "incoterms": header.incoterms,
        "payment": header.paymentTerms,
        "currency": currency,
        "port_of_entry": transport.portOfDischarge or dossier.told("port.entry"),
        "port_of_loading": transport.portOfLoading,
        "vessel": " / ".join(one for one in (transport.vessel, transport.voyage) if one) or None,
        "bill": transport.houseBill or transport.masterBill,
        "containers": ", ".join(transport.containers) or None,
        "marks": dossier.told("marks"),
        "packages": _packages(dossier),
        "gross": words.quantity(dossier.gross, "kg"),
        "net": words.quantity(dossier.net, "kg"),
        "lines": [
            [
                str(line.number),
                "\n".join(one for one in (line.description, line.sku and f"SKU {line.sku}") if one),
                line.origin,
                words.number(dossier.quantity_of(line)),
                line.unit,
                words.amount(line.unit_price),
                words.amount(line.value),
            ]
            for line in dossier.lines
        ],
        "goods": words.amount(_goods(dossier)),
        "charges": [[label, words.amount(amount)] for label, amount in charges],
        "total": words.amount(dossier.total, currency),
        "rebates": rebates,
        "assists": assists,
        "responsible": dossier.told("responsible"),
        "notes": lane_notes(dossier, Kind.COMMERCIAL_INVOICE),
    }
    return Sheet(
        kind=Kind.COMMERCIAL_INVOICE,
        title=TITLES[Kind.COMMERCIAL_INVOICE],
        template=template(Kind.COMMERCIAL_INVOICE, lane_of(dossier)),
        facts=facts,
        lacks=tuple(_lacks(dossier, facts)),
        open=tuple(name for name in ("marks", "payment", "order") if facts[name] is None),
    )


def _lacks(dossier: Dossier, facts: dict[str, object]) -> Iterator[str]:
    """19 CFR 141.86(a)(1) to (11) and (j), and the trade's own: number and term of sale."""
    required = (
        ("number", "the invoice number"),
        ("port_of_entry", "the port of entry, 141.86(a)(1) (port.entry)"),
        ("date", "the time of the sale, 141.86(a)(2): the invoice date"),
        ("sale_place", "the place of the sale, 141.86(a)(2) (sale.place)"),
        ("incoterms", "the term of sale"),
        ("currency", "the currency, 141.86(a)(7)"),
        ("total", "the total"),
        ("rebates", "rebates and discounts, 141.86(a)(9): a list or 'none' (rebates)"),
        ("assists", "assists, 141.86(a)(11): an amount or 'none' (assists)"),
        ("responsible", "who at the seller knows the facts, 141.86(j) (responsible)"),
    )
    yield from (said for name, said in required if not facts[name])
    for who, law in (("seller", "seller"), ("buyer", "buyer")):
        block = facts[who]
        assert isinstance(block, dict)
        if not block["name"]:
            yield f"the {law}'s name, 141.86(a)(2) ({who})"
        if not block["address"]:
            yield f"the {law}'s address ({who}.address)"
    if not _charges(dossier) and dossier.told("charges") != _NONE:
        yield "the charges by name and amount, 141.86(a)(8): from the documents or 'none' (charges)"
    if not dossier.lines:
        yield "the goods"
    for line in dossier.lines:
        named = (
            (line.description, "a description, 141.86(a)(3)"),
            (line.quantity, "a quantity, 141.86(a)(4)"),
            (line.unit, "a unit of quantity, 141.86(a)(4)"),
            (line.unit_price, "a price, 141.86(a)(5)"),
            (line.value, "a value"),
            (line.origin, "a country of origin, 141.86(a)(10)"),
        )
        yield from (f"line {line.number}: {said}" for value, said in named if value in (None, ""))
    yield from _sums(dossier)


def _sums(dossier: Dossier) -> Iterator[str]:
    """What does not add up: no figure is ever made to fit another."""
    for line in dossier.lines:
        count = dossier.quantity_of(line)
        if count is None or line.unit_price is None or line.value is None:
            continue
        made = (count * line.unit_price).quantize(_CENT)
        if abs(made - line.value) > _CENT:
            yield (
                f"line {line.number}: {words.number(count)} at {words.amount(line.unit_price)} is "
                f"{words.amount(made)}, the invoice says {words.amount(line.value)}"
            )
    goods, total = _goods(dossier), dossier.total
    if goods is None or total is None:
        return
    discounts = sum((abs(one.amount) for one in dossier.totals.discounts), Decimal(0))
    added = sum((amount for _, amount in _charges(dossier)), Decimal(0))
    if not any(abs(total - one) <= _CENT for one in (goods - discounts + added, goods - discounts)):
        yield (
            f"lines {words.amount(goods)}, discounts {words.amount(discounts)} and charges "
            f"{words.amount(added)} do not come to the total {words.amount(total)}"
        )


def _goods(dossier: Dossier) -> Decimal | None:
    values = [line.value for line in dossier.lines if line.value is not None]
    return sum(values, Decimal(0)) if values and len(values) == len(dossier.lines) else None


def _charges(dossier: Dossier) -> list[tuple[str, Decimal]]:
    totals = dossier.totals
    named = [("Freight", totals.freight), ("Insurance", totals.insurance)]
    named += [(one.label, one.amount) for one in totals.otherCharges]
    return [(label, amount) for label, amount in named if amount is not None]


def _discounts(dossier: Dossier) -> str | None:
    listed = [f"{one.label} {words.amount(abs(one.amount))}" for one in dossier.totals.discounts]
    return "; ".join(listed) or None


def _stated(value: Decimal | None, currency: str | None) -> str | None:
    if value is None:
        return None
    return _NONE if value == 0 else words.amount(value, currency)


def _packages(dossier: Dossier) -> str | None:
    count = dossier.packages
    return f"{count:,} {dossier.totals.packageUnit or 'packages'}" if count is not None else None
