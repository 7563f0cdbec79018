"""Which way the goods come, and what that way calls its papers; `knowledge.lanes` has the lanes.

How the goods travel follows from what the documents show; where they show nothing it stays
unknown and a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from knowledge import reference
from storage.models import Shipment
from storage.values import DocumentKind
from workflows.gateways.packet import Mode


class Known(Protocol):
    """A document, as far as its kind."""

    @property
    def kind(self) -> DocumentKind: ...


_AIR_BILL = re.compile(r"^\d{3}[\s-]?\d{4}[\s-]?\d{4}$")
_OCEAN_BILL = re.compile(r"^[A-Z]{4}[A-Z0-9]{4,12}$")
_LAND_PORTS = frozenset({"USLRD", "USDET"})


_BILL = {
    "air": "air waybill",
    "truck": "truck bill of lading or manifest",
    "rail": "rail waybill",
}


def needs_isf(mode: Mode | None) -> bool:
    """Whether an Importer Security Filing goes before the goods (19 CFR 149: ocean cargo)."""
    return mode == "ocean"


def right_to_enter(mode: Mode | None) -> str:
    """What the document is called that shows who may make entry."""
    return _BILL.get(mode or "", "bill of lading")


def mode_of(shipment: Shipment, documents: Iterable[Known]) -> Mode | None:
    """How the goods travel, as the documents show it; None when they do not."""
    moved = shipment.transport
    kinds = {document.kind for document in documents}
    numbers = [one.upper() for one in (moved.masterBill, moved.houseBill) if one]
    if any(_AIR_BILL.match(one) for one in numbers) or DocumentKind.AIR_WAYBILL in kinds:
        return "air"
    port = reference.port(moved.portOfDischarge) if moved.portOfDischarge else None
    by_land = port is not None and port.locode in _LAND_PORTS
    if by_land and not moved.vessel:
        return "truck"
    if moved.containers or moved.vessel or DocumentKind.BILL_OF_LADING in kinds:
        return "ocean"
    if any(_OCEAN_BILL.match(one) for one in numbers):
        return "ocean"
    return None


def way_of(shipment: Shipment, documents: Iterable[Known]) -> str:
    """The lane for people and for figures: "CN ocean"; what is not known is called unknown."""
    port = reference.port(shipment.transport.portOfLoading or "")
    origin = shipment.parties.exporter.country or (port.country if port is not None else None)
    mode = mode_of(shipment, documents)
    return f"{origin or 'unknown'} {mode or 'unknown'}" if origin or mode else "unknown"
