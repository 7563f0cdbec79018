"""Cross-checks: they move confidence and raise flags, they never change what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ingest.fields import charges, values
from ingest.fields.found import PROVEN, WEAK, Findings
from ingest.fields.lineread import LineRead
from ingest.fields.names import spoken
from storage.values import DocumentKind, Flag, Totals

THRESHOLD = 0.85
"""Below this a person looks."""

_INVOICES = (DocumentKind.COMMERCIAL_INVOICE, DocumentKind.PROFORMA_INVOICE)
_REQUIRED = {  # 19 CFR 141.86(a)
    "header.invoiceNumber": "The invoice number is missing.",
    "header.invoiceDate": "The invoice date is missing.",
    "header.currency": "The currency is not stated.",
    "parties.exporter.name": "The seller is not named.",
    "totals.total": "The invoice total is missing.",
}
_CENT = Decimal("0.01")
_ORDERS = re.compile(r"(?i)\b(confirm all|approve all|ignore (all|previous)|file the entry)\b")


def check(kind: DocumentKind, found: Findings, lines: Sequence[LineRead]) -> None:
    """Look at the values together."""
    if kind not in _INVOICES:
        return
    for path, message in _REQUIRED.items():
        if found.get(path) is None:
            found.flag("missing", path, "must_resolve", message)
    if not lines:
        found.flag("missing", "lineItems", "must_resolve", "No goods lines could be read.")
    for index, line in enumerate(lines):
        found.flags += of_line(f"lineItems[{index}]", line.values)
    _sum(found, lines)


def low(found: Findings) -> None:
    """What is shown with little confidence asks for a look."""
    for path, one in found.by_path.items():
        if one.confidence < THRESHOLD:
            shown = str(one.value)[:60]
            found.flag("low_confidence", path, "review", f"Please check {spoken(path)}: “{shown}”.")


def orders_to_us(text: str, found: Findings) -> None:
    """A document that gives orders is not obeyed; a person should know that it tried."""
    if match := _ORDERS.search(text):
        found.flag(
            "instruction_in_document",
            None,
            "review",
            f"The document tells the reader to “{match[0]}”. It was not acted on.",
        )


def of_line(path: str, said: Mapping[str, Any]) -> Iterator[Flag]:
    """What is missing of a line of goods, and whether quantity and price give its amount."""
    for field, message in (
        ("description", "the description is missing."),
        ("quantity", "the quantity is missing."),
        ("extendedValue", "the value is missing."),
    ):
        if said.get(field) is None:
            yield Flag(
                type="missing", field=f"{path}.{field}", severity="must_resolve", message=message
            )
    quantity, price, amount = (said.get(x) for x in ("quantity", "unitPrice", "extendedValue"))
    if quantity is None or price is None or amount is None:
        return
    if not values.multiply(quantity, price, amount):
        yield Flag(
            type="arithmetic",
            field=f"{path}.extendedValue",
            severity="review",
            message=f"{quantity} x {price} is {quantity * price:,.2f}, "
            f"the invoice says {amount:,.2f}.",
        )


def add_up(totals: Totals, goods: Decimal) -> bool:
    """Whether the goods, with what is added to and taken off them, come to the total."""
    extra = (totals.freight or Decimal(0)) + (totals.insurance or Decimal(0))
    named = sum((one.amount for one in totals.otherCharges), Decimal(0))
    named -= sum((abs(one.amount) for one in totals.discounts), Decimal(0))
    return totals.total is None or any(
        abs(sum_of - totals.total) <= _CENT
        for sum_of in (goods, goods + extra, goods + named, goods + extra + named)
    )


def not_adding_up(goods: Decimal, total: Decimal) -> Flag:
    """The flag of a total that the lines do not come to."""
    return Flag(
        type="arithmetic",
        field="totals.total",
        severity="review",
        message=f"The lines add up to {goods:,.2f}, the invoice total says {total:,.2f}.",
    )


def _sum(found: Findings, lines: Sequence[LineRead]) -> None:
    total = found.get("totals.total")
    amounts = [line.values.get("extendedValue") for line in lines]
    if total is None or not amounts or None in amounts:
        return
    goods = sum((amount for amount in amounts if amount is not None), Decimal(0))
    totals = Totals(
        total=total,
        **{name: found.get(f"totals.{name}") for name in ("freight", "insurance")},
        **{name: found.get(f"totals.{name}") or () for name in ("discounts", "otherCharges")},
    )
    if found.get("totals.subtotal") == goods and found.by_path["totals.total"].confidence >= PROVEN:
        return  # an e-invoice: taxes and charges stand between the two, each said exactly
    if add_up(totals, goods):
        best = found.by_path["totals.total"]
        found.by_path["totals.total"] = best.model_copy(update={"confidence": 0.98})
        extra = (totals.freight or Decimal(0)) + (totals.insurance or Decimal(0))
        charges.proven(found, goods + extra)
        return
    found.lower("totals.total", WEAK)
    found.flags.append(not_adding_up(goods, total))
