"""Pages: words with boxes, whatever file they come from.

`open_pages` looks at the bytes, not at the name. What cannot be read is said as `CannotRead`
with a reason; nothing here decides what a word means.
"""

from __future__ import annotations

from ingest.pages import pdf, sheet, text
from ingest.pages.page import CannotRead, Page, Word

__all__ = ["CannotRead", "Page", "Word", "open_pages"]

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"II*\x00", b"MM\x00*", b"GIF8", b"BM")
_SHEET_NAMES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def open_pages(name: str, data: bytes) -> list[Page]:
    """The pages of a file; raises `CannotRead` with words for the person who will look."""
    lowered = name.casefold()
    head = data[:1024]
    if not data:
        raise CannotRead("empty", f"{name} has no content: please send it again.")
    if b"%PDF-" in head:
        return pdf.read(name, data)
    if head.startswith(_PICTURES) or b"ftypheic" in head[:32] or b"ftypmif1" in head[:32]:
        raise CannotRead("scan", f"{name} is a picture; its text cannot be read yet.")
    zipped = head.startswith(b"PK\x03\x04")
    if (zipped and lowered.endswith(_SHEET_NAMES)) or head.startswith(b"\xd0\xcf\x11\xe0"):
        return sheet.read(name, data)
    if lowered.endswith((".csv", ".tsv")):
        return sheet.read_csv(name, data)
    if lowered.endswith((".txt", ".eml")):
        return text.read(data.decode("utf-8", "replace"))
    raise CannotRead("unsupported", f"{name}: this kind of file cannot be read yet.")
