"""PDF: words and boxes through pdfium; a page that is a picture is read off it.

The hidden text that a scanner lays under its picture is another machine's reading, and often
junk: such a page is read anew.

Text that nobody sees on the page (outside it, or smaller than two points) is left out: a
leftover of another shipment must not become a value.
"""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from ingest.pages import ocr
from ingest.pages.page import CannotRead, Page, Tell, Word, silent

MOST_PAGES = 500
MOST_SCANNED = 100
MOST_CHARS = 60_000  # on one page
_TINY = 2.0  # points
_GAP = 0.28  # of a character's height: wider than this begins a new word
_FEW = 15  # fewer characters than this on a page with a picture: the picture is the page
_COVERS = 0.5  # of the page: such a picture is the page's paper, not a logo
_HIDDEN = 0.8  # of the page's texts that nobody sees: a scanner's layer
_MOST_OBJECTS = 20_000  # looked at on one page


def read(name: str, data: bytes, tell: Tell = silent) -> list[Page]:
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
        pages = _pages(name, document, tell)
    except pdfium.PdfiumError as exc:
        raise CannotRead("broken", f"{name} is damaged: please send it again.") from exc
    finally:
        document.close()
    if not any(page.words for page in pages):
        raise CannotRead(
            "scan", f"{name}: no words could be read on its pages; please send a sharper scan."
        )
    return pages


def _pages(name: str, document: pdfium.PdfDocument, tell: Tell) -> list[Page]:
    pages = []
    scanned = 0
    for index in range(len(document)):
        page = _page(document, index)
        if _is_picture(document, index, page):
            scanned += 1
            if scanned > MOST_SCANNED:
                raise CannotRead(
                    "too_big", f"{name} has over {MOST_SCANNED} scanned pages; send the parts."
                )
            width, height = page.width, page.height
            page = ocr.read(render(document, index), index + 1, width=width, height=height)
        pages.append(page)
        tell(index + 1)
    return pages


def render(document: pdfium.PdfDocument, index: int) -> Image.Image:
    """The page as it is printed, as large as reading it needs."""
    page = document[index]
    try:
        # Not larger, whatever size of paper the file claims.
        scale = ocr.LONGEST / max(*page.get_size(), 1.0)
        made: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
        return made
    finally:
        page.close()


def pictures(data: bytes, *, only: int | None = None) -> Iterator[Image.Image]:
    """Each page, or `only` this one (from 1), as it was read: a scan as it was put right."""
    document = pdfium.PdfDocument(data)
    try:
        for index in range(min(len(document), MOST_PAGES)):
            if only not in (None, index + 1):
                continue
            made = render(document, index)
            if _is_picture(document, index, _page(document, index)):
                made, _ = ocr.put_right(made)
            yield made
    finally:
        document.close()


def longest(data: bytes) -> dict[int, float]:
    """The longer side of each page in points; empty for what is no PDF."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return {}
    try:
        sizes = (document.get_page_size(at) for at in range(min(len(document), MOST_PAGES)))
        return {number: max(size) for number, size in enumerate(sizes, 1)}
    finally:
        document.close()


def _is_picture(document: pdfium.PdfDocument, index: int, read_so_far: Page) -> bool:
    """Whether the page's words must be read off its picture."""
    page = document[index]
    try:
        shown = hidden = 0
        covered = 0.0
        area = max(read_so_far.width * read_so_far.height, 1.0)
        for one, _ in zip(page.get_objects(max_depth=4), range(_MOST_OBJECTS)):  # noqa: B905
            if one.type == raw.FPDF_PAGEOBJ_TEXT:
                mode = raw.FPDFTextObj_GetTextRenderMode(one)
                hidden += mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE
                shown += mode != raw.FPDF_TEXTRENDERMODE_INVISIBLE
            elif one.type == raw.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = one.get_bounds()
                covered += (right - left) * (top - bottom) / area
    finally:
        page.close()
    if covered < _COVERS:
        return False
    letters = sum(len(word.text) for word in read_so_far.words)
    return letters < _FEW or hidden > _HIDDEN * (hidden + shown)


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
