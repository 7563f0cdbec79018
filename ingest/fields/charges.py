"""What stands between the goods and the total: discounts and charges, one by one, as printed.

19 CFR 141.86(a)(9) wants rebates separately itemised, (a)(8) each charge by its name and amount.
A row counts when it begins with a word of the kind and ends with an amount of money; a per cent
alone is no amount. Freight and insurance have fields of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ingest.fields import labels, values
from ingest.fields.found import LIKELY, PROVEN, Findings
from ingest.fields.layout import Cell, Row
from ingest.fields.lineread import LineRead
from storage.values import NamedAmount

_DISCOUNT = re.compile(
    r"(?i)^\W*(?:less\b\W*)?(?:\w+\W+){0,2}?(?:discounts?|rebates?|allowance|rabatte?|skonto|nachlass|remises?|"
    r"descuentos?|bonificaci[oó]n|sconto|deduction|折扣)\b"
)
_CHARGE = re.compile(
    r"(?i)^\W*(?:add\b\W*|plus\b\W*)?(?:\w+\W+){0,2}?(?:packing|packaging|handling|documentation|inspection|"
    r"certificat\w+|tooling|mou?ld|set-?up|courier|bank|inland (?:freight|transport\w*)|trucking|"
    r"surcharge|assists?|royalt\w+|commission|verpackung\w*|emballage|embalaje|包装费)\b"
    r"(?:\W+(?:charges?|fees?|costs?|cost|kosten|frais|gastos|list)\b)?"
)
_NOT = re.compile(r"(?i)\b(list|slip|terms|details?|account|no\.?|number|weight|marks?|name)\b")
_PER_CENT = re.compile(r"-?\d+(?:[.,]\d+)?\s*%")
_FOOT = 25  # rows below the last goods
_MOST = 20


def read(rows: Sequence[Row], lines: Sequence[LineRead], found: Findings) -> None:
    """Add `totals.discounts` and `totals.otherCharges` from the rows below the goods."""
    start = _below_the_goods(rows, lines)
    if start is None:
        return
    seen: dict[str, list[tuple[NamedAmount, Cell]]] = {"discounts": [], "otherCharges": []}
    for row in rows[start : start + _FOOT]:
        for name, pattern in (("discounts", _DISCOUNT), ("otherCharges", _CHARGE)):
            made = _named(row, pattern)
            if made is not None:
                seen[name].append((made, row[0]))
                break
    for name, listed in seen.items():
        if listed and len(listed) <= _MOST:
            found.add(f"totals.{name}", tuple(one for one, _ in listed), LIKELY, listed[0][1])


def named(text: str) -> bool:
    """Whether a row begins with the words of a discount or a charge."""
    for pattern in (_DISCOUNT, _CHARGE):
        match = pattern.match(text)
        if match is not None and not _NOT.search(match[0]):
            return True
    return False


def added(found: Findings) -> Decimal:
    """What discounts and charges change between the sum of the goods and the total."""
    less = sum((abs(one.amount) for one in found.get("totals.discounts") or ()), Decimal(0))
    more = sum((one.amount for one in found.get("totals.otherCharges") or ()), Decimal(0))
    return more - less


def proven(found: Findings, goods: Decimal) -> None:
    """Where goods (with freight), discounts and charges make the total, each was read rightly."""
    total = found.get("totals.total")
    if total is None or abs(goods + added(found) - total) > Decimal("0.01"):
        return
    for path in ("totals.discounts", "totals.otherCharges"):
        if (one := found.by_path.get(path)) is not None:
            found.by_path[path] = one.model_copy(update={"confidence": PROVEN})


def _below_the_goods(rows: Sequence[Row], lines: Sequence[LineRead]) -> int | None:
    if not lines:
        return None
    seen = [one for line in lines for one in line.evidence.values()]
    page = max(one.page for one in seen)
    deepest = max(one.box[3] for one in seen if one.page == page)
    for at, row in enumerate(rows):
        cell = row[0]
        if cell.page > page or (cell.page == page and cell.y0 >= deepest - cell.height * 0.5):
            return at
    return None


def _named(row: Row, pattern: re.Pattern[str]) -> NamedAmount | None:
    """The row's own words and its last amount of money."""
    text = " ".join(cell.text for cell in row)
    match = pattern.match(text)
    if match is None or len(text) > 120 or _NOT.search(match[0]):
        return None
    named = labels.field_of(row[0].text)
    if named is not None and named[0] in ("totals.freight", "totals.insurance", "totals.packages"):
        return None
    amount = _money(row)
    if amount is None or amount == 0:
        return None
    label = row[0].text if len(row) > 1 else match[0]
    label = re.sub(r"(?i)^\W*(?:less|add|plus)\s*[:.]\s*|[\s:：\-–(]+$", "", label)
    return NamedAmount(label=label[:80], amount=amount)


def _money(row: Row) -> Decimal | None:
    last = row[-1].text
    if len(row) == 1:
        # "Discount 2 %: 45.00": the figure behind the words.
        last = _PER_CENT.sub(" ", last)
        found = re.search(
            r"[-(]?\s*(?:[A-Z]{3}|[$€£])?\s*\d[\d.,']*\s*-?\)?\s*(?:[A-Z]{3}|[$€£])?\s*$", last
        )
        last = found[0] if found else ""
    if not last.strip() or _PER_CENT.fullmatch(last.strip()):
        return None
    bare = re.sub(r"(?i)US\$|HK\$|[$€£¥]|\b[A-Z]{3}\b", " ", last).strip()
    minus = bare.startswith(("-", "(", "−", "–")) or bare.endswith(("-", ")"))
    amount = values.number(bare.strip("-()−– "))
    if amount is None:
        return None
    return -abs(amount) if minus else amount
