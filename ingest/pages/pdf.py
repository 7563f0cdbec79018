"""PDF with text: words and boxes through pdfium. A scan is named as one, not guessed at.

Text that nobody sees on the page (outside it, or smaller than two points) is left out: a
leftover of another shipment must not become a value.
"""

from __future__ import annotations

import pypdfium2 as pdfium

from ingest.pages.page import CannotRead, Page, Word

MOST_PAGES = 200
MOST_CHARS = 60_000  # on one page
_TINY = 2.0  # points
_GAP = 0.28  # of a character's height: wider than this begins a new word
_FEW = 15  # fewer characters than this on all pages: it is a picture


def read(name: str, data: bytes) -> list[Page]:
    """All pages of the file."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as exc:
        if "password" in str(exc).casefold():
            raise CannotRead(
                "encrypted", f"{name} is protected by a password: please send it without."
            ) from exc
        raise CannotRead("broken", f"{name} is damaged: please send it again.") from exc
    try:
        if len(document) > MOST_PAGES:
            raise CannotRead("too_big", f"{name} has {len(document)} pages; please send the parts.")
        pages = [_page(document, index) for index in range(len(document))]
    except pdfium.PdfiumError as exc:
        raise CannotRead("broken", f"{name} is damaged: please send it again.") from exc
    finally:
        document.close()
    if sum(len(word.text) for page in pages for word in page.words) < _FEW:
        raise CannotRead("scan", f"{name} is a scan without text; it cannot be read yet.")
    return pages


def _page(document: pdfium.PdfDocument, index: int) -> Page:
    page = document[index]
    width, height = page.get_size()
    layer = page.get_textpage()
    try:
        count = min(layer.count_chars(), MOST_CHARS)
        text = layer.get_text_range(0, count) if count else ""
        aligned = len(text) == count
        words: list[Word] = []
        run: list[tuple[str, float, float, float, float]] = []
        for place in range(count):
            char = text[place] if aligned else layer.get_text_range(place, 1)
            if not char.strip():
                _close(run, words)
                continue
            left, bottom, right, top = layer.get_charbox(place, loose=True)
            box = (char, left, height - top, right, height - bottom)
            if top - bottom < _TINY or right < 0 or left > width or top < 0 or bottom > height:
                continue
            if run and _apart(run[-1], box):
                _close(run, words)
            run.append(box)
        _close(run, words)
    finally:
        layer.close()
        page.close()
    return Page(number=index + 1, width=width, height=height, words=tuple(words))


def _apart(
    before: tuple[str, float, float, float, float], after: tuple[str, float, float, float, float]
) -> bool:
    tall = max(before[4] - before[2], 1.0)
    same_line = abs(before[2] - after[2]) < tall * 0.5
    return not same_line or after[1] - before[3] > tall * _GAP or after[1] < before[1] - tall


def _close(run: list[tuple[str, float, float, float, float]], words: list[Word]) -> None:
    if run:
        words.append(
            Word(
                text="".join(one[0] for one in run),
                x0=min(one[1] for one in run),
                y0=min(one[2] for one in run),
                x1=max(one[3] for one in run),
                y1=max(one[4] for one in run),
            )
        )
        run.clear()
