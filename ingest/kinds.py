"""Which kind of document this is, from its title and its words, with a confidence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields.layout import Cell, Row
from storage.values import DocumentKind

_SHEET = "(?:(?:work *)?sheet|form|template|elements|data|information|questionnaire|declaration)"

_WORDS: tuple[tuple[DocumentKind, tuple[str, ...]], ...] = (
    (DocumentKind.PROFORMA_INVOICE, (r"pro\s*-?\s*forma(?:[\s-]*invoice)?", "形式发票")),
    (
        DocumentKind.ARRIVAL_NOTICE,
        ("arrival (?:notice|advice)", "notice of arrival", "freight arrival", "ankunftsanzeige",
         "aviso de (?:llegada|arribo)", "avis d.arriv[ée]e", "到货通知"),
    ),
    (
        DocumentKind.COMMERCIAL_INVOICE,
        (r"invoice\s*(?:cum|and|with|&|/|\+|-)\s*packing\s*list",),
    ),
    (
        DocumentKind.PACKING_LIST,
        (r"packing\s*(?:list|slip|note)", "packliste", "lista de (?:empaque|embalaje|bultos)",
         "liste de colisage", "装箱单"),
    ),
    (
        DocumentKind.CERTIFICATE_OF_ORIGIN,
        ("certificate of origin", "certificado de origen", "certificat d.origine",
         "ursprungszeugnis", "原产地证"),
    ),
    (
        DocumentKind.MILL_CERTIFICATE,
        ("mill (?:test )?(?:certificate|report)", r"inspection certificate 3\.[12]", "en 10204",
         "material test (?:certificate|report)", "abnahmepr[üu]fzeugnis", "质量证明书"),
    ),
    (
        DocumentKind.PRODUCT_CERTIFICATE,
        ("children.?s product certificate", "general certificate of conformity"),
    ),
    (
        DocumentKind.ISF_SHEET,
        (
            "importer security filing",
            r"\bisf\b[\s/-]*(?:data\s*)?" + _SHEET,
            r"\bisf\s*[-/(]?\s*10\s*\+\s*2\b",
            r"\b10\s*\+\s*2\s*(?:data\s*)?" + _SHEET,
        ),
    ),
    (DocumentKind.POWER_OF_ATTORNEY, ("power of attorney", "cbp form 5291")),
    (
        DocumentKind.BOOKING,
        ("booking (?:confirmation|note|acknowledgement)", "confirmaci[óo]n de reserva",
         "buchungsbest[äa]tigung", "confirmation de r[ée]servation", "订舱确认"),
    ),
    (
        DocumentKind.AIR_WAYBILL,
        (r"air\s*way\s*bill", "air consignment note", "luftfrachtbrief", "gu[íi]a a[ée]rea",
         "lettre de transport a[ée]rien", "空运单"),
    ),
    (
        DocumentKind.BILL_OF_LADING,
        ("bill of lading", "sea ?way ?bill", "b/l original", "conocimiento de embarque",
         "connaissement", "konnossement", "seefrachtbrief", "提单"),
    ),
    (
        DocumentKind.COMMERCIAL_INVOICE,
        ("(?:commercial|customs|tax) invoice", "factura comercial", "facture commerciale",
         "handelsrechnung", "fattura commerciale", "fatura comercial", "商业发票"),
    ),
    (
        DocumentKind.COMMERCIAL_INVOICE,
        (r"\binvoice\b", r"\brechnung\b", r"\bfactura\b", r"\bfacture\b", r"\bfattura\b", "发票"),
    ),
)  # fmt: skip
_TITLES = tuple(("|".join(words), kind) for kind, words in _WORDS)
_NUMBERED = re.compile(r"\b(?:no|nr|number|num)\b[.:#]*\s*\S*\d.*$|[#№]\s*\S*\d.*$")
"""The number behind a title: "Proforma Invoice No. 2026-3310"."""
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
                alone = len(match[0]) / max(len(_NUMBERED.sub("", text).strip()), len(match[0]), 1)
                tall = 0.2 if cell.height > usual * _TALL else 0.0
                upper = 0.1 if cell.text.isupper() else 0.0
                score = 0.35 + 0.35 * alone + tall + upper - min(at, 30) * 0.01
                if score > best[1]:
                    best = (kind, score, cell)
                break
    return best
