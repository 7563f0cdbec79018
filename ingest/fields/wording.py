"""What a carrier's document says in words: the seller's invoice, the term of sale, free time.

A notice has an invoice number of its own, the carrier's; only what the shipper had written into
the goods or the handling is the seller's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.fields import values
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

_INVOICE = re.compile(
    r"(?i)(?<!forma.)(?<!forma)\b(?:(?:comm?(?:ercial|\.)?\s+)?inv(?:oice)?(?:\(s\)|s\b|\b)"
    r"|fact[ou]ra(?:\s+comercial)?\b|facture(?:\s+commerciale)?\b|handelsrechnung\b|fattura\b|fatura\b"
    r"|发票号?码?)\.?\s*(?:(?:no|nr|num|number|n[°ºo])\b)?[\s.:#°]*"
    r"(?P<no>(?=[A-Z0-9\-/.]*\d)[A-Z0-9][A-Z0-9\-/.]{2,38}(?:\s[A-Z]$)?)"
)
_ITS_DATE = re.compile(r"(?i)^\W*(?:dated?|dtd?)\b[\s.:]*(.*)")
_GOODS = re.compile(
    r"(?i)\bdescription of|\bdescripci[oó]n de|\bdesignation des|\bnature and quantity"
    r"|\bparticulars furnished"
)
_TERM = re.compile(
    rf"^\W*((?:{'|'.join(values.INCOTERMS)})\s+[A-Z][A-Z .,]{{2,30}}?)\W*\(?INCOTERMS\b.*$"
)
_KIND = r"(?:(?:calendar|working|business|consecutive|running|free)\s+)?"
_NOTED = r"(?:\([^)]{1,30}\)\s*)?"
_WHAT = r"(?:(?:per diem|demurrage|detention|storage|combined|container|line|of|and|&)\s+)*"
_COST = r"(?:per diem|demurrage|detention|storage)"
_FREE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bfree\s*(?:time|days?|period)\b[^.;]{{0,60}}?\b(\d{{1,2}})\s*{_NOTED}{_KIND}{_NOTED}days?\b",
        rf"\b(\d{{1,2}})\s*{_NOTED}{_KIND}days?'?\s+{_WHAT}free\b(?!\s+(?:on|of) (?:board|charge))",
        rf"\bfree\s+{_WHAT}{_COST}\b[^.;]{{0,40}}?\b(\d{{1,2}})\s*{_KIND}days?\b",
        r"\b(\d{1,2})\s*d[ií]as\s+libres\b",
        r"\bd[ií]as\s+libres\b[^.;]{0,40}?\b(\d{1,2})\b",
        r"\b(\d{1,2})\s*jours\s+(?:de\s+)?franchise\b",
        r"\b(\d{1,2})\s*(?:freie\s+tage|tage\s+frei)\b",
        r"\b(\d{1,2})\s*g[üu]n\s+(?:serbest|free|muaf)",
        r"免[^\d]{1,8}?(\d{1,2})\s*天|(\d{1,2})\s*天免",
    )
)
_MOST_DAYS = 60


def read(rows: Sequence[Row], found: Findings, *, notice: bool) -> None:
    """Put the seller's invoice, the term and the free time into `found`.

    `notice`: the paper is a carrier's notice, whose own bill has a number as well.
    """
    for path in ("header.invoiceDate", "header.incoterms"):
        found.by_path.pop(path, None)
    if notice:
        found.by_path.pop("header.invoiceNumber", None)
    _invoice(rows, found, notice=notice)
    for row in rows:
        for cell in row:
            if term := _TERM.match(cell.text):
                found.add("header.incoterms", values.incoterm(term[1]), WEAK, cell)
    standing = found.by_path.get("transport.freeTimeDays")
    if standing is None or standing.confidence <= WEAK:
        found.by_path.pop("transport.freeTimeDays", None)
        _free_time(rows, found)
        if standing is not None:
            found.by_path.setdefault("transport.freeTimeDays", standing)


def _invoice(rows: Sequence[Row], found: Findings, *, notice: bool) -> None:
    goods = False
    for row in rows:
        goods = goods or any(_GOODS.search(cell.text) for cell in row)
        for place, cell in enumerate(row):
            text = cell.text
            if re.fullmatch(r"(?i)\W*inv(?:oice)?\W*(?:no|nr)?[\s.:]*", text) and place + 1 < len(
                row
            ):
                text = f"{text} {row[place + 1].text}"
            match = _INVOICE.search(text)
            if match is None or (notice and not goods):
                continue
            number = match["no"].strip(" .,-/")
            if values.day(number) or not re.search(r"\d", number):
                continue
            found.by_path.pop("header.invoiceNumber", None)
            found.add("header.invoiceNumber", number, LIKELY, cell, match[0])
            said = _ITS_DATE.match(text[match.end() :])
            if said and (day := values.day(said[1])):
                sure = WEAK if day.unsure else LIKELY
                found.add("header.invoiceDate", day.value, sure, cell, said[0])
            return


def _next(rows: Sequence[Row], at: int, cell: Cell) -> Iterator[Cell]:
    """The cell close under this one on its left edge."""
    for row in rows[at + 1 : at + 3]:
        for one in row:
            near = one.page == cell.page and -cell.height < one.y0 - cell.y1 < cell.height
            if near and abs(one.x0 - cell.x0) < cell.height * 1.2:
                yield one


def _free_time(rows: Sequence[Row], found: Findings) -> None:
    """Free days in a sentence, also one of small print over several rows."""
    for at, row in enumerate(rows):
        for cell in row:
            if not re.search(
                r"(?i)free|libres|franchise|frei|serbest|muaf|免|\bdays?\b", cell.text
            ):
                continue
            text, last = cell.text, cell
            for deeper in range(1, 3):
                lower = next(_next(rows, at + deeper - 1, last), None)
                if lower is None:
                    break
                text, last = f"{text} {lower.text}", lower
            for pattern in _FREE:
                if match := pattern.search(text):
                    days = int(next(one for one in match.groups() if one))
                    if 0 < days <= _MOST_DAYS:
                        found.add("transport.freeTimeDays", days, WEAK, cell, match[0])
                        return
