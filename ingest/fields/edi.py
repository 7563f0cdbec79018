"""Invoices by EDI: EDIFACT INVOIC and X12 810. What they say is said in so many segments.

Of several invoices in one file the first is read, and a flag says that the others were not.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ingest.fields import segments, values
from ingest.fields.edi_said import Line, amount_of, cents, decimal, party_of, terms
from ingest.fields.einvoice import put_value
from ingest.fields.found import Findings
from ingest.fields.lineread import LineRead
from ingest.fields.segments import Interchange, Segment

_MOST_LINES = 2000
_MOA = {"79": "totals.subtotal", "64": "totals.freight", "67": "totals.insurance"}
_TOTALS = ("39", "77", "86", "9")  # EDIFACT 5025: invoice total, in this order


class Invoice:
    """The segments of one invoice message."""

    def __init__(self, read: Interchange, own: Sequence[Segment], others: int) -> None:
        self.syntax, self.segments, self.others = read.syntax, own, others


def inside(data: bytes) -> Invoice | None:
    """The invoice that a file is, or None."""
    read = segments.read(data)
    if read is None:
        return None
    begin, end = ("UNH", "UNT") if read.syntax == "edifact" else ("ST", "SE")
    messages: list[list[Segment]] = []
    inside_one = False
    for one in read.segments:
        if one.tag == begin:
            inside_one = (one.at(2) if read.syntax == "edifact" else one.at(1)) in ("INVOIC", "810")
            if inside_one:
                messages.append([])
        elif one.tag == end:
            inside_one = False
        elif inside_one:
            messages[-1].append(one)
    return Invoice(read, messages[0], len(messages) - 1) if messages else None


def put(invoice: Invoice, found: Findings) -> list[LineRead]:
    """Everything that the invoice says goes into `found`; its lines come back."""
    lines = _edifact(invoice, found) if invoice.syntax == "edifact" else _x12(invoice, found)
    put_value(found, "totals.currency", found.get("header.currency"))
    if invoice.others:
        found.flag(
            "several_invoices",
            None,
            "must_resolve",
            f"The file holds {invoice.others + 1} invoices and only the first was read: "
            "ask for a file for each.",
        )
    return [one for one in lines[:_MOST_LINES] if len(one.values) > 1]


def _edifact(invoice: Invoice, found: Findings) -> list[LineRead]:
    lines: list[Line] = []
    totals: dict[str, Segment] = {}
    goods = True  # until UNS says that the summary begins
    for one in invoice.segments:
        line = lines[-1] if lines and goods else None
        match one.tag:
            case "UNS":
                goods = False
            case "LIN":
                lines.append(Line(len(lines) + 1))
                lines[-1].say("sku", one.at(3), one)
            case "MOA" if line is None:
                totals.setdefault(one.at(1), one)
            case _ if line is None:
                _edifact_head(one, found)
            case _:
                _edifact_line(one, line)
    for code in _TOTALS:
        if code in totals:
            put_value(found, "totals.total", totals[code].at(1, 1), totals[code].text)
            break
    for code, path in _MOA.items():
        if code in totals:
            amount_of(found, path, totals[code].at(1, 1), totals[code])
    return [one.done() for one in lines]


def _edifact_head(one: Segment, found: Findings) -> None:
    if one.tag == "BGM":
        put_value(found, "header.invoiceNumber", one.at(2), one.text)
    elif one.tag == "NAD":
        party_of(found, "edifact", one.at(1), *_nad(one), one)
    elif one.tag == "CUX":
        put_value(found, "header.currency", one.at(1, 1), one.text)
    elif one.tag == "TOD" and one.at(3):
        terms(found, one.at(3), one.at(3, 3) or one.at(3, 4), one)
    elif one.tag == "DTM" and one.at(1) == "137":
        put_value(found, "header.invoiceDate", one.at(1, 1)[:8], one.text)
    elif one.tag == "RFF" and one.at(1) == "ON":
        put_value(found, "header.purchaseOrder", one.at(1, 1), one.text)
    elif one.tag == "RFF" and one.at(1) in ("BM", "MB", "BH"):
        path = "transport.houseBill" if one.at(1) == "BH" else "transport.masterBill"
        put_value(found, path, values.bill(one.at(1, 1)), one.text)


def _edifact_line(one: Segment, line: Line) -> None:
    match one.tag:
        case "IMD":
            line.more("description", f"{one.at(3, 3)} {one.at(3, 4)}".strip(), one)
        case "PIA":
            for place in range(2, len(one.elements) + 1):
                if one.at(place, 1) in ("HS", "TSN", "CC"):
                    line.say("hsCodeHint", one.at(place), one)
                elif one.at(place, 1) == "SA":
                    line.say("sku", one.at(place), one)
        case "QTY" if one.at(1) == "47":
            line.count(one.at(1, 1), one.at(1, 2), one)
        case "ALI":
            line.say("countryOfOrigin", one.at(1), one)
        case "LOC" if one.at(1) == "27":
            line.say("countryOfOrigin", one.at(2), one)
        case "PRI" if one.at(1) in ("AAA", "AAB", "INV"):
            line.say("unitPrice", one.at(1, 1), one)
        case "MOA" if one.at(1) in ("203", "66"):
            line.say("extendedValue", one.at(1, 1), one)


def _x12(invoice: Invoice, found: Findings) -> list[LineRead]:
    lines: list[Line] = []
    who = ""
    block: list[Segment] = []
    for one in invoice.segments:
        if one.tag in ("N2", "N3", "N4") and block:
            block.append(one)
            continue
        if block:
            _x12_party(found, who, block)
            block = []
        match one.tag:
            case "N1":
                who, block = one.at(1), [one]
            case "IT1":
                lines.append(_it1(one, len(lines) + 1))
            case "PID" if lines:
                lines[-1].more("description", one.at(5), one)
            case _:
                _x12_head(one, found)
    return [one.done() for one in lines]


def _x12_head(one: Segment, found: Findings) -> None:
    match one.tag:
        case "BIG":
            put_value(found, "header.invoiceDate", _eight(one.at(1)), one.text)
            put_value(found, "header.invoiceNumber", one.at(2), one.text)
            put_value(found, "header.purchaseOrder", one.at(4), one.text)
        case "CUR":
            put_value(found, "header.currency", one.at(2), one.text)
        case "FOB" if one.at(5):
            terms(found, one.at(5), one.at(7), one)
        case "REF" if one.at(1) in ("BM", "MB"):
            put_value(found, "transport.masterBill", values.bill(one.at(2)), one.text)
        case "TDS":
            amount_of(found, "totals.total", cents(one.at(1)), one)
        case "SAC" if one.at(1) == "C" and one.at(2) in ("D240", "D500", "G821"):
            amount_of(found, "totals.freight", cents(one.at(5)), one)
        case _:
            pass


def _it1(one: Segment, number: int) -> Line:
    line = Line(number)
    line.count(one.at(2), one.at(3), one)
    line.say("unitPrice", one.at(4), one)
    named = {one.at(place): one.at(place + 1) for place in range(6, len(one.elements), 2)}
    line.say("countryOfOrigin", named.get("CH", ""), one)
    line.say("hsCodeHint", named.get("HD", ""), one)
    for kind in ("VP", "VN", "SK", "BP"):
        line.say("sku", named.get(kind, ""), one)
    quantity, price = decimal(one.at(2)), decimal(one.at(4))
    if quantity is not None and price is not None:
        # The 810 has no amount of a line: it is the product of these two by definition.
        line.say("extendedValue", str((quantity * price).quantize(Decimal("0.01"))), one)
    return line


def _x12_party(found: Findings, who: str, block: Sequence[Segment]) -> None:
    address, land = [], ""
    for one in block[1:]:
        if one.tag == "N3":
            address += [one.at(1), one.at(2)]
        elif one.tag == "N4":
            address += [one.at(1), f"{one.at(2)} {one.at(3)}".strip()]
            land = one.at(4)
    party_of(found, "x12", who, block[0].at(2), address, land, block[0])


def _nad(one: Segment) -> tuple[str, list[str], str]:
    """Name, address and country: structured, or the first unstructured line as the name."""
    loose = [one.at(3, at) for at in range(5)]
    name = " ".join(part for part in (one.at(4, at) for at in range(2)) if part)
    street = [one.at(5, at) for at in range(4)]
    rest = loose if name else loose[1:]
    return name or loose[0], [*rest, *street, one.at(6), one.at(7), one.at(8)], one.at(9)


def _eight(text: str) -> str:
    """A date of eight figures; the six of old editions mean this century."""
    return f"20{text}" if len(text) == 6 else text
