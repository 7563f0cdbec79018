"""The heading of a table of goods: where it stands, over how many rows, and what its columns mean.

Headings are printed over up to five rows, two in one cell, or one word under the other; what
names no column still keeps its own words to itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from ingest.fields import labels
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Word

_FIGURES = ("quantity", "unitPrice", "extendedValue")
# What a heading says when its words are no known label as a whole: tried in this order.
_HEADINGS: tuple[tuple[str, str], ...] = (
    (
        "packages",
        r"ctns?|cartons?|bales|carton qty|no of (?:pkgs?|packages|cartons|units|box)|packaging",
    ),
    ("grossWeight", r"gross|brutto|gr wt|g w"),
    ("netWeight", r"nett?o? ?(?:weight|wt)|n wt|n w"),
    ("measure", r"cbm|volume|measurement|meas"),
    ("unitPrice", r"unit ?price|price per|u ?price|piece price|unit value|einzelpreis|rate|price"),
    ("extendedValue", r"amount|total value|total price|ext price|gesamtpreis|value|betrag|importe"),
    ("hsCodeHint", r"h ?t?s ?(?:code|no|number)|hts|tariff|commodity code|country ?code"),
    ("countryOfOrigin", r"origin|orig|manufacture|mfr"),
    ("unit", r"unit of (?:measure|qty|quantity)|u ?/ ?m|uom|mengeneinheit"),
    ("quantity", r"q'?ty|qnty|quantity|quantities|menge|cantidad|pcs"),
    ("description", r"description|designation|commodity|product|goods|bezeichnung|particulars"),
    ("sku", r"(?:article|style|part|item code|model|sku|material|art) ?(?:no|number|code|#)?"),
)
_LONGEST_HEADING = 38
_MARKED = re.compile(r"(?:cartons?|ctns?|cases?|packages?|pkgs?|c / ?) ?(?:nos?|number|#|mark)")
"""Which cartons, not how many: "Carton No."."""
_ITEM = re.compile(r"(?i)^\W*items?\W*$")
_NO_QUANTITY = re.compile(r"\b(packs|sets? per|per)\b")
_CARTONS = re.compile(r"\((?:ctns?|cartons?)\)", re.IGNORECASE)
_UNITS_IN = {
    "PCS": "pcs|pieces|pc|stk|stuck",
    "SET": "sets|set",
    "KG": "kgs|kg",
    "MT": "mt|m t",
    "PRS": "pairs|prs",
    "DOZ": "doz|dozen",
    "MTR": "mtr",
    "YDS": "yds",
    "UNITS": "units",
}


def heading_of(text: str) -> str | None:
    """The column of a heading whose words may stand over several rows: "UNIT PRICE PER PCS"."""
    if found := labels.column_of(text):
        return found
    if _CARTONS.search(text):
        return "packages"
    wanted = labels.plain(labels.unbracketed(text)) or labels.plain(text)
    if _MARKED.match(wanted):
        return None
    if len(wanted) > _LONGEST_HEADING:
        return None
    for field, pattern in _HEADINGS:
        if re.search(rf"\b(?:{pattern})\b", wanted) and not (
            field == "quantity" and _NO_QUANTITY.search(wanted)
        ):
            return field
    return None


def unit_in(text: str) -> str | None:
    """The unit that a heading names: "QUANTITY (PCS)"."""
    wanted = labels.plain(text)
    found = (unit for unit, names in _UNITS_IN.items() if re.search(rf"\b(?:{names})\b", wanted))
    return next(found, None)


def find(rows: Sequence[Row]) -> tuple[int, Row | None]:
    """Where the heading ends, and its cells: of one row, or of those that stand with it."""
    best: tuple[float, int, int] = (0.0, -1, -1)
    for at in range(len(rows)):
        for last in (at, at + 1):
            if last >= len(rows) or (last > at and not _together(rows[at : last + 1])):
                continue
            score = _score(_heading(rows[at : last + 1])) - 0.5 * (last - at)
            if score > best[0]:
                best = (score, at, last)
    _, first, last = best
    if first < 0:
        return -1, None
    for _ in range(2):
        if first > 0 and _together(rows[first - 1 : first + 1]):
            first -= 1
        if last + 1 < len(rows) and _together(rows[last : last + 2]):
            last += 1
    return last, _heading(rows[first : last + 1])


def _heading(band: Sequence[Row]) -> Row:
    pieces = [[piece for cell in row for piece in parts(cell)] for row in band]
    return pieces[0] if len(pieces) == 1 else _stacked(pieces)


def _score(row: Row) -> float:
    """How much these cells look like the heading of a table of goods; 0 when they do not."""
    named = [heading_of(cell.text) for cell in row]
    fields = {one for one in named if one}
    goods = bool(fields & {"description", "sku"}) or any(_ITEM.match(cell.text) for cell in row)
    figures = fields & {*_FIGURES, "grossWeight", "netWeight", "packages"}
    exact = sum(1 for cell in row if labels.column_of(cell.text))
    if not goods or not figures or len(fields) < 3 or not exact:
        return 0.0
    return len(fields) + 0.3 * exact - 0.2 * named.count(None)


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
        sum(1 for cell in row if _heading_word(cell.text)) * 5 >= len(row) * 2 for row in band
    )


_WORDS_OF_HEADINGS = frozenset(
    {"price", "usd", "eur", "pcs", "packs", "qty", "no", "number", "packaging", "pieces"}
    | {"unit", "amount", "in usd", "pcs / usd", "kgs", "kg", "value", "per pcs", "total", "us$"}
    | {"carton", "cartons", "code", "manufacture", "pc", "set", "sets", "cbm", "weight", "mt"}
    | {"m3", "each", "$", "in us$", "in eur", "in m t", "m t", "in mt", "in pcs", "in kgs", "in kg"}
)


def _heading_word(text: str) -> bool:
    plain = labels.plain(labels.unbracketed(text) or text.strip("()"))
    return plain in _WORDS_OF_HEADINGS or heading_of(text) is not None


def _stacked(band: Sequence[Row]) -> Row:
    """The cells of several heading rows, put together by what stands above what."""
    stacked: list[list[Word]] = []
    cells = sorted((cell for row in band for cell in row), key=lambda cell: cell.x1 - cell.x0)
    for cell in cells:
        over = [
            words
            for words in stacked
            if min(cell.x1, _right(words)) - max(cell.x0, _left(words)) > 0
        ]
        if not over:
            stacked.append(list(cell.words))
        elif len(over) == 1:
            over[0].extend(cell.words)
        else:
            for word in cell.words:
                _nearest(over, (word.x0 + word.x1) / 2).append(word)
    page = band[0][0].page
    made = [
        Cell(page=page, words=tuple(sorted(words, key=lambda one: (round(one.y0 / 3), one.x0))))
        for words in stacked
    ]
    return sorted(made, key=lambda cell: min(word.x0 for word in cell.words))


def _nearest(columns: Sequence[list[Word]], middle: float) -> list[Word]:
    return min(columns, key=lambda words: abs((_left(words) + _right(words)) / 2 - middle))


def _left(words: Sequence[Word]) -> float:
    return min(word.x0 for word in words)


def _right(words: Sequence[Word]) -> float:
    return max(word.x1 for word in words)


def parts(cell: Cell) -> list[Cell]:
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


def columns(header: Row) -> list[tuple[str, Cell]]:
    """Every cell of the heading with its field; what names none keeps its own words to itself."""
    found: list[tuple[str, Cell]] = []
    taken: set[str] = set()
    for at, cell in enumerate(header):
        field = heading_of(cell.text)
        if field is None or (field in taken and field != "extendedValue"):
            field = f"other{at}"
        elif field in taken:
            # Two columns of money: the last is the line's value.
            found = [(f"other{at}x" if name == field else name, one) for name, one in found]
        taken.add(field)
        found.append((field, cell))
    if not taken & {"description", "sku"}:
        # "Item" over the names of goods, as accounting programs head it.
        found = [
            ("description" if name == "lineNumber" and _ITEM.match(one.text) else name, one)
            for name, one in found
        ]
    return found
