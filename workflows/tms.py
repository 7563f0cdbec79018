"""The port to a transport management system: where bookings come from, and who is told back.

Values in, values out. An adapter raises `Transient` or `Permanent` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import AwareDatetime

from storage.booking import Booking
from storage.values import Value


class Listed(Value):
    """One shipment on a page of the source's list."""

    external_id: str
    version: str  #: changes whenever the source's shipment does
    live: bool  #: False: archived or delivered, nothing is to be done for it


class TmsPage(Value):
    """A page of the list; `cursor` is where the next one is, None after the last."""

    listed: tuple[Listed, ...]
    cursor: str | None
    problems: tuple[str, ...] = ()  #: rows that were no shipments


class Clearance(Value):
    """How a shipment stands with customs."""

    standing: Literal["filed", "accepted", "held", "released", "rejected"]
    entry: str | None
    reason: str = ""
    at: AwareDatetime
    broker: str


class TmsFile(Value):
    """A document for the source."""

    name: str
    kind: str
    data: bytes


class Tms(Protocol):
    """A transport management system."""

    name: str

    def pull(self, cursor: str | None) -> TmsPage: ...

    def fetch(self, external_id: str) -> Booking: ...

    def write_back(
        self, external_id: str, clearance: Clearance, *, key: str, files: Sequence[TmsFile]
    ) -> None: ...
