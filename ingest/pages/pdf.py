"""PDF: words and boxes through pdfium; a page that is a picture is read off it.

The hidden text that a scanner lays under its picture is another machine's reading, and often
junk: such a page is read anew.

Text that nobody sees on the page is left out: outside it, smaller than two points, or without any
ink where it should stand (white, transparent, covered, cut off). A leftover of another shipment
must not become a value. Pages are read as they are shown, turned and cut.
"""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from ingest.pages import ocr, rules
from ingest.pages.page import CannotRead, Page, Tell, Word, silent

MOST_PAGES = 500
MOST_SCANNED = 100
MOST_CHARS = 60_000  # on one page
_TINY = 2.0  # points
_GAP = 0.28  # of a character's height: wider than this begins a new word
_SEEN_AT = 1.5  # pixels for a point: enough to see whether there is ink
_SEEN_MOST = 4000  # pixels of the longer side
_CONTRAST = 24  # of 255
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
    turned, frame = page.get_rotation(), page.get_bbox()
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
            x0, y0, x1, y1 = _shown(layer.get_charbox(place, loose=True), frame, turned)
            box = (char, x0, y0, x1, y1)
            if y1 - y0 < _TINY or x1 < 0 or x0 > width or y1 < 0 or y0 > height:
                continue
            if run and _apart(run[-1], box):
                _close(run, words)
            run.append(box)
        _close(run, words)
        seen, lines = _inked(page, words) if words else (words, rules.Rules())
    finally:
        layer.close()
        page.close()
    return Page(number=index + 1, width=width, height=height, words=tuple(seen), rules=lines)


def _shown(
    box: tuple[float, float, float, float], frame: tuple[float, float, float, float], turned: int
) -> tuple[float, float, float, float]:
    """A box of the file's own space on the page as it is shown, from its top left.

    `frame` is the part of that space that is shown, `turned` by how much clockwise.
    """
    left, bottom, right, top = box
    x0, y0, x1, y1 = frame
    if turned == 90:
        return bottom - y0, left - x0, top - y0, right - x0
    if turned == 180:
        return x1 - right, bottom - y0, x1 - left, top - y0
    if turned == 270:
        return y1 - top, x1 - right, y1 - bottom, x1 - left
    return left - x0, y1 - top, right - x0, y1 - bottom


def _inked(page: pdfium.PdfPage, words: list[Word]) -> tuple[list[Word], rules.Rules]:
    """The words that leave ink on the page when it is drawn, and the lines that it shows."""
    # A page may claim any size of paper: the picture stays as large as an ordinary one.
    scale = min(_SEEN_AT, _SEEN_MOST / max(*page.get_size(), 1.0))
    picture = page.render(scale=scale, grayscale=True).to_numpy()
    deep, wide = picture.shape[0], picture.shape[1]
    kept = []
    for word in words:
        # The middle of its height: the lines above and below are not its own ink.
        quarter = (word.y1 - word.y0) / 4
        top, foot = int((word.y0 + quarter) * scale), int((word.y1 - quarter) * scale) + 1
        left, right = int(word.x0 * scale), int(word.x1 * scale) + 1
        piece = picture[max(top, 0) : min(foot, deep), max(left, 0) : min(right, wide)]
        if piece.size and int(piece.max()) - int(piece.min()) >= _CONTRAST:
            kept.append(word)
    return kept, rules.find(picture, scale, [(one.x0, one.y0, one.x1, one.y1) for one in kept])


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
