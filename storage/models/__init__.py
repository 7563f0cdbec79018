"""The tables. Importing this package registers all of them with SQLModel's metadata."""

from storage.models.adcvd import AdcvdDecision
from storage.models.booking import Booked, BookingReceipt, TmsCursor
from storage.models.delivery import ConsigneeNotice, Pickup
from storage.models.division import LineDivision
from storage.models.entry import Delivery, Entry, StatusReceipt, StatusReport
from storage.models.export import Export, PartyScreened
from storage.models.filing import (
    Bond,
    EntryNumberRange,
    FilingAttempt,
    LateDocument,
    Statement,
)
from storage.models.hold import Hold, HoldNote
from storage.models.lesson import ReadingLesson
from storage.models.mail import Disposition, Document, Message, ReadState
from storage.models.outgoing import Outcome, OutgoingMessage
from storage.models.paper import Claim, Discrepancy, Paper, PaperFact, Standing
from storage.models.party import Importer, Person, PortDesk, Product
from storage.models.power import PowerOfAttorney, SignatureEnvelope, SigningEvent
from storage.models.screening import Clearance, KeptTenYears, Screening
from storage.models.shadow import ShadowCase, ShadowRule
from storage.models.shipment import (
    Classification,
    LegalHold,
    LineItem,
    LineState,
    Reference,
    Shipment,
    State,
)
from storage.models.slack import SlackInstallation
from storage.models.tariff import Decision, Ruling, RulingCursor
from storage.models.trust import (
    Quarantine,
    Quarantined,
    SenderAccount,
    SenderRule,
    Trusted,
)
from storage.models.work import (
    AuditEvent,
    Destination,
    Outbox,
    OutboxStatus,
    SeenEvent,
    ThreadMessage,
)

__all__ = [
    "AdcvdDecision",
    "AuditEvent",
    "Bond",
    "Booked",
    "BookingReceipt",
    "Claim",
    "Classification",
    "Clearance",
    "ConsigneeNotice",
    "Decision",
    "Delivery",
    "Destination",
    "Discrepancy",
    "Disposition",
    "Document",
    "Entry",
    "EntryNumberRange",
    "Export",
    "FilingAttempt",
    "Hold",
    "HoldNote",
    "Importer",
    "KeptTenYears",
    "LateDocument",
    "LegalHold",
    "LineDivision",
    "LineItem",
    "LineState",
    "Message",
    "Outbox",
    "OutboxStatus",
    "Outcome",
    "OutgoingMessage",
    "Paper",
    "PaperFact",
    "PartyScreened",
    "Person",
    "Pickup",
    "PortDesk",
    "PowerOfAttorney",
    "Product",
    "Quarantine",
    "Quarantined",
    "ReadState",
    "ReadingLesson",
    "Reference",
    "Ruling",
    "RulingCursor",
    "Screening",
    "SeenEvent",
    "SenderAccount",
    "SenderRule",
    "ShadowCase",
    "ShadowRule",
    "Shipment",
    "SignatureEnvelope",
    "SigningEvent",
    "SlackInstallation",
    "Standing",
    "State",
    "Statement",
    "StatusReceipt",
    "StatusReport",
    "ThreadMessage",
    "TmsCursor",
    "Trusted",
]
