"""Which kind of document this is, from its title and its words, with a confidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.fields.layout import Cell, Row, below
from storage.values import DocumentKind

_SHEET = "(?:(?:work *)?sheet|form|template|elements|data|information|questionnaire|declaration)"

_WORDS: tuple[tuple[DocumentKind, tuple[str, ...]], ...] = (
    (DocumentKind.PROFORMA_INVOICE, (r"pro\s*-?\s*forma(?:[\s-]*invoice)?", "形式发票")),
    (
        DocumentKind.ARRIVAL_NOTICE,
        ("arrival (?:notice|advice|confirmation|notification)", "notice of arrival",
         "(?:notification|notify) of arrival", "freight arrival", "ankunftsanzeige",
         "ankunftsmeldung", "aviso de (?:llegada|arribo)", "notificaci[óo]n de (?:llegada|arribo)",
         "avis d.arriv[ée]e", "avviso di arrivo", "aviso de chegada", "var[ıi][sş] ihbar",
         "到货通知", "到港通知", "도착 ?통지"),
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
        ("certificat(?:e|ion) of origin", "certifica(?:do|ci[óo]n) de origen",
         "certificat(?:ion)? d.origine", "ursprungszeugnis", "certificato d.origine",
         "certifica(?:do|ção) de origem", "movement certificate",
         "certificat de circulation", "warenverkehrsbescheinigung",
         "men[sş]e [sş]ahadetnamesi", "原产地证", "原産地証明",
         "원산지 ?증명"),
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
         "connaissement", "konnossement", "seefrachtbrief", "提单",
         "(?:multi ?-?modal|combined) transport (?:document|bill(?: of lading)?)", "house bill",
         "polizza di carico", "ocean (?:way ?)?bill", "conhecimento de embarque",
         "kon[sş]imento", "선하증권", "(?:non[- ]?negotiable|express|liner) ?way ?bill",
         "way ?bill - rider"),
    ),
    (
        DocumentKind.COMMERCIAL_INVOICE,
        ("(?:commercial|customs|tax) invoice", "factura comercial", "facture commerciale",
         "handelsrechnung", "fattura commerciale", "fatura comercial", "商业发票"),
    ),
    (
        DocumentKind.COMMERCIAL_INVOICE,
        (r"(?<!freight.)\binvoice\b", r"\brechnung\b", r"\bfactura\b", r"\bfacture\b",
         r"\bfattura\b",
         r"\b(?:e-?\s?)?fatura\b", r"\bfaktura\b", r"\bfactuur\b", r"\blasku\b",
         r"\bh[oó]a [dđ][oơ]n\b",
         "发票", "請求書", "송장", "インボイス"),
    ),
)  # fmt: skip
# Read off a picture, and in titles set wide, the spaces between the words may be lost.
_TITLES = tuple((re.sub(r" (?![?*])", r"\\s*", "|".join(words)), kind) for kind, words in _WORDS)
_FREIGHT_BILL = re.compile(
    r"(?i)^\W*(?:(?:ocean|air|sea|import|export)\s*)?freight\s*(?:invoice|bill)\b"
)
"""What a carrier charges for the carriage: no invoice of goods."""
_DELIVERY_ORDER = re.compile(
    r"(?i)^\W*(?:delivery order|freight release|pick-?\s?up (?:order|notice)|cargo release"
    r"|release order|dock receipt|carrier release|delivery instructions?|pre-?alert"
    r"|orden de entrega|bon [àa] d[ée]livrer|ordine di consegna|ordino|提货单|放货通知)"
)
_SPREAD = re.compile(r"[^\W_](?: [^\W_]){4,}")
"""A title set with wide spaces: "A R R I V A L"."""
_NUMBERED = re.compile(r"\b(?:no|nr|number|num)\b[.:#]*\s*\S*\d.*$|[#№]\s*\S*\d.*$")
"""The number behind a title: "Proforma Invoice No. 2026-3310"."""
_TALL = 1.15  # times the usual height: a title
_HEAD, _TOP = 40, 15  # rows in which the title of a document, of a page, is looked for
_LEAST, _AMONG = 0.4, 0.5  # scores of a title: at all, and among the labels of a form
_FEW_LABELS = 4
_LONGEST = 90  # letters of a cell with a title


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
        for cell, text in _texts(rows, at, row):
            for pattern, kind in _TITLES:
                match = re.search(pattern, text)
                if match is None:
                    continue
                bare = _NUMBERED.sub("", text).strip()
                if kind is DocumentKind.ARRIVAL_NOTICE and match.start() == 0:
                    # "Arrival notice / freight invoice": what comes with the notice is its bill.
                    bare = re.split(r"\s*[/&+]\s*|\s+and\s+", bare)[0]
                # In two languages it is said twice: "装箱单 PACKING LIST".
                said = sum(len(one[0]) for one in re.finditer(pattern, bare)) or len(match[0])
                alone = said / max(len(bare), said, 1)
                tall = 0.2 if cell.height > usual * _TALL else 0.0
                upper = 0.1 if cell.text.isupper() else 0.0
                score = 0.35 + 0.35 * alone + tall + upper - min(at, 30) * 0.01
                if score > best[1]:
                    best = (kind, score, cell)
                break
    return best


def _texts(rows: Sequence[Row], at: int, row: Row) -> Iterator[tuple[Cell, str]]:
    """What of a row may be a title, in small letters; one over two rows is read as one."""
    spread = [cell for cell in row if _SPREAD.fullmatch(cell.text)]
    if spread:
        yield spread[0], " ".join(cell.text.replace(" ", "").casefold() for cell in spread)
    for cell in row:
        text = " ".join(cell.text.casefold().split())
        above = _over(rows, at, cell)
        if above is not None and _ends_open(above.text):
            continue  # its second row was read with the first
        if _ends_open(cell.text) and (below := _under(rows, at, cell)):
            text = f"{text} {' '.join(below.text.casefold().split())}"
        if len(text) <= _LONGEST:
            yield cell, text


def _ends_open(text: str) -> bool:
    """Whether a title goes on in the next row: "Arrival notice / freight"."""
    return (
        bool(re.search(r"(?i)(?:\bfreight|[/&]|\band|\bor|\bfor|\bof)\s*$", text))
        and len(text) < 60
    )


def _under(rows: Sequence[Row], at: int, cell: Cell) -> Cell | None:
    found = below(rows, at, cell, most_rows=2)
    close = found is not None and found.y0 - cell.y1 < cell.height
    return found if close and found is not None and len(found.text) < 60 else None


def _over(rows: Sequence[Row], at: int, cell: Cell) -> Cell | None:
    for row in reversed(rows[max(at - 2, 0) : at]):
        for one in row:
            if (
                one.page == cell.page
                and one.x0 < cell.x1
                and one.x1 > cell.x0
                and cell.y0 - one.y1 < cell.height
            ):
                return one
    return None


def is_freight_bill(rows: Sequence[Row]) -> bool:
    """Whether the page's title says that it charges the carriage, not goods."""
    return any(
        _FREIGHT_BILL.match(text) and len(text) < 40
        for at, row in enumerate(rows[:_TOP])
        for _, text in _texts(rows, at, row)
    )


def is_delivery_order(rows: Sequence[Row]) -> bool:
    """Whether it orders or permits to hand the goods out: a form like a carrier's, of no kind."""
    return any(
        _DELIVERY_ORDER.match(text) and len(text) < 40
        for at, row in enumerate(rows[:_TOP])
        for _, text in _texts(rows, at, row)
    )
