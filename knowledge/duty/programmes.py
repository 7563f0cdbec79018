"""Trade preference programmes: which indicator of the special column is good for which country.

An indicator that is still printed may be dead (GSP lapsed on 2020-12-31): the dates here
decide, not the print. Source: general notes of the HTSUS; `programmes.csv` cites each.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache

from knowledge.duty.measures import FOLDER
from storage.values import Value

ANY = "*"


class Programme(Value):
    """One indicator and the time for which it is good."""

    spi: str  #: special program indicator: "S", "A+", "KR"
    name: str
    countries: frozenset[str]  #: {"*"} for any country
    first: date | None = None
    last: date | None = None
    mpf_exempt: bool = False  #: 19 CFR 24.23(c)
    condition: str = ""  #: what must be true of the goods beside their origin
    source: str

    def serves(self, origin: str) -> bool:
        return ANY in self.countries or origin in self.countries

    def live(self, on: date) -> bool:
        return (self.first is None or self.first <= on) and (self.last is None or on <= self.last)


@cache
def programmes() -> dict[str, Programme]:
    """All programmes by their indicator."""
    with (FOLDER / "programmes.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Programme(
                spi=row["spi"],
                name=row["name"],
                countries=frozenset(row["countries"].split()),
                first=date.fromisoformat(row["first"]) if row["first"] else None,
                last=date.fromisoformat(row["last"]) if row["last"] else None,
                mpf_exempt=row["mpf_exempt"] == "yes",
                condition=row["condition"],
                source=row["source"],
            )
            for row in csv.DictReader(file)
        ]
    return {row.spi: row for row in rows}
