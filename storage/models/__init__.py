"""The tables. Importing this package registers all of them with SQLModel's metadata."""

from storage.models.entry import Delivery, Entry, Hold, StatusReport
from storage.models.mail import Disposition, Document, Message, ReadState
from storage.models.outgoing import Outcome, OutgoingMessage
from storage.models.party import Importer, Person, PowerOfAttorney, Product
from storage.models.shipment import (
    Classification,
    LineItem,
    LineState,
    Reference,
    Screening,
    Shipment,
    State,
)
from storage.models.trust import (
    Quarantine,
    Quarantined,
    SenderAccount,
    SenderRule,
    Trusted,
)
from storage.models.work import AuditEvent, Destination, Outbox, OutboxStatus, SeenEvent

__all__ = [
    "AuditEvent",
    "Classification",
    "Delivery",
    "Destination",
    "Disposition",
    "Document",
    "Entry",
    "Hold",
    "Importer",
    "LineItem",
    "LineState",
    "Message",
    "Outbox",
    "OutboxStatus",
    "Outcome",
    "OutgoingMessage",
    "Person",
    "PowerOfAttorney",
    "Product",
    "Quarantine",
    "Quarantined",
    "ReadState",
    "Reference",
    "Screening",
    "SeenEvent",
    "SenderAccount",
    "SenderRule",
    "Shipment",
    "State",
    "StatusReport",
    "Trusted",
]
