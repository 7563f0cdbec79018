"""What a carrier's invoice for demurrage or detention must say, and whether it does.

Source: 46 CFR 541.6 (contents), 541.5 (without one of them nothing is owed), 541.7 (issued within
30 days of the last charge), 541.8 (at least 30 days from its issue to ask for a reduction); 89 FR
14362, in force since 2024-05-28. The reading is by labels and their values; an item that it does
not find is reported as not found, which a person checks on the invoice. Imports: the item that is
for exports alone (541.6(b)(7)) is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict

DISPUTE = timedelta(days=30)  #: 46 CFR 541.8(a), from the date of the invoice
ISSUED_WITHIN = timedelta(days=30)  #: 46 CFR 541.7(a), from the last charged day

_TITLE = re.compile(
    r"\b(?:demurrage|detention|per[ -]?diem)\b.{0,30}\b(?:invoice|bill)\b"
    r"|\b(?:invoice|bill)\b.{0,30}\b(?:demurrage|detention|per[ -]?diem)\b",
    re.IGNORECASE,
)
_LONGEST_TITLE = 70
_DAY = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{1,2}[ -][A-Za-z]{3,9}[ -,]+\d{4}|"
    r"[A-Za-z]{3,9} \d{1,2},? \d{4})"
)
_MONEY = r"\d[\d,]*\.\d{2}"


class Item(BaseModel):
    """One thing that the invoice must say."""

    model_config = ConfigDict(frozen=True)

    paragraph: str  #: of 46 CFR 541.6
    words: str
    label: str = ""  #: a pattern of what it is called; empty: `value` anywhere
    value: str = ""  #: a pattern of what must stand with the label; empty: the label says it


ITEMS: tuple[Item, ...] = (
    Item(paragraph="(a)(1)", words="bill of lading number",
         label=r"\b(?:b/?l|bill of lading)\b(?: ?(?:no\.?|numbers?|#))?",
         value=r"[A-Z0-9-]*\d{4,}"),
    Item(paragraph="(a)(2)", words="container number", value=r"\b[A-Z]{3}[UJZ] ?-?\d{6}-? ?\d\b"),
    Item(paragraph="(a)(3)", words="port of discharge",
         label=r"\b(?:port of discharge|discharge port|pod)\b", value=r"[A-Za-z]{3,}"),
    Item(paragraph="(a)(4)", words="why you are the proper party to bill",
         label=r"\bbasis\b.{0,40}\b(?:bill|liab|party)|\bproper party\b|\bbilled (?:as|because)\b|"
         r"\bliab\w+ (?:as|because|under)\b"),
    Item(paragraph="(b)(1)", words="invoice date",
         label=r"\b(?:invoice|issue|issued|billing) ?(?:date|on)\b|\bdate of (?:invoice|issue)\b",
         value=_DAY),
    Item(paragraph="(b)(2)", words="invoice due date",
         label=r"\b(?:due date|payment due|due on|pay(?:able)? by)\b", value=_DAY),
    Item(paragraph="(b)(3)", words="free time allowed, in days",
         label=r"\b(?:allowed )?free (?:time|days)\b(?! ?(?:start|begin|end|expir|from|to\b))",
         value=r"\b\d{1,2}\b"),
    Item(paragraph="(b)(4)", words="start of free time",
         label=r"\bfree time (?:start|begin|from)\w*|\bstart (?:date )?of (?:the )?free time\b",
         value=_DAY),
    Item(paragraph="(b)(5)", words="end of free time",
         label=r"\bfree time (?:end|expir|until|through)\w*|\blast free (?:day|date)\b|\blfd\b|"
         r"\bend (?:date )?of (?:the )?free time\b", value=_DAY),
    Item(paragraph="(b)(6)", words="date on which the container was available",
         label=r"\bavailab(?:le|ility)\b", value=_DAY),
    Item(paragraph="(b)(8)", words="the dates that are charged",
         label=r"\b(?:charged?|chargeable|billed|billing|demurrage|detention) "
         r"(?:dates?|days|period|from)\b", value=_DAY),
    Item(paragraph="(c)(1)", words="total amount due",
         label=r"\btotal(?: (?:amount )?due)?\b|\bamount due\b", value=_MONEY),
    Item(paragraph="(c)(2)", words="the tariff rule or contract of the rate",
         label=r"\b(?:tariff|service contract|rule)\b", value=r"\d"),
    Item(paragraph="(c)(3)", words="the rate",
         label=r"\brates?\b|\bper (?:day|diem)\b|/ ?day\b|\bdaily\b", value=_MONEY),
    Item(paragraph="(d)(1)", words="whom to ask for a reduction",
         value=r"[\w.+-]+@[\w-]+\.[\w.-]+|\b(?:tel|phone|call)\b\D{0,12}\d[\d ()+-]{6,}"),
    Item(paragraph="(d)(2)", words="the web page of what a request needs",
         value=r"https?://|\bwww\.|\bqr code\b"),
    Item(paragraph="(d)(3)", words="the time in which to ask, and to be answered",
         label=r"\b(?:disput|mitigat|refund|waiver)\w*",
         value=r"\b\d{1,3} (?:calendar |business )?days\b"),
    Item(paragraph="(e)(1)", words="the statement that the charges follow the FMC's rules",
         label=r"\bconsistent with\b"),
    Item(paragraph="(e)(2)", words="the statement that the biller did not cause the charges",
         label=r"\bdid not\b.{0,20}\b(?:cause|contribute)\b"),
)  # fmt: skip
_BY_PARAGRAPH: Mapping[str, Item] = {one.paragraph: one for one in ITEMS}
_READ = tuple(
    (one, re.compile(one.label, re.IGNORECASE), re.compile(one.value, re.IGNORECASE))
    for one in ITEMS
)


def is_one(titles: Sequence[str]) -> bool:
    """Whether one of these short lines is the title of such an invoice."""
    return any(
        len(line) <= _LONGEST_TITLE and not line.endswith(".") and _TITLE.search(line) is not None
        for line in (" ".join(one.split()) for one in titles)
    )


def missing(lines: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The paragraphs of 541.6 whose item was not found; a line is its cells, from the left.

    A value stands behind its label in the cell, in the cell beside it, or in the one below.
    """
    return tuple(
        one.paragraph for one, label, value in _READ if not _found(lines, one, label, value)
    )


