"""The measures of chapter 99 as data: which duty which heading lays on which goods, and when.

Six tables in `knowledge/data/duty`: `measures.csv` (one row for a heading and a period, kept by
hand and sourced), `scopes.csv` and `country_rates.csv` (derived from chapter 99, see `build`),
`displacements.csv` (which duty gives way to which), `revisions.csv` and `overrides.csv`. Their
rows are typed here and put in force for a day; nothing here computes an amount.

Within a group the first row that fits the goods is the one that applies: exemptions stand above
the duty, a country's own row above the general one.

The six tables hang together: longer than most modules.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import TypeAdapter

from storage.values import Value

FOLDER = Path(__file__).parent.parent / "data" / "duty"
COVERED_FROM = date(2025, 1, 1)
"""The first day that the tables speak of: the HTSUS 2025 basic edition."""
COVERED_TO = date(2026, 9, 30)
"""The last day that they were kept for. From 2026-07-22 on they rest on second-hand reports."""

COLUMN_TWO = frozenset({"BY", "CU", "KP", "RU"})
"""General note 3(b) of the HTSUS: the general column does not apply to their goods."""
EUROPEAN_UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT"}
    | {"LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
_GROUPS = {"COL2": COLUMN_TWO, "EU": EUROPEAN_UNION}
_LENGTHS = (4, 6, 8, 10)

# Goods of the farm joined the lists that the reciprocal duty spares on this day, Brazil's too.
_FARM = date(2025, 11, 13)
_FARM_CHAPTERS = frozenset(f"{number:02d}" for number in range(1, 25))
_FARM_LISTS = frozenset({"ieepa_annex2", "ieepa_br_spared"})
_BRAZIL_FROM_THE_FIRST = ("080121", "2009")  # nuts and orange juice, spared since August 2025

_T = TypeVar("_T")
Kind = Literal["add", "total", "replace", "exempt", "skip", "unknown"]


class Measure(Value):
    """One heading for one period.

    `add` lays `rate` per cent on top, `total` raises base and addition together to `rate`,
    `replace` stands instead of the base rate, `exempt` ends the group without a duty, `skip`
    says that the duty of this group does not apply (so what yields to it does), `unknown` is a
    duty or an exemption whose terms are not on file: a question, never a zero.
    """

    heading: str
    heading_above: str = ""  #: for `total`: the heading when the base is as high already
    authority: str
    group: str
    kind: Kind
    rate: Decimal | None = None  #: per cent
    basis: Literal["value", "non_us_content", "steel_content", "aluminum_content",
                   "copper_content"] = "value"  # fmt: skip
    scope: str  #: "all", "footnote", "list:NAME NAME" or "code:DIGITS DIGITS"
    origins: frozenset[str] = frozenset()  #: empty: every country
    not_origins: frozenset[str] = frozenset()
    first: date
    last: date | None = None
    claims: frozenset[str] = frozenset()  #: applies only when all of these are claimed
    ask: str = ""  #: applies by a fact that a person must state: this claim, or "not_" + it
    when: str = ""  #: the condition in words
    source: str

    @cached_property
    def lists(self) -> frozenset[str]:
        """The lists of `scopes.csv` that it covers."""
        named = self.scope.removeprefix("list:") if self.scope.startswith("list:") else ""
        return frozenset(named.split())

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The digits that it covers by itself."""
        named = self.scope.removeprefix("code:") if self.scope.startswith("code:") else ""
        return tuple(named.split())

    def in_force(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)

    def concerns(self, origin: str) -> bool:
        """Whether it speaks of goods of this country."""
        return (not self.origins or origin in self.origins) and origin not in self.not_origins


class Displacement(Value):
    """A group whose duty is not charged where another group's duty is."""

    group: str
    by: str
    heading: str = ""  #: what is reported instead, if anything
    origins: frozenset[str] = frozenset()
    first: date
    last: date | None = None
    source: str

    def in_force(self, on: date) -> bool:
        return self.first <= on and (self.last is None or on <= self.last)


class Revision(Value):
    """An edition of the schedule and the day from which its rates are good."""

    edition: str
    published: date
    effective: date
    source: str


class CountryRate(Value):
    """A heading that names one country: read out of its words (see `build.countries`)."""

    heading: str
    origin: str
    rate: Decimal


class Override(Value):
    """A row that the printed schedule does not tell, with its citation."""

    heading: str
    what: str
    prefix: str = ""
    first: date | None = None
    last: date | None = None
    citation: str

    def excuses(self, row: Measure) -> bool:
        """Whether it says why this row cannot be found in the printed schedule."""
        return (
            self.heading == row.heading
            and (self.first is None or self.first <= row.first)
            and (self.last is None or row.first <= self.last)
        )


