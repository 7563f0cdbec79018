"""Tables drawn with lines in which one box stands beside several lines of goods.

"STAINLESS FLASK" in a box as tall as its three colours names the goods of all three; a weight in
such a box is that of all three together, and is counted once.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.fields.layout import Cell, Frame, Row

Columns = Sequence[tuple[str, Cell]]

_WORDS = frozenset({"description", "sku", "countryOfOrigin", "hsCodeHint", "unit"})
"""What a tall box says of every line beside it."""
_FEWEST = 2  # lines beside one box, and lines of such a table


def rows(body: Sequence[Row], columns: Columns) -> list[Row]:
    """A row for each counted line, with all boxes beside it; as they were where none is taller."""
    placed = [
        (cell, cell.frame, field)
        for row in body
        for cell in row
        if cell.frame is not None and cell.frame.closed
        if (field := _field(cell.frame, columns))
    ]
    lines = sorted(
        {
            (cell.page, frame.top or 0.0, frame.bottom or 0.0)
            for cell, frame, f in placed
            if f == "quantity"
        }
    )
    named = [(cell, frame) for cell, frame, field in placed if field == "description"]
    tall = any(
        sum(_beside(line, cell, frame) for line in lines) >= _FEWEST for cell, frame in named
    )
    if len(lines) < _FEWEST or not tall:
        return list(body)
    used: set[int] = set()
    made: list[Row] = []
    for line in lines:
        row: Row = []
        for cell, frame, field in placed:
            if _beside(line, cell, frame) and (field in _WORDS or id(cell) not in used):
                used.add(id(cell))
                row.append(cell)
        made.append(sorted(row, key=lambda one: (one.frame.left if one.frame else 0.0, one.y0)))
    rest = [[cell for cell in row if id(cell) not in used] for row in body]
    return made + [row for row in rest if row]


def _beside(line: tuple[int, float, float], cell: Cell, frame: Frame) -> bool:
    page, top, bottom = line
    return cell.page == page and (frame.top or 0.0) <= (top + bottom) / 2 <= (frame.bottom or 0.0)


def _field(frame: Frame, columns: Columns) -> str | None:
    """The column whose heading stands between the sides of a box."""
    for field, head in columns:
        if (frame.left or 0.0) <= (head.x0 + head.x1) / 2 <= (frame.right or 0.0):
            return field
    return None