def value_of(lines: Sequence[Sequence[str]], paragraph: str) -> str | None:
    """What stands with the label of this item, as it is printed."""
    for one, label, value in _READ:
        if one.paragraph != paragraph:
            continue
        for text in _beside(lines, label):
            if there := value.search(text):
                return there[0]
    return None


def words(paragraph: str) -> str:
    """An item for people: "end of free time (46 CFR 541.6(b)(5))"."""
    item = _BY_PARAGRAPH.get(paragraph)
    return f"{item.words if item else 'an item'} (46 CFR 541.6{paragraph})"


def dispute_by(issued: date | None) -> date | None:
    """The first day on which the line may have closed its ear: 30 days from the invoice."""
    return issued + DISPUTE if issued else None


def issued_late(issued: date | None, last_charged: date | None) -> bool:
    """Whether it came more than 30 days after the last charged day: then nothing is owed."""
    return issued is not None and last_charged is not None and issued > last_charged + ISSUED_WITHIN


def _found(
    lines: Sequence[Sequence[str]], item: Item, label: re.Pattern[str], value: re.Pattern[str]
) -> bool:
    if not item.label:
        return any(value.search(" ".join(line)) for line in lines)
    whole = " ".join(" ".join(line) for line in lines)
    if not item.value or item.paragraph == "(d)(3)":  # sentences run over lines
        near = item.label
        if item.value:
            near = f"(?:{near}).{{0,160}}(?:{item.value})|(?:{item.value}).{{0,160}}(?:{near})"
        return re.search(near, whole, re.IGNORECASE) is not None
    return any(value.search(text) for text in _beside(lines, label))


def _labelled(cell: str) -> bool:
    """Whether a cell has a label of its own: then it is no value of its neighbour."""
    return any(one.label and one.value and label.match(cell) for one, label, _ in _READ)


def _beside(lines: Sequence[Sequence[str]], label: re.Pattern[str]) -> list[str]:
    """What may be the value of each place where this label stands."""
    found: list[str] = []
    for at, line in enumerate(lines):
        for place, cell in enumerate(line):
            there = label.search(cell)
            if there is None:
                continue
            behind = cell[there.end() :].strip(" :.-#")
            if behind:
                found.append(behind)
            if place + 1 < len(line) and not _labelled(line[place + 1]):
                found.append(line[place + 1])
            if len(line) > 1 and at + 1 < len(lines) and place < len(lines[at + 1]):
                below = lines[at + 1]
                if len(below) == len(line):  # a heading and its row
                    found.append(below[place])
    return found
