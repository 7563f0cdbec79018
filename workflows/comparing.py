"""What we prepared against what people filed: field by field, with the cause of each difference.

Pure. What people's file leaves empty is not compared. Values are compared in whole US dollars,
as they are entered, duty to the cent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from storage.shadow import Cause, Difference
from storage.values import Value
from workflows.states import Refused

COLUMNS = ("line", "hts", "origin", "quantity", "unit", "value", "mid", "duty")
_MOST_LINES = 999
_MOST_CHARACTERS = 1_000_000
_HTS_LEGAL = 8  #: digits that carry the rate; two more are statistical
_SAME_RATIO = Decimal("0.001")


class Filed(Value):
    """One line of an entry, whoever made it."""

    line: int
    hts: str | None = None  #: digits only
    origin: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    value: Decimal | None = None  #: US dollars
    mid: str | None = None
    duty: Decimal | None = None  #: US dollars


def read(text: str) -> list[Filed]:
    """The lines of a CSV with `COLUMNS` (line and hts are needed). Raises `Refused`."""
    if len(text) > _MOST_CHARACTERS:
        raise Refused("The file is too large to be one entry. Nothing was recorded.")
    table = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    names = [(one or "").strip().casefold() for one in table.fieldnames or ()]
    table.fieldnames = names
    if not {"line", "hts"} <= set(names):
        raise Refused(f"The first row names the columns: {', '.join(COLUMNS)}.")
    found: dict[int, Filed] = {}
    for number, row in enumerate(table, start=2):
        if number > _MOST_LINES:
            raise Refused(f"More than {_MOST_LINES} lines. Nothing was recorded.")
        one = _row(row, number)
        if one.line in found:
            raise Refused(f"Row {number}: line {one.line} is there twice. Nothing was recorded.")
        found[one.line] = one
    if not found:
        raise Refused("The file has no lines. Nothing was recorded.")
    return list(found.values())


def ours(packet: dict[str, Any]) -> list[Filed]:
    """The lines of a prepared packet."""
    found = []
    maker = (packet.get("parties") or {}).get("manufacturer") or {}
    for line in packet.get("lines", []):
        reported = next(iter(line.get("reported") or ()), None) or line
        amounts = [row.get("amount") for row in line.get("duty") or ()]
        whole = [Decimal(str(one)) for one in amounts if one is not None]
        found.append(
            Filed(
                line=line["number"],
                hts=_digits(line.get("hts")),
                origin=line.get("origin"),
                quantity=_number(reported.get("quantity")),
                unit=_unit(reported.get("unit")),
                value=_number(line.get("enteredValue")),
                mid=line.get("manufacturerMid") or maker.get("mid"),
                duty=sum(whole, Decimal(0)) if len(whole) == len(amounts) else None,
            )
        )
    return found


def differences(
    prepared: Sequence[Filed], filed: Sequence[Filed], *, freight: Sequence[Decimal] = ()
) -> list[Difference]:
    """Every difference with its cause; `freight` are the charges that may explain a value."""
    mine = {one.line: one for one in prepared}
    theirs = {one.line: one for one in filed}
    found: list[Difference] = []
    if swapped := _swapped(mine, theirs):
        found.append(
            Difference(
                field="line", cause="lines_swapped",
                ours=", ".join(str(one) for one in swapped),
                theirs=", ".join(str(one) for one in swapped.values()),
            )
        )  # fmt: skip
        theirs = {number: theirs[swapped.get(number, number)] for number in theirs}
    for number in sorted(mine.keys() - theirs.keys()):
        found.append(_whole(number, mine[number], None, "line_missing"))
    for number in sorted(theirs.keys() - mine.keys()):
        found.append(_whole(number, None, theirs[number], "line_added"))
    both = [(mine[number], theirs[number]) for number in sorted(mine.keys() & theirs.keys())]
    found += _values(both, freight)
    for a, b in both:
        found += _fields(a, b)
        changed = any(one.line == a.line for one in found) or any(
            one.field == "value" and one.line is None for one in found
        )
        if a.duty is not None and b.duty is not None and a.duty != b.duty:
            cause: Cause = "follows" if changed else "duty"
            found.append(_of(a.line, "duty", a.duty, b.duty, cause))
    return found


def counted(found: Sequence[Difference]) -> list[Difference]:
    """Those that have a cause of their own."""
    return [one for one in found if one.cause != "follows"]


def _fields(a: Filed, b: Filed) -> list[Difference]:
    found = []
    if b.hts and a.hts != b.hts:
        legal = (a.hts or "")[:_HTS_LEGAL] == b.hts[:_HTS_LEGAL]
        cause: Cause = "statistical_suffix" if legal else "code"
        found.append(_of(a.line, "hts", a.hts, b.hts, cause))
    if b.origin and a.origin != b.origin:
        found.append(_of(a.line, "origin", a.origin, b.origin, "origin"))
    if b.unit and a.unit != b.unit:
        found.append(_of(a.line, "unit", a.unit, b.unit, "unit"))
    elif b.quantity is not None and a.quantity != b.quantity:
        found.append(_of(a.line, "quantity", a.quantity, b.quantity, "quantity"))
    if b.mid and (a.mid or "").upper() != b.mid.upper():
        found.append(_of(a.line, "mid", a.mid, b.mid, "manufacturer"))
    return found


def _values(both: Sequence[tuple[Filed, Filed]], freight: Sequence[Decimal]) -> list[Difference]:
    """Values that differ; one cause for all of them where one explains them."""
    known = [(a, b) for a, b in both if a.value is not None and b.value is not None]
    wrong = [(a, b) for a, b in known if _dollars(a.value) != _dollars(b.value)]
    if not wrong:
        return []
    here = sum((a.value or Decimal(0) for a, _ in known), Decimal(0))
    there = sum((b.value or Decimal(0) for _, b in known), Decimal(0))
    if any(abs(abs(there - here) - one) <= len(known) for one in freight if one):
        return [_of(None, "value", here, there, "freight")]
    ratios = [(b.value or Decimal(0)) / a.value for a, b in known if a.value]
    same = ratios and max(ratios) - min(ratios) <= _SAME_RATIO
    if same and len(wrong) == len(known) > 1:
        return [_of(None, "value", here, there, "exchange_rate")]
    return [_of(a.line, "value", a.value, b.value, "value") for a, b in wrong]


def _swapped(mine: dict[int, Filed], theirs: dict[int, Filed]) -> dict[int, int]:
    """Our line -> their line, where the same goods stand under other numbers; else empty."""
    if mine.keys() != theirs.keys():
        return {}
    where = {(one.hts, _dollars(one.value)): number for number, one in theirs.items()}
    moved: dict[int, int] = {}
    for number, one in mine.items():
        place = where.get((one.hts, _dollars(one.value)))
        if place is None:
            return {}
        if place != number:
            moved[number] = place
    return moved if sorted(moved) == sorted(moved.values()) else {}


def _whole(number: int, a: Filed | None, b: Filed | None, cause: Cause) -> Difference:
    return _of(number, "line", a.hts if a else None, b.hts if b else None, cause)


def _of(line: int | None, field: str, a: object, b: object, cause: Cause) -> Difference:
    return Difference(
        line=line, field=field, cause=cause, ours=None if a is None else str(a),
        theirs=None if b is None else str(b),
    )  # fmt: skip


def _row(row: dict[str, str | None], number: int) -> Filed:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    try:
        return Filed(
            line=int(told["line"]),
            hts=_digits(told["hts"]),
            origin=told["origin"].upper() or None,
            quantity=_read_number(told["quantity"]),
            unit=_unit(told["unit"]),
            value=_read_number(told["value"]),
            mid=told["mid"] or None,
            duty=_read_number(told["duty"]),
        )
    except (ValueError, InvalidOperation):
        raise Refused(f"Row {number} cannot be read. Nothing was recorded.") from None


def _read_number(text: str) -> Decimal | None:
    if not text:
        return None
    found = Decimal(text.replace(",", "").removeprefix("$"))
    if not found.is_finite():
        raise ValueError(text)
    return found


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _digits(text: str | None) -> str | None:
    found = "".join(one for one in text or "" if one.isdigit())
    return found or None


def _unit(text: object) -> str | None:
    return str(text).strip().casefold() or None if text else None


def _dollars(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal(1), ROUND_HALF_UP)
