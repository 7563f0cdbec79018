"""Cross-checks: they move confidence and raise flags, they never change what the page says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ingest.fields import charges
from ingest.fields.found import PROVEN, WEAK, Findings
from ingest.fields.names import spoken
from ingest.fields.tables import LineRead
from storage.values import DocumentKind

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
        _line(index, line, found)
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


def _line(index: int, line: LineRead, found: Findings) -> None:
    path = f"lineItems[{index}]"
    said = line.values
    for field, message in (
        ("description", "the description is missing."),
        ("quantity", "the quantity is missing."),
        ("extendedValue", "the value is missing."),
    ):
        if said.get(field) is None:
            found.flag("missing", f"{path}.{field}", "must_resolve", message)
    quantity, price, amount = (said.get(x) for x in ("quantity", "unitPrice", "extendedValue"))
    if quantity is None or price is None or amount is None:
        return
    if line.confidence.get("quantity") == WEAK:
        found.flag(
            "arithmetic",
            f"{path}.extendedValue",
            "review",
            f"{quantity} x {price} is {quantity * price:,.2f}, the invoice says {amount:,.2f}.",
        )


def _sum(found: Findings, lines: Sequence[LineRead]) -> None:
    total = found.get("totals.total")
    amounts = [line.values.get("extendedValue") for line in lines]
    if total is None or not amounts or None in amounts:
        return
    goods = sum((amount for amount in amounts if amount is not None), Decimal(0))
    extra = sum(
        (found.get(path) or Decimal(0) for path in ("totals.freight", "totals.insurance")),
        Decimal(0),
    )
    if found.get("totals.subtotal") == goods and found.by_path["totals.total"].confidence >= PROVEN:
        return  # an e-invoice: taxes and charges stand between the two, each said exactly
    named = charges.added(found)
    if any(
        abs(sum_of - total) <= Decimal("0.01")
        for sum_of in (goods, goods + extra, goods + named, goods + extra + named)
    ):
        best = found.by_path["totals.total"]
        found.by_path["totals.total"] = best.model_copy(update={"confidence": 0.98})
        charges.proven(found, goods + extra)
        return
    found.lower("totals.total", WEAK)
    found.flag(
        "arithmetic",
        "totals.total",
        "review",
        f"The lines add up to {goods:,.2f}, the invoice total says {total:,.2f}.",
    )
