"""Small facts of the trade: countries, units, Incoterms, ports, container numbers.

Dated where they age (`PORTS_AS_OF`), exact where they convert. What is not here is None: the
caller asks a person and nothing is guessed.
"""

from __future__ import annotations

import csv
import re
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

_PORT_OF = re.compile(
    r"(?i)^(?:(?:sea|air)?port of |port[:\s]+(?!everglades\b|klang\b)|puerto de |hafen |porto di )"
    r"|\s+(?:sea ?port|port|harbou?r|pt)\.?$"
)
_ON_THE_WAY = frozenset(
    {"port", "sea port", "seaport", "harbor", "harbour", "terminal", "main port"}
)
_COUNTRIES = {  # as traders write them, letters only
    "USA": "US", "UNITEDSTATES": "US", "UNITEDSTATESOFAMERICA": "US", "PRC": "CN",
    "PRCHINA": "CN", "PROFCHINA": "CN", "CHINA": "CN", "PEOPLESREPUBLICOFCHINA": "CN",
    "MAINLANDCHINA": "CN", "KOREA": "KR", "SOUTHKOREA": "KR", "ROK": "KR", "TAIWAN": "TW",
    "ROC": "TW", "TAIWANROC": "TW", "VIETNAM": "VN", "UK": "GB", "HONGKONG": "HK",
    "HONGKONGSAR": "HK", "HOLLAND": "NL", "THENETHERLANDS": "NL", "TURKEY": "TR",
}  # fmt: skip
_ALSO_UNDER = {"CN": ("HK", "TW")}  # "Hong Kong, China" is one way to address it

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
    """The port with this UN/LOCODE, Schedule D code or name, its country or state behind it or not.

    What stands behind it must fit: of "Valencia, Venezuela" we know nothing.
    """
    if exact := _ports().get(_flat(named)):
        return exact
    pieces = [piece.strip() for piece in re.split(r"[,;/()\[\]]", named) if piece.strip(" .-")]
    if not pieces:
        return None
    name, *behind = pieces
    found = _ports().get(_flat(_PORT_OF.sub("", name)))
    if found is None and not behind:
        # "SHANGHAI CN", "Yantian P.R. China": the country without a comma.
        words = name.split()
        for cut in range(len(words) - 1, 0, -1):
            found = _ports().get(_flat(_PORT_OF.sub("", " ".join(words[:cut]))))
            if found is not None:
                behind = [" ".join(words[cut:])]
                break
    if found is None or not all(_fits(found, piece) for piece in behind):
        return None
    return found


def _fits(found: Port, said: str) -> bool:
    """Whether words behind a port's name say its country, a part of it, or its own code."""
    plain = " ".join(re.sub(r"[^\w]+", " ", said.casefold()).split())
    compact = plain.replace(" ", "").upper()
    if not plain or compact in (found.country, found.locode) or plain in _ON_THE_WAY:
        return True
    alias = _COUNTRIES.get(compact)
    if alias is not None:
        return found.country in (alias, *_ALSO_UNDER.get(alias, ()))
    if plain in _names(found.country) or found in (
        _ports().get(plain),
        _ports().get(f"{found.name.casefold()} {plain}"),
    ):
        return True
    part = _parts(found.country).get(plain.removesuffix(" province").removesuffix(" state"))
    if found.country == "US" and part is not None:
        # Towns of one name lie in several states: only the port's own fits.
        return _ports().get(f"{found.name.casefold()} {part.casefold()}") == found
    return part is not None


@cache
def _names(country: str) -> frozenset[str]:
    """A country's names and its code of three letters."""
    one = pycountry.countries.get(alpha_2=country)
    fields = ("alpha_3", "name", "common_name", "official_name")
    said = (getattr(one, field, None) for field in fields)
    return frozenset(" ".join(_words(name)) for name in said if name)


@cache
def _parts(country: str) -> dict[str, str]:
    """The states or provinces of a country by name and code, each with its code."""
    found: dict[str, str] = {}
    for one in pycountry.subdivisions:
        if one.country_code != country:
            continue
        code = one.code.partition("-")[2]
        name = re.sub(r"\b(?:Sheng|Shi)$", "", one.name)
        found |= {" ".join(_words(name)): code, code.casefold(): code}
    return found


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w]+", " ", text.casefold()).split()


def _flat(text: str) -> str:
    return " ".join(text.casefold().replace(",", " ").strip(" .").split())


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
