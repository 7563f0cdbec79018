"""The numbers of a booking by which later mail finds its shipment, normalised like a mail's."""

from __future__ import annotations

from storage.booking import Booking


def references(facts: Booking) -> list[tuple[str, str]]:
    """(kind, number) as `workflows.intake` keeps them."""
    transport = facts.transport
    pairs = [
        ("bill", transport.houseBill),
        ("bill", transport.masterBill),
        *(("container", box) for box in transport.containers),
        ("invoice", facts.header.invoiceNumber),
        ("purchase_order", facts.header.purchaseOrder),
        ("booking", facts.carrier_booking),
        ("booking", facts.external_id),
    ]
    plain = [
        (kind, "".join(value.split()).replace("-", "").upper()) for kind, value in pairs if value
    ]
    # "PO-4471" is written as the label and the number as often as it is the number.
    short = [
        (kind, value.removeprefix("PO"))
        for kind, value in plain
        if kind == "purchase_order" and value.startswith("PO") and len(value) > 4
    ]
    return [*plain, *short]
