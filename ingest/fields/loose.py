"""Values that need no label: a term with its place, numbers of waybills and flights, a route."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields import labels, ships, taking, values
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

_AWB = re.compile(r"\d{3}-\s?\d{8}")
_FLIGHT = re.compile(r"(?i)flight(?: no\.?)? (?=\w{2})(.{2,20})")
_FROM_TO = re.compile(
    r"^\W*(?P<from>(?:shipment\s+)?from\W+)?(?P<a>[A-Z][A-Z ,.()]{2,28}?)\s+(?:TO|-->)\s+"
    r"(?P<b>[A-Z][A-Z ,.()]{2,40})$"
)


def read(rows: Sequence[Row], found: Findings) -> None:
    """Add what stands on the page by itself."""
    _terms(rows, found)
    _route(rows, found)
    _waybill(rows, found)
    _flight(rows, found)
    _free_time(rows, found)


def _terms(rows: Sequence[Row], found: Findings) -> None:
    """Values that need no label: an Incoterm with its place, the statement of a currency."""
    for at, row in enumerate(rows):
        for cell in row:
            text = cell.text
            if found.get("header.incoterms") is None and (term := values.incoterm(text)) in (
                values.INCOTERMS
            ):
                found.add("header.incoterms", _with_place(term, rows, at, cell), WEAK, cell)
            if found.get("header.incoterms") is None and re.search(
                rf"\b({'|'.join(values.INCOTERMS)})\s+[A-Z][A-Za-z]+", values.undotted(text)
            ):
                found.add("header.incoterms", values.incoterm(text), WEAK, cell)
            coin = labels.currency_in(text) if labels.column_of(text) else None
            if coin and found.get("header.currency") is None:
                found.add("header.currency", coin, LIKELY, cell)


def _waybill(rows: Sequence[Row], found: Findings) -> None:
    """The number of an air waybill, alone in a cell: "176-84512290"."""
    for row in rows:
        for cell in row:
            if _AWB.fullmatch(cell.text) and found.get("transport.masterBill") is None:
                found.add("transport.masterBill", values.bill(cell.text), WEAK, cell)


def _flight(rows: Sequence[Row], found: Findings) -> None:
    """A flight behind its label in one cell, without a colon: "Flight EK / 176"."""
    for row in rows:
        for cell in row:
            match = _FLIGHT.match(cell.text)
            if match and (flight := ships.flight(match[1])):
                found.add("transport.voyage", flight, WEAK, cell)


def _with_place(term: str, rows: Sequence[Row], at: int, cell: Cell) -> str:
    """A term alone in a column, its place under it: "C.I.F." / "HAZIRA PORT" / "INDIA"."""
    words, last = [term], cell
    for lower in rows[at + 1 : at + 4]:
        if any(one.x1 < cell.x0 and one.text.rstrip().endswith((":", "：")) for one in lower):
            break  # the value of a label of its own
        for one in lower:
            under = one.page == cell.page and one.x0 < cell.x1 + 12 and one.x1 > cell.x0 - 12
            if (
                under
                and one.y0 - last.y1 < cell.height
                and re.fullmatch(r"[^\W\d][^\d:]{2,30}", one.text)
            ):
                words.append(one.text.strip(" .,"))
                last = one
    return " ".join(words)


def _route(rows: Sequence[Row], found: Findings) -> None:
    """A voyage in one cell below or beside the ship: "JEBEL ALI TO HAZIRA PORT, INDIA"."""
    ship = found.by_path.get("transport.vessel")
    for row in rows:
        for cell in row:
            match = _FROM_TO.match(cell.text)
            if match is None or cell.page != (ship.evidence.page if ship else cell.page):
                continue
            near = ship is not None and abs(cell.y0 - ship.evidence.box[3]) < 3 * cell.height
            if near or match["from"]:
                found.add("transport.portOfLoading", taking.name(match["a"]), WEAK, cell)
                found.add("transport.portOfDischarge", taking.name(match["b"]), WEAK, cell)


def _free_time(rows: Sequence[Row], found: Findings) -> None:
    """Free days stated in the terms: "Free Days FCL - 5 Days (NON-DG)"."""
    if found.get("transport.freeTimeDays") is not None:
        return
    for row in rows:
        line = " ".join(cell.text for cell in row)
        if re.search(r"(?i)\bfree\s*(?:days|time|period)\b", line) and len(line) < 160:
            days = re.search(r"(?i)\b(\d{1,2})\s*(?:calendar |working |free )?days\b", line)
            if days and int(days[1]) > 0:
                found.add("transport.freeTimeDays", int(days[1]), WEAK, row[0], line)
                return
