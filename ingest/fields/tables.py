"""The table of goods, by what its columns mean: header row, column edges, rows, totals.

A row with a figure begins a line; a row with words alone continues the description above it.
Subtotals, freight and discounts are no goods.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ingest.fields import headings, labels, values
from ingest.fields.found import LIKELY, WEAK, read_off
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Page, Word
from storage.values import Evidence, Value

MOST_LINES = 2000
_SUM_WITHIN = 8  # rows below the goods
_END = re.compile(
    r"(?i)^\s*(sub\s*-?total|grand total|total|say\b|amount in words|we (hereby )?certify|"
    r"payment|bank|freight(?! order)|insurance|discount|declaration|signed|signature|packing|"
    r"remarks?|"
    r"合计|总计|gesamt)\b"
)
_SUMS = frozenset({"totals.total", "totals.subtotal", "totals.freight", "totals.insurance"})
_FIGURES = ("quantity", "unitPrice", "extendedValue")
_ASIDE = re.compile(
    r"(?i)^\W*(?:as per|dated?\b|country of origin|we hereby|buyer|p\.?o\.? ?(?:no|number)|l/c\b|"
    r"in \d+ ?x|proforma|contract no|true and|hs code|batch no|lot no|customer product"
    r"|[^:]{0,30}\b(?:number|no|ref|reference|code|date|item)\b\.?\s*:)"
)
"""Words between the goods that tell of papers and not of goods."""
_UNIT_BEHIND = re.compile(r"^([\d.,'\s]+)\s*([A-Za-z]{2,8})\.?$")


_UNDER: dict[str, tuple[str, Callable[[str], str | None] | None]] = {
    "lines.hsCode": ("hsCodeHint", values.hs_code),
    "lines.origin": ("countryOfOrigin", values.country_in),
}
"""What a label under a line of goods says of it."""


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
    packages: int | None = None  #: what the column of packages adds up to


class _Sheet:
    """A table while it is read: its columns, where they end, and the lines so far."""

    def __init__(self, header: Row, body: Sequence[Row], *, grid: bool) -> None:
        self.columns = headings.columns(header)
        fields = {field for field, _ in self.columns}
        self.counted = "quantity" not in fields and any(
            field == "packages" and re.search(r"(?i)\bunits?\b", cell.text)
            for field, cell in self.columns
        )
        if self.counted:
            # A packing list that counts packages and nothing else.
            self.columns = [("quantity" if f == "packages" else f, c) for f, c in self.columns]
        self.grid = grid
        self.edges = _edges(self.columns, body, grid)
        self.lines: list[LineRead] = []
        self.packs: list[int | None] = []
        self.sum: Row | None = None  #: a row that adds up what stands above it
        self.european = False  #: a dot parts thousands on this page

    def take(self, row: Row, above: Row | None) -> bool:
        """Read one row; False when the goods end with it."""
        cells = _split(row, self.columns, self.edges, self.grid)
        figures = [f for f in _FIGURES if f in cells and _amount(cells[f][0]) is not None]
        if figures and _is_sum(cells, self.lines):
            self.sum = row
            return False
        if figures:
            self._begin(cells, above)
        elif any(labels.field_of(cell.text) for cell in row):
            self._labelled(row)  # a labelled value below the goods, not more of their words
        elif "description" in cells and _ASIDE.match(cells["description"][0]):
            pass
        elif self.lines and "description" in cells and not _own(cells) - {"description", "sku"}:
            self.lines[-1] = _continued(self.lines[-1], *cells["description"])
        elif self.lines and cells and "description" not in cells:
            # Words alone under the figures ("FOB", a place) belong to them; the goods go on.
            return not any(char.isdigit() for text, _ in cells.values() for char in text)
        return len(self.lines) < MOST_LINES

    def _labelled(self, row: Row) -> None:
        """A code or an origin under the goods that it is said of."""
        for cell in row:
            named = labels.field_of(cell.text)
            field, read = _UNDER.get(named[0] if named else "", ("", None))
            if named is None or read is None or not named[1] or not self.lines:
                continue
            value = read(named[1])
            last = self.lines[-1]
            if value and field not in last.values:
                self.lines[-1] = last.model_copy(
                    update={
                        "values": {**last.values, field: value},
                        "evidence": {**last.evidence, field: cell.evidence()},
                        "confidence": {**last.confidence, field: read_off(cell, LIKELY)},
                    }
                )

    def find_sum(self, rows: Sequence[Row], body: Sequence[Row]) -> None:
        """Figures alone some rows below the goods, which add them up: a total without a label."""
        if self.sum is not None or not body or self.grid:
            return
        start = next((at for at, row in enumerate(rows) if row is body[-1]), len(rows))
        for row in rows[start : start + _SUM_WITHIN]:
            if all(_amount(cell.text) is not None for cell in row):
                cells = _split(row, self.columns, self.edges, self.grid)
                if "extendedValue" in cells and _is_sum(cells, self.lines):
                    self.sum = row
                    return

    def _begin(self, cells: dict[str, tuple[str, Cell]], above: Row | None) -> None:
        line = _line(cells, len(self.lines) + 1, european=self.european)
        if above is not None and not self.grid and not _words(line):
            line = _with_name_above(line, above, self.columns, self.edges)
        self.lines.append(_with_unit(line, self.columns))
        packs = "quantity" if self.counted else "packages"
        self.packs.append(_count(cells[packs][0]) if packs in cells else None)


def read(pages: Sequence[Page], rows: Sequence[Row]) -> Table | None:
    """The table of goods, over all pages, or None when there is none."""
    header_at, header = headings.find(rows)
    if header is None:
        return None
    body, foot = _body(rows[header_at + 1 :], len(headings.columns(header)))
    sheet = _Sheet(header, body, grid=pages[0].grid)
    sheet.european = values.european(cell.text for row in rows for cell in row)
    goes_on = {row[0].page for row in rows if _header_again(row, len(sheet.columns))}
    stopped = 0  # the page on which the goods ended, until a later one begins them again
    for at, row in enumerate(body):
        if row[0].page == stopped:
            continue
        if not sheet.take(row, body[at - 1] if at else None):
            if not any(page > row[0].page for page in goes_on):
                break
            stopped, sheet.sum = row[0].page, None
    sheet.find_sum(rows, body)
    kept = [one for one in sheet.lines if one.values.get("description") or one.values.get("sku")]
    if not kept:
        return None
    labelled = foot is not None and re.match(
        r"(?i)\s*(grand |invoice )?total|合计|总计|gesamt", foot[0].text
    )
    total, total_at = _total(
        foot if labelled else sheet.sum, sheet.columns, sheet.edges, sheet.grid
    )
    packs = [one for one in sheet.packs if one]
    return Table(
        lines=tuple(kept),
        total=total,
        total_at=total_at,
        currency=next((c for cell in header if (c := labels.currency_in(cell.text))), None),
        columns=tuple(field for field, _ in sheet.columns),
        packages=sum(packs) if len(packs) == len(sheet.packs) and packs else None,
    )


def _body(rows: Sequence[Row], columns: int) -> tuple[list[Row], Row | None]:
    """The rows of the goods, and the row that ends them.

    Where a later page has the header again, the goods go on below it: what stands between (sums
    carried forward, the foot of the page, the next page's head) is no part of them.
    """
    body: list[Row] = []
    again = [at for at, row in enumerate(rows) if _header_again(row, columns)]
    following: int | None = None  # the header that the goods go on with
    for at, row in enumerate(rows):
        if at in again:
            following = None
            continue
        if following is not None and at < following:
            continue
        coming = next((one for one in again if one > at), None)
        if coming is not None and rows[coming][0].page == row[0].page and _new_page(rows, at):
            following = coming  # this page's own head
            continue
        named = labels.field_of(row[0].text)
        if coming is not None and (_ends(row) or (named is not None and named[0] in _SUMS)):
            following = coming
            continue
        if named is not None and named[0] in _SUMS and body:
            return body, row
        if _ends(row):
            if body or any(values.number(cell.text) is not None for cell in row):
                return body, row
            continue
        body.append(row)
    return body, None


def _header_again(row: Row, columns: int) -> bool:
    found = [labels.column_of(piece.text) for cell in row for piece in headings.parts(cell)]
    return len([one for one in found if one]) >= max(3, columns - 1)


def _new_page(rows: Sequence[Row], at: int) -> bool:
    """Whether a page begins with this row."""
    return at == 0 or rows[at - 1][0].page != rows[at][0].page


def _ends(row: Row) -> bool:
    return bool(_END.match(row[0].text) or _END.match(" ".join(cell.text for cell in row)))


def _count(text: str) -> int | None:
    """The packages of a cell: "1980 unit(s) of 25 KG/BAG" are 1980."""
    found = re.match(r"\s*(\d[\d,]*)\b", text)
    return int(found[1].replace(",", "")) if found else None


def _own(cells: dict[str, tuple[str, Cell]]) -> set[str]:
    """The columns that are about the goods: marks and the like stand beside them."""
    return {field for field in cells if not field.startswith("other")}


def _is_sum(cells: dict[str, tuple[str, Cell]], lines: Sequence[LineRead]) -> bool:
    """Whether a row without goods adds up what stands above it, with or without a label."""
    if not lines or "description" in cells or "sku" in cells:
        return False
    for field in ("extendedValue", "quantity"):
        amounts = [line.values.get(field) for line in lines]
        said = _amount(cells[field][0]) if field in cells else None
        if said is not None and None not in amounts:
            return bool(said == sum(amount for amount in amounts if amount is not None))
    return False


def _words(line: LineRead) -> bool:
    """Whether its description is words and not a number of the article alone."""
    said = line.values.get("description", "")
    return bool(re.search(r"[^\W\d_]{3}", said)) and not said.rstrip().endswith(":")


def _with_name_above(
    line: LineRead, above: Row, columns: Sequence[tuple[str, Cell]], edges: Sequence[float]
) -> LineRead:
    """The goods named on a row of their own before their figures."""
    cells = _split(above, columns, edges, grid=False)
    if "description" not in cells or set(cells) & {*_FIGURES}:
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


def _with_unit(line: LineRead, columns: Sequence[tuple[str, Cell]]) -> LineRead:
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


def _total(
    foot: Row | None, columns: Sequence[tuple[str, Cell]], edges: Sequence[float], grid: bool
) -> tuple[Decimal | None, Cell | None]:
    """The figure of the total row under the amounts."""
    if foot is None:
        return None, None
    cells = _split(foot, columns, edges, grid)
    text, cell = cells.get("extendedValue", ("", None))
    amount = _amount(text)
    return (amount, cell) if amount is not None and cell is not None else (None, None)


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


def _line(cells: dict[str, tuple[str, Cell]], number: int, *, european: bool = False) -> LineRead:
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
