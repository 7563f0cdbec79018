"""One line of goods without a table: certificates, letters and forms that label what it is.

The words are those of column headings, each with its value behind it, beside it or below it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ingest.fields import labels, values
from ingest.fields.found import WEAK
from ingest.fields.layout import Cell, Row, below
from ingest.fields.lineread import LineRead
from storage.values import Evidence

_COUNTED = re.compile(r"^\W*(\d[\d.,'\s]*)\s*([A-Za-z][A-Za-z.]{1,7})?\W*$")
_LONGEST = 300
_MONEY = ("unitPrice", "extendedValue")
_WORTH = ("quantity", "unitPrice", "extendedValue", "countryOfOrigin", "hsCodeHint")


def read(rows: Sequence[Row], *, priced: bool) -> list[LineRead]:
    """The line, or nothing when the goods are not named or nothing else is said of them.

    `priced`: the paper is an invoice; on others a total adds up weights or packages.
    """
    said: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            head, colon, tail = cell.text.replace("：", ":").partition(":")
            field = labels.column_of(head)
            if field is None or field not in _READERS or field in said:
                continue
            if field in _MONEY and not priced:
                continue
            for text, where in _offers(rows, at, place, tail.strip() if colon else ""):
                value = _READERS[field](text)
                if value is None:
                    continue
                said[field], evidence[field] = value, where.evidence(text)
                unit = _COUNTED.match(text) if field == "quantity" else None
                if unit is not None and unit[2]:
                    said["unit"], evidence["unit"] = unit[2].upper(), where.evidence(text)
                break
    # On an invoice such words also stand in headings and terms: something must be said of them.
    if "description" not in said or (priced and not any(field in said for field in _WORTH)):
        return []
    sure = dict.fromkeys(evidence, WEAK)
    return [LineRead(values={**said, "lineNumber": 1}, evidence=evidence, confidence=sure)]


def _offers(rows: Sequence[Row], at: int, place: int, inside: str) -> Iterator[tuple[str, Cell]]:
    """Where the value of a label may stand, the likeliest first."""
    row = rows[at]
    cell = row[place]
    if inside:
        yield inside, cell
        return
    beside = row[place + 1] if place + 1 < len(row) else None
    if beside is not None and not _is_label(beside):
        yield beside.text.lstrip(":： "), beside
    under = below(rows, at, cell)
    if under is not None and not _is_label(under):
        yield under.text, under


def _is_label(cell: Cell) -> bool:
    head = cell.text.partition(":")[0]
    return labels.field_of(cell.text) is not None or labels.column_of(head) is not None


def _goods(text: str) -> str | None:
    kept = " ".join(text.split())
    return kept if len(kept) <= _LONGEST and re.search(r"[^\W\d_]{3}", kept) else None


def _quantity(text: str) -> Decimal | None:
    match = _COUNTED.match(text)
    return values.number(match[1]) if match else None


def _money(text: str) -> Decimal | None:
    return values.number(re.sub(r"(?i)US\$|[$€£¥]|\b[A-Z]{3}\b", " ", text))


_READERS: dict[str, Callable[[str], Any]] = {
    "description": _goods,
    "quantity": _quantity,
    "unitPrice": _money,
    "extendedValue": _money,
    "countryOfOrigin": values.country_in,
    "hsCodeHint": values.hs_code,
}
