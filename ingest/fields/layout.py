"""Words -> rows -> cells: what stands beside and below what. No word is given a meaning here."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.pages.page import Page, Word
from storage.values import Evidence, Value

_SAME_ROW = 0.55  # of a word's height
_CELL_GAP_READ = 1.4
_CELL_GAP = 0.9  # of a word's height: a wider gap is between two cells


class Cell(Value):
    """Words that stand together on one row."""

    page: int
    words: tuple[Word, ...]

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
    return [_cells(sorted(line, key=lambda one: one.x0), page) for line in lines]


def _cells(line: Sequence[Word], page: Page) -> Row:
    if page.grid:
        return [Cell(page=page.number, words=(word,)) for word in line]
    cells: list[list[Word]] = []
    for word in line:
        tall = max(word.y1 - word.y0, 1.0)
        # What is read off a picture comes in pieces: typewriters leave wide gaps between words.
        gap = _CELL_GAP if word.sure >= 1.0 else _CELL_GAP_READ
        if cells and word.x0 - cells[-1][-1].x1 < tall * gap:
            cells[-1].append(word)
        else:
            cells.append([word])
    return [Cell(page=page.number, words=tuple(words)) for words in cells]


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
            if other.x0 < cell.x1 and other.x1 > cell.x0 - slack:
                return other
    return None
