"""The containers of a shipment on their way to the door: what was said of all, and of one.

A day that was recorded of the shipment holds for each container that has none of its own. Goods
without a container (air) are one nameless thing that is counted like a container.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from storage.containers import ContainerDays
from storage.models import Pickup, Shipment
from workflows.states import Refused

DAYS = tuple(ContainerDays.model_fields)
_ENDS = ("empty_on", "chassis_on")
_MARKS = re.compile(r"[\s./-]")


def of(row: Pickup, shipment: Shipment) -> dict[str, ContainerDays]:
    """The days of each container by its number, in the order of the papers."""
    common = ContainerDays(**{name: getattr(row, name) for name in DAYS})
    named = {plain(number): days for number, days in row.boxes.items()}
    return {
        number: named[plain(number)].over(common) if plain(number) in named else common
        for number in shipment.transport.containers or [""]
    }


def groups(row: Pickup, shipment: Shipment) -> list[tuple[tuple[str, ...], ContainerDays]]:
    """Containers with the same days together."""
    found: dict[ContainerDays, list[str]] = {}
    for number, days in of(row, shipment).items():
        found.setdefault(days, []).append(number)
    return [(tuple(numbers), days) for days, numbers in found.items()]


def gone(row: Pickup, shipment: Shipment) -> list[str]:
    """The numbers of those that left the terminal; the empty one for goods without a container."""
    return [number for number, days in of(row, shipment).items() if days.gate_out_on is not None]


def all_gone(row: Pickup, shipment: Shipment) -> bool:
    """Whether nothing is left to collect."""
    return len(gone(row, shipment)) == len(of(row, shipment))


def put(row: Pickup, shipment: Shipment, *, what: str, on: date, number: str | None) -> date | None:
    """Write a day of one container, or of all that have none of their own; gives what stood.

    Raises `Refused`, with nothing written, for a container that is not in the papers and for days
    that cannot follow one another.
    """
    boxes, before = dict(row.boxes), getattr(row, what)
    changed: dict[str, Any] = {what: on}
    if number is not None:
        papers = shipment.transport.containers
        named = next((one for one in papers if plain(one) == plain(number)), None)
        if named is None:
            there = ", ".join(papers) or "none"
            raise Refused(f"{number} is no container of {shipment.ref} (there: {there}).")
        known = boxes.get(named, ContainerDays())
        before = getattr(of(row, shipment)[named], what)
        boxes[named], changed = known.model_copy(update=changed), {}
    days = {name: changed.get(name, getattr(row, name)) for name in DAYS}
    after = Pickup(shipment_id=row.shipment_id, entry_id=row.entry_id, boxes=boxes, **days)
    for one in of(after, shipment).values():
        _in_order(one)
    row.boxes = boxes
    for name, day in changed.items():
        setattr(row, name, day)
    return before if isinstance(before, date) else None


def plain(number: str) -> str:
    """A container's number as it is compared."""
    return _MARKS.sub("", number).upper()


def _in_order(days: ContainerDays) -> None:
    for name in _ENDS:
        ended = getattr(days, name)
        if ended is not None and (days.gate_out_on is None or ended < days.gate_out_on):
            raise Refused("An empty container comes back after it left. Nothing was recorded.")
