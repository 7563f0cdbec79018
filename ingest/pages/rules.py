"""The ruled lines of a page, as they are seen: what stands between two of them is a box of its own.

Forms and tables are drawn with lines, and whoever reads them goes by these before the words. The
lines are found in the picture of a page, so that it does not matter whether a file draws them as
strokes, as thin rectangles, as borders of a table, or whether they were scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from storage.values import Value

_Grey = np.ndarray[Any, Any]

_SHORTEST_ACROSS = 24.0  # points: longer than what underlines a short word
_SHORTEST_DOWN = 13.0  # points: longer than the strokes of letters
_THICKEST = 3  # pixels
_DARKER = 18  # of 255, than what is beside it
_WHOLE = 0.92  # of its length that is dark: a scan has gaps
_APART = 2  # pixels between the parts of one line
_SAME = 2.5  # points between lines that are one
_BROKEN = 5.0  # points that are missing of a line
_MOST = 2000  # of a page and direction


class Rule(Value):
    """A straight line: at `at` in points from the left (or top), from `start` to `end`."""

    at: float
    start: float
    end: float

    def passes(self, place: float, *, slack: float = 0.0) -> bool:
        """Whether it goes past this place of the other axis."""
        return self.start - slack <= place <= self.end + slack


class Rules(Value):
    """The lines of a page, each kind by its place from the left or from the top."""

    down: tuple[Rule, ...] = ()  #: vertical: `at` is an x
    across: tuple[Rule, ...] = ()  #: horizontal: `at` is a y


def find(
    picture: _Grey, scale: float, letters: Sequence[tuple[float, float, float, float]]
) -> Rules:
    """The lines of a grey picture (rows of 0-255) that has `scale` pixels for a point.

    `letters` are the boxes of words, in points: the strokes of large print are no lines.
    """
    grey = picture.reshape(picture.shape[0], picture.shape[1], -1)[:, :, 0].astype(np.uint8)
    down = _lines(np.ascontiguousarray(grey.T), scale, _SHORTEST_DOWN)
    large = [box for box in letters if box[3] - box[1] > _SHORTEST_DOWN * _WHOLE]
    return Rules(
        down=tuple(one for one in down if not any(_stroke(one, box) for box in large)),
        across=_lines(grey, scale, _SHORTEST_ACROSS),
    )


def _stroke(rule: Rule, box: tuple[float, float, float, float]) -> bool:
    x0, y0, x1, y1 = box
    return x0 - 1 <= rule.at <= x1 + 1 and y0 - 3 <= rule.start and rule.end <= y1 + 3


def _lines(grey: _Grey, scale: float, shortest: float) -> tuple[Rule, ...]:
    """The lines along the rows of a picture."""
    # As light as one of the places just beside it on either side: then it is no thin line.
    padded = np.pad(grey, ((_THICKEST, _THICKEST), (0, 0)), mode="edge")
    above, below = padded[: -2 * _THICKEST], padded[2 * _THICKEST :]
    ground = np.minimum(above, below)
    dark = (ground > _DARKER) & (grey < ground - np.uint8(_DARKER))
    length = max(int(shortest * scale), 4)
    if dark.shape[1] < length:
        return ()
    found: list[tuple[int, int, int]] = []  # (row, start, end), in pixels
    sums = np.zeros(dark.shape[1] + 1, dtype=np.int32)
    ends = np.zeros(dark.shape[1] - length + 3, dtype=np.int8)  # a nought before and behind
    for row in np.flatnonzero(np.count_nonzero(dark, axis=1) >= _WHOLE * length):
        np.cumsum(dark[row], out=sums[1:])
        full = (sums[length:] - sums[:-length]) >= _WHOLE * length
        if not full.any():
            continue
        ends[1:-1] = full
        marks = np.flatnonzero(np.diff(ends))
        found += [(int(row), int(a), int(b) - 1 + length) for a, b in marks.reshape(-1, 2)]
        if len(found) > 4 * _MOST:
            break
    return _joined(found, scale)


def _joined(found: list[tuple[int, int, int]], scale: float) -> tuple[Rule, ...]:
    """One line for the rows of pixels that it is thick."""
    made: list[list[int]] = []  # first row, last row, start, end
    for row, start, end in found:
        for one in reversed(made[-200:]):
            if row - one[1] <= 2 and start <= one[3] + _APART and end >= one[2] - _APART:
                one[1], one[2], one[3] = row, min(one[2], start), max(one[3], end)
                break
        else:
            made.append([row, row, start, end])
    rules = [
        Rule(at=(first + last + 1) / 2 / scale, start=start / scale, end=end / scale)
        for first, last, start, end in made
        if last - first <= 2 * _THICKEST
    ]
    return tuple(_whole(rules[:_MOST]))


def _whole(rules: list[Rule]) -> Iterator[Rule]:
    """Lines whole again that a slant or a blot has broken, all of one column at one place."""
    columns: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda one: one.at):
        if columns and rule.at - columns[-1][-1].at <= _SAME:
            columns[-1].append(rule)
        else:
            columns.append([rule])
    for column in columns:
        at = sum(one.at for one in column) / len(column)
        start, end = 0.0, -_BROKEN - 1
        for rule in sorted(column, key=lambda one: one.start):
            if rule.start - end <= _BROKEN:
                end = max(end, rule.end)
                continue
            if end > 0:
                yield Rule(at=at, start=start, end=end)
            start, end = rule.start, rule.end
        yield Rule(at=at, start=start, end=end)
