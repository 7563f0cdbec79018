"""What the columns of packages and weights of a table add up to: the document's own totals.

A total row says it; without one the lines add up, which is less sure. What a column says of one
package ("kg per carton") adds up to nothing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from ingest.fields import values, weighed
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row
from storage.values import Evidence, Value

Cells = Mapping[str, tuple[str, Cell]]
"""What stands under each column in one row."""

PATHS = {
    "packages": "totals.packages",
    "grossWeight": "totals.grossWeightKg",
    "netWeight": "totals.netWeightKg",
}
_OF_ONE = re.compile(
    r"(?i)(?:\bper\b|[/@])\s*(?:ctn|carton|case|box|pkg|package|pcs?|piece|unit|bag|pallet)s?\b"
    r"|\beach\b"
)
_POUNDS = re.compile(r"(?i)\b(?:lbs?|pounds?)\b")
_A_KIND = re.compile(rf"(?i){weighed.KIND}\W*")
_UNIT = re.compile(r"[A-Za-z]")
_MOST_WORDS = 3  # of a figure with its unit


class Sum(Value):
    """One column's total: packages, or kilograms."""

    amount: Decimal
    confidence: float
    at: Cell


def of_columns(
    columns: Sequence[tuple[str, Cell]], lines: Sequence[Cells], total: Cells
) -> dict[str, Sum]:
    """The totals by column; `total` is what stands in the total row, empty where there is none."""
    found: dict[str, Sum] = {}
    for field, heading in columns:
        if field not in PATHS:
            continue
        said = _figure(field, heading, total[field][0]) if field in total else None
        if said is not None:
            found[field] = Sum(amount=said, confidence=LIKELY, at=total[field][1])
            continue
        each = [_figure(field, heading, row[field][0]) for row in lines if field in row]
        amounts = [one for one in each if one is not None]
        # The weights of a column that its own total row leaves out may be those of one package.
        adds_up = field == "packages" or not total
        if adds_up and lines and len(amounts) == len(lines) and not _OF_ONE.search(heading.text):
            last = lines[-1][field][1]
            found[field] = Sum(amount=sum(amounts, Decimal(0)), confidence=WEAK, at=last)
    return found


def beside(columns: Sequence[tuple[str, Cell]], body: Sequence[Row]) -> dict[str, Sum]:
    """The packages that stand once beside all the goods, their kind below: "186", "CARTONS"."""
    heading = next((cell for field, cell in columns if field == "packages"), None)
    if heading is None:
        return {}
    said = [c for row in body for c in row if c.x0 < heading.x1 and heading.x0 < c.x1]
    for count, kind in itertools.pairwise(said):
        if re.fullmatch(r"\d[\d,]*", count.text) and _A_KIND.fullmatch(kind.text):
            amount = Decimal(count.text.replace(",", ""))
            return {"packages": Sum(amount=amount, confidence=LIKELY, at=count)}
    return {}


def put(sums: Mapping[str, Sum], goods: Sequence[Cell], found: Findings) -> None:
    """Add the totals; what was taken for one but stands in a row of goods is one line's.

    `goods`: where each line stands.
    """
    for field, path in PATHS.items():
        taken = found.by_path.get(path)
        if taken is not None and any(_in_row(taken.evidence, one) for one in goods):
            found.by_path.pop(path)
        if field in sums:
            one = sums[field]
            amount = int(one.amount) if field == "packages" else one.amount
            found.add(path, amount, one.confidence, one.at)


def _in_row(seen: Evidence, line: Cell) -> bool:
    middle = (seen.box[1] + seen.box[3]) / 2
    return line.page == seen.page and line.y0 <= middle <= line.y1


def _figure(field: str, heading: Cell, text: str) -> Decimal | None:
    if len(text.split()) > _MOST_WORDS:
        return None
    if field == "packages":
        match = re.match(r"\s*(\d[\d,]*)\b(?![.,/\-])", text)
        return Decimal(match[1].replace(",", "")) if match else None
    if not _UNIT.search(text):
        text += " lbs" if _POUNDS.search(heading.text) else ""
        text += " MT" if values.TONNES.search(heading.text) else ""
    return values.weight_kg(text)
