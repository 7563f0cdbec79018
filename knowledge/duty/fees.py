"""The merchandise processing fee and the harbor maintenance fee, by date.

MPF: 19 CFR 24.23(b)(1), ad valorem with a minimum and a maximum for each entry that are set
anew each fiscal year (1 October). HMF: 19 CFR 24.24, ocean cargo only, no bounds.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from storage.values import Value

CENT = Decimal("0.01")
HMF_PERCENT = Decimal("0.125")


class MpfYear(Value):
    """The fee's figures of one fiscal year."""

    fiscal_year: int
    first: date
    last: date
    percent: Decimal
    minimum: Decimal
    maximum: Decimal


MPF_YEARS: tuple[MpfYear, ...] = (
    MpfYear(
        fiscal_year=2024,
        first=date(2023, 10, 1),
        last=date(2024, 9, 30),
        percent=Decimal("0.3464"),
        minimum=Decimal("31.67"),
        maximum=Decimal("614.35"),
    ),
    MpfYear(
        fiscal_year=2025,
        first=date(2024, 10, 1),
        last=date(2025, 9, 30),
        percent=Decimal("0.3464"),
        minimum=Decimal("32.71"),
        maximum=Decimal("634.62"),
    ),
    MpfYear(
        fiscal_year=2026,
        first=date(2025, 10, 1),
        last=date(2026, 9, 30),
        percent=Decimal("0.3464"),
        minimum=Decimal("33.58"),
        maximum=Decimal("651.50"),
    ),
)


def mpf_year(on: date) -> MpfYear | None:
    """The figures in force on a day, or None when we do not have that year's."""
    return next((year for year in MPF_YEARS if year.first <= on <= year.last), None)


def mpf(value: Decimal, *, on: date) -> Decimal | None:
    """The fee for an entry of this value (US dollars), within its bounds."""
    year = mpf_year(on)
    if year is None:
        return None
    return min(max(cents(value * year.percent / 100), year.minimum), year.maximum)


def hmf(value: Decimal) -> Decimal:
    """The fee for an ocean entry of this value (US dollars)."""
    return cents(value * HMF_PERCENT / 100)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
