"""The boxes of a form drawn with lines: what stands in each, and what its first words name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.fields import labels
from ingest.fields.layout import Cell, Frame, Row
from storage.values import Value

_MOST_ROWS = 12  # of a box that holds one thing
_WIDEST = 0.9  # of the page's width: such a box is a frame around others
_LONGEST_LABEL = 80

Key = tuple[int, Frame]
"""The page and the lines around."""


class Box(Value):
    """What stands in one box, row by row; by what it says itself that it is."""

    page: int
    frame: Frame
    lines: tuple[Cell, ...]
    labels: tuple[str, ...]  #: the fields that its first words name, in their order
    inside: str  #: what follows the label in its own row
    rest: tuple[Cell, ...]  #: the rows below it


def of(rows: Sequence[Row]) -> Mapping[Key, Box]:
    """The boxes that are ruled on all sides, and hold no more than one thing does."""
    wide = max((cell.x1 for row in rows for cell in row), default=1.0)
    cells: dict[Key, list[Cell]] = {}
    for row in rows:
        for cell in row:
            if (frame := cell.frame) is not None and frame.closed:
                cells.setdefault((cell.page, frame), []).append(cell)
    made = {}
    for (page, frame), inside in cells.items():
        lines = _lines(inside)
        across = (frame.right or 0.0) - (frame.left or 0.0)
        if len(lines) <= _MOST_ROWS and across < _WIDEST * wide:
            named, said, rest = _label(lines)
            made[page, frame] = Box(
                page=page, frame=frame, lines=tuple(lines), labels=named, inside=said, rest=rest
            )
    return made


def _lines(cells: Sequence[Cell]) -> list[Cell]:
    """The rows of a box, each as one cell."""
    lines: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda one: (one.y0 + one.y1) / 2):
        middle = (cell.y0 + cell.y1) / 2
        if lines and lines[-1][0].y0 < middle < lines[-1][0].y1:
            lines[-1].append(cell)
        else:
            lines.append([cell])
    made = []
    for line in lines:
        across = sorted(line, key=lambda one: one.x0)
        words = tuple(word for cell in across for word in cell.words)
        made.append(line[0].model_copy(update={"words": words}))
    return made


def _label(lines: Sequence[Cell]) -> tuple[tuple[str, ...], str, tuple[Cell, ...]]:
    """The fields that the first row names, or the first two together; what follows; the rest."""
    for count in (1, 2):
        text = " ".join(cell.text for cell in lines[:count])
        if len(lines) < count or len(text) > _LONGEST_LABEL:
            continue
        if named := labels.field_of(text):
            return (named[0],), named[1], tuple(lines[count:])
    # Forms explain their labels: "Vessel (see clause 1 + 19)", "City/Port of Loading".
    return labels.about(lines[0].text), "", tuple(lines[1:])
