"""How papers write amounts, quantities, dates and countries. What is not known is None."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from knowledge import reference
from storage.values import PartyBlock

_CENT = Decimal("0.01")


def amount(value: Decimal | None, currency: str | None = None) -> str | None:
    """1,234.50, with its currency before it where one is given."""
    if value is None:
        return None
    rounded = value.quantize(_CENT, ROUND_HALF_UP)
    written = f"{rounded:,f}" if value == rounded else f"{value.normalize():,f}"
    return f"{currency} {written}" if currency else written


def dollars(value: Decimal | None) -> str | None:
    """Whole dollars, as the entry summary reports value (CBP Form 7501, block 32)."""
    return None if value is None else f"{whole(value):,f}"


def whole(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), ROUND_HALF_UP)


def number(value: Decimal | int | None) -> str | None:
    """1,500 or 12.75: as many digits as there are."""
    if value is None:
        return None
    exact = Decimal(value)
    plain = exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()
    return f"{plain:,f}"


def quantity(value: Decimal | None, unit: str | None) -> str | None:
    """1,500 PCS; None unless both are known."""
    return f"{number(value)} {unit}" if value is not None and unit else None


def day(value: date | None) -> str | None:
    """2026-05-04, the same for all readers."""
    return None if value is None else value.isoformat()


def form_day(value: date | None) -> str | None:
    """05/04/2026, as the form asks (CBP Form 7501 instructions: MM/DD/YYYY)."""
    return None if value is None else f"{value:%m/%d/%Y}"


def country(code: str | None) -> str | None:
    """Viet Nam (VN)."""
    if not code:
        return None
    name = reference.country_name(code)
    return f"{name} ({code})" if name else code


def party(block: PartyBlock) -> dict[str, str | None]:
    """A party for a template."""
    return {"name": block.name, "address": block.address, "country": country(block.country)}
