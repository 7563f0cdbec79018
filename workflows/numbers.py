"""The numbers by which mail and documents of one shipment find each other."""

from __future__ import annotations

import re

from storage.values import Reading

STRONG = frozenset({"bill", "container"})
"""These name a shipment by themselves."""


def of(reading: Reading) -> tuple[tuple[str, str], ...]:
    """(kind, value) of what a document says; other mail with one of them belongs beside it."""
    transport, header = reading.transport, reading.header
    said = [
        ("bill", transport.houseBill),
        ("bill", transport.masterBill),
        *(("container", box) for box in transport.containers),
        ("invoice", header.invoiceNumber),
        ("purchase_order", header.purchaseOrder),
    ]
    return tuple(dict.fromkeys((kind, plain(value)) for kind, value in said if value))


def plain(value: str) -> str:
    """A number for comparison: no blanks, no dashes, capitals."""
    return re.sub(r"[\s\-]", "", value).upper()
