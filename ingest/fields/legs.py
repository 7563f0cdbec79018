"""The legs of a voyage in a table: ships under one heading, one under the other.

A label's value is the first thing under it; of legs the last one arrives. The ship is the one
that brings the goods there, unless the paper calls it a feeder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ingest.fields import boxes, values
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

_NAMES = {
    "from": re.compile(r"(?i)(?:from|pol|load(?:ing)? port|port of loading|origin|desde)\b"),
    "to": re.compile(r"(?i)(?:to|pod|discharge port|port of discharge|destination|hasta)\b"),
    "ship": re.compile(r"(?i)(?:(?:ocean )?vessel|ship|vessel name|buque|navire|schiff|船名)\b"),
    "voyage": re.compile(r"(?i)(?:voy(?:age)?|viaje|reise)\b"),
    "etd": re.compile(r"(?i)(?:etd|departure|est\.? departure|sailing|salida)\b"),
    "eta": re.compile(r"(?i)(?:eta|arrival|est\.? arrival|llegada|ankunft)\b"),
}
_ON_LAND = re.compile(r"(?i)\b(?:feeder|barge|truck|rail|road|train)\b")
_CLOSE = 2.6  # heights of a row to the next leg
_MOST = 6


def read(rows: Sequence[Row], found: Findings) -> None:
    """Put the arrival of the last leg and its ship into `found`."""
    for at, row in enumerate(rows):
        columns = _columns(row)
        if {"ship", "eta"} <= set(columns):
            legs = _legs(rows[at + 1 :], columns)
            if len(legs) > 1:
                _put(legs, found)
                return


def _columns(row: Row) -> dict[str, Cell]:
    """The heading of each column; "Vessel / Voyage" is one of the ship."""
    made: dict[str, Cell] = {}
    for cell in row:
        name = next((name for name, look in _NAMES.items() if look.match(cell.text)), None)
        if name and len(cell.text) < 40:
            made.setdefault(name, cell)
    return made


def _legs(rows: Sequence[Row], columns: Mapping[str, Cell]) -> list[tuple[Row, dict[str, Cell]]]:
    """The rows that have a ship and a day of arrival under their headings."""
    legs: list[tuple[Row, dict[str, Cell]]] = []
    last = columns["ship"]
    for row in rows:
        if row[0].page != last.page or row[0].y0 - last.y1 > last.height * _CLOSE:
            break
        leg = {name: one for name, head in columns.items() if (one := _under(head, row))}
        if "ship" not in leg or "eta" not in leg or _day(leg["eta"]) is None:
            break
        legs.append((row, leg))
        last = leg["ship"]
        if len(legs) == _MOST:
            break
    return legs


def _under(head: Cell, row: Row) -> Cell | None:
    return next((one for one in row if one.x0 < head.x1 and one.x1 > head.x0), None)


def _day(cell: Cell) -> date | None:
    read_here = values.day(cell.text)
    return read_here.value if read_here and not read_here.unsure else None


def _put(legs: Sequence[tuple[Row, dict[str, Cell]]], found: Findings) -> None:
    _, first = legs[0]
    _, last = legs[-1]
    _instead("transport.eta", _day(last["eta"]), last["eta"], found)
    if "etd" in first and (left := _day(first["etd"])):
        _instead("transport.etd", left, first["etd"], found)
    at_sea = [leg for row, leg in legs if not any(_ON_LAND.search(cell.text) for cell in row)]
    main = (at_sea or [last])[-1]
    ship = Findings()
    both = "voyage" not in main
    boxes.ship(main["ship"].text, main["ship"], LIKELY, ship, both=both)
    if ship.get("transport.vessel"):
        for path in ("transport.vessel", "transport.voyage"):
            found.by_path.pop(path, None)
        found.by_path |= ship.by_path
        if not both and re.search(r"\d", main["voyage"].text):
            found.add("transport.voyage", main["voyage"].text.upper(), LIKELY, main["voyage"])
    for path, leg, name in (
        ("transport.portOfLoading", first, "from"),
        ("transport.portOfDischarge", last, "to"),
    ):
        if name in leg and found.get(path) is None:
            found.add(path, leg[name].text, WEAK, leg[name])


def _instead(path: str, value: date | None, cell: Cell, found: Findings) -> None:
    """In place of what the first row under the heading seemed to say."""
    found.by_path.pop(path, None)
    found.add(path, value, LIKELY, cell)
