"""Papers of a shipment that describe no goods: each is handed to whom it concerns, once."""

from __future__ import annotations

from sqlmodel import Session

from storage.models import Shipment
from workflows import carrier_charges, queries
from workflows.ports import House


def take(session: Session, shipment: Shipment, *, house: House) -> None:
    """A carrier's invoices are checked, customs' forms opened as queries."""
    carrier_charges.take(session, shipment, house=house)
    queries.take(session, shipment, house=house)
