"""Papers that are about a shipment but describe no goods: a line's charges, customs' forms.

They are recognised before anything is read as goods: the amount of a demurrage invoice is nobody's
customs value, and the words of a form are no line. Only the numbers that say whose they are stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from ingest.fields import values
from ingest.fields.layout import Row
from knowledge import information_request, line_invoice
from storage import entry_number
from storage.values import Charges, CustomsForm, DocumentKind, Reading, Transport

_HEAD = 40  # rows in which a title stands
_ENTRY = re.compile(r"\b[A-Z0-9]{3}[- ]?\d{7}[- ]?\d\b", re.IGNORECASE)
_DATED = re.compile(r"\bdate of (?:request|notice)\b|^\s*(?:1\.? ?)?date\b", re.IGNORECASE)
_BILL = re.compile(r"\b(?:b/?l|bill of lading)\b[^A-Z0-9]{0,3}(?:no\.?|number)?", re.IGNORECASE)
_NUMBER = re.compile(r"\binvoice (?:no\.?|number|#)", re.IGNORECASE)
_CHARGED = re.compile(r"\b(?:charged?|chargeable|billed|demurrage|detention)\b", re.IGNORECASE)
_MOST = 10


def read(name: str, pages: int, rows: Sequence[Row]) -> Reading | None:
    """Such a paper as it is read; None for everything else."""
    lines = [[cell.text for cell in row] for row in rows]
    titles = [cell for line in lines[:_HEAD] for cell in line]
    if line_invoice.is_one(titles):
        charges = _charges(lines)
        moved = Transport(containers=charges.containers, houseBill=charges.bill)
        return _bare(name, pages, moved).model_copy(update={"charges": charges})
    if (form := information_request.form_of([" ".join(one) for one in lines[:_HEAD]])) is not None:
        made = _form(form, [" ".join(one) for one in lines], lines)
        return _bare(name, pages, Transport()).model_copy(update={"form": made})
    return None


def _bare(name: str, pages: int, transport: Transport) -> Reading:
    return Reading(
        documentType=DocumentKind.OTHER, kindConfidence=0.9, file=name, pages=pages,
        transport=transport,
    )  # fmt: skip


def _charges(lines: Sequence[Sequence[str]]) -> Charges:
    whole = "\n".join(" ".join(line) for line in lines)
    total = line_invoice.value_of(lines, "(c)(1)")
    bill = line_invoice.value_of(lines, "(a)(1)")
    return Charges(
        number=_behind(lines, _NUMBER),
        issued=_day(line_invoice.value_of(lines, "(b)(1)")),
        due=_day(line_invoice.value_of(lines, "(b)(2)")),
        total=values.number(total) if total else None,
        currency=values.currency(whole),
        bill=values.bill(bill) if bill else None,
        containers=tuple(values.containers(whole)),
        last_charged=_last_charged(lines),
        missing=line_invoice.missing(lines),
    )


def _form(
    form: information_request.Form, lines: Sequence[str], cells: Sequence[Sequence[str]]
) -> CustomsForm:
    asked, marked = information_request.asked(lines)
    numbers = []
    for found in _ENTRY.findall("\n".join(lines)):
        try:
            numbers.append(entry_number.format_entry_number(*entry_number.parse(found)))
        except entry_number.BadEntryNumber:
            continue  # a number of the same length whose check digit does not fit
    dated = _behind(cells, _DATED, day=True)
    return CustomsForm(
        form=form,
        dated=_day(dated),
        entries=tuple(dict.fromkeys(numbers))[:_MOST],
        asked=asked,
        marked=marked,
        message=information_request.message(lines),
    )


def _behind(
    lines: Sequence[Sequence[str]], label: re.Pattern[str], *, day: bool = False
) -> str | None:
    """The text behind a label: in its cell, beside it, or below."""
    for at, line in enumerate(lines):
        for place, cell in enumerate(line):
            there = label.search(cell)
            if there is None:
                continue
            below = lines[at + 1] if at + 1 < len(lines) else ()
            for text in (cell[there.end() :], *line[place + 1 : place + 2],
                         *below[place : place + 1], *below[:1]):  # fmt: skip
                said = text.strip(" :.-#")
                if said and (not day or values.day(said) is not None):
                    return said[:60]
    return None


def _last_charged(lines: Sequence[Sequence[str]]) -> date | None:
    days = [
        found
        for line in lines
        if _CHARGED.search(" ".join(line))
        for piece in re.split(r"\bto\b|–|—| - |\bthrough\b|\buntil\b", " ".join(line))
        if (found := _day(piece)) is not None
    ]
    return max(days, default=None)


def _day(text: str | None) -> date | None:
    """A date that can be read in one way only: a dispute does not hang on a guess."""
    read_ = values.day(text) if text else None
    return read_.value if read_ is not None and not read_.unsure else None
