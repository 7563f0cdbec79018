"""Where one document of a file ends and the next begins: a packet of several scanned together.

A page begins a document when it shows another kind's title, or the same kind's with another
number. A title may be a picture: then the head of another invoice begins one, which has its own
number, its date and a party. A page that counts itself on ("page 2 of 3"), has no title or says
that it is an annex goes on with what stands before it. In doubt a file stays one document: its
pages belong together more often than not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from ingest import kinds
from ingest.fields import heads, labels, ruled
from ingest.fields.found import Findings
from ingest.fields.layout import Row, rows_of
from ingest.pages import Page
from storage.values import DocumentKind, Value

_OF = re.compile(
    r"(?i)(?:\b(?:page|seite|p[aá]gina|sheet|blatt|hoja|folio)|第|页)\s*(?:no\.?)?\s*:?\s*"
    r"(\d{1,3})\s*(?:of|out of|von|de|sur|/|共)\s*(\d{1,3})\b"
)
_GOES_ON = re.compile(
    r"(?i)\b(continuation|continued|cont'd|attachment|annex|appendix|rider|attached (?:sheet|list)"
    r"|fortsetzung|anexo|terms and conditions)\b"
)
_EDGE = 8  # rows from the top and the bottom in which pages are counted
_SAME = 75  # per cent alike: one number, read off two pictures
_INVOICES = (DocumentKind.COMMERCIAL_INVOICE, DocumentKind.PROFORMA_INVOICE)
_CARRIERS = (
    DocumentKind.ARRIVAL_NOTICE,
    DocumentKind.AIR_WAYBILL,
    DocumentKind.BILL_OF_LADING,
)
_NUMBERS = ("header.invoiceNumber", "transport.houseBill", "transport.masterBill")


class _Leaf(Value):
    """What a page tells about where it belongs."""

    kind: DocumentKind | None  #: that it begins
    counted: tuple[int, int] | None  #: (page, of how many) as printed
    goes_on: bool
    numbers: tuple[str, ...]  #: of the document, as labelled on this page
    head: str  #: the page's first row
    scanned: bool


def parts(pages: Sequence[Page]) -> list[list[Page]]:
    """The pages of each document, in the order of the file; nothing is left out."""
    if len(pages) < 2:
        return [list(pages)]
    made: list[list[Page]] = []
    kind: DocumentKind | None = None
    numbers: tuple[str, ...] = ()
    before: _Leaf | None = None
    for at, page in enumerate(pages):
        leaf = _leaf(page)
        file_wide = leaf.counted == (at + 1, len(pages))
        if before is None or _begins(leaf, before, kind, numbers, file_wide=file_wide):
            made.append([page])
            kind, numbers = leaf.kind, leaf.numbers
        else:
            made[-1].append(page)
            kind = kind or leaf.kind
            numbers = numbers or leaf.numbers
        before = leaf
    return made


def _leaf(page: Page) -> _Leaf:
    rows = rows_of(page)
    fields = {named[0] for row in rows for cell in row if (named := labels.field_of(cell.text))}
    kind = kinds.opened_by(rows, len(fields - {"ignore"}))
    return _Leaf(
        kind=kind,
        counted=_counted(rows),
        goes_on=any(_GOES_ON.search(cell.text) for row in rows[:5] for cell in row),
        numbers=_numbers(rows) if kind is not None or _is_head(fields) else (),
        head=" ".join(cell.text for cell in rows[0]) if rows else "",
        scanned=page.scanned,
    )


def _is_head(fields: set[str]) -> bool:
    """Whether these labels are those of an invoice's head: its number, its date and a party."""
    return {"header.invoiceNumber", "header.invoiceDate"} <= fields and any(
        one.startswith("parties.") for one in fields
    )


def _begins(
    leaf: _Leaf,
    before: _Leaf,
    kind: DocumentKind | None,
    numbers: tuple[str, ...],
    *,
    file_wide: bool,
) -> bool:
    """Whether a document begins with this page; `kind` and `numbers` are of the one before."""
    counted = leaf.counted
    whole = before.counted is not None and before.counted[0] == before.counted[1]
    if counted is not None and counted[0] > 1 and not (file_wide and leaf.kind not in (None, kind)):
        return False
    if leaf.goes_on:
        return False
    if leaf.kind is None:
        if _differ(leaf, numbers, scanned=leaf.scanned or before.scanned):
            return True
        # A page of its own that has no title we know: "page 1 of 1" after a whole document.
        return counted is not None and counted[0] == 1 and whole
    if leaf.kind is not kind:
        return not _of_the_carrier(leaf, before, kind, numbers)
    if _differ(leaf, numbers, scanned=leaf.scanned or before.scanned):
        return True
    return counted is not None and counted[0] == 1 and whole and not leaf.numbers


def _of_the_carrier(
    leaf: _Leaf, before: _Leaf, kind: DocumentKind | None, numbers: tuple[str, ...]
) -> bool:
    """The carrier's bill for freight behind its notice is part of it, not an invoice of goods."""
    if kind not in _CARRIERS or leaf.kind not in _INVOICES:
        return False
    return bool(set(leaf.numbers) & set(numbers)) or leaf.head == before.head


def _differ(leaf: _Leaf, numbers: tuple[str, ...], *, scanned: bool) -> bool:
    """Whether a page of the same kind has another number than the document before it."""
    if not leaf.numbers or not numbers or set(leaf.numbers) & set(numbers):
        return False
    if not scanned:
        return True
    return not any(fuzz.ratio(one, other) >= _SAME for one in leaf.numbers for other in numbers)


def _counted(rows: Sequence[Row]) -> tuple[int, int] | None:
    for row in [*rows[:_EDGE], *rows[-_EDGE:]]:
        if found := _OF.search(" ".join(cell.text for cell in row)):
            page, of = int(found[1]), int(found[2])
            if 1 <= page <= of:
                return page, of
    return None


def _numbers(rows: Sequence[Row]) -> tuple[str, ...]:
    found = Findings()
    heads.read(rows, found, ruled.of(rows))
    return tuple(
        re.sub(r"[\W_]", "", str(value)).upper() for path in _NUMBERS if (value := found.get(path))
    )
