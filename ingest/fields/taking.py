"""What a field takes as its value: the words that stand for it, as the type that it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ingest.fields import letterhead, ships, values, weighed
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell

_Typed = Callable[[str], Any]

_MONEY = frozenset({"totals.total", "totals.subtotal", "totals.freight", "totals.insurance"})
_WEIGHTS = frozenset({"totals.grossWeightKg", "totals.netWeightKg"})
_COUNTED = re.compile(
    r"(?i)\d\W*(?:c/?tns?|cartons?|packages?|pkgs?|pallets?|plts?|bags?|boxes|cases|crates|drums"
    r"|bales|rolls"
    r"|pcs|pieces|sets?|units?|kgs?|lbs?|cbm|m3|mt|tons?|kolli|colli|bultos|cajas)\b"
)
_NUMBERS = frozenset(
    {"totals.grossWeightKg", "totals.netWeightKg", "totals.total", "totals.subtotal"}
    | {"totals.freight", "totals.insurance"}
)
_MOST_WORDS_OF_A_NUMBER = 6
PLACES = frozenset(
    {"transport.portOfLoading", "transport.portOfDischarge", "transport.placeOfDelivery"}
    | {"transport.finalDestination"}
)
DAYS = frozenset(
    {"transport.eta", "transport.etd", "transport.lastFreeDay"}
    | {"header.invoiceDate", "header.exportDate"}
)

_TOWN = r"(?:[^\W\d][^\d,:]{2,25},\s*)?(?:den\s|le\s|the\s)?"
DATED = re.compile(
    rf"{_TOWN}(?:\d{{1,2}}(?:st|nd|rd|th)?[-/. ]*[A-Za-zéûä]{{3,10}}[-/., ]+\d{{4}}"
    r"|[A-Z][A-Za-z]{2,9}\.? \d{1,2}, ?\d{4}|\d{4} \d{2} \d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    r"|\d{4}-\d{2}-\d{2})"
)


def takes(field: str) -> bool:
    """Whether `take` knows how values of this field look."""
    return field in _READERS or field in _SPECIAL


def take(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    """Add the value of a field from the words that stand for it; False when they are none."""
    if field in _SPECIAL:
        return _SPECIAL[field](field, text, cell, sure, found)
    if field in _NUMBERS and len(text.split()) > _MOST_WORDS_OF_A_NUMBER:
        return False  # a sentence with a figure in it
    if field in _MONEY and _COUNTED.search(text):
        return False  # what is counted is no amount: "TOTAL: 575 CTNS"
    if field == "header.invoiceNumber" and DATED.fullmatch(text.strip()):
        return False  # "Invoice No. and date" stands over the date first
    value = _READERS[field](text)
    if field in _WEIGHTS:
        value = _weight(field, text, found)
    if value is None:
        return False
    if isinstance(value, values.DateRead):
        if value.unsure:
            value = values.turned(value) if found.day_first else value
            sure = WEAK
            found.flag(
                "ambiguous_date", field, "review", f"“{text[:40]}”: day and month could be swapped."
            )
        value = value.value
    found.add(field, value, sure, cell, text)
    if field == "header.invoiceNumber" and (dated := values.day(_rest(text))):
        found.add("header.invoiceDate", dated.value, WEAK if dated.unsure else sure, cell, text)
    if field == "totals.packages" and (kind := _PACKAGE_KIND.match(text)):
        found.add("totals.packageUnit", kind[1].casefold(), sure, cell, text)
    if field.startswith("totals.") and (coin := values.currency(text)):
        found.add("totals.currency", coin, sure, cell, text)
    return True


def _weight(field: str, text: str, found: Findings) -> Decimal | None:
    """The kilograms that the words say of this weight."""
    if re.match(r"\s*\d{1,2}[.)]\s*[A-Za-z]{4}", text) or values.day(text) is not None:
        return None  # the number of a box and its label, or a date: "10. Number and date"
    if weighed.of_the_other(field, text):
        return None  # "Weight" stands before both of them
    return values.weight_kg(text, european=found.european)


def _boxes(field: str, text: str, cell: Cell, _sure: float, found: Findings) -> bool:
    boxes = values.containers(text)
    for box in boxes:
        container(box, cell, found)
    for box in values.container_shapes(text):
        if box not in boxes:
            container(box, cell, found, sure=WEAK)
            found.flag(
                "check_digit",
                field,
                "review",
                f"Container {box}: its check digit is wrong (ISO 6346); please compare.",
            )
    return bool(found.get("transport.containers"))


def _seals(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    seals = [
        one
        for one in re.findall(r"\b[A-Z0-9]{5,15}\b", text.upper())
        if any(c.isdigit() for c in one)
    ]
    if seals and found.get(field) is None:
        found.add(field, tuple(dict.fromkeys(seals)), sure, cell, text)
    return bool(seals)


def _both_dates(_field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    """Departure and arrival in one value: "16-JAN-19/ 25-JAN-19"."""
    parts = [one for one in re.split(r"\s*/\s+|\s+/\s*|(?<=\d)/(?=\d{1,2}-[A-Za-z])", text) if one]
    if len(parts) != 2:
        return False
    for path, part in zip(("transport.etd", "transport.eta"), parts, strict=True):
        if dated := values.day(part):
            found.add(path, dated.value, WEAK if dated.unsure else sure, cell, text)
    return True


def _vessel(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    ship = ships.of_a_carrier(text) if field == "transport.carrier" else ships.read(text)
    if ship is None and (flight := ships.flight(text)):
        found.add("transport.voyage", flight, sure, cell, text)
        return True
    if ship is None or letterhead.is_firm(text):
        return False
    if field == "transport.carrier":
        sure = min(sure, LIKELY)
    found.add("transport.vessel", ship.name, sure, cell, text)
    found.add("transport.voyage", ship.voyage, sure, cell, text)
    return True


def _voyage(field: str, text: str, cell: Cell, sure: float, found: Findings) -> bool:
    voyage = ships.voyage(text)
    found.add(field, voyage, sure, cell, text)
    return voyage is not None


def container(box: str, cell: Cell, found: Findings, *, sure: float = 0.97) -> None:
    there = found.get("transport.containers") or ()
    if box not in there:
        # With a right check digit it is a container number whatever stands beside it.
        found.by_path.pop("transport.containers", None)
        found.add("transport.containers", (*there, box), sure, cell)


def _rest(text: str) -> str:
    return text.partition(" ")[2]


def name(text: str) -> str | None:
    kept = " ".join(text.split()).strip(" ,;:-")
    return kept[:80] if re.search(r"[^\W\d]{3}", kept) else None


def _whole(text: str) -> int | None:
    amount = values.number(re.sub(r"[A-Za-z]+\.?", " ", text))
    return int(amount) if amount is not None and amount == int(amount) and amount >= 0 else None


def _packages(text: str) -> int | None:
    """How many packages: "1 Wooden Crate - 6 pieces" is one."""
    first = re.match(r"\s*(\d[\d,]*)\s*(?:[A-Za-z(]|$)", text)
    return int(first[1].replace(",", "")) if first else _whole(text)


_PACKAGE_KIND = re.compile(
    r"\s*\d[\d,]*\s*(pallets?|pa?lts?|skids?|cartons?|ctns?|boxes|cases|crates?|bales?|bags?|drums?"
    r"|rolls?|packages?|pkgs?)\b",
    re.IGNORECASE,
)


def _scac(text: str) -> str | None:
    code = text.strip().split()[0] if text.strip() else ""
    return code if re.fullmatch(r"[A-Z]{4}", code) else None


def amount(text: str) -> Any:
    bare = re.sub(r"(?i)[a-z$€£.]{0,4}\$|\b[A-Z]{3}\b|[€£]", " ", text)
    return values.number(bare)


_READERS: dict[str, _Typed] = {
    "header.invoiceNumber": values.reference,
    "header.invoiceDate": values.day,
    "header.currency": values.currency,
    "header.incoterms": values.incoterm,
    "header.paymentTerms": name,
    "header.purchaseOrder": values.reference,
    "header.exportDate": values.day,
    "transport.masterBill": values.bill,
    "transport.houseBill": values.bill,
    "transport.portOfLoading": name,
    "transport.portOfDischarge": name,
    "transport.placeOfDelivery": name,
    "transport.finalDestination": name,
    "transport.etd": values.day,
    "transport.eta": values.day,
    "transport.freeTimeDays": _whole,
    "transport.lastFreeDay": values.day,
    "transport.scac": _scac,
    "totals.subtotal": amount,
    "totals.freight": amount,
    "totals.insurance": amount,
    "totals.total": amount,
    "totals.packages": _packages,
    "totals.grossWeightKg": values.weight_kg,
    "totals.netWeightKg": values.weight_kg,
}
_SPECIAL: dict[str, Callable[[str, str, Cell, float, Findings], bool]] = {
    "transport.containers": _boxes,
    "transport.seals": _seals,
    "transport.vessel": _vessel,
    "transport.carrier": _vessel,
    "transport.voyage": _voyage,
    "transport.eta+etd": _both_dates,
}
