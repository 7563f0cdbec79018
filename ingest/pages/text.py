"""Plain text as a page: each line a row, words at the places of their characters."""

from __future__ import annotations

import re

from ingest.pages.page import Page, Word

MOST_LINES = 5000
_CHAR, _LINE = 6.0, 12.0  # points that a character and a line stand for


def read(text: str) -> list[Page]:
    """One page."""
    words = []
    lines = text.expandtabs(4).splitlines()[:MOST_LINES]
    for row, line in enumerate(lines):
        for found in re.finditer(r"\S+", line[:1000]):
            words.append(
                Word(
                    text=found[0],
                    x0=found.start() * _CHAR,
                    y0=row * _LINE,
                    x1=found.end() * _CHAR,
                    y1=(row + 1) * _LINE,
                )
            )
    widest = max((word.x1 for word in words), default=_CHAR)
    return [Page(number=1, width=widest, height=max(len(lines), 1) * _LINE, words=tuple(words))]
