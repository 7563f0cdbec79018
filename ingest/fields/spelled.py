"""Amounts in English words: "SAY US DOLLARS TWELVE THOUSAND FOUR HUNDRED AND 50/100 ONLY"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ingest.fields.layout import Row

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: at for at, word in enumerate(_ONES)}
_SMALL |= {word: 10 * at for at, word in enumerate(_TENS, 2)} | {"fourty": 40}
_LARGE = {
    "thousand": 10**3, "lakh": 10**5, "lakhs": 10**5, "million": 10**6, "crore": 10**7,
    "crores": 10**7, "billion": 10**9,
}  # fmt: skip
_BEGINS = re.compile(r"(?i)\b(?:say|in words)\b")
_MONEY = re.compile(
    r"(?i)\b(?:dollars?|usd|us\$|euros?|eur|pounds?|gbp|sterling|yuan|rmb|cny|yen|rupees?|amount)\b"
)
_COUNTED = re.compile(
    r"(?i)\b(?:pallets?|plts?|cartons?|ctns?|packages?|pkgs?|cases?|bags?|pieces?)\b"
)
_CENTS = re.compile(r"(?i)\b(?:cents?|pence|paise|fen)\b")
_FRACTION = re.compile(r"\b(\d{1,2})\s*/\s*100\b")
_MOST_WORDS = 40
_LONGEST = 300  # letters


def total_of(rows: Sequence[Row]) -> Decimal | None:
    """What a document says as an amount in words; None where it says none, or several."""
    found: set[Decimal] = set()
    for at, row in enumerate(rows):
        line = " ".join(cell.text for cell in row)
        begins = _BEGINS.search(line)
        if begins is None:
            continue
        # A long amount goes on in the next row, until "only".
        for more in rows[at + 1 : at + 3]:
            if re.search(r"(?i)\bonly\b", line) or len(line) > _LONGEST:
                break
            line += " " + " ".join(cell.text for cell in more)
        said = line[begins.end() :][:_LONGEST]
        if not _MONEY.search(line) or _COUNTED.search(said):
            continue
        if (amount := amount_of(said)) is not None:
            found.add(amount)
    return next(iter(found)) if len(found) == 1 else None


def amount_of(text: str) -> Decimal | None:
    """The amount that words say, to the cent; None when they are no whole amount."""
    text = re.split(r"(?i)\bonly\b", text)[0]
    fraction = _FRACTION.search(text)
    if fraction:
        text = text[: fraction.start()]
    if _CENTS.search(text):
        whole, cents = _around_cents(text)
    else:
        whole, cents = _number(text), (int(fraction[1]) if fraction else 0)
    if whole is None or cents is None or cents > 99:
        return None
    return Decimal(whole) + Decimal(cents) / 100


def _around_cents(text: str) -> tuple[int | None, int | None]:
    """Before and after: "… and cents fifty", or all before: "… and fifty cents"."""
    before, after = _CENTS.split(text, maxsplit=1)
    if (cents := _number(after)) is not None:
        return _number(before), cents
    head, _, tail = before.casefold().rpartition(" and ")
    return _number(head), _number(tail)


def _number(text: str) -> int | None:
    """Words that say a whole number, other words around them left out; None without any."""
    total = part = 0
    seen = False
    for word in re.findall(r"[a-z]+", text.casefold().replace("-", " "))[:_MOST_WORDS]:
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred" and seen:
            part = (part or 1) * 100
        elif word in _LARGE and seen:
            total += (part or 1) * _LARGE[word]
            part = 0
        else:
            continue
        seen = True
    return total + part if seen else None
