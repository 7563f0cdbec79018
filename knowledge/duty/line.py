"""One line of an entry as the duty sees it: what was stated, checked at the edge.

What is wrong in itself (a percentage over 100, a value of nothing) is refused here with a
sentence; what is only missing stays missing, and the computation asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

import pycountry
from pydantic import Field

from storage.values import Value

_HUNDRED = Decimal(100)
_LARGEST = Decimal("1e12")
_METALS = ("steel", "aluminum", "copper")
Percent = Annotated[Decimal, Field(allow_inf_nan=False)]

# What a broker may write for a programme, and its indicator in the special column.
_PROGRAMMES = {
    "USMCA": "S", "KORUS": "KR", "GSP": "A", "AGOA": "D", "CBERA": "E", "CBI": "E",
    "CBTPA": "R", "CAFTA-DR": "P", "CAFTA": "P", "NEPAL": "NP",
}  # fmt: skip


class Refusal(ValueError):
    """The line cannot be computed as it was stated. The message says what is needed."""


class DutyQuery(Value):
    """One line to compute. Percentages are of the weight; before 2026-04-06, of the value.

    `claims` are facts that the broker states or headings of chapter 99 that are claimed:
    "civil_aircraft", "auto_part", "not_auto_part", "9903.88.69". `parts` answers the questions
    of a rate, by their names: {"drained weight": 120}.
    """

    number: int = 1
    code: str | None
    value: Decimal | None  #: US dollars (see `exchange` for other currencies)
    origin: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    steel: Percent | None = None
    aluminum: Percent | None = None
    copper: Percent | None = None
    melt_and_pour: str | None = None
    smelt_and_cast: str | None = None
    preference: str | None = None
    claims: frozenset[str] = frozenset()
    parts: Mapping[str, Decimal] = {}
    non_us_content: Decimal | None = None  #: US dollars
    chapter98: str | None = None  #: a heading of chapter 98 that is claimed
    exempt_value: Decimal | None = None  #: the US dollars that it takes out of duty
    orders: tuple[tuple[str, Decimal], ...] = ()  #: AD/CVD case and cash deposit rate, per cent

    @property
    def programme(self) -> str | None:
        """The indicator of the preference that is claimed."""
        if self.preference is None:
            return None
        written = self.preference.strip().upper()
        return _PROGRAMMES.get(written, written) or None


def check(line: DutyQuery) -> None:
    """Refuse what is wrong in itself."""
    where = f"line {line.number}"
    if line.origin is None:
        raise Refusal(f"{where}: the country of origin is needed (two letters, ISO 3166).")
    for name, country in (
        ("country of origin", line.origin),
        ("country of melt and pour", line.melt_and_pour),
        ("country of smelt and cast", line.smelt_and_cast),
    ):
        if country is not None and not _is_country(country):
            raise Refusal(
                f"{where}: the {name} “{country[:20]}” is not an ISO 3166 code of two letters."
            )
    if line.value is None:
        raise Refusal(f"{where}: the customs value in US dollars is needed.")
    if not line.value.is_finite() or not 0 < line.value < _LARGEST:
        raise Refusal(f"{where}: the customs value must be more than zero, not {line.value}.")
    if line.quantity is not None and (
        not line.quantity.is_finite() or not 0 <= line.quantity < _LARGEST
    ):
        raise Refusal(f"{where}: the quantity {line.quantity} is not possible.")
    _check_metals(line, where)
    _check_part(line.non_us_content, line.value, f"{where}: the non-US content")
    _check_part(line.exempt_value, line.value, f"{where}: the value that chapter 98 takes out")


def _check_metals(line: DutyQuery, where: str) -> None:
    stated = [(name, getattr(line, name)) for name in _METALS]
    for name, percent in stated:
        if percent is not None and not 0 <= percent <= _HUNDRED:
            raise Refusal(f"{where}: {percent}% {name} is not possible: 0 to 100.")
    total = sum((percent for _, percent in stated if percent is not None), Decimal(0))
    if total > _HUNDRED:
        raise Refusal(f"{where}: the metals add up to {total}%, more than 100.")


def _check_part(part: Decimal | None, whole: Decimal, named: str) -> None:
    if part is not None and (not part.is_finite() or not 0 <= part <= whole):
        raise Refusal(f"{named} must be between zero and the customs value, not {part}.")


def _is_country(code: str) -> bool:
    # XK (Kosovo) is no ISO code, but CBP's.
    # The library would also find "cn", which no table of ours does.
    return code == "XK" or (code.isupper() and pycountry.countries.get(alpha_2=code) is not None)
