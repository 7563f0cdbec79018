"""What the shipper still has to send, as values that a letter can say in any language.

Only the gate's rules about documents and about who the goods are for: what the brokerage has
to do itself (codes, screening, power of attorney) is nobody else's business.
"""

from __future__ import annotations

from typing import Literal

from sqlmodel import Session

from storage.models import ReadState, Shipment
from storage.values import DocumentKind, Value
from workflows import gate, gate_rules, short_ship
from workflows.ports import House

Kind = Literal[
    "commercial_invoice",
    "packing_list",
    "transport_document",
    "signature",
    "readable_copy",
    "open_copy",
    "other_form",
    "importer",
    "export_date",
    "metal_origin",
    "other_document",
    "revised_invoice",
]
_INSTEAD: dict[str, Kind] = {
    "encrypted": "open_copy",
    "unsupported": "other_form",
    "held": "other_form",
}
"""What is asked for when a document could not be read for this reason."""


class Missing(Value):
    """One thing that is missing; `file` where it is about a document that came."""

    kind: Kind
    file: str | None = None  #: or the line, or the name of the document


def from_shipper(session: Session, shipment: Shipment, *, house: House) -> list[Missing]:
    """In the order of the gate; nothing while a document is still being read."""
    case = gate.whole_case(session, shipment, house=house)
    if any(document.state is ReadState.WAITING for document in case.documents):
        return []
    found = []
    if any(True for _ in gate.importer_known(case)) and not _named(shipment):
        found.append(Missing(kind="importer"))
    for document in case.documents:
        if document.state is ReadState.UNREADABLE and document.looked_at_by is None:
            reason = document.problem.reason if document.problem else "broken"
            wanted = _INSTEAD.get(reason, "readable_copy")
            found.append(Missing(kind=wanted, file=document.title))
    if any(gate.invoice_present(case)):
        found.append(Missing(kind="commercial_invoice"))
    for _ in gate.invoice_covers_what_ships(case):
        said = short_ship.open_word(session, shipment, case.documents)
        found.append(Missing(kind="revised_invoice", file=said.words if said else None))
    if any(gate.right_to_make_entry(case)):
        found.append(Missing(kind="transport_document"))
    if any(gate.packing_list_present(case)):
        found.append(Missing(kind="packing_list"))
    for document in case.documents:
        unsigned = document.reading is not None and document.reading.signed is False
        if document.kind is DocumentKind.COMMERCIAL_INVOICE and unsigned:
            found.append(Missing(kind="signature", file=document.title))
    return [*found, *_facts(case)]


def _facts(case: gate.Case) -> list[Missing]:
    """What only the seller's side can say: the day of exportation, the metals, other papers."""
    found = []
    if any(one.who == "shipper" for one in gate_rules.values_in_dollars(case)):
        found.append(Missing(kind="export_date"))
    for one in gate_rules.metals_origin(case):
        found.append(Missing(kind="metal_origin", file=one.code.removeprefix("metals:")))
    for item in gate.lane_documents(case):
        if item.who != "shipper":
            continue
        name = item.code.removeprefix("document.").replace("_", " ")
        found.append(Missing(kind="other_document", file=name))
    return found


def briefly(missing: list[Missing]) -> list[str]:
    """The same for the brokers' thread."""
    return [
        f"{one.kind.replace('_', ' ')} ({one.file})" if one.file else one.kind.replace("_", " ")
        for one in missing
    ]


def _named(shipment: Shipment) -> bool:
    return bool(shipment.parties.importer.name or shipment.parties.consignee.name)
