"""What a page is: its size and its words, each with its place."""

from __future__ import annotations

from typing import Literal

from storage.values import Value

Reason = Literal["scan", "encrypted", "broken", "too_big", "unsupported", "empty", "timeout"]


class CannotRead(Exception):
    """The file cannot be read; `reason` is for us, the message for a broker."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Word(Value):
    """A run of text (on a sheet: a cell) with its box, points from the top left."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float


class Page(Value):
    """One page in reading order. `grid` is True for a sheet, whose boxes are cells."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    grid: bool = False
