"""What a booked shipment still lacks, by its trade lane: documents, fields and signatures.

Computed each time that somebody asks, never stored. A lane that no profile describes is a
sentence for a person and no empty list.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from knowledge.lanes import LaneProfile, Lanes, Need, UnknownLane
from storage.models import Booked, Document, Importer, Shipment
from storage.values import DocumentKind, Value
from workflows import poa


class Lacking(Value):
    """What is missing, in the lane's order, each with its reason."""

    lane: str | None  #: the profile's name; None: see `problem`
    problem: str | None = None
    documents: tuple[Need, ...] = ()
    fields: tuple[Need, ...] = ()
    signatures: tuple[Need, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.problem or self.documents or self.fields or self.signatures)


def bookings_of(session: Session, shipment_id: int) -> list[Booked]:
    """The bookings of a shipment, oldest first."""
    return list(
        session.exec(
            select(Booked).where(Booked.shipment_id == shipment_id).order_by(col(Booked.id))
        )
    )


def lane_of(session: Session, shipment: Shipment) -> tuple[str | None, str | None, str | None]:
    """Origin, destination and mode as the bookings say; each None when none says it."""
    facts = [one.facts for one in bookings_of(session, shipment.id or 0)]
    origin = next((one.origin for one in reversed(facts) if one.origin), None)
    destination = next((one.destination for one in reversed(facts) if one.destination), None)
    mode = next((one.mode for one in reversed(facts) if one.mode), None)
    return origin, destination, mode


def of(session: Session, shipment: Shipment, lanes: Lanes) -> Lacking:
    """What this shipment still lacks for its lane."""
    try:
        profile = lanes.profile(*lane_of(session, shipment))
    except UnknownLane as exc:
        return Lacking(lane=None, problem=str(exc))
    return against(session, shipment, profile)


def against(session: Session, shipment: Shipment, profile: LaneProfile) -> Lacking:
    """What it lacks of one profile."""
    rows = session.exec(select(Document).where(Document.shipment_id == shipment.id)).all()
    there = {row.kind.value for row in rows}
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    claimed = False  # whether a preference is claimed is decided line by line, in review
    wanted = [
        need
        for need in (*profile.documents, *profile.fields, *profile.signatures)
        if need.when == "always" or claimed
    ]
    documents = tuple(
        need for need in profile.documents if need in wanted and not there & set(need.names)
    )
    fields = tuple(
        need
        for need in profile.fields
        if need in wanted and not any(stands(shipment, path) for path in need.names)
    )
    signatures = tuple(
        need
        for need in profile.signatures
        if need in wanted and _unsigned(session, need, rows, importer)
    )
    return Lacking(lane=profile.name, documents=documents, fields=fields, signatures=signatures)


def stands(shipment: Shipment, path: str) -> bool:
    """Whether the shipment has a value of this path."""
    value: object = shipment
    for step in path.split("."):
        value = getattr(value, step, None)
    return value not in (None, (), "")


def _unsigned(
    session: Session, need: Need, rows: Sequence[Document], importer: Importer | None
) -> bool:
    if need.name == "power_of_attorney":
        return importer is None or poa.problem(session, importer) is not None
    kind = DocumentKind(need.name)
    return any(
        row.kind is kind and row.reading is not None and row.reading.signed is False for row in rows
    )


def words(name: str) -> str:
    """A need's name for people: `bill_of_lading|arrival_notice` -> "bill of lading or …"."""
    shown = [_FIELDS.get(one, one.rpartition(".")[2].replace("_", " ")) for one in name.split("|")]
    return " or ".join(dict.fromkeys(shown))


_FIELDS = {
    "parties.importer.name": "importer of record",
    "parties.exporter.name": "exporter",
    "parties.consignee.name": "consignee",
    "parties.manufacturer.name": "manufacturer",
    "header.invoiceNumber": "invoice number",
    "header.currency": "currency",
    "header.incoterms": "terms of sale",
    "header.purchaseOrder": "purchase order",
    "totals.total": "invoice total",
    "totals.currency": "currency",
    "totals.packages": "packages",
    "totals.grossWeightKg": "gross weight",
    "transport.houseBill": "house bill",
    "transport.masterBill": "master bill",
    "transport.vessel": "vessel",
    "transport.voyage": "voyage",
    "transport.scac": "carrier's code",
    "transport.portOfLoading": "port of loading",
    "transport.portOfDischarge": "port of discharge",
    "transport.containers": "containers",
    "transport.eta": "arrival",
    "transport.etd": "departure",
}
