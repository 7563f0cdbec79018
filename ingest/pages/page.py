"""What a page is: its size and its words, each with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ingest.pages.rules import Rules
from storage.values import Value

Reason = Literal["scan", "encrypted", "broken", "too_big", "unsupported", "empty", "timeout"]


Tell = Callable[[int], None]
"""Is told the number of each page that took long to read, when it is done."""


def silent(_page: int) -> None:
    """Tell nobody."""


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
    sure: float = 1.0  #: how surely it was read off a picture; 1 where the file has the text


class Page(Value):
    """One page in reading order. `grid` is True for a sheet, whose boxes are cells.

    `scanned`: the words were read off a picture, which was turned upright before.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    grid: bool = False
    scanned: bool = False
    rules: Rules = Rules()  #: the lines that are drawn on it
