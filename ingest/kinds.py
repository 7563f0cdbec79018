"""Which kind of document this is, from its title and its words, with a confidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields.layout import Cell, Row
from storage.values import DocumentKind

_TITLES: tuple[tuple[str, DocumentKind], ...] = (
    (r"pro\s*-?\s*forma", DocumentKind.PROFORMA_INVOICE),
    (r"arrival notice|notice of arrival|freight arrival", DocumentKind.ARRIVAL_NOTICE),
    (r"packing\s*(list|slip|note)|packliste|lista de empaque|装箱单", DocumentKind.PACKING_LIST),
    (r"certificate of origin|certificado de origen|原产地证", DocumentKind.CERTIFICATE_OF_ORIGIN),
    (r"mill (test )?certificate|inspection certificate 3\.1", DocumentKind.MILL_CERTIFICATE),
    (r"power of attorney|cbp form 5291", DocumentKind.POWER_OF_ATTORNEY),
    (r"booking (confirmation|note)", DocumentKind.BOOKING),
    (r"air\s*way\s*bill|airwaybill", DocumentKind.AIR_WAYBILL),
    (
        r"bill of lading|sea ?way ?bill|b/l original|conocimiento de embarque",
        DocumentKind.BILL_OF_LADING,
    ),
    (
        r"commercial invoice|factura comercial|handelsrechnung|商业发票|tax invoice",
        DocumentKind.COMMERCIAL_INVOICE,
    ),
    (r"\binvoice\b|\brechnung\b|\bfactura\b|\bfacture\b|发票", DocumentKind.COMMERCIAL_INVOICE),
)
_TALL = 1.15  # times the usual height: a title
_HEAD, _TOP = 40, 15  # rows in which the title of a document, of a page, is looked for
_LEAST, _AMONG = 0.4, 0.5  # scores of a title: at all, and among the labels of a form
_FEW_LABELS = 4


def is_title(text: str) -> bool:
    """Whether the text is a document's title and nothing more."""
    plain = " ".join(text.casefold().split())
    found = (re.search(pattern, plain) for pattern, _ in _TITLES)
    return any(match is not None and len(match[0]) > 0.6 * len(plain) for match in found)


def kind_of(rows: Sequence[Row]) -> tuple[DocumentKind, float]:
    """The kind and how sure it is."""
    if not rows:
        return DocumentKind.OTHER, 0.3
    kind, score, _ = _best(rows[:_HEAD])
    if score <= _LEAST:
        return DocumentKind.OTHER, 0.4
    return kind, round(min(score, 0.97), 2)


def opened_by(rows: Sequence[Row], labelled: int) -> DocumentKind | None:
    """The kind that a page begins: its title alone near the top, or a title among its labels.

    `labelled`: how many different fields the page has labels of. None: nothing begins here.
    """
    if not rows:
        return None
    kind, score, cell = _best(rows[:_TOP])
    alone = cell is not None and is_title(cell.text)
    if alone or (score > _AMONG and labelled >= _FEW_LABELS):
        return kind
    return None


def _best(rows: Sequence[Row]) -> tuple[DocumentKind, float, Cell | None]:
    """The likeliest title of the rows, how likely it is, and where it stands."""
    heights = sorted(cell.height for row in rows for cell in row)
    usual = heights[len(heights) // 2]
    best: tuple[DocumentKind, float, Cell | None] = (DocumentKind.OTHER, 0.0, None)
    for at, row in enumerate(rows):
        for cell in row:
            text = " ".join(cell.text.casefold().split())
            if len(text) > 90:
                continue
            for pattern, kind in _TITLES:
                match = re.search(pattern, text)
                if match is None:
                    continue
                alone = len(match[0]) / max(len(text), 1)
                tall = 0.2 if cell.height > usual * _TALL else 0.0
                upper = 0.1 if cell.text.isupper() else 0.0
                score = 0.35 + 0.35 * alone + tall + upper - min(at, 30) * 0.01
                if score > best[1]:
                    best = (kind, score, cell)
                break
    return best
