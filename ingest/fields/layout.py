"""Words -> rows -> cells: what stands beside, below and in one box with what.

No word is given a meaning here. Ruled lines part cells, and what they enclose is a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ingest.pages.page import Page, Word
from ingest.pages.rules import Rules
from storage.values import Evidence, Value

_SAME_ROW = 0.55  # of a word's height
_CELL_GAP_READ = 1.4
_TOUCHES = 1.5  # points
_MEETS = 6.0  # points: so near a line comes to the side of its box
_INSIDE = 0.5  # of a word's height: so far it may reach over the line of its box
_TALL = 1.8  # times the height of the words beside it: a logo
_CELL_GAP = 0.9  # of a word's height: a wider gap is between two cells


class Frame(Value):
    """The ruled lines around a place, as far as there are any; points from the top left."""

    left: float | None = None
    right: float | None = None
    top: float | None = None
    bottom: float | None = None

    @property
    def closed(self) -> bool:
        """Whether it is a box on all four sides."""
        return None not in (self.left, self.right, self.top, self.bottom)


class Cell(Value):
    """Words that stand together on one row."""

    page: int
    words: tuple[Word, ...]
    frame: Frame | None = None  #: the box that it stands in; None where nothing is ruled

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def x0(self) -> float:
        return min(word.x0 for word in self.words)

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @property
    def y0(self) -> float:
        return min(word.y0 for word in self.words)

    @property
    def y1(self) -> float:
        return max(word.y1 for word in self.words)

    @property
    def height(self) -> float:
        return max(self.y1 - self.y0, 0.1)

    @property
    def sure(self) -> float:
        """How surely the worst of its words was read off a picture; 1 for text."""
        return min(word.sure for word in self.words)

    def evidence(self, text: str | None = None) -> Evidence:
        return Evidence(
            page=self.page, box=(self.x0, self.y0, self.x1, self.y1), text=text or self.text
        )


Row = list[Cell]


class Sheet(NamedTuple):
    """A page and its rows, which are worked out once."""

    page: Page
    rows: list[Row]


def sheets(pages: Sequence[Page]) -> list[Sheet]:
    return [Sheet(page, rows_of(page)) for page in pages]


def rows_of(page: Page) -> list[Row]:
    """The page's cells, row by row, from the top, each row from the left."""
    lines: list[list[Word]] = []
    for word in sorted(page.words, key=lambda one: (one.y0 + one.y1) / 2):
        middle = (word.y0 + word.y1) / 2
        for line in reversed(lines[-3:]):
            first = line[0]
            tall = max(first.y1 - first.y0, word.y1 - word.y0)
            if abs(middle - (first.y0 + first.y1) / 2) < tall * _SAME_ROW:
                line.append(word)
                break
        else:
            lines.append([word])
    return [
        _cells(sorted(one, key=lambda word: word.x0), page)
        for line in lines
        for one in _parted(line)
    ]


def _parted(line: list[Word]) -> list[list[Word]]:
    """A line that a tall word beside it ran together out of two: words stand over each other."""
    low = [word for word in line if word.y1 - word.y0 <= _TALL * min(w.y1 - w.y0 for w in line)]
    tops = sorted(low, key=lambda word: word.y0 + word.y1)
    if len(low) == len(line) or not low:
        return [line]
    upper = [word for word in low if word.y0 < tops[0].y1 - (tops[0].y1 - tops[0].y0) / 2]
    lower = [word for word in low if word not in upper]
    if not any(a.x0 < b.x1 and a.x1 > b.x0 for a in upper for b in lower):
        return [line]
    tall = [word for word in line if word not in low]
    return [upper + tall, lower]


def _cells(line: Sequence[Word], page: Page) -> Row:
    if page.grid:
        return [Cell(page=page.number, words=(word,)) for word in line]
    cells: list[list[Word]] = []
    for word in line:
        tall = max(word.y1 - word.y0, 1.0)
        # What is read off a picture comes in pieces: typewriters leave wide gaps between words.
        gap = _CELL_GAP if word.sure >= 1.0 else _CELL_GAP_READ
        near = bool(cells) and word.x0 - cells[-1][-1].x1 < tall * gap
        if near and not _ruled_apart(cells[-1][-1], word, page.rules):
            cells[-1].append(word)
        else:
            cells.append([word])
    return [
        Cell(page=page.number, words=tuple(words), frame=_frame(words, page.rules))
        for words in cells
    ]


def _ruled_apart(left: Word, right: Word, rules: Rules) -> bool:
    """Whether a line is drawn between two words of a row."""
    middle = (right.y0 + right.y1) / 2
    if left.sure < 1.0:  # where words of a picture begin and end is only known about
        low, high = (left.x0 + 2 * left.x1) / 3, (2 * right.x0 + right.x1) / 3
    else:
        low, high = left.x1 - _TOUCHES, right.x0 + _TOUCHES
    return any(low <= one.at <= high and one.passes(middle) for one in rules.down)


def _frame(words: Sequence[Word], rules: Rules) -> Frame | None:
    if not rules.down and not rules.across:
        return None
    x0, x1 = min(one.x0 for one in words), max(one.x1 for one in words)
    y0, y1 = min(one.y0 for one in words), max(one.y1 for one in words)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    reach = max(_INSIDE * (y1 - y0), _TOUCHES)
    beside = [one.at for one in rules.down if one.passes(y, slack=_TOUCHES)]
    left = max((at for at in beside if at <= x0 + reach), default=None)
    right = min((at for at in beside if at >= x1 - reach), default=None)
    over = [
        one.at
        for one in rules.across
        if one.passes(x, slack=_TOUCHES)
        # What underlines words closes no box.
        and (left is None or one.start <= left + _MEETS)
        and (right is None or one.end >= right - _MEETS)
    ]
    return Frame(
        left=left,
        right=right,
        top=max((at for at in over if at <= y), default=None),
        bottom=min((at for at in over if at > y), default=None),
    )


def same_column(one: Cell, other: Cell) -> bool:
    """Whether one stands over the other between the same lines, as far as there are any."""
    return _between(one, other) or _between(other, one)


def _between(inner: Cell, outer: Cell) -> bool:
    if outer.frame is None:
        return True
    middle = (inner.x0 + inner.x1) / 2
    left, right = outer.frame.left, outer.frame.right
    return (left is None or left < middle) and (right is None or middle < right)


def same_box(one: Cell, other: Cell) -> bool:
    """Whether both stand in one box that is ruled on all sides."""
    return (
        one.page == other.page
        and one.frame is not None
        and one.frame.closed
        and one.frame == other.frame
    )


def below(rows: Sequence[Row], at: int, cell: Cell, *, most_rows: int = 3) -> Cell | None:
    """The nearest cell under this one, if it is close and stands under it."""
    # The cells of a sheet are one wide and one high, and what stands beside is another column's.
    slack = cell.height * 0.5 if cell.height > 1 else 0.0
    for row in rows[at + 1 : at + 1 + most_rows]:
        for other in row:
            if other.page != cell.page:
                return None
            if other.y0 - cell.y1 > cell.height * 2.5:
                return None
            if other.x0 < cell.x1 and other.x1 > cell.x0 - slack and same_column(cell, other):
                return other
    return None
