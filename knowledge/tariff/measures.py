"""Limits that a line states ("not exceeding 50 W") against what the goods are said to have.

Only amounts with a unit that both sides name are compared; where one side is silent, nothing
is concluded. Values, counts and percentages are not read here: they need more than a phrase.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_UNITS: dict[str, tuple[str, float]] = {
    "w": ("power", 1.0),
    "watt": ("power", 1.0),
    "watts": ("power", 1.0),
    "kw": ("power", 1000.0),
    "v": ("voltage", 1.0),
    "volt": ("voltage", 1.0),
    "volts": ("voltage", 1.0),
    "kv": ("voltage", 1000.0),
    "ml": ("volume", 0.001),
    "l": ("volume", 1.0),
    "liter": ("volume", 1.0),
    "liters": ("volume", 1.0),
    "litre": ("volume", 1.0),
    "litres": ("volume", 1.0),
    "g": ("mass", 0.001),
    "kg": ("mass", 1.0),
    "mm": ("length", 0.001),
    "cm": ("length", 0.01),
}
_NUMBER = r"(\d{1,9}(?:,\d{3})*(?:\.\d{1,6})?)"
_UNIT = r"\s?(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")(?![\w/²³])"
_AMOUNT = re.compile(r"(?<![\w.,])" + _NUMBER + _UNIT, re.IGNORECASE)
_LIMIT = re.compile(
    r"(not\s+)?(exceeding|over|more than|under|less than)\s+(?:but\s+)?" + _NUMBER + _UNIT,
    re.IGNORECASE,
)
_FALLING = {"under", "less than"}


class Limit(NamedTuple):
    """More than `low` and at most `high` of something, in its base unit."""

    kind: str
    low: float
    high: float


@lru_cache(maxsize=65536)
def limits(text: str) -> tuple[Limit, ...]:
    """The limits that a line's words state, each kind once."""
    found: dict[str, Limit] = {}
    for negated, word, number, unit in _LIMIT.findall(text):
        kind, factor = _UNITS[unit.lower()]
        amount = float(number.replace(",", "")) * factor
        known = found.get(kind, Limit(kind, -math.inf, math.inf))
        rising = (word.lower() not in _FALLING) != bool(negated)
        found[kind] = (
            known._replace(low=max(known.low, amount))
            if rising
            else known._replace(high=min(known.high, amount))
        )
    return tuple(found.values())


def amounts(text: str) -> dict[str, list[float]]:
    """The amounts that a description names, by kind."""
    found: dict[str, list[float]] = {}
    for number, unit in _AMOUNT.findall(text):
        kind, factor = _UNITS[unit.lower()]
        found.setdefault(kind, []).append(float(number.replace(",", "")) * factor)
    return found


def agree(said: dict[str, list[float]], stated: Sequence[Limit]) -> bool | None:
    """Whether the goods keep the line's limits; None when nothing can be compared."""
    compared = [
        any(limit.low < amount <= limit.high for amount in said[limit.kind])
        for limit in stated
        if limit.kind in said
    ]
    return all(compared) if compared else None
