"""How much of an entry the bookings bring: each customs field, its source's field, its share.

A field counts as filled when the booking itself states it. Counted over the newest booking of
each shipment; nothing is estimated.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from sqlmodel import Session, col, select

from storage.booking import Booking
from storage.models import Booked, Importer, Shipment
from storage.values import Value
from workflows.booking import match_name
from workflows.states import Refused


class Gap(Value):
    """One field of the entry and how often the source fills it."""

    field: str  #: what customs calls it
    path: str  #: of a booking
    sources: tuple[tuple[str, str], ...]  #: source -> the field it comes from
    filled: int
    of: int

    @property
    def share(self) -> int:
        return round(100 * self.filled / self.of) if self.of else 0


@cache
def _fields() -> list[dict[str, str]]:
    """CBP Form 7501's blocks and the Cargo Release data set, as far as a booking can know them."""
    with Path(__file__).with_name("customs_fields.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def report(session: Session, *, importer: str | None = None) -> list[Gap]:
    """The gaps over all bookings, or over one importer's."""
    facts = _facts(session, importer)
    return [
        Gap(
            field=one["field"],
            path=one["path"],
            sources=(("flexport", one["flexport"]), ("file", one["file"])),
            filled=sum(_states(booking, one["path"]) for booking in facts),
            of=len(facts),
        )
        for one in _fields()
    ]


def overall(gaps: Sequence[Gap]) -> int:
    """Per cent of all fields that are filled."""
    possible = sum(one.of for one in gaps)
    return round(100 * sum(one.filled for one in gaps) / possible) if possible else 0


def _facts(session: Session, importer: str | None) -> list[Booking]:
    wanted = select(Booked).order_by(col(Booked.id))
    if importer is not None:
        match = match_name(importer)
        known = session.exec(select(Importer).where(Importer.match_name == match)).first()
        if known is None:
            raise Refused(f"{importer} is not among our importers.")
        wanted = wanted.join(Shipment, col(Shipment.id) == col(Booked.shipment_id)).where(
            Shipment.importer_id == known.id
        )
    newest = {row.shipment_id: row.facts for row in session.exec(wanted)}
    return list(newest.values())


def _states(booking: Booking, path: str) -> bool:
    value: object = booking
    for step in path.split("."):
        value = getattr(value, step)
    return value not in (None, (), "")