class Scopes:
    """Which lists a tariff number stands on."""

    def __init__(self, rows: Iterable[tuple[str, str, date | None]]) -> None:
        self._by_prefix: dict[str, list[tuple[str, date | None]]] = defaultdict(list)
        for name, prefix, first in rows:
            self._by_prefix[prefix].append((name, first))

    def of(self, bare: str, on: date) -> frozenset[str]:
        """The names of the lists with this number, or a number above it, on that day."""
        return frozenset(
            name
            for length in _LENGTHS
            for name, first in self._by_prefix.get(bare[:length], ())
            if first is None or first <= on
        )


class Day:
    """The measures in force on one day, by group, in their order."""

    def __init__(self, tables: Tables, on: date) -> None:
        self.on = on
        self.scopes = tables.scopes
        self.groups: dict[str, list[Measure]] = defaultdict(list)
        for row in tables.measures:
            if row.in_force(on):
                self.groups[row.group].append(row)
        self.displacements: dict[str, list[Displacement]] = defaultdict(list)
        for gives in tables.displacements:
            if gives.in_force(on):
                self.displacements[gives.group].append(gives)
        self.barred = frozenset(
            (row.heading, row.prefix) for row in tables.overrides if row.what == "not"
        )


class Tables:
    """All tables, and the day's view of them."""

    def __init__(
        self,
        *,
        measures: Iterable[Measure],
        displacements: Iterable[Displacement],
        scopes: Scopes,
        revisions: Iterable[Revision],
        overrides: Iterable[Override],
    ) -> None:
        self.measures = tuple(measures)
        self.displacements = tuple(displacements)
        self.scopes = scopes
        self.revisions = {row.edition: row for row in revisions}
        self.overrides = tuple(overrides)
        self._days: dict[date, Day] = {}

    def on(self, day: date) -> Day:
        """What is in force on a day."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = Day(self, day)
        return found


@cache
def tables(folder: Path = FOLDER) -> Tables:
    """The tables of a folder."""
    return with_edition(folder=folder)


def with_edition(
    *,
    countries_printed: Iterable[CountryRate] = (),
    lists: Mapping[str, Iterable[str]] | None = None,
    folder: Path = FOLDER,
) -> Tables:
    """The tables with what an edition prints itself: its countries' rates, its lists."""
    countries: dict[str, dict[str, CountryRate]] = {}
    for one in (*country_rates(folder), *countries_printed):
        countries.setdefault(one.heading, {})[one.origin] = one
    return Tables(
        measures=_spread(_measures(folder), countries),
        displacements=_typed(folder / "displacements.csv", list[Displacement]),
        scopes=Scopes(
            scope_rows(folder)
            if lists is None
            else ((name, code, since(name, code)) for name in lists for code in lists[name])
        ),
        revisions=_typed(folder / "revisions.csv", list[Revision]),
        overrides=overrides(folder),
    )


def country_rates(folder: Path = FOLDER) -> list[CountryRate]:
    """The rows of `country_rates.csv`."""
    return _typed(folder / "country_rates.csv", list[CountryRate])


def scope_rows(folder: Path = FOLDER) -> list[tuple[str, str, date | None]]:
    """The rows of `scopes.csv`: the list, the digits, and since when if not from the first day."""
    with (folder / "scopes.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["list"], row["prefix"], date.fromisoformat(row["first"]) if row["first"] else None)
            for row in csv.DictReader(file)
        ]


def since(name: str, code: str) -> date | None:
    """From when a number stands on its list, if not from the first day."""
    if name not in _FARM_LISTS or code[:2] not in _FARM_CHAPTERS:
        return None
    if name == "ieepa_br_spared" and code.startswith(_BRAZIL_FROM_THE_FIRST):
        return None
    return _FARM


def overrides(folder: Path = FOLDER) -> list[Override]:
    """The rows of `overrides.csv`."""
    return _typed(folder / "overrides.csv", list[Override])


def hand_rows(folder: Path = FOLDER) -> list[Measure]:
    """The rows of `measures.csv` as they were written."""
    return _measures(folder)


def _measures(folder: Path) -> list[Measure]:
    return _typed(folder / "measures.csv", list[Measure])


def _spread(
    rows: list[Measure], countries: Mapping[str, Mapping[str, CountryRate]]
) -> list[Measure]:
    """Rows of the form "country:FIRST-LAST" become one row for each country on file."""
    found: list[Measure] = []
    for row in rows:
        if not row.heading.startswith("country:"):
            found.append(row)
            continue
        first, _, last = row.heading.removeprefix("country:").partition("-")
        found += [
            row.model_copy(
                update={"heading": one.heading, "rate": one.rate, "origins": _origins(one.origin)}
            )
            for heading, named in countries.items()
            if first <= heading <= last
            for one in named.values()
        ]
    return found


def _typed(path: Path, shape: type[_T]) -> _T:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            {
                {"claim": "claims"}.get(key, key): _origins(text) if key in _SETS else text
                for key, text in row.items()
                if text
            }
            for row in csv.DictReader(file)
        ]
    return TypeAdapter(shape).validate_python(rows)


_SETS = {"origins", "not_origins", "countries", "claim"}


def _origins(text: str) -> frozenset[str]:
    return frozenset().union(*(_GROUPS.get(word, {word}) for word in text.split()))
