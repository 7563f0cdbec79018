"""The duty estimate: base duty of each line, and the fees of the entry. Pure, exact, dated.

A first honest version: column 1 general rates, MPF and HMF. The measures of chapter 99
(Sections 122, 201, 232, 301, antidumping) are not in it, and every estimate says so. What
cannot be computed has no amount and says what is needed; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from knowledge import reference
from knowledge.duty import fees, rates
from storage.values import CountryCode, DutyLine, Money, Value

ADVISORY = "Base duty and fees only: the measures of chapter 99 are not included."
COLUMN_TWO = frozenset({"BY", "CU", "KP", "RU"})
"""General note 3(b) of the HTSUS: the general column does not apply to their goods."""

NO_SCHEDULE = "duty needs the HTSUS: run tariff sync"


class DutyQuery(Value):
    """One line to estimate."""

    number: int
    code: str | None  #: the code that was confirmed
    general_rate: str | None  #: as the schedule prints it
    value: Decimal | None
    currency: str | None
    quantity: Decimal | None
    unit: str | None
    origin: CountryCode | None = None  #: when known, column 2 countries are told apart


class Estimate(Value):
    """Layers in reporting order, lines first; `advisories` belong beside any total."""

    layers: tuple[DutyLine, ...]
    advisories: tuple[str, ...]


def estimate(lines: Sequence[DutyQuery], *, entry_date: date, by_sea: bool) -> Estimate:
    """The estimate for an entry made on this day."""
    advisories = [ADVISORY]
    layers = [_line(line) for line in lines]
    if not lines:
        return Estimate(layers=(), advisories=tuple(advisories))
    foreign = sorted({line.currency or "?" for line in lines} - {"USD"})
    known = all(line.value is not None for line in lines) and not foreign
    total = sum((line.value for line in lines if line.value is not None), Decimal(0))
    layers.append(_mpf(total if known else None, entry_date))
    if by_sea:
        layers.append(_hmf(total if known else None))
    if fees.mpf_year(entry_date) is None:
        advisories.append(f"The MPF figures for {entry_date} are not on file.")
    return Estimate(layers=tuple(layers), advisories=tuple(advisories))


def _line(line: DutyQuery) -> DutyLine:
    edition = f"line {line.number}"
    rate = rates.parse(line.general_rate)

    def unknown(needs: str) -> DutyLine:
        return DutyLine(
            authority="MFN",
            heading=line.code,
            rate=line.general_rate or "unknown",
            basis=None,
            amount=None,
            edition=edition,
            needs=needs,
        )

    if needs := _lacking(line, rate):
        return unknown(needs)
    assert rate is not None
    assert line.value is not None
    amount = line.value * rate.percent / 100
    for one in rate.per_unit:
        quantity = reference.convert(line.quantity, line.unit, to=one.unit)
        if quantity is None:
            return unknown(f"line {line.number}: the quantity in {one.unit}")
        amount += one.amount * quantity
    return DutyLine(
        authority="MFN",
        heading=line.code,
        rate=rate.text,
        basis=Money(amount=line.value, currency="USD"),
        amount=Money(amount=fees.cents(amount), currency="USD"),
        edition=edition,
    )


def _lacking(line: DutyQuery, rate: rates.Rate | None) -> str | None:
    """What is missing before this line's base duty can be said, or None."""
    if line.general_rate is None:
        return NO_SCHEDULE
    if rate is None:
        return f"line {line.number}: a person must read the rate “{line.general_rate}”"
    if line.origin in COLUMN_TWO:
        return f"line {line.number}: the column 2 rate, for goods of {line.origin}"
    if line.value is None:
        return f"line {line.number}: the value"
    if line.currency != "USD":
        return f"line {line.number}: the rate of exchange for {line.currency or 'no currency'}"
    return None


def _mpf(total: Decimal | None, on: date) -> DutyLine:
    year = fees.mpf_year(on)
    amount = fees.mpf(total, on=on) if total is not None else None
    needs = None
    if year is None:
        needs = f"the MPF figures for {on}"
    elif total is None:
        needs = "the value of every line in US dollars"
    return DutyLine(
        authority="MPF",
        heading="499",
        rate=f"{year.percent}%" if year else "unknown",
        basis=Money(amount=total, currency="USD") if total is not None else None,
        amount=Money(amount=amount, currency="USD") if amount is not None else None,
        edition=f"fiscal {year.fiscal_year}" if year else "none",
        needs=needs,
    )


def _hmf(total: Decimal | None) -> DutyLine:
    return DutyLine(
        authority="HMF",
        heading="501",
        rate=f"{fees.HMF_PERCENT}%",
        basis=Money(amount=total, currency="USD") if total is not None else None,
        amount=Money(amount=fees.hmf(total), currency="USD") if total is not None else None,
        edition="19 CFR 24.24",
        needs=None if total is not None else "the value of every line in US dollars",
    )
