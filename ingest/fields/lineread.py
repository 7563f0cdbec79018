"""One line of goods: what the cells of its row say, and the rows and headings around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ingest.fields import headings, values
from ingest.fields.found import LIKELY, WEAK, read_off
from ingest.fields.layout import Cell
from storage.values import Evidence, Value

FIGURES = ("quantity", "unitPrice", "extendedValue")
_STYLE = re.compile(
    r"(?i)^\W*(?:style|article|art|item|model)\W*(?:no|nr|number)?\W*(\S*\d\S*)\s+(.+)"
)
_MONEY_IN = re.compile(
    r"(?i)[$€£]|\b(?:USD|EUR|CHF|GBP|JPY|CNY|RMB|INR|TRY|CAD|AUD|HKD|SEK|DKK|NOK|PLN)\b"
)
_UNIT_BEHIND = re.compile(r"^([\d.,'\s]+)\s*([^\W\d_][^\W\d_]{0,7}[²³]?)\.?$")
_UNIT_LETTERS = 12

Cells = Mapping[str, tuple[str, Cell]]
"""What stands under each column in one row."""


class LineRead(Value):
    """One line of goods with what each cell said."""

    values: dict[str, Any]
    evidence: dict[str, Evidence]
    confidence: dict[str, float]


def said_in(field: str, text: str, cell: Cell, *, european: bool) -> Any:
    """What a cell says, read as this field of a line; None when it says no such thing."""
    return line_of({field: (text, cell)}, 1, european=european).values.get(field)


_THREE = re.compile(r"\d{4,6}(?:\.0+)?")  # a figure of which the last three may be decimals
_ARTICLE = re.compile(r"(?=.*\d|.*-.*-)[A-Z0-9]+(?:[-./][A-Z0-9]+)+")
"""The number of an article, whatever letters it has: "HA-CUV10", "KX-LAMP-D"."""


def line_of(cells: Cells, number: int, *, european: bool = False) -> LineRead:
    said: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}
    sure: dict[str, float] = {}

    def put(field: str, value: Any, source: str, confidence: float) -> None:
        if value is not None and value != "":
            said[field], sure[field] = value, read_off(cells[source][1], confidence)
            evidence[field] = cells[source][1].evidence(cells[source][0])

    for field, (text, _) in cells.items():
        match field:
            case "lineNumber":
                stated = values.number(text)
                if stated is not None and stated == int(stated) and 0 < stated < 100_000:
                    put(field, int(stated), field, LIKELY)
            case "description" | "sku":
                put(field, text.strip()[:1000], field, LIKELY)
            case "hsCodeHint":
                put(field, values.hs_code(text), field, LIKELY)
            case "countryOfOrigin":
                put(field, values.country(text), field, LIKELY)
            case "quantity":
                glued = _UNIT_BEHIND.match(text.strip())
                counted = glued[1] if glued else text
                whole = values.grouped(counted) if european else None
                put(field, whole or values.number(counted), field, LIKELY)
                if glued and "unit" not in cells:
                    put("unit", glued[2].upper(), field, LIKELY)
            case "unit":
                put(field, text.strip()[:20].upper(), field, LIKELY)
            case "unitPrice" | "extendedValue":
                put(field, amount_in(text), field, LIKELY)
    said.setdefault("lineNumber", number)
    quantity, price, amount = (said.get(name) for name in FIGURES)
    if quantity is not None and price is not None and amount is not None:
        said["unitPrice"] = price = _by_arithmetic(quantity, price, amount, cells["unitPrice"][0])
        close = values.multiply(quantity, price, amount)
        for name in FIGURES:
            sure[name] = 0.98 if close else WEAK
    return LineRead(values=said, evidence=evidence, confidence=sure)


def _by_arithmetic(quantity: Decimal, price: Decimal, amount: Decimal, text: str) -> Decimal:
    """The price; where "1,385" may be as well 1.385, the one that makes the amount."""
    if values.multiply(quantity, price, amount) or not _THREE.fullmatch(f"{price:f}"):
        return price
    small = price / 1000
    parted = re.search(r"(?<!\d)\d{1,3}[.,]\d{3}(?!\d)", text)
    return small if parted and values.multiply(quantity, small, amount) else price


def continued(line: LineRead, text: str, _cell: Cell) -> LineRead:
    before = line.values.get("description", "")
    if (
        before
        and not has_words(line)
        and "sku" not in line.values
        and re.search(r"[^\W\d_]{3}", text)
    ):
        # The number of the article, and its name under it.
        said = {**line.values, "sku": before, "description": text.strip()[:1000]}
        seen = {**line.evidence, "sku": line.evidence["description"]}
        sure = {**line.confidence, "sku": line.confidence["description"]}
        return line.model_copy(update={"values": said, "evidence": seen, "confidence": sure})
    joined = f"{before} {text.strip()}".strip()[:1000]
    return line.model_copy(
        update={
            "values": {**line.values, "description": joined},
            "confidence": {**line.confidence, "description": LIKELY},
        }
    )


def has_words(line: LineRead) -> bool:
    """Whether its description is words and not a number of the article alone."""
    said = line.values.get("description", "")
    if _ARTICLE.fullmatch(said.strip()):
        return False
    return bool(re.search(r"[^\W\d_]{3}", said)) and not said.rstrip().endswith(":")


def with_name_above(line: LineRead, cells: dict[str, tuple[str, Cell]]) -> LineRead:
    """The goods named on a row of their own before their figures."""
    if "description" not in cells or set(cells) & {*FIGURES}:
        return line
    text, cell = cells["description"]
    article = line.values.get("description")
    text = re.sub(r"(?i)^\s*(?:item|line|pos)\s*(?:no)?\W*\d*\s+", "", text)
    said = {**line.values, "description": text.strip()[:1000]}
    if article and not article.rstrip().endswith(":") and "sku" not in said:
        said["sku"] = article
    return line.model_copy(
        update={
            "values": said,
            "evidence": {**line.evidence, "description": cell.evidence(text)},
            "confidence": {**line.confidence, "description": WEAK},
        }
    )


def with_unit(line: LineRead, columns: Sequence[tuple[str, Cell]]) -> LineRead:
    """The unit that only the heading of the quantities names: "QNTY IN PCS"."""
    if line.values.get("unit") or "quantity" not in line.values:
        return line
    for heading in ("quantity", "unitPrice"):
        cell = next((cell for field, cell in columns if field == heading), None)
        unit = headings.unit_in(cell.text) if cell is not None else None
        if unit is not None and cell is not None:
            return line.model_copy(
                update={
                    "values": {**line.values, "unit": unit},
                    "evidence": {**line.evidence, "unit": cell.evidence()},
                    "confidence": {**line.confidence, "unit": LIKELY},
                }
            )
    return line


def banded(line: LineRead, band: Cell | None) -> LineRead:
    """The line with the goods that the row above its colours and sizes names."""
    if band is None or line.values.get("description"):
        return line
    style = _STYLE.match(band.text)
    said = {"description": (style[2] if style else band.text).strip()[:1000]}
    if style and "sku" not in line.values:
        said["sku"] = style[1]
    return line.model_copy(
        update={
            "values": {**line.values, **said},
            "evidence": {**line.evidence, **dict.fromkeys(said, band.evidence())},
            "confidence": {**line.confidence, **dict.fromkeys(said, LIKELY)},
        }
    )


_TERMS = re.compile(r"(?i)\bincoterms?\b")  # with their year: "(INCOTERMS 2020)"


def is_figure(text: str, field: str) -> bool:
    """Whether a cell holds a figure with its unit and currency, and not one among words."""
    if _TERMS.search(text) or (field == "quantity" and _MONEY_IN.search(text)):
        return False
    words = re.findall(r"[^\W\d_]+", text)
    return amount_in(text) is not None and (len(words) <= 2 or len("".join(words)) <= _UNIT_LETTERS)


def amount_in(text: str) -> Decimal | None:
    return values.number(re.sub(r"(?i)US\$|HK\$|[$€£¥]|\b[A-Z]{2,4}\b", " ", text))
