"""The single values of a document: a label, and its value in the cell, beside it or below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, SURE, WEAK, Findings
from ingest.fields.layout import Cell, Row, below

_Typed = Callable[[str], Any]


def read(rows: Sequence[Row], found: Findings) -> None:
    """Find every labelled value that is no party and no line."""
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = labels.field_of(cell.text)
            if named is None:
                continue
            field, inside = named
            if field.startswith(("parties.", "lines.")) or field == "ignore":
                continue
            for text, where, sure in _offers(rows, at, row, place, inside):
                if _take(field, text, where, sure, found):
                    break
    for row in rows:
        for cell in row:
            for box in values.containers(cell.text):
                _container(box, cell, found)
    _loose(rows, found)


def _offers(
    rows: Sequence[Row], at: int, row: Row, place: int, inside: str
) -> list[tuple[str, Cell, float]]:
    """Where the value of a label may stand, the likeliest first."""
    cell = row[place]
    offers: list[tuple[str, Cell, float]] = []
    if inside:
        offers.append((inside, cell, SURE))
        return offers
    beside = row[place + 1] if place + 1 < len(row) else None
    under = below(rows, at, cell)
    if beside is not None and labels.field_of(beside.text) is None:
        text = beside.text.lstrip(": ：")
        offers.append((text, beside, SURE if cell.text.rstrip().endswith(":") else LIKELY))
    if under is not None and labels.field_of(under.text) is None:
        offers.append((under.text, under, LIKELY if beside is None or offers == [] else WEAK))
    return offers


def _take(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    if field == "transport.containers":
        boxes = values.containers(text)
        for box in boxes:
            _container(box, cell, found)
        return bool(boxes)
    if field == "transport.seals":
        seals = [
            one
            for one in re.findall(r"\b[A-Z0-9]{5,15}\b", text.upper())
            if any(c.isdigit() for c in one)
        ]
        if seals and found.get(field) is None:
            found.add(field, tuple(dict.fromkeys(seals)), sure, cell, text)
        return bool(seals)
    if field in ("transport.vessel", "transport.voyage"):
        return _vessel(field, text, cell, sure, found)
    value = _READERS[field](text)
    if value is None:
        return False
    if isinstance(value, values.DateRead):
        if value.unsure:
            sure = WEAK
            found.flag(
                "ambiguous_date", field, "review", f"“{text[:40]}”: day and month could be swapped."
            )
        value = value.value
    found.add(field, value, sure, cell, text)
    if field == "header.invoiceNumber" and (dated := values.day(_rest(text))):
        found.add("header.invoiceDate", dated.value, WEAK if dated.unsure else sure, cell, text)
    if field.startswith("totals.") and (coin := values.currency(text)):
        found.add("totals.currency", coin, sure, cell, text)
    return True


def _vessel(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    if field == "transport.voyage":
        voyage = text.split(maxsplit=1)[0].upper() if text.split() else ""
        if not re.fullmatch(r"[A-Z0-9\-]{2,12}", voyage) or not any(c.isdigit() for c in voyage):
            return False
        found.add(field, voyage, sure, cell, text)
        return True
    name, _, rest = re.sub(r"(?i)\bV(?:OY)?\.?\s*(?=\d)", "/ ", text).partition("/")
    name = name.strip(" .-").upper()
    if len(name) < 3 or not re.search(r"[A-Z]{3}", name):
        return False
    found.add(field, name, sure, cell, text)
    voyage = rest.strip(" /.").split()[0].upper() if rest.strip(" /.") else ""
    if re.fullmatch(r"[A-Z0-9\-]{2,12}", voyage):
        found.add("transport.voyage", voyage, sure, cell, text)
    return True


def _container(box: str, cell: Cell, found: Findings) -> None:
    there = found.get("transport.containers") or ()
    if box not in there:
        # The check digit is right: it is a container number whatever stands beside it.
        found.by_path.pop("transport.containers", None)
        found.add("transport.containers", (*there, box), 0.97, cell)


def _loose(rows: Sequence[Row], found: Findings) -> None:
    """Values that need no label: an Incoterm with its place, the statement of a currency."""
    for row in rows:
        for cell in row:
            text = cell.text
            if found.get("header.incoterms") is None and re.search(
                rf"\b({'|'.join(values.INCOTERMS)})\s+[A-Z][A-Za-z]+", text
            ):
                found.add("header.incoterms", values.incoterm(text), WEAK, cell)
            coin = labels.currency_in(text) if labels.column_of(text) else None
            if coin and found.get("header.currency") is None:
                found.add("header.currency", coin, LIKELY, cell)


def _rest(text: str) -> str:
    return text.partition(" ")[2]


def _name(text: str) -> str | None:
    kept = " ".join(text.split()).strip(" ,;:-")
    return kept[:80] if re.search(r"[^\W\d]{3}", kept) else None


def _whole(text: str) -> int | None:
    amount = values.number(re.sub(r"[A-Za-z]+\.?", " ", text))
    return int(amount) if amount is not None and amount == int(amount) and amount >= 0 else None


def _scac(text: str) -> str | None:
    code = text.strip().split()[0] if text.strip() else ""
    return code if re.fullmatch(r"[A-Z]{4}", code) else None


def _amount(text: str) -> Any:
    bare = re.sub(r"(?i)[a-z$€£.]{0,4}\$|\b[A-Z]{3}\b|[€£]", " ", text)
    return values.number(bare)


_READERS: dict[str, _Typed] = {
    "header.invoiceNumber": values.reference,
    "header.invoiceDate": values.day,
    "header.currency": values.currency,
    "header.incoterms": values.incoterm,
    "header.paymentTerms": _name,
    "header.purchaseOrder": values.reference,
    "header.exportDate": values.day,
    "transport.masterBill": values.bill,
    "transport.houseBill": values.bill,
    "transport.portOfLoading": _name,
    "transport.portOfDischarge": _name,
    "transport.placeOfDelivery": _name,
    "transport.etd": values.day,
    "transport.eta": values.day,
    "transport.freeTimeDays": _whole,
    "transport.lastFreeDay": values.day,
    "transport.scac": _scac,
    "totals.subtotal": _amount,
    "totals.freight": _amount,
    "totals.insurance": _amount,
    "totals.total": _amount,
    "totals.packages": _whole,
    "totals.grossWeightKg": values.weight_kg,
    "totals.netWeightKg": values.weight_kg,
}
