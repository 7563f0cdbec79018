"""The table of goods, by what its columns mean: header row, column edges, rows, totals.

A row with a figure begins a line; a row with words alone continues the description above it.
Subtotals, freight and discounts are no goods.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, WEAK
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Page, Word
from storage.values import Evidence, Value

MOST_LINES = 2000
_END = re.compile(
    r"(?i)^\s*(sub\s*-?total|grand total|total|say\b|amount in words|we (hereby )?certify|"
    r"payment|bank|freight|insurance|discount|declaration|signed|signature|packing|remarks?|"
    r"合计|总计|gesamt)\b"
)
_FIGURES = ("quantity", "unitPrice", "extendedValue")
_UNIT_BEHIND = re.compile(r"^([\d.,'\s]+)\s*([A-Za-z]{2,8})\.?$")


class LineRead(Value):
    """One line of goods with what each cell said."""

    values: dict[str, Any]
    evidence: dict[str, Evidence]
    confidence: dict[str, float]


class Table(Value):
    """The lines of a document and what its header told about all of them."""

    lines: tuple[LineRead, ...]
    total: Decimal | None = None  #: what the table's own total row says
    total_at: Cell | None = None
    currency: str | None = None
    columns: tuple[str, ...] = ()


def read(pages: Sequence[Page], rows: Sequence[Row]) -> Table | None:
    """The table of goods, over all pages, or None when there is none."""
    header_at, header = _header(rows)
    if header is None:
        return None
    grid = pages[0].grid
    columns = _columns(header)
    coin = next((c for cell in header if (c := labels.currency_in(cell.text))), None)
    lines: list[LineRead] = []
    body: list[Row] = []
    foot: Row | None = None
    for row in rows[header_at + 1 :]:
        again = [labels.column_of(piece.text) for cell in row for piece in _headings(cell)]
        if len([one for one in again if one]) >= max(3, len(columns) - 1):
            continue  # the header once more on the next page
        if _END.match(row[0].text) or _END.match(" ".join(cell.text for cell in row)):
            if any(values.number(cell.text) is not None for cell in row) or body:
                foot = row
                break
            continue
        body.append(row)
    edges = _edges(columns, body, grid)
    for at, row in enumerate(body):
        cells = _split(row, columns, edges, grid)
        if not cells:
            continue
        if any(field in cells and _amount(cells[field][0]) is not None for field in _FIGURES):
            line = _line(cells, len(lines) + 1)
            if not _words(line) and at and not grid:
                line = _with_name_above(line, body[at - 1], columns, edges)
            lines.append(_with_unit(line, columns))
        elif lines and set(cells) <= {"description", "sku"} and "description" in cells:
            lines[-1] = _continued(lines[-1], *cells["description"])
        elif lines and "description" not in cells:
            break
        if len(lines) >= MOST_LINES:
            break
    kept = [line for line in lines if line.values.get("description") or line.values.get("sku")]
    if not kept:
        return None
    total, total_at = _total(foot, columns, edges, grid)
    return Table(
        lines=tuple(kept),
        total=total,
        total_at=total_at,
        currency=coin,
        columns=tuple(field for field, _ in columns),
    )


def _words(line: LineRead) -> bool:
    """Whether its description is words and not a number of the article alone."""
    return bool(re.search(r"[^\W\d_]{3}", line.values.get("description", "")))


def _with_name_above(
    line: LineRead, above: Row, columns: Sequence[tuple[str, Cell]], edges: Sequence[float]
) -> LineRead:
    """The goods named on a row of their own before their figures."""
    cells = _split(above, columns, edges, grid=False)
    if "description" not in cells or set(cells) & {*_FIGURES}:
        return line
    text, cell = cells["description"]
    article = line.values.get("description")
    said = {**line.values, "description": text.strip()[:1000]}
    if article and "sku" not in said:
        said["sku"] = article
    return line.model_copy(
        update={
            "values": said,
            "evidence": {**line.evidence, "description": cell.evidence(text)},
            "confidence": {**line.confidence, "description": WEAK},
        }
    )


def _with_unit(line: LineRead, columns: Sequence[tuple[str, Cell]]) -> LineRead:
    """The unit that only the heading of the quantities names: "QNTY IN PCS"."""
    if line.values.get("unit") or "quantity" not in line.values:
        return line
    for heading in ("quantity", "unitPrice"):
        cell = next((cell for field, cell in columns if field == heading), None)
        unit = labels.unit_in(cell.text) if cell is not None else None
        if unit is not None and cell is not None:
            return line.model_copy(
                update={
                    "values": {**line.values, "unit": unit},
                    "evidence": {**line.evidence, "unit": cell.evidence()},
                    "confidence": {**line.confidence, "unit": LIKELY},
                }
            )
    return line


def _columns(header: Row) -> list[tuple[str, Cell]]:
    """Every cell of the heading with its field; what names none keeps its own words to itself."""
    found: list[tuple[str, Cell]] = []
    taken: set[str] = set()
    for at, cell in enumerate(header):
        field = labels.heading_of(cell.text)
        if field is None or (field in taken and field != "extendedValue"):
            field = f"other{at}"
        elif field in taken:
            # Two columns of money: the last is the line's value.
            found = [(f"other{at}x" if name == field else name, one) for name, one in found]
        taken.add(field)
        found.append((field, cell))
    return found


def _total(
    foot: Row | None, columns: Sequence[tuple[str, Cell]], edges: Sequence[float], grid: bool
) -> tuple[Decimal | None, Cell | None]:
    """The figure of the total row under the amounts."""
    if foot is None or not re.match(
        r"(?i)\s*(grand |invoice )?total|合计|总计|gesamt", foot[0].text
    ):
        return None, None
    cells = _split(foot, columns, edges, grid)
    text, cell = cells.get("extendedValue", ("", None))
    amount = _amount(text)
    return (amount, cell) if amount is not None and cell is not None else (None, None)


def _header(rows: Sequence[Row]) -> tuple[int, Row | None]:
    """Where the heading ends, and its cells: of one row, or of those that stand with it."""
    best: tuple[float, int] = (0.0, -1)
    for at, printed in enumerate(rows):
        row = [piece for cell in printed for piece in _headings(cell)]
        named = [labels.heading_of(cell.text) for cell in row]
        fields = {one for one in named if one}
        goods = "description" in fields or "sku" in fields
        figures = fields & {*_FIGURES, "grossWeight", "netWeight", "packages"}
        exact = sum(1 for cell in row if labels.column_of(cell.text))
        score = len(fields) + 0.3 * exact - 0.2 * named.count(None)
        if goods and figures and len(fields) > 2 and exact and score > best[0]:
            best = (score, at)
    at = best[1]
    if at < 0:
        return -1, None
    first, last = at, at
    while first > 0 and at - first < 2 and _together([rows[first - 1], rows[first]]):
        first -= 1
    while last + 1 < len(rows) and last - at < 3 and _together([rows[last], rows[last + 1]]):
        last += 1
    band = rows[first : last + 1]
    if len(band) == 1:
        return at, [piece for cell in band[0] for piece in _headings(cell)]
    return last, _stacked([[p for cell in row for p in _headings(cell)] for row in band])


def _together(band: Sequence[Row]) -> bool:
    """Rows of one heading: close to each other, short, and without figures."""
    for upper, lower in itertools.pairwise(band):
        gap = min(cell.y0 for cell in lower) - max(cell.y1 for cell in upper)
        same = upper[0].page == lower[0].page
        if not same or gap > 0.8 * max(cell.height for cell in (*upper, *lower)):
            return False
    words = [cell.text for row in band for cell in row]
    if any(re.search(r"\d{2,}|:", text) or len(text) > 60 for text in words):
        return False
    # A row of goods stands under its headings too: but its words name no column.
    return all(
        sum(1 for cell in row if _heading_word(cell.text)) * 2 >= len(row) for row in band
    )


_WORDS_OF_HEADINGS = frozenset(
    {"price", "usd", "eur", "pcs", "packs", "qty", "no", "number", "packaging", "pieces", "carton"}
    | {"unit", "amount", "in usd", "pcs / usd", "kgs", "kg", "value", "per pcs", "total", "us$", "$"}
    | {"cartons", "code", "manufacture", "pc", "set", "sets", "cbm", "weight", "mt", "m3", "each"}
)


def _heading_word(text: str) -> bool:
    plain = labels.plain(labels.unbracketed(text) or text.strip("()"))
    return plain in _WORDS_OF_HEADINGS or labels.heading_of(text) is not None


def _stacked(band: Sequence[Row]) -> Row:
    """The cells of several heading rows, put together by what stands above what."""
    columns: list[list[Word]] = []
    cells = sorted((cell for row in band for cell in row), key=lambda cell: cell.x1 - cell.x0)
    for cell in cells:
        over = [
            words
            for words in columns
            if min(cell.x1, _right(words)) - max(cell.x0, _left(words)) > 0
        ]
        if len(over) < 2:
            (over[0] if over else columns.append([]) or columns[-1]).extend(cell.words)
            continue
        for word in cell.words:
            middle = (word.x0 + word.x1) / 2
            min(over, key=lambda words: abs((_left(words) + _right(words)) / 2 - middle)).append(word)
    page = band[0][0].page
    made = [
        Cell(page=page, words=tuple(sorted(words, key=lambda one: (round(one.y0 / 3), one.x0))))
        for words in columns
    ]
    return sorted(made, key=lambda cell: min(word.x0 for word in cell.words))


def _left(words: Sequence[Word]) -> float:
    return min(word.x0 for word in words)


def _right(words: Sequence[Word]) -> float:
    return max(word.x1 for word in words)


def _headings(cell: Cell) -> list[Cell]:
    """A header cell, or the several that stand so close that they look like one: "Qty Unit"."""
    if labels.column_of(cell.text) or len(cell.words) == 1:
        return [cell]
    found: list[Cell] = []
    at = 0
    while at < len(cell.words):
        for end in range(len(cell.words), at, -1):
            piece = Cell(page=cell.page, words=cell.words[at:end])
            if labels.column_of(piece.text):
                found.append(piece)
                at = end
                break
        else:
            return [cell]  # a word that is no heading: this is prose
    return found


def _edges(columns: Sequence[tuple[str, Cell]], body: Sequence[Row], grid: bool) -> list[float]:
    """Where one column ends and the next begins: the place that the fewest words cross."""
    if grid:
        return [cell.x1 for _, cell in columns[:-1]]
    words = [word for row in body for cell in row for word in cell.words]
    edges = []
    for (_, left), (_, right) in itertools.pairwise(columns):
        low, high = left.x0 + 1, right.x1 - 1
        steps = [low + (high - low) * step / 60 for step in range(61)]
        crossings = [sum(1 for word in words if word.x0 < at < word.x1) for at in steps]
        inside = [
            (count, abs(at - (left.x1 + right.x0) / 2), at)
            for count, at in zip(crossings, steps, strict=True)
        ]
        edges.append(min(inside)[2])
    return edges


def _split(
    row: Row, columns: Sequence[tuple[str, Cell]], edges: Sequence[float], grid: bool
) -> dict[str, tuple[str, Cell]]:
    found: dict[str, list[Word]] = {}
    for cell in row:
        for word in cell.words:
            middle = (word.x0 + word.x1) / 2
            if grid:
                hit = next((f for f, head in columns if head.x0 <= middle < head.x1), None)
                if hit is None:
                    continue
                found.setdefault(hit, []).append(word)
                continue
            place = sum(1 for edge in edges if middle > edge)
            found.setdefault(columns[place][0], []).append(word)
    return {
        field: (
            " ".join(word.text for word in words),
            Cell(page=row[0].page, words=tuple(words)),
        )
        for field, words in found.items()
    }


def _line(cells: dict[str, tuple[str, Cell]], number: int) -> LineRead:
    said: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}
    sure: dict[str, float] = {}

    def put(field: str, value: Any, source: str, confidence: float) -> None:
        if value is not None and value != "":
            said[field], sure[field] = value, confidence
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
                put(field, values.number(glued[1] if glued else text), field, LIKELY)
                if glued and "unit" not in cells:
                    put("unit", glued[2].upper(), field, LIKELY)
            case "unit":
                put(field, text.strip()[:20].upper(), field, LIKELY)
            case "unitPrice" | "extendedValue":
                put(field, _amount(text), field, LIKELY)
    said.setdefault("lineNumber", number)
    quantity, price, amount = (said.get(name) for name in _FIGURES)
    if quantity is not None and price is not None and amount is not None:
        close = abs(quantity * price - amount) <= max(
            Decimal("0.01"), abs(amount) * Decimal("0.001")
        )
        for name in _FIGURES:
            sure[name] = 0.98 if close else WEAK
    return LineRead(values=said, evidence=evidence, confidence=sure)


def _continued(line: LineRead, text: str, _cell: Cell) -> LineRead:
    before = line.values.get("description", "")
    joined = f"{before} {text.strip()}".strip()[:1000]
    return line.model_copy(
        update={
            "values": {**line.values, "description": joined},
            "confidence": {**line.confidence, "description": LIKELY},
        }
    )


def _amount(text: str) -> Decimal | None:
    return values.number(re.sub(r"(?i)US\$|HK\$|[$€£¥]|\b[A-Z]{2,4}\b", " ", text))
