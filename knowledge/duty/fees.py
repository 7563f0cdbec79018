"""The merchandise processing fee and the harbor maintenance fee, by date.

MPF: 19 CFR 24.23(b)(1), ad valorem on the entry, with a minimum and a maximum that are set anew
each fiscal year (1 October); an informal entry pays a flat fee. HMF: 19 CFR 24.24, ocean cargo
only, no bounds. The figures stand in `fees.csv`; a day that it does not cover has no figure.
Both are rounded to the cent, half a cent upwards.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from knowledge.duty.measures import FOLDER
from storage.values import DutyLine, Money, Value

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_MPF_CLASS, _HMF_CLASS, _MPF_INFORMAL_CLASS = "499", "501", "311"


class Fee(Value):
    """A fee's figures for a period."""

    fee: str
    first: date
    last: date | None = None
    percent: Decimal
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    informal: Decimal | None = None  #: dollars for an informal entry
    source: str


@cache
def table() -> tuple[Fee, ...]:
    """All figures on file."""
    with (FOLDER / "fees.csv").open(encoding="utf-8", newline="") as file:
        rows = [{key: text for key, text in row.items() if text} for row in csv.DictReader(file)]
    return tuple(Fee.model_validate(row) for row in rows)


def figures(fee: str, on: date) -> Fee | None:
    """The figures in force on a day, or None when that day is not covered."""
    return next(
        (
            row
            for row in table()
            if row.fee == fee and row.first <= on and (row.last is None or on <= row.last)
        ),
        None,
    )


def mpf(value: Decimal, *, on: date) -> Decimal | None:
    """The fee of a formal entry over this value (US dollars), within its bounds."""
    year = figures("MPF", on)
    if year is None:
        return None
    assert year.minimum is not None
    assert year.maximum is not None
    return min(max(cents(value * year.percent / _HUNDRED), year.minimum), year.maximum)


def hmf(value: Decimal, *, on: date) -> Decimal | None:
    """The fee of an ocean entry over this value (US dollars)."""
    found = figures("HMF", on)
    return cents(value * found.percent / _HUNDRED) if found is not None else None


def mpf_layer(value: Decimal | None, *, on: date, informal: bool = False) -> DutyLine:
    """The fee as a layer; `value` is that of the lines which no programme exempts."""
    year = figures("MPF", on)
    if year is None:
        return _layer("MPF", _MPF_CLASS, "unknown", value, None, None, f"the MPF figures for {on}")
    if value is not None and value == 0:
        return _layer("MPF", _MPF_CLASS, "exempt", value, Decimal(0), year, None)
    if informal:
        needs = None if year.informal is not None else f"the MPF of an informal entry for {on}"
        rate = "flat, informal entry"
        return _layer("MPF", _MPF_INFORMAL_CLASS, rate, value, year.informal, year, needs)
    amount = mpf(value, on=on) if value is not None else None
    needs = "the value of every line in US dollars" if value is None else None
    return _layer("MPF", _MPF_CLASS, f"{year.percent}%", value, amount, year, needs)


def hmf_layer(value: Decimal | None, *, on: date) -> DutyLine:
    """The fee as a layer; ask for it only when the goods come by sea."""
    found = figures("HMF", on)
    amount = hmf(value, on=on) if value is not None else None
    needs = "the value of every line in US dollars" if value is None else None
    if found is None:
        needs = f"the HMF figures for {on}"
    rate = f"{found.percent}%" if found is not None else "unknown"
    return _layer("HMF", _HMF_CLASS, rate, value, amount, found, needs)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _layer(
    fee: str,
    heading: str,
    rate: str,
    value: Decimal | None,
    amount: Decimal | None,
    found: Fee | None,
    needs: str | None,
) -> DutyLine:
    return DutyLine(
        authority=fee,
        heading=heading,
        rate=rate,
        basis=Money(amount=cents(value), currency="USD") if value is not None else None,
        amount=Money(amount=amount, currency="USD") if amount is not None else None,
        edition=found.source if found is not None else "none",
        needs=needs,
        source=found.source if found is not None else None,
    )
