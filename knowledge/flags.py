"""Which other agencies and special rules a tariff line may concern: a maintained, dated table.

Tables in `knowledge/data/flags`: `pga.csv` (partner agencies) and `adcvd.csv` (headings where
antidumping and countervailing orders are often met) are kept by hand, each row with its source;
steel and aluminum come from the lists of chapter 99 that the duty uses. "must" and "may" are kept
apart (CBP flags lines FD2 and FD1 in the same sense). A flag is a question to a broker: no row
says that goods are in or out of a rule, and no flag means no more than that no row names it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from knowledge import reference
from knowledge.duty.measures import Scopes, scope_rows
from storage.values import Value

FOLDER = Path(__file__).parent / "data" / "flags"
AGENCIES = frozenset(
    {"AMS", "APHIS", "ATF", "CDC", "CPSC", "Commerce", "DDTC", "DEA", "DOE", "EPA", "FCC", "FDA"}
    | {"FSIS", "FWS", "NHTSA", "NMFS", "NRC", "OFAC", "TTB"}
)
_TABLES = ("pga.csv", "adcvd.csv")
_CODE = re.compile(r"^\d{2}(\d{2}(\.\d{2}){0,3})?$")
_METALS = {
    "steel": ("metal_1a_steel", "metal_1a_steel_derivative", "metal_1b_steel_derivative"),
    "aluminum": ("metal_1a_aluminum", "metal_1a_aluminum_derivative"),
}
_METALS_MAY = {
    "steel": ("metal_3_steel_derivative",),
    "aluminum": ("metal_1b_aluminum_derivative", "metal_3_aluminum_derivative"),
}
_METALS_SINCE = date(2025, 3, 12)
_METALS_SOURCE = "PP 10896 and PP 10895; chapter 99 note 16; 19 CFR 360 (steel import licence)"
_FACTS = {
    "steel": "the country of melt and pour",
    "aluminum": "the countries of primary and secondary smelt and of most recent cast",
}

Level = Literal["must", "may"]
Kind = Literal["regulation", "agency_list", "general"]


class BadTable(ValueError):
    """A row of the table is not usable. The message names it."""


class _Row(Value):
    codes: str
    but: str = Field(default="", alias="except")
    agency: str
    programme: str = ""
    level: Level
    what: str = Field(min_length=3, max_length=160)
    source: str = Field(min_length=3)
    source_kind: Kind
    first: date | None = None
    last: date | None = None


class LineFlag(Value):
    """One thing to consider for a tariff line."""

    agency: str
    programme: str | None
    level: Level
    what: str
    source: str
    source_kind: Kind  #: `regulation`: the rule is cited, which lines it meets is our reading
    edition: str

    def __str__(self) -> str:
        named = f"{self.agency} {self.programme}" if self.programme else self.agency
        return f"{named} {self.level}: {self.what}"


class _Rule(Value):
    ranges: tuple[tuple[str, str], ...]
    spared: tuple[tuple[str, str], ...]
    first: date | None
    last: date | None
    flag: LineFlag

    def meets(self, bare: str, on: date) -> bool:
        if (self.first and on < self.first) or (self.last and on > self.last):
            return False
        return within(bare, self.ranges) and not within(bare, self.spared)


def flags_for(code: str, on: date) -> tuple[LineFlag, ...]:
    """What a line with this code may or must meet on that day; "must" comes first.

    An agency that says "must" about a programme says nothing more of it with "may".
    """
    bare = re.sub(r"\D", "", code)
    if len(bare) < len("6109"):
        return ()
    found = [rule.flag for rule in _rules(FOLDER) if rule.meets(bare, on)]
    found += _metals(bare, on)
    musts = {(one.agency, one.programme) for one in found if one.level == "must"}
    kept = [one for one in found if one.level == "must" or (one.agency, one.programme) not in musts]
    told: dict[tuple[str, str | None, Level], LineFlag] = {}
    for one in kept:
        told.setdefault((one.agency, one.programme, one.level), one)
    return tuple(sorted(told.values(), key=lambda one: one.level == "may"))


def unit_problem(unit: str | None, wanted: Sequence[str]) -> str | None:
    """A sentence when the invoice's unit cannot be turned into those that the HTSUS asks for."""
    asked = [one for one in wanted if one and one.upper() != "X"]
    if not asked or unit is None or not unit.strip():
        return None
    one = Decimal(1)
    missing = [to for to in asked if reference.convert(one, unit, to=to) is None]
    if not missing:
        return None
    return (
        f"the tariff line is counted in {' and '.join(asked)}; the invoice says {unit.strip()}: "
        f"the quantity in {' and '.join(missing)} is needed."
    )


