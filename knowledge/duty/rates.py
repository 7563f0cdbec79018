"""The rate column of the schedule as typed rates: free, a percentage, an amount per unit.

A string that does not parse is not a rate of nothing: the caller gets the question to ask.
"""

from __future__ import annotations

import re
from decimal import Decimal

from storage.values import Value

_PERCENT = re.compile(r"^(\d+(?:\.\d+)?)%$")
_PER_UNIT = re.compile(
    r"^(?:\$(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)¢)\s*(?:/\s*([A-Za-z][A-Za-z .]*?[23]?|1000)|(each))$"
)
_LONGEST = 200
_CENTS = Decimal(100)


class PerUnit(Value):
    """An amount in US dollars for each unit."""

    amount: Decimal
    unit: str


class Rate(Value):
    """A rate: the sum of a percentage of the value and amounts per unit."""

    text: str
    percent: Decimal = Decimal(0)
    per_unit: tuple[PerUnit, ...] = ()

    @property
    def free(self) -> bool:
        return self.percent == 0 and not self.per_unit


def parse(text: str | None) -> Rate | None:
    """The typed rate, or None when these words need a person."""
    if text is None:
        return None
    written = " ".join(text.split())
    if len(written) > _LONGEST:
        return None
    if written.casefold() == "free":
        return Rate(text=written)
    percent = Decimal(0)
    amounts: list[PerUnit] = []
    for part in (piece.strip() for piece in written.split("+")):
        if match := _PERCENT.match(part):
            percent += Decimal(match[1])
        elif match := _PER_UNIT.match(part):
            amount = Decimal(match[1]) if match[1] else Decimal(match[2]) / _CENTS
            amounts.append(PerUnit(amount=amount, unit=(match[3] or match[4]).strip().casefold()))
        else:
            return None
    return Rate(text=written, percent=percent, per_unit=tuple(amounts))
