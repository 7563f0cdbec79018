"""Antidumping and countervailing duty orders that a line may meet: advisory, never a finding.

`knowledge/data/flags/orders.csv` is kept by hand and is short: only orders whose case numbers and
scope we have read, each with its source. No row for goods does not mean that there is no order.
The words of the scope decide, not the tariff number; a row only raises the question.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache

from knowledge import flags
from storage.values import CountryCode, Value

UFLPA_FILE = (
    "a map of the chain from quartzite to module: each step, who did it and where",
    "quartzite and metallurgical-grade silicon: supplier, place, purchase orders, proof of payment",
    "polysilicon: producer, plant, purchase and production records that tie the lot to the wafers",
    "ingots, wafers and cells: producers, production records, serial numbers",
    "modules: bill of materials, production orders and packing records of this shipment's serials",
    "transport and customs papers between the steps",
)
"""What CBP's guidance for importers asks of polysilicon under the UFLPA (Public Law 117-78)."""


class Order(Value):
    """One order."""

    case: str  #: "A-570-979": A antidumping, C countervailing
    country: CountryCode  #: whose goods it is about
    goods: str
    scope: str  #: the scope in short; the order itself decides
    asks: str  #: what must be known to say whether the goods are covered
    polysilicon: bool  #: goods that hold polysilicon, a priority sector of the UFLPA
    source: str

    @property
    def kind(self) -> str:
        return "antidumping" if self.case.startswith("A") else "countervailing"


@lru_cache(maxsize=4096)
def orders_for(code: str | None, origin: str | None) -> tuple[Order, ...]:
    """The orders to think of for a tariff number and a country of origin."""
    bare = re.sub(r"\D", "", code or "")
    if len(bare) < len("854143"):
        return ()
    return tuple(
        order
        for ranges, order in _table()
        if order.country == origin and flags.within(bare, ranges)
    )


@cache
def _table() -> tuple[tuple[tuple[tuple[str, str], ...], Order], ...]:
    path = flags.FOLDER / "orders.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            (
                flags.ranges(row.pop("codes"), f"{path.name}, {row['case']}"),
                Order.model_validate({**row, "polysilicon": row["polysilicon"] == "yes"}),
            )
            for row in csv.DictReader(file)
        )