def edition(table: str) -> str:
    """The edition of one of the tables, as its row in `edition.csv` has it."""
    with (FOLDER / "edition.csv").open(encoding="utf-8", newline="") as file:
        return {row["table"]: row["edition"] for row in csv.DictReader(file)}[table]


def read(path: Path, *, named: str) -> list[_Rule]:
    """The rows of a table, each checked; raises `BadTable`."""
    found = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, raw in enumerate(csv.DictReader(file), start=2):
            where = f"{path.name}, line {number}"
            try:
                row = TypeAdapter(_Row).validate_python(
                    {key: text for key, text in raw.items() if text}
                )
            except ValidationError as exc:
                first = exc.errors()[0]
                told = ".".join(str(part) for part in first["loc"])
                raise BadTable(f"{where}: {told}: {first['msg']}.") from exc
            found.append(_rule(row, where, named))
    return found


def _rule(row: _Row, where: str, named: str) -> _Rule:
    if row.agency not in AGENCIES:
        raise BadTable(f"{where}: “{row.agency}” is no agency that we know.")
    if row.first and row.last and row.last < row.first:
        raise BadTable(f"{where}: it ends on {row.last}, before it begins.")
    return _Rule(
        ranges=ranges(row.codes, where),
        spared=ranges(row.but, where) if row.but else (),
        first=row.first,
        last=row.last,
        flag=LineFlag(
            agency=row.agency,
            programme=row.programme or None,
            level=row.level,
            what=row.what,
            source=row.source,
            source_kind=row.source_kind,
            edition=named,
        ),
    )


def ranges(text: str, where: str) -> tuple[tuple[str, str], ...]:
    """Tariff numbers and ranges of them, as digits; raises `BadTable`, naming `where`."""
    found = []
    for word in text.split():
        low, _, high = word.partition("-")
        high = high or low
        if not (_CODE.match(low) and _CODE.match(high)):
            raise BadTable(f"{where}: “{word}” is no tariff number and no range of two.")
        first, last = low.replace(".", ""), high.replace(".", "")
        if len(first) != len(last) or last < first:
            raise BadTable(f"{where}: “{word}” is no range: both ends need the same digits.")
        found.append((first, last))
    if not found:
        raise BadTable(f"{where}: it names no tariff number.")
    return tuple(found)


def within(bare: str, named: Sequence[tuple[str, str]]) -> bool:
    """Whether the digits of a tariff number lie in one of the ranges."""
    return any(low <= bare[: len(low)] <= high for low, high in named)


def _metals(bare: str, on: date) -> list[LineFlag]:
    if on < _METALS_SINCE:
        return []
    lists = _scopes().of(bare, on)
    found = []
    for metal, fact in _FACTS.items():
        level: Level | None = None
        if lists.intersection(_METALS[metal]):
            level = "must"
        elif lists.intersection(_METALS_MAY[metal]):
            level = "may"
        if level is not None:
            found.append(
                LineFlag(
                    agency="CBP",
                    programme=f"Section 232 {metal}",
                    level=level,
                    what=f"{fact} {'is' if metal == 'steel' else 'are'} reported"
                    f"{' if it contains the metal' if level == 'may' else ''}",
                    source=_METALS_SOURCE,
                    source_kind="regulation",
                    edition=edition("metals"),
                )
            )
    return found


@cache
def _scopes() -> Scopes:
    return Scopes(scope_rows())


@cache
def _rules(folder: Path) -> tuple[_Rule, ...]:
    return tuple(rule for name in _TABLES for rule in read(folder / name, named=edition(name)))
