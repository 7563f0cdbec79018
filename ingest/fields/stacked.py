"""Labels that a form prints in ways of its own: over two rows, or for two values at once.

"Peso bruto / Gross" over "weight" over "11.642,0 kg"; "Invoice No. & date" over or beside both of
them; boxes to tick. What is a heading of a table of goods is told apart here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.fields import headings, labels, values
from ingest.fields.found import LIKELY, SURE, WEAK
from ingest.fields.layout import Cell, Row, below

Said = tuple[str, str, Cell, float]
"""A field, the words that stand for it, where they stand, and how sure that is."""
_DATED = re.compile(r"(?i)\b(?:dates?|datum|fecha|data|tarih\w*|dated|일자|日期)\b")
_BOTH = re.compile(r"(?i)\b(?:and|&|y|et|und|e|/|,)\b|[&/,]|\bno\W+date\b|및")
_TICKED = re.compile(
    r"^\s*(?:[\u2611\u2612\u2713\u2714\u2717\u2718\u25a0\u25a3\u25fc\u22a0\u2327\u5188\u56d7\u56de]"
    r"|\[\s*[xX✓*]\s*\]|\(\s*[xX]\s*\)|[xX](?=\s))\s*"
)
_OPEN = re.compile(r"^\s*(?:[\u25a1\u2610\u25a2\u25cb\u25ef\u53e3]|\[\s*\]|\(\s*\))\s*")
_TERM = re.compile(
    r"(?i)^(?:c\s?[&+]\s?f|c\.?\s?i\.?\s?f|f\.?\s?o\.?\s?b|ex\s?-?works|exw|fca|cfr|cpt|cip|dap"
    r"|ddp|fas)\.?$"
)


def read(rows: Sequence[Row]) -> Iterator[Said]:
    """What such labels say, the likeliest first."""
    yield from _ticked(rows)
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            named = labels.field_of(cell.text)
            if named is None or not named[1]:
                yield from _stacked(rows, at, cell, named[0] if named else None)
            if named is None:
                continue
            if named[0] == "header.invoiceNumber" and _two(cell.text):
                yield from _number_and_date(rows, at, place, named[1])


def in_heading(row: Row) -> bool:
    """Whether the row heads a table of goods: its words name columns, not boxes of the form."""
    named = [headings.heading_of(cell.text) for cell in row]
    fields = {one for one in named if one}
    goods = {"description", "quantity", "unitPrice", "extendedValue"} & fields
    return len(fields) >= 3 and bool(goods)


def _ticked(rows: Sequence[Row]) -> Iterator[Said]:
    """The term of delivery that is ticked among several."""
    ticked: list[tuple[str, Cell]] = []
    boxes = 0
    for row in rows:
        for cell in row:
            for mark, yes in ((_TICKED, True), (_OPEN, False)):
                match = mark.match(cell.text)
                if match and _TERM.match(term := cell.text[match.end() :].strip()):
                    boxes += 1
                    if yes:
                        ticked.append((re.sub(r"(?i)ex\s?-?works", "EXW", term), cell))
                    break
    if boxes > 1 and len(ticked) == 1:
        term, cell = ticked[0]
        yield "header.incoterms", re.sub(r"\.(?=[A-Za-z])|\.$", "", term), cell, SURE + 0.01


def is_column(rows: Sequence[Row], at: int, cell: Cell) -> bool:
    """Whether several figures stand under a cell: then it heads a column, not a box."""
    figures: list[str] = []
    last = cell
    for row in rows[at + 1 : at + 14]:
        for one in row:
            if one.page != cell.page or not (one.x0 < cell.x1 and one.x1 > cell.x0):
                continue
            if one.y0 - last.y1 > cell.height * 2.5 or (figures and labels.column_of(one.text)):
                return len(figures) > 1
            last = one
            if re.fullmatch(r"\W*\d[\d.,']*\s*\D{0,12}", one.text):
                figures.append(one.text)
            elif figures and labels.field_of(one.text):
                return len(figures) > 1
    return len(figures) > 1


def _stacked(rows: Sequence[Row], at: int, cell: Cell, alone: str | None) -> Iterator[Said]:
    """A label over two rows, its value under or beside it.

    `alone`: the field that its first row names by itself.
    """
    head = re.sub(r"^\W*\d{1,2}[.)]?\s*", "", cell.text)
    if len(head) > 45 or re.search(r"\d", head) or cell.height <= 1 or ":" in head:
        return
    under = next(
        (
            one
            for row in rows[at + 1 : at + 3]
            for one in row
            if one.page == cell.page
            and 0 <= one.y0 - cell.y0 < cell.height * 2
            and (abs(one.x0 - cell.x0) < 3 or abs((one.x0 + one.x1) - (cell.x0 + cell.x1)) < 6)
        ),
        None,
    )
    if under is None or len(under.text) > 45 or under.text.count(":") > 1:
        return
    if re.search(r"\d", under.text) and ":" not in under.text:
        return
    named = labels.field_of(f"{cell.text} {under.text}")
    if alone is not None and (named is None or named[0] != alone):
        return
    if named is None or named[0].startswith(("parties.", "lines.")) or named[0] == "ignore":
        return
    line = next(row for row in rows[at + 1 :] if under in row)
    place = rows.index(line, at)
    if named[1]:
        yield named[0], named[1], under, LIKELY
        return
    if _two(f"{cell.text} {under.text}") and named[0] == "header.invoiceNumber":
        yield from _number_and_date(rows, place, line.index(under), "")
        return
    if named[0].startswith("totals.") and (in_heading(rows[at]) or is_column(rows, place, under)):
        return
    value = below(rows, place, under)
    if value is not None and not labels.field_of(value.text):
        yield named[0], value.text, value, LIKELY


def _two(label: str) -> bool:
    return bool(_DATED.search(label) and _BOTH.search(label))


def _number_and_date(rows: Sequence[Row], at: int, place: int, inside: str) -> Iterator[Said]:
    """A number and a date in one box, in either order, beside or above each other."""
    cell = rows[at][place]
    right = rows[at][place + 1].x0 if place + 1 < len(rows[at]) else 1e9
    pieces: list[tuple[str, Cell]] = [(inside, cell)] if inside else []
    first = None
    for lower in rows[at + 1 : at + 4]:
        for one in lower:
            if one.page != cell.page or not cell.x0 - cell.height <= one.x0 < right - 1:
                continue
            near = cell.height * ((2.5 if first else 5) if cell.height > 1 else 1.5)
            if one.y0 - (first or cell).y1 > near or labels.field_of(one.text):
                continue
            first = first or one
            pieces.append((one.text, one))
        if len(pieces) > 1:
            break
    number = date = False
    for text, where in pieces:
        # "14.03.2025 2025-10447" in one cell: the number is what the date leaves.
        dated = values.day(text)
        rest = _without_date(text)
        if dated and not date:
            date = True
            yield "header.invoiceDate", text, where, WEAK if dated.unsure else LIKELY
        if rest and not number and values.reference(rest):
            number = True
            yield "header.invoiceNumber", rest, where, LIKELY


_ANY_DATE = re.compile(
    r"(?i)(?:\b(?:dated|date|dt|dtd|of|vom|del|du)\b[.:]?\s*)?"
    r"(?:\b\d{1,2}(?:st|nd|rd|th)?[-/. ]+[a-zéûä]{3,10}[-/., ]+\d{2,4}\b"
    r"|\b[a-z]{3,10}\.?\s*\d{1,2}(?:st|nd|rd|th)?\s*[,.]?\s*\d{4}\b"
    r"|\b\d{1,2}([-/.])\d{1,2}\1\d{2,4}\b|\b\d{4}([-/.])\d{1,2}\2\d{1,2}\b)"
)


def _without_date(text: str) -> str:
    return _ANY_DATE.sub(" ", text).strip(" ,;:-/")
