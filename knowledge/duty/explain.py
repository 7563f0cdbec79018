"""The duty in words and as the entry summary wants it: for a broker to paste, and to copy.

A paragraph says each layer with its heading, rate, basis, amount and source, then what would
change it. The table follows the columns of CBP Form 7501 that carry duty: line (27), HTSUS
number (29), entered value (32), rate (33), duty (34); the number of chapters 1-97 comes last of
its line and carries the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from knowledge.duty.compute import EntryDuty, LineDuty
from storage.values import DutyLine, Value


class SummaryRow(Value):
    """One row of the entry summary. Blank cells are None, as on the form."""

    line: str | None  #: block 27; only the first row of a line bears it
    heading: str | None  #: block 29
    entered_value: Decimal | None  #: block 32, on the row of the chapter 1-97 number
    rate: str  #: block 33
    duty: Decimal | None  #: block 34; None while it cannot be said


def paragraph(line: LineDuty, *, origin: str | None = None) -> str:
    """One line's duty, to paste."""
    if line.refusal is not None:
        return f"{line.refusal}"
    goods = f"Line {line.number}, {line.layers[-1].heading}"
    told = [goods + (f", product of {origin}" if origin else "") + ":"]
    told += [_sentence(layer) for layer in line.reading_order]
    total = f"Duty in all: {line.total}." if line.total is not None else "No total can be said yet."
    told.append(total)
    told += [f"{layer.heading}: {layer.condition}." for layer in line.layers if layer.condition]
    told += line.advisories
    return " ".join(told)


def _sentence(layer: DutyLine) -> str:
    named = f"{layer.authority} {layer.heading}"
    if layer.amount is None:
        return f"{named} is open: {layer.needs}."
    if layer.rate == "gives way":
        return f"{named}: not charged on {layer.basis} ({layer.source})."
    if layer.rate == "no duty":
        return f"{named}: no additional duty ({layer.source})."
    if layer.rate.casefold() == "free":
        return f"{named}: free on {layer.basis} ({layer.source})."
    return f"{named}: {layer.rate} of {layer.basis} is {layer.amount} ({layer.source})."


def summary(entry: EntryDuty) -> tuple[SummaryRow, ...]:
    """The rows of the entry summary, then one for each fee."""
    rows: list[SummaryRow] = []
    for line in entry.lines:
        for at, layer in enumerate(line.layers):
            last = at == len(line.layers) - 1
            rows.append(
                SummaryRow(
                    line=f"{line.number:03d}" if at == 0 else None,
                    heading=layer.heading,
                    entered_value=layer.basis.amount if last and layer.basis else None,
                    rate=layer.rate,
                    duty=layer.amount.amount if layer.amount is not None else None,
                )
            )
    for fee in (entry.mpf, entry.hmf):
        if fee is not None:
            rows.append(
                SummaryRow(
                    line=None,
                    heading=fee.heading,
                    entered_value=None,
                    rate=fee.rate,
                    duty=fee.amount.amount if fee.amount is not None else None,
                )
            )
    return tuple(rows)


def table(rows: Sequence[SummaryRow]) -> str:
    """The rows as text in columns."""
    head = ("Line", "HTSUS no.", "Entered value", "Rate", "Duty")
    cells = [
        (
            row.line or "",
            row.heading or "",
            f"{row.entered_value:,.0f}" if row.entered_value is not None else "",
            row.rate,
            f"{row.duty:,.2f}" if row.duty is not None else "open",
        )
        for row in rows
    ]
    widths = [max(len(row[at]) for row in (head, *cells)) for at in range(len(head))]
    lines = []
    for row in (head, *cells):
        line, heading, value, rate, duty = (
            cell.rjust(width) if at in {2, 4} else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append(f"{line}  {heading}  {value}  {rate}  {duty}".rstrip())
    return "\n".join(lines)
