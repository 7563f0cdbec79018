"""The currency of an invoice that has no label for it: in amounts, headings, totals and words.

One currency on the whole paper is its currency; of several, that of the total. Banks' accounts
and rates of exchange do not count, nor does "$" alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, WEAK, Findings
from ingest.fields.layout import Cell, Row

_CODE = (
    r"US\$|U\.S\.\$|USD|EUR|GBP|CHF|CAD|AUD|NZD|HKD|SGD|JPY|CNY|RMB|KRW|INR|TRY|TL|BRL|MXN|THB|VND|DKK|SEK|NOK"
    r"|PLN|CZK|HUF|ZAR|AED|TWD|NTD|BDT|PKR|LKR|IDR|MYR|PHP|ILS|HK\$|C\$|A\$|CA\$|NT\$|S\$|R\$|€|£"
)
_CODES = {
    "US$": "USD", "U.S.$": "USD", "RMB": "CNY", "TL": "TRY", "HK$": "HKD", "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD", "NT$": "TWD", "NTD": "TWD", "S$": "SGD", "R$": "BRL", "€": "EUR", "£": "GBP",
}  # fmt: skip
_BESIDE = re.compile(
    rf"(?:(?<![A-Za-z])(?P<a>{_CODE})\.?\s?[-(]?\d)|(?:\d\)?-?\s?(?P<b>{_CODE})(?![A-Za-z\d]))"
)
_ALONE = re.compile(
    rf"(?i)^\W*(?:in\s+|per\s+)?(?P<a>{_CODE})\s*(?:/\s*[A-Za-z0-9. ]{{1,12}})?\W*$"
)
_IN_HEADING = re.compile(rf"(?<![A-Za-z])(?P<a>{_CODE})(?![A-Za-z])")
_NOT_HERE = re.compile(
    r"(?i)\b(?:iban|swift|bic|a/c|account|bank\w*|konto|kto|exchange|rate of|kur\w*|taxable|fx"
    r"|hesab\w*)\b"
)
_WORDS = (
    (
        re.compile(
            r"(?i)\bu\.?\s?s\.?\s*dollars?\b|\bunited states dollars?\b|\bamerican dollars?\b"
        ),
        "USD",
    ),
    (re.compile(r"(?i)\beuros?\b"), "EUR"),
    (re.compile(r"(?i)\bpounds? sterling\b|\bgb pounds?\b"), "GBP"),
    (re.compile(r"(?i)\bcanadian dollars?\b"), "CAD"),
    (re.compile(r"(?i)\bswiss francs?\b"), "CHF"),
    (re.compile(r"(?i)\bjapanese yen\b"), "JPY"),
    (re.compile(r"(?i)\brenminbi\b|\bchinese yuan\b"), "CNY"),
)
_SAYS = re.compile(r"(?i)\bsay\b|\bin words\b|\bonly\b|\btotal\b|\bamount chargeable\b")


_SPELLED = re.compile(r"(?i)\b(?:hundred|thousand|million|lakh|crore)\b.*\bonly\b|^\W*say\b")


def read(rows: Sequence[Row], found: Findings) -> None:
    """Add the currency where no label named it."""
    if found.get("header.currency") is not None or found.get("totals.currency") is not None:
        return
    seen: Counter[str] = Counter()
    summed: dict[str, Cell] = {}
    where: dict[str, Cell] = {}
    for row in rows:
        line = " ".join(cell.text for cell in row)
        if _NOT_HERE.search(line):
            continue
        of_total = any(
            (named := labels.field_of(cell.text)) and named[0] == "totals.total" for cell in row
        )
        for cell in row:
            for code in _in(cell):
                seen[code] += 1
                where.setdefault(code, cell)
                if of_total:
                    summed.setdefault(code, cell)
        if _SAYS.search(line):
            spelled = [code for pattern, code in _WORDS if pattern.search(line)]
            if _SPELLED.search(line) and (match := _IN_HEADING.search(line)):
                spelled.append(_CODES.get(match["a"], match["a"]))
            for code in spelled:
                if code in values.CURRENCIES:
                    summed.setdefault(code, row[0])
                    seen[code] += 1
                    where.setdefault(code, row[0])
    chosen = next(iter(summed)) if len(summed) == 1 else None
    if chosen is None and len(seen) == 1:
        chosen = next(iter(seen))
    if chosen is not None:
        sure = LIKELY if len(seen) == 1 else WEAK
        found.add("header.currency", chosen, sure, summed.get(chosen) or where[chosen], chosen)


def _in(cell: Cell) -> set[str]:
    codes = [next(one for one in match.groups() if one) for match in _BESIDE.finditer(cell.text)]
    if alone := _ALONE.match(cell.text):
        codes.append(alone["a"].upper())
    elif labels.column_of(cell.text) and (heading := _IN_HEADING.search(cell.text)):
        codes.append(heading["a"])
    return {
        code for one in codes if (code := _CODES.get(one.upper(), one.upper())) in values.CURRENCIES
    }
