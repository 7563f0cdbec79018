"""Which column of a line holds the quantity that its price is for: arithmetic decides.

A table may count cartons, sets and pieces; the one that makes the amount at the price is the
line's quantity. A price may be for a hundred pieces, and a discount may stand in a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ingest.fields import headings, values
from ingest.fields.found import read_off
from ingest.fields.layout import Cell
from ingest.fields.lineread import LineRead

_FIGURES = ("quantity", "unitPrice", "extendedValue")
_PROVEN = 0.98
_COUNTS = ("quantity", "packages")


def counted(
    line: LineRead, cells: Mapping[str, tuple[str, Cell]], columns: Sequence[tuple[str, Cell]]
) -> LineRead:
    """The line with the quantity that makes its amount, where exactly one column does."""
    price, amount = line.values.get("unitPrice"), line.values.get("extendedValue")
    if not price or not amount:
        return line
    price = _net(price, cells)
    stated = line.values.get("quantity")
    if stated is not None and values.multiply(stated, price, amount):
        return _sure(line)
    fitting: list[tuple[str, Decimal]] = []
    for field, (text, _) in cells.items():
        if field not in _COUNTS and not field.startswith("other"):
            continue
        count = values.number(text)
        if count is not None and count > 0 and values.multiply(count, price, amount):
            fitting.append((field, count))
    if len(fitting) != 1 or fitting[0][0] == "quantity":
        return line
    field, count = fitting[0]
    cell = cells[field][1]
    said = {**line.values, "quantity": count}
    seen = {**line.evidence, "quantity": cell.evidence()}
    sure = {**line.confidence, "quantity": read_off(cell, _PROVEN)}
    heading = next(head for name, head in columns if name == field)
    if "unit" not in cells:
        unit = headings.unit_in(heading.text)
        for one in (said, seen, sure):
            one.pop("unit", None)
        if unit:
            said["unit"], seen["unit"], sure["unit"] = unit, heading.evidence(), _PROVEN
    return _sure(line.model_copy(update={"values": said, "evidence": seen, "confidence": sure}))


def makes(line: LineRead, cells: Mapping[str, tuple[str, Cell]]) -> bool:
    """Whether the line's quantity at its price makes its amount."""
    quantity, price, amount = (line.values.get(field) for field in _FIGURES)
    if not quantity or not price or not amount:
        return False
    return values.multiply(quantity, _net(price, cells), amount)


def _net(price: Decimal, cells: Mapping[str, tuple[str, Cell]]) -> Decimal:
    """The price of one, with what a column takes off."""
    per = values.number(cells["pricePer"][0]) if "pricePer" in cells else None
    if per is not None and per > 0:
        price = price / per
    less = values.number(cells["discount"][0]) if "discount" in cells else None
    if less is not None and 0 < less < 100:
        price = price * (100 - less) / 100
    return price


def _sure(line: LineRead) -> LineRead:
    return line.model_copy(
        update={"confidence": {**line.confidence, **dict.fromkeys(_FIGURES, _PROVEN)}}
    )
