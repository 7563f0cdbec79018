"""Pages: words with boxes, whatever file they come from.

`open_pages` looks at the bytes, not at the name. What cannot be read is said as `CannotRead`
with a reason; nothing here decides what a word means.
"""

from __future__ import annotations

from ingest.pages import pdf, picture, sheet, text, word
from ingest.pages.page import CannotRead, Page, Tell, Word, silent

__all__ = ["CannotRead", "Page", "Tell", "Word", "open_pages"]

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"II*\x00", b"MM\x00*", b"GIF8", b"BM")
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc")
_SHEET_NAMES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def open_pages(name: str, data: bytes, tell: Tell = silent) -> list[Page]:
    """The pages of a file; raises `CannotRead` with words for the person who will look."""
    lowered = name.casefold()
    head = data[:1024]
    if not data:
        raise CannotRead("empty", f"{name} has no content: please send it again.")
    if b"%PDF-" in head:
        return pdf.read(name, data, tell)
    if head.startswith(_PICTURES) or head[4:12] in _HEIC:
        return picture.read(name, data, tell)
    zipped = head.startswith(b"PK\x03\x04")
    if (zipped and lowered.endswith(_SHEET_NAMES)) or head.startswith(b"\xd0\xcf\x11\xe0"):
        return sheet.read(name, data)
    if zipped and lowered.endswith((".docx", ".docm")):
        return word.read_docx(name, data)
    if lowered.endswith((".html", ".htm")):
        return word.read_html(name, data)
    if lowered.endswith((".csv", ".tsv")):
        return sheet.read_csv(name, data)
    if lowered.endswith((".txt", ".eml")):
        return text.read(data.decode("utf-8", "replace"))
    raise CannotRead("unsupported", f"{name}: this kind of file cannot be read yet.")
