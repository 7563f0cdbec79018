"""In which units the tariff wants a quantity, and what the invoice's quantity is in them.

Only factors that cannot be doubted are used (12 to the dozen, 1,000 kg to the tonne). A set or a
pack has as many articles as its maker puts into it, so it is converted into nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from knowledge import reference

_DOUBTFUL = frozenset({"set", "sets", "pack", "packs", "kit", "kits", "carton", "cartons", "ctn"})
_NONE = "X"  #: USITC: no quantity is reported for this line


def told(quantity: Decimal | None, unit: str | None, wanted: Sequence[str]) -> str:
    """A sentence for each unit of the tariff line: the quantity in it, or what is to be stated."""
    asked = [one for one in wanted if one]
    if not asked:
        return "The schedule names no unit for this line."
    if all(one.upper() == _NONE for one in asked):
        return "No quantity is reported for this line (X)."
    said = "" if unit is None else " ".join(unit.split())
    return " ".join(_one(quantity, said, to) for to in asked if to.upper() != _NONE)


def _one(quantity: Decimal | None, unit: str, to: str) -> str:
    if quantity is None or not unit:
        what = "quantity" if quantity is None else "unit"
        return f"Reported in {to}: the invoice states no {what}, so the quantity is to be stated."
    have = f"{quantity:,f} {unit}"
    if unit.casefold().rstrip(".") in _DOUBTFUL and unit.casefold() != to.casefold():
        return (
            f"Reported in {to}: {have} may be any number of articles, so the quantity in {to} is "
            "to be stated."
        )
    made = reference.convert(quantity, unit, to=to)
    if made is None:
        return f"Reported in {to}: {have} do not say it, so the quantity in {to} is to be stated."
    return f"Reported in {to}: {have} = {_plain(made)} {to.rstrip('.')}."


def _plain(value: Decimal) -> str:
    """Without zeros at the end, and never as a power of ten."""
    written = f"{value:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
