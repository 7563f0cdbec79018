"""What one field tells about another, and what a kind of document does not have."""

from __future__ import annotations

import re

from ingest.fields import values
from ingest.fields.found import WEAK, Findings
from storage.values import DocumentKind

_MONEY = (
    "totals.total",
    "totals.subtotal",
    "totals.freight",
    "totals.currency",
    "header.currency",
)
_CARRIERS_OWN = frozenset(
    {DocumentKind.ARRIVAL_NOTICE, DocumentKind.BILL_OF_LADING, DocumentKind.AIR_WAYBILL}
    | {DocumentKind.BOOKING}
)
_SELLERS_OWN = frozenset(
    {DocumentKind.COMMERCIAL_INVOICE, DocumentKind.PROFORMA_INVOICE, DocumentKind.PACKING_LIST}
)

_SAME = re.compile(
    r"(?i)^\W*(?:the\s+)?same\s+(?:as|to)\s+(?:the\s+)?(?:consignee|cnee|above|buyer)\b"
)


def settle(kind: DocumentKind, found: Findings) -> None:
    """What one field tells about another, and what a kind does not have."""
    coin = found.by_path.get("header.currency")
    total = found.by_path.get("totals.currency")
    if coin is None and total is not None:
        found.by_path["header.currency"] = total.model_copy(update={"path": "header.currency"})
    if total is None and coin is not None:
        found.by_path["totals.currency"] = coin.model_copy(update={"path": "totals.currency"})
    if kind in _CARRIERS_OWN:
        # Their charges are the carrier's, not the goods' value.
        for path in _MONEY:
            found.by_path.pop(path, None)
    certified = kind is DocumentKind.CERTIFICATE_OF_ORIGIN and not found.get("header.currency")
    if kind is DocumentKind.PACKING_LIST or certified:
        # What adds up there are weights, packages and pieces.
        for path in _MONEY:
            found.by_path.pop(path, None)
        if found.get("header.invoiceNumber") is None:
            found.by_path.pop("header.invoiceDate", None)  # the date of the list itself
    _destination(kind, found)
    _same_party(found)
    if found.get("transport.masterBill") == found.get("transport.houseBill"):
        found.by_path.pop("transport.masterBill", None)  # one number, said twice: the house's
    gross, net = found.get("totals.grossWeightKg"), found.get("totals.netWeightKg")
    if gross is not None and net is not None and net > gross:
        found.by_path.pop("totals.netWeightKg")
        found.flag(
            "weights",
            "totals.netWeightKg",
            "review",
            f"A net weight of {net} kg cannot be more than the gross weight of {gross} kg.",
        )
    if kind is DocumentKind.EMAIL:
        for path in [one for one in found.by_path if one.startswith(("parties.", "totals."))]:
            found.by_path.pop(path)


def _same_party(found: Findings) -> None:
    """Who is told is the consignee, where the paper says so in place of a name."""
    told = found.by_path.get("parties.notifyParty.name")
    if told is None or not _SAME.match(str(told.value)):
        return
    for path in [one for one in found.by_path if one.startswith("parties.notifyParty.")]:
        found.by_path.pop(path)
    receiver = found.get("parties.consignee.name")
    if receiver is not None:
        found.by_path[told.path] = told.model_copy(update={"value": receiver, "confidence": WEAK})


def _destination(kind: DocumentKind, found: Findings) -> None:
    """The final destination is where the carrier delivers, or where the goods end."""
    final = found.by_path.pop("transport.finalDestination", None)
    if final is not None and found.get("transport.placeOfDelivery") is None:
        # On a seller's paper it is where the goods end: an address need not be where the carrier
        # delivers, a town is.
        path, carried = (
            "transport.placeOfDelivery",
            kind
            in (
                DocumentKind.BILL_OF_LADING,
                DocumentKind.AIR_WAYBILL,
            ),
        )
        town = not re.search(r"\d|(?:,[^,]*){2,}", final.value)
        if carried:
            found.by_path[path] = final.model_copy(update={"path": path})
        elif kind in _SELLERS_OWN and town and values.country(final.value) is None:
            found.by_path[path] = final.model_copy(update={"path": path, "confidence": WEAK})
