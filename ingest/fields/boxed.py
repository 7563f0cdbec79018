"""Forms drawn with lines: a box says what it is in its first words, and its value below them.

In such a form what stands beside a label, in another box, is not its value. A grid of boxes may
have its labels in boxes of their own: then the value is the box beside, or the one below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ingest.fields import labels, parties, ruled, taking, values
from ingest.fields.found import LIKELY, Findings
from ingest.fields.layout import Cell, Frame
from ingest.fields.ruled import Box

_SURE = 0.92  # a known label in its own box, and a value of its type
_ALONG = 0.8  # of a label's box that the box of its value lies beside
_TOUCHES = 3.0  # points between the sides of two boxes that stand beside each other
_WAYS = ("from", "to")
_MOST_OF_A_PLACE = 2  # rows


def read(forms: Mapping[ruled.Key, Box], found: Findings) -> None:
    """Add what the boxes of a form say."""
    for box in forms.values():
        if not box.labels or box.inside:
            continue  # a label with its value in one row is read like any other
        if labels.plain(box.lines[0].text) in _WAYS:
            continue  # of the goods more often than of a party: `route` knows
        if len(box.labels) > 1 and box.labels[0].startswith("parties.") and box.rest:
            _take(box.labels[0], box.rest, LIKELY, found)  # "Notify party / Delivery address"
        elif len(box.labels) > 1:
            _share(box.labels, box.rest, found)
        elif box.rest:
            _take(box.labels[0], box.rest, _SURE, found)
        elif (other := _beside(box, forms)) or (other := _under(box, forms)):
            _take(box.labels[0], other.lines, LIKELY, found)


def _take(field: str, lines: Sequence[Cell], sure: float, found: Findings) -> None:
    own = list(_own(lines))
    if not own:
        return
    if field.startswith("parties."):
        parties.store(field, [(cell.text, cell) for cell in own[: parties.MOST_LINES]], sure, found)
        return
    text = own[0].text
    if field in taking.PLACES and len(own) > 1:
        text = " ".join(cell.text for cell in own[:_MOST_OF_A_PLACE])
    # Several figures under one label are a column of a table, not the value of a form.
    if taking.takes(field) and (len(own) == 1 or field.startswith("transport.")):
        taking.take(field, text, own[0], sure, found)


def _share(fields: Sequence[str], lines: Sequence[Cell], found: Findings) -> None:
    """The rows of a box with several labels, each to the label whose kind of value it is.

    "PORT OF DISCHARGE / ETA" stands over a town and, below it, a day.
    """
    for field in fields:
        for cell in _own(lines) if taking.takes(field) else ():
            dated = values.day(cell.text) is not None
            if dated is (field in taking.DAYS) and taking.take(
                field, cell.text, cell, LIKELY, found
            ):
                break


def _own(lines: Sequence[Cell]) -> Iterator[Cell]:
    """The rows up to the next label: a box may hold several things."""
    for cell in lines:
        if labels.field_of(cell.text) is not None or cell.text.rstrip().endswith((":", "：")):
            return
        yield cell


def _beside(box: Box, there: Mapping[ruled.Key, Box]) -> Box | None:
    """The box to the right of a label that has a box of its own."""
    return _next(box, there, side="left", of=box.frame.right, same=("top", "bottom"))


def _under(box: Box, there: Mapping[ruled.Key, Box]) -> Box | None:
    return _next(box, there, side="top", of=box.frame.bottom, same=("left", "right"))


def _next(
    box: Box, there: Mapping[ruled.Key, Box], *, side: str, of: float | None, same: tuple[str, str]
) -> Box | None:
    for other in there.values():
        touches = other.page == box.page and _near(getattr(other.frame, side), of)
        if touches and _over(box.frame, other.frame, same):
            return other if not other.labels and other.lines else None
    return None


def _over(one: Frame, other: Frame, sides: tuple[str, str]) -> bool:
    """Whether most of a box lies along the other one."""
    (a, b), (c, d) = ([getattr(frame, side) for side in sides] for frame in (one, other))
    return bool(min(b, d) - max(a, c) >= _ALONG * (b - a))


def _near(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= _TOUCHES
