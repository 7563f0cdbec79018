"""Where the columns of a table end, what of a row stands in each, and lines over several rows."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence

from ingest.fields import values
from ingest.fields.layout import Cell, Row
from ingest.pages.page import Word

Columns = Sequence[tuple[str, Cell]]
_TABULAR = 3  # cells with a figure
_STEPS = 60
_ROWS = 2  # of a line whose figures stand in its last row
_RUN = 3  # words that stand together
_LETTERS = 3
_SPACE = 0.6  # of the height of letters, between two words of a run
_LINES = 2  # lines from which the way of a table shows
_WIDER = 1.3  # times the step from row to row: a new line of goods


def edges(columns: Columns, body: Sequence[Row], *, grid: bool) -> list[float]:
    """Where one column ends and the next begins: the place that the fewest words cross."""
    if grid:
        return [cell.x1 for _, cell in columns[:-1]]
    tabular, others = _words_of(body)
    cells = [(cell.x0, cell.x1) for row in body if _tabular(row) for cell in row]
    middles = [(word.x0 + word.x1) / 2 for word in tabular]
    found: list[float] = []
    for place, ((_, left), (_, right)) in enumerate(itertools.pairwise(columns)):
        begins = found[-1] if found else 0.0
        ends = columns[place + 2][1].x0 if place + 2 < len(columns) else math.inf
        low, high = left.x0 + 1, right.x1 - 1
        places = []
        for step in range(_STEPS + 1):
            at = low + (high - low) * step / _STEPS
            places.append(
                (
                    sum(1 for word in tabular if word.x0 < at < word.x1),
                    not left.x1 <= at <= right.x0,
                    not _both(middles, begins, at, ends),
                    sum(1 for word in others if word.x0 < at < word.x1),
                    # Words that stand together are of one column.
                    sum(1 for x0, x1 in cells if x0 < at < x1),
                    abs(at - (left.x1 + right.x0) / 2),
                    at,
                )
            )
        found.append(min(places)[-1])
    return found


def _both(middles: Sequence[float], low: float, at: float, high: float) -> bool:
    """Whether an edge leaves words for the column on either side of it."""
    return any(low <= one < at for one in middles) and any(at < one <= high for one in middles)


def _words_of(body: Sequence[Row]) -> tuple[list[Word], list[Word]]:
    """The words that tell of the columns, and the others: prose below runs across them."""
    tabular: list[Word] = []
    others: list[Word] = []
    rows = 0
    for row in body:
        full = _tabular(row)
        rows += full
        (tabular if full else others).extend(word for cell in row for word in cell.words)
    return (tabular, others) if rows > 1 else ([*tabular, *others], [])


def _tabular(row: Row) -> bool:
    return sum(1 for cell in row if any(sign.isdigit() for sign in cell.text)) >= _TABULAR


def split(
    row: Row, columns: Columns, edges: Sequence[float], *, grid: bool
) -> dict[str, tuple[str, Cell]]:
    """What of a row stands in each column: its text, and the cell of these words."""
    found: dict[str, list[Word]] = {}
    for cell in row:
        over, free = (-1, True) if grid else _overflowing(row, cell, columns, edges)
        for word in cell.words:
            middle = (word.x0 + word.x1) / 2
            if grid:
                hit = next((f for f, head in columns if head.x0 <= middle < head.x1), None)
                if hit is None:
                    continue
                found.setdefault(hit, []).append(word)
                continue
            place = sum(1 for edge in edges if middle > edge)
            if place == over + 1 and not free:
                place = over
            found.setdefault(columns[place][0], []).append(word)
    return {
        field: (
            " ".join(word.text for word in words),
            Cell(page=row[0].page, words=tuple(words)),
        )
        for field, words in found.items()
    }


def _overflowing(
    row: Row, cell: Cell, columns: Columns, edges: Sequence[float]
) -> tuple[int, bool]:
    """The column of names whose words reach over its edge; and whether they may not.

    The names of goods go on over a column that is empty beside them, in one run of words and no
    further than the middle of that column's heading; a figure is the column's own.
    """
    place = next((at for at, (field, _) in enumerate(columns) if field == "description"), None)
    if place is None or place >= len(edges) or len(cell.words) < _RUN:
        return -1, True
    begins = edges[place - 1] if place else -math.inf
    edge, head = edges[place], columns[place + 1][1]
    ends = edges[place + 1] if place + 1 < len(edges) else math.inf
    beyond = [word for word in cell.words if (word.x0 + word.x1) / 2 > edge]
    before = [word for word in cell.words if begins <= (word.x0 + word.x1) / 2 <= edge]
    gap = beyond[0].x0 - before[-1].x1 if beyond and before else math.inf
    wordy = any(sum(sign.isalpha() for sign in word.text) >= _LETTERS for word in beyond)
    figured = any(
        re.fullmatch(r"\d[\d.,]*", word.text) and (at == 0 or word.x1 > head.x0)
        for at, word in enumerate(beyond)
    )
    others = [
        one
        for one in row
        if one is not cell
        and edge < (one.x0 + one.x1) / 2 < ends
        and one.y0 < cell.y1
        and one.y1 > cell.y0
    ]
    fits = gap <= cell.height * _SPACE and wordy and not figured and not others
    return (place, False) if fits and cell.x1 < max(ends, head.x1) else (-1, True)


def whole(body: Sequence[Row], columns: Columns, edges: Sequence[float]) -> list[Row]:
    """The rows, those of one line of goods put together where its cells are centred in height.

    There the number of the line stands beside the middle of its words, its figures above it. It
    is so where rows stand in groups, and each group has one number, from 1 upwards.
    """
    groups = _groups(body)
    numbers = [[_number(row, columns, edges) for row in group] for group in groups]
    lines = 0
    for group in numbers:
        if [one for one in group if one is not None] != [lines + 1]:
            break
        lines += 1
    inside = sum(1 for group in numbers[:lines] if group[0] is None)
    if lines == 0 or inside * 2 < lines:
        return list(body)
    made: list[Row] = [[cell for row in group for cell in row] for group in groups[:lines]]
    return made + [row for group in groups[lines:] for row in group]


def gathered(body: Sequence[Row], figured: Callable[[Row], bool]) -> list[Row]:
    """The rows, those of one line put together where its figures stand in its last row.

    Italian and French invoices print the article and its words first, the order and the figures
    below. It is so where rows stand in groups, each with one row of figures, and that its last.
    """
    groups = _groups(body)
    lines = 0
    for group in groups:
        if len(group) < _ROWS or any(map(figured, group[:-1])) or not figured(group[-1]):
            break
        lines += 1
    if lines < _LINES:
        return list(body)
    made: list[Row] = [[cell for row in group for cell in row] for group in groups[:lines]]
    return made + [row for group in groups[lines:] for row in group]


def centred(
    body: Sequence[Row], columns: Columns, edges: Sequence[float], figured: Callable[[Row], bool]
) -> list[Row]:
    """The rows, the words of each line put together where its figures stand beside their middle.

    It is so where the words of the goods stand in groups, each beside one row of figures, and not
    all of them begin with it.
    """
    named = [
        (row, split(row, columns, edges, grid=False).get("description", ("", None))[1])
        for row in body
    ]
    worded = [(row, [cell]) for row, cell in named if cell is not None]
    groups = _groups([words for _, words in worded])
    own: list[list[Row]] = []
    for group in groups:
        rows = [worded.pop(0)[0] for _ in group]
        if sum(map(figured, rows)) != 1:
            break
        own.append(rows)
    if len(own) < _LINES or all(figured(rows[0]) for rows in own):
        return list(body)
    gone = {id(row) for rows in own for row in rows if not figured(row)}
    whole = {
        id(row): [cell for one in rows for cell in one]
        for rows in own
        for row in rows
        if figured(row)
    }
    return [whole.get(id(row), row) for row in body if id(row) not in gone]


def _groups(body: Sequence[Row]) -> list[list[Row]]:
    """Rows that stand closer to each other than to the others."""
    groups: list[list[Row]] = []
    steps = [
        lower[0].y0 - upper[0].y0
        for upper, lower in itertools.pairwise(body)
        if upper[0].page == lower[0].page
    ]
    least = min((one for one in steps if one > 1), default=0.0)
    for row in body:
        above = groups[-1][-1] if groups else None
        near = above is not None and above[0].page == row[0].page
        if above is not None and near and row[0].y0 - above[0].y0 <= least * _WIDER:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _number(row: Row, columns: Columns, edges: Sequence[float]) -> int | None:
    """The number of a line that stands in the row."""
    text, _ = split(row, columns, edges, grid=False).get("lineNumber", ("", None))
    found = values.number(text) if text.strip().rstrip(".").isdigit() else None
    return int(found) if found is not None else None
