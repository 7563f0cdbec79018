"""The notes of a chapter, as printed before its table: fetched or taken from a file, kept as text.

The export of the schedule has no notes; the publisher's chapter PDF has. Only its words are kept,
up to where the table begins, with the file's hash. Nothing here reads a rule into them.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pypdfium2 as pdfium

from knowledge import official

MAX_BYTES = 40 * 1024 * 1024
MAX_PAGES = 1200
_MOST = 200_000  # characters of notes
_TABLE = re.compile(r"\bHeading/?\s+Stat\.?|\bHeading/\s*Subheading|\bArticle Description\b")
_NOTE = re.compile(r"\bNotes?\b")


class BadNotes(ValueError):
    """There are no notes to be had from it. The message says why."""


def chapter_notes(folder: Path, chapter: str) -> str | None:
    """The notes of a chapter as kept, or None when they are not on file."""
    try:
        return (folder / f"{two_digits(chapter)}.txt").read_text("utf-8")
    except FileNotFoundError:
        return None


def take(folder: Path, chapter: str, raw: bytes, *, name: str) -> str:
    """Keep the notes in a chapter's PDF or text; gives their text."""
    if len(raw) > MAX_BYTES:
        raise BadNotes(f"{name}: larger than {MAX_BYTES >> 20} MB; not one chapter.")
    text = _of_pdf(raw, name) if raw.startswith(b"%PDF") else raw.decode("utf-8", "replace")
    table = _TABLE.search(text)
    words = text[: table.start()] if table else text
    kept = "\n".join(line.strip() for line in words.splitlines() if line.strip())[:_MOST]
    if not _NOTE.search(kept):
        raise BadNotes(f"{name}: no notes stand before its table; is it chapter {chapter}?")
    if not re.search(rf"\bchapter\s+{int(two_digits(chapter))}\b", kept, re.IGNORECASE):
        raise BadNotes(f"{name}: it does not name chapter {int(two_digits(chapter))}.")
    mark = hashlib.sha256(raw).hexdigest()[:16]
    written = f"(from {name}, sha256 {mark}…)\n{kept}"
    folder.mkdir(parents=True, exist_ok=True)
    official.write(folder / f"{two_digits(chapter)}.txt", written.encode())
    return written


def fetch(folder: Path, chapter: str, url: str) -> str:
    """Fetch a chapter from the publisher and keep its notes."""
    try:
        raw = official.fetch(url, most=MAX_BYTES)
    except official.NotFetched as exc:
        raise BadNotes(
            f"Chapter {chapter} could not be fetched ({exc}). Download it and use --from."
        ) from exc
    return take(folder, chapter, raw, name=f"chapter {int(two_digits(chapter))} as fetched")


def two_digits(text: str) -> str:
    """A chapter with two digits: 8 is 08; raises `BadNotes`."""
    if not re.fullmatch(r"\d{1,2}", text) or not 1 <= int(text) <= 99:
        raise BadNotes(f"“{text[:10]}” is no chapter: 1 to 99.")
    return f"{int(text):02}"


def _of_pdf(raw: bytes, name: str) -> str:
    try:
        document = pdfium.PdfDocument(raw)
        try:
            if len(document) > MAX_PAGES:
                raise BadNotes(f"{name}: {len(document)} pages; a chapter has fewer.")
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)
        finally:
            document.close()
    except pdfium.PdfiumError as exc:
        raise BadNotes(f"{name}: a PDF that cannot be read ({exc}).") from exc
