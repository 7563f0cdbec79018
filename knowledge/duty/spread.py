"""Spreads a customs value over the lines of an entry, to the cent.

What a value is made of is `value`'s work; here cents are only divided, and none is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from knowledge.duty import fees
from knowledge.duty.value import CustomsValue

_LARGEST = 10**15  # no entry comes near; beyond it decimals are no longer exact to the cent


def over_lines(
    made: CustomsValue | None, *, goods: Decimal | None, dollars: Sequence[Decimal | None]
) -> tuple[Decimal | None, ...]:
    """The lines' US dollars, so that together they come to the customs value.

    `goods` is what the lines come to in the invoice's currency. Unchanged while a line has no
    value, or one below zero, or while the customs value cannot be said.
    """
    known = [value for value in dollars if value is not None]
    if (
        made is None
        or made.value is None
        or goods is None
        or made.value.amount == goods
        or goods <= 0
        or len(known) != len(dollars)
        or min(known, default=Decimal(0)) < 0
    ):
        return tuple(dollars)
    # The lines carry the rate of exchange already.
    wanted = fees.cents(sum(known, Decimal(0)) * made.value.amount / goods)
    return allocate(wanted, known) if wanted > 0 else tuple(dollars)


def allocate(total: Decimal, over: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Spread an adjustment over lines by their value, to the cent; the sum is `total` exactly.

    Cents that do not divide go to the largest remainders, the earlier line first. Raises
    ValueError for a total with parts of a cent and for values that nothing can be spread over.
    """
    if any(not one.is_finite() or abs(one) > _LARGEST for one in (total, *over)):
        raise ValueError("An amount to spread is no number or too large.")
    cents = abs(Fraction(total) * 100)
    if cents.denominator != 1:
        raise ValueError(f"The adjustment {total} has parts of a cent: round it first.")
    weights = [Fraction(one) for one in over]
    whole = sum(weights)
    if whole == 0 or min(weights) < 0:
        raise ValueError("The lines to spread over need values: none below zero, one above it.")
    exact = [cents * weight / whole for weight in weights]
    shares = [int(one) for one in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: shares[at] - exact[at])
    for at in by_remainder[: int(cents) - sum(shares)]:
        shares[at] += 1
    sign = "-" if total < 0 else ""
    return tuple(Decimal(f"{sign if share else ''}{share}e-2") for share in shares)
