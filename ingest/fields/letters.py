"""What an invoice says without a label: its number, its date, the total of a letter.

Asked only of invoices, and only for what no label gave.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.fields import labels, values
from ingest.fields.found import WEAK, Findings
from ingest.fields.layout import Row
from ingest.fields.taking import DATED

_BARE = frozenset({"no", "nr", "n°", "n o", "number", "#", "no / nr", "nr / no", "numero"})
_BARE_INSIDE = re.compile(r"(?i)(?:no|nr|n[°º]|n\.\s?[°º])\s*[.:]?\s*([A-Z0-9][\w/.-]*\d[\w/.-]*)")
_LONGEST_NUMBER = 25
_TOP, _HEAD = 25, 50  # rows in which a letter is dated, an invoice numbered
_INVOICE = (
    r"(?:inv(?:oice)?|(?:handels|export)?rechnung|fattura(?:\s+(?:commerciale|export))?|facture(?:\s+commerciale)?"
    r"|factura(?:\s+comercial)?|fatura(?:\s+comercial)?)"
)
_NAMED_NUMBER = re.compile(
    rf"(?i)^\W*(?:(?:commercial|export|sales|tax)\s+)*{_INVOICE}\b(?:\s*/\s*(?:commercial\s+)?{_INVOICE}\b)?\.?"
    r"\s*(?:(?:no|nr|n|num)\b|n[°º]|#)?\s*[.:#°º]*\s*(?!\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b)"
    r"(?=[a-z/-]*\d)(?P<number>[a-z\d](?:[a-z\d/.-]*\d{2}[a-z\d/.-]*[a-z\d]|[a-z\d/-]*\d{2}[a-z\d/-]*))"
    r"(?:\s*[,/]?\s*(?:of|dated|date|dd|dtd|del|du|vom|de fecha|fecha"
    r"|de)?\b[.:]?\s*(?P<rest>.{6,30}))?"
)

_WITH_PREFIX = re.compile(r"(?i)^\W*(?P<number>inv[-/](?=[a-z/-]*\d)[a-z\d/-]*\d{2}[a-z\d/-]*)")
"""A number that says itself of what it is: "INV-26-0331 / PO 4471"."""
_COIN = r"(?:[A-Z]{3}(?![A-Za-z])|EURO|Euro|US\$|U\.S\.\$|[$€£])"
_FIGURE = r"\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?!\d)|\d[\d.,']*\d"
_MONEY = rf"(?:{_COIN}\s?(?P<a>{_FIGURE})|(?P<b>{_FIGURE})(?:,-+)?\s?{_COIN})"
_AMOUNTS_TO = re.compile(
    r"(?:(?i:\b(?:total|sum|amount|value)\b[^.:\d]{0,60}\b(?:amounts?|comes|sums?(?: up)?) to"
    r"|\b(?:total|invoice|gesamt\w*|rechnungs\w*|importe|montant|importo|valor)\b(?!\s+advance)"
    r"(?:(?!\b(?:payments?|advance|deposit|balance|anzahlung|acconto|anticipo|acompte)\b)[^.:\d]){0,60}?"
    r"(?:\b(?:is|being|will be|beträgt|ammonta a|asciende a|é de)|\bs'élève à)"
    r"(?:\s+(?:therefore|thus|hence|so|consequently|daher|quindi|donc))?))"
    rf"\W{{0,3}}{_MONEY}"
)
_TOTAL = re.compile(
    r"(?i:(?:grand|invoice|final)?\s*(?:total|totale|gesamt(?:betrag|summe|preis)?|rechnungsbetrag|endbetrag"
    r"|montant total|importe total|importo totale|valor total)"
    r"(?:\s+(?:amount|value|price|invoice|sum|fattura|factura|facture|general|ttc))*)"
    rf"(?:\s+(?:EXW|FCA|FOB|CFR|CIF|CPT|CIP|DAP|DPU|DDP)\b[^\d:]{{0,30}}?)?\W{{1,3}}{_MONEY}\W{{0,4}}"
)
"""A total in one cell with its money: "Total FOB Hamburg EUR 2.605,00"."""


def bare_number(rows: Sequence[Row], found: Findings) -> None:
    """A bare "No." in the head of an invoice, when nothing is labelled as its number."""
    if found.get("header.invoiceNumber") is not None:
        return
    for row in rows[:_TOP]:
        for cell in row:
            inside = _BARE_INSIDE.fullmatch(cell.text)
            if cell.page == 1 and inside and len(inside[1]) > 3:
                found.add("header.invoiceNumber", values.reference(inside[1]), WEAK, cell)
                return
        for place, cell in enumerate(row[:-1]):
            said = row[place + 1].text
            if cell.page == 1 and labels.plain(cell.text) in _BARE and len(said) <= _LONGEST_NUMBER:
                found.add("header.invoiceNumber", values.reference(said), WEAK, row[place + 1])
                return


def named_number(rows: Sequence[Row], found: Findings) -> None:
    """A number that a cell among other references calls the invoice's: "INV F001-2381"."""
    if found.get("header.invoiceNumber") is not None:
        return
    for row in rows[:_HEAD]:
        for cell in row:
            match = _NAMED_NUMBER.match(cell.text) or _WITH_PREFIX.match(cell.text)
            if cell.page == 1 and match:
                found.add("header.invoiceNumber", match["number"], WEAK, cell)
                if dated := values.day(match.groupdict().get("rest") or ""):
                    day = values.turned(dated) if dated.unsure and found.day_first else dated
                    found.add("header.invoiceDate", day.value, WEAK, cell)
                return


def said_total(rows: Sequence[Row], found: Findings) -> None:
    """The total of a letter: "the total of this invoice amounts to" / "EUR 94.636,80"."""
    if found.get("totals.total") is not None:
        return
    for at, row in enumerate(rows):
        for lower in ([], *rows[at + 1 : at + 2]):
            upper = rows[at - 1] if at and lower else []
            line = " ".join(cell.text for cell in (*upper, *row, *lower))
            if match := _AMOUNTS_TO.search(line):
                amount = values.figure(match["a"] or match["b"], european=found.european)
                found.add("totals.total", amount, WEAK, (lower or row)[0], match[0])
    for row in reversed(rows):
        for cell in row:
            if match := _TOTAL.fullmatch(cell.text.strip()):
                amount = values.figure(match["a"] or match["b"], european=found.european)
                found.add("totals.total", amount, WEAK, cell)


def letter_date(rows: Sequence[Row], found: Findings) -> None:
    """The date of an invoice without a label, alone or behind its town: "Vienna, 2 May 2026"."""
    if found.get("header.invoiceDate") is not None:
        return
    for row in rows[:_TOP]:
        for place, cell in enumerate(row):
            if place and row[place - 1].text.rstrip().endswith((":", "：")):
                continue  # behind a label, although one that we do not know
            if cell.page == 1 and DATED.fullmatch(cell.text) and (dated := values.day(cell.text)):
                found.add("header.invoiceDate", dated.value, WEAK, cell)
                return
