"""Which kind of document this is, from its title and its words, with a confidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields.layout import Row
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


def is_title(text: str) -> bool:
    """Whether the text is a document's title and nothing more."""
    plain = " ".join(text.casefold().split())
    found = (re.search(pattern, plain) for pattern, _ in _TITLES)
    return any(match is not None and len(match[0]) > 0.6 * len(plain) for match in found)


def kind_of(rows: Sequence[Row]) -> tuple[DocumentKind, float]:
    """The kind and how sure it is."""
    if not rows:
        return DocumentKind.OTHER, 0.3
    heights = sorted(cell.height for row in rows for cell in row)
    usual = heights[len(heights) // 2]
    best: tuple[float, DocumentKind] = (0.0, DocumentKind.OTHER)
    for at, row in enumerate(rows[:40]):
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
                if score > best[0]:
                    best = (score, kind)
                break
    return (best[1], round(min(best[0], 0.97), 2)) if best[0] > 0.4 else (DocumentKind.OTHER, 0.4)
