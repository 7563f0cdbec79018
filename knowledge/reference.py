"""Small facts of the trade: countries, units, Incoterms, ports, container numbers.

Dated where they age (`PORTS_AS_OF`), exact where they convert. What is not here is None: the
caller asks a person and nothing is guessed.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pycountry
from stdnum import iso6346

from storage.values import Value

PORTS_AS_OF = date(2026, 11, 1)
INCOTERMS_2020 = frozenset(
    {"EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"}
)

_PORTS = Path(__file__).parent / "data" / "ports.csv"

# Each unit as (what it measures, how many of the base unit). Spellings of invoices and of the
# schedule; a unit with a condition ("kg on drained weight") is none of these on purpose.
_UNITS: dict[str, tuple[str, Decimal]] = {
    name: (kind, Decimal(factor))
    for kind, factor, names in (
        ("count", "1", "no|nos|each|ea|pc|pcs|pce|piece|pieces|article|unit|units|set|sets|head"),
        ("count", "12", "doz|dozen|dozens|dz|dzn|dz pcs|dozen pieces"),
        ("count", "144", "gross|gro"),
        ("count", "100", "hundred|hundreds"),
        ("count", "1000", "thousand|thousands|1000"),
        ("pairs", "1", "pr|prs|pair|pairs|npr"),
        ("pairs", "12", "doz prs|dozen pairs|dpr"),
        ("packs", "1", "pack|packs"),
        ("mass", "0.001", "g|gram|grams|grm"),
        ("mass", "1", "kg|kgs|kilo|kilogram|kilograms|kgm"),
        ("mass", "1000", "t|tne|tonne|tonnes|metric ton|metric tons|mt"),
        ("mass", "0.45359237", "lb|lbs|pound|pounds|lbr"),
        ("volume", "0.001", "ml|milliliter|milliliters"),
        ("volume", "1", "l|ltr|liter|liters|litre|litres"),
        ("volume", "1000", "m3|m³|cbm|cubic meter|cubic meters|mtq"),
        ("spirit", "1", "pf liter|pf liters|pfliter|pfliters|proof liter|proof liters"),
        ("oil", "1", "bbl|barrel|barrels"),
        ("area", "1", "m2|m²|sqm|square meter|square meters|mtk"),
        ("area", "0.0001", "cm2|cm²"),
        ("length", "1", "m|meter|meters|metre|metres|mtr|lin m"),
    )
    for name in names.split("|")
}


class Port(Value):
    """A US port of entry or a foreign port."""

    locode: str  #: UN/LOCODE, five letters
    name: str
    country: str
    schedule_d: str | None = None  #: CBP's four digits, for US ports


def country_name(code: str | None) -> str | None:
    """The country's common English name, for people."""
    found = pycountry.countries.get(alpha_2=code.upper()) if code else None
    if found is None:
        return None
    return str(getattr(found, "common_name", None) or found.name)


def convert(quantity: Decimal | None, unit: str | None, *, to: str) -> Decimal | None:
    """The quantity in another unit of the same kind, exactly; None when that cannot be said."""
    if quantity is None or unit is None:
        return None
    have, want = _UNITS.get(_plain(unit)), _UNITS.get(_plain(to))
    if _plain(unit) == _plain(to):
        return quantity
    if have is None or want is None or have[0] != want[0]:
        return None
    return quantity * have[1] / want[1]


def same_unit(one: str, other: str) -> bool:
    """Whether two spellings mean one unit."""
    first, second = _UNITS.get(_plain(one)), _UNITS.get(_plain(other))
    return _plain(one) == _plain(other) or (first is not None and first == second)


def container_is_valid(number: str) -> bool:
    """Whether the container number's form and check digit are right (ISO 6346)."""
    return bool(iso6346.is_valid(number))


def port(named: str) -> Port | None:
    """The port with this UN/LOCODE, Schedule D code or name."""
    wanted = " ".join(named.casefold().replace(",", " ").split())
    return _ports().get(wanted)


@cache
def _ports() -> dict[str, Port]:
    found: dict[str, Port] = {}
    with _PORTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = Port(
                locode=row["locode"],
                name=row["name"],
                country=row["locode"][:2],
                schedule_d=row["schedule_d"] or None,
            )
            keys = {one.locode, one.name, one.schedule_d or one.locode, *row["also"].split("|")}
            found.update({key.casefold(): one for key in keys if key})
    return found


def _plain(unit: str) -> str:
    return " ".join(unit.casefold().replace(".", " ").split())
