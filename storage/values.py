"""Frozen values that travel between the rooms and live in typed JSON columns.

A value is validated when it is made and never changes afterwards. Nothing here touches a
database, a file or the network. Money is exact (Decimal with its currency), times are aware.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Value(BaseModel):
    """Base of all values: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 alphabetic code."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 alpha-2 code."""


class Money(Value):
    """An exact amount in one currency."""

    amount: Decimal
    currency: CurrencyCode

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,.2f}"


class Role(StrEnum):
    """What a person may do (19 CFR 111.1, 111.28: customs business is the licensed broker's)."""

    LICENSED_BROKER = "licensed_broker"  #: confirms, files, answers holds
    ENTRY_WRITER = "entry_writer"  #: edits and proposes
    COMPLIANCE = "compliance"  #: clears screening and export hits, with a reason
    VIEWER = "viewer"  #: reads
    SYSTEM = "system"  #: this software; decides nothing that a person must decide
    AUTHORITY = "authority"  #: customs, speaking through a gateway


class Actor(Value):
    """Who did something: recorded with every decision (19 CFR 111.21)."""

    id: str  #: the Slack user id, or "system" / "authority"
    name: str
    role: Role
    licence: str | None = None


SYSTEM = Actor(id="system", name="Tidewaiter", role=Role.SYSTEM)
AUTHORITY = Actor(id="authority", name="Customs", role=Role.AUTHORITY)


class DocumentKind(StrEnum):
    """What a document is (DESIGN section 8, `documentType`)."""

    COMMERCIAL_INVOICE = "commercial_invoice"
    PROFORMA_INVOICE = "proforma_invoice"
    PACKING_LIST = "packing_list"
    BILL_OF_LADING = "bill_of_lading"
    AIR_WAYBILL = "air_waybill"
    ARRIVAL_NOTICE = "arrival_notice"
    CERTIFICATE_OF_ORIGIN = "certificate_of_origin"
    MILL_CERTIFICATE = "mill_certificate"
    PRODUCT_CERTIFICATE = "product_certificate"  #: of safety: CPC, GCC (16 CFR 1110)
    POWER_OF_ATTORNEY = "power_of_attorney"
    BOOKING = "booking"
    ISF_SHEET = "isf_sheet"  #: elements for the Importer Security Filing (19 CFR 149.3)
    EMAIL = "email"
    OTHER = "other"


class Evidence(Value):
    """Where on the page a value was read.

    `page` counts from 1; `box` is (x0, y0, x1, y1) in points from the top left of the page.
    A sheet has no points: its box is (column, row, column + 1, row + 1), counted from 0.
    """

    page: int = Field(ge=1)
    box: tuple[float, float, float, float]
    text: str
    learned: str | None = Field(default=None, exclude_if=lambda said: said is None)
    #: whose correction taught where it stands; absent for most
    by: str | None = Field(default=None, exclude_if=lambda said: said is None)
    #: who read it, where it was not our reader alone: a language model


class Printed(Value):
    """A cell of a page as it stands there; `row` counts from 0 on its page."""

    page: int = Field(ge=1)
    row: int = Field(ge=0)
    box: tuple[float, float, float, float]
    text: str


class Lesson(Value):
    """Where a person's correction says that a value stands: a label of the layout, no value."""

    path: str  #: `header.invoiceNumber`; of a column `lineItems.quantity`
    label: str  #: its words for comparison, without figures
    place: Literal["inside", "beside", "below", "block", "column"]  #: of the value, from the label
    layout: tuple[str, ...]  #: the labels and headings that the document, or its table, shows
    says: str = ""  #: who taught it and when


class TaughtLine(Value):
    """A line of goods as a person set it right, for the reader to learn its columns from."""

    values: dict[str, str]  #: by field of `InvoiceLine`, as words
    changed: tuple[str, ...]  #: the fields that the person set


class Flag(Value):
    """Something a person should look at."""

    type: str
    field: str | None  #: a path such as `lineItems[3].quantity`; None for the whole document
    severity: Literal["must_resolve", "review", "info"]
    message: str  #: a sentence for a broker


class PartyBlock(Value):
    """A party as printed. Absent is None, never a guess."""

    name: str | None = None
    address: str | None = None
    country: CountryCode | None = None
    mid: str | None = None  #: manufacturer identification code, as printed


class Header(Value):
    """The head of an invoice."""

    invoiceNumber: str | None = None
    invoiceDate: date | None = None
    currency: CurrencyCode | None = None
    incoterms: str | None = None
    paymentTerms: str | None = None
    purchaseOrder: str | None = None
    exportDate: date | None = None


class Parties(Value):
    """The parties named on a document."""

    exporter: PartyBlock = PartyBlock()
    importer: PartyBlock = PartyBlock()
    consignee: PartyBlock = PartyBlock()
    notifyParty: PartyBlock = PartyBlock()
    manufacturer: PartyBlock = PartyBlock()
    shipTo: PartyBlock = PartyBlock()


class Transport(Value):
    """How and when the goods move."""

    masterBill: str | None = None
    houseBill: str | None = None
    scac: str | None = None
    vessel: str | None = None
    voyage: str | None = None
    portOfLoading: str | None = None
    portOfDischarge: str | None = None
    placeOfDelivery: str | None = None
    etd: date | None = None
    eta: date | None = None
    containers: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    freeTimeDays: int | None = None
    lastFreeDay: date | None = None


class InvoiceLine(Value):
    """One line of goods as printed."""

    lineNumber: int
    description: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unitPrice: Decimal | None = None
    extendedValue: Decimal | None = None
    countryOfOrigin: CountryCode | None = None
    hsCodeHint: str | None = None  #: digits only
    endUseCode: str | None = None
    countryOfMeltAndPour: CountryCode | None = None
    countryOfSmeltAndCast: CountryCode | None = None
    manufacturerMid: str | None = None


class NamedAmount(Value):
    """A discount or a charge, listed one by one."""

    label: str
    amount: Decimal


class Totals(Value):
    """The foot of a document. Amounts are in `currency`."""

    subtotal: Decimal | None = None
    discounts: tuple[NamedAmount, ...] = ()
    freight: Decimal | None = None
    insurance: Decimal | None = None
    otherCharges: tuple[NamedAmount, ...] = ()
    total: Decimal | None = None
    currency: CurrencyCode | None = None
    packages: int | None = None
    packageUnit: str | None = None
    grossWeightKg: Decimal | None = None
    netWeightKg: Decimal | None = None


class Account(Value):
    """Bank details that somebody named: a mark for comparison, never the number itself."""

    kind: Literal["iban", "account", "routing", "swift"]
    mark: str  #: sha256 of kind and number; keyed before it is stored (`storage.seal`)
    lastFour: str

    @classmethod
    def of(cls, kind: Literal["iban", "account", "routing", "swift"], number: str) -> Self:
        plain = re.sub(r"[^0-9A-Z]", "", number.upper())
        mark = hashlib.sha256(f"{kind}:{plain}".encode()).hexdigest()
        return cls(kind=kind, mark=mark, lastFour=plain[-4:])


class Charges(Value):
    """A carrier's invoice for demurrage or detention, as far as it was read."""

    number: str | None = None
    issued: date | None = None
    due: date | None = None
    total: Decimal | None = None
    currency: str | None = None
    bill: str | None = None
    containers: tuple[str, ...] = ()
    last_charged: date | None = None
    missing: tuple[str, ...] = ()  #: paragraphs of 46 CFR 541.6 whose item was not found


class CustomsForm(Value):
    """CBP Form 28 or 29, as far as it was read."""

    form: Literal["28", "29"]
    dated: date | None = None
    entries: tuple[str, ...] = ()  #: FFF-NNNNNNN-C, with a check digit that fits
    asked: tuple[str, ...] = ()  #: of the marked questions
    marked: bool = False  #: whether any mark could be read
    message: str = ""  #: what the officer wrote


class Mention(Value):
    """A line that may speak of an assist, with its amount."""

    page: int = Field(ge=1)
    text: str
    amount: Decimal


class Reading(Value):
    """What was read from one document: the `D` of DESIGN section 8.

    `confidenceByField` and `evidence` are keyed by paths such as `header.invoiceNumber`,
    `parties.exporter.name`, `transport.containers[0]` or `lineItems[0].quantity`
    (lists count from 0). A field that is None has no entry in either.
    """

    documentType: DocumentKind
    kindConfidence: float = Field(ge=0, le=1)
    file: str
    pages: int = Field(ge=0)
    firstPage: int = Field(default=1, ge=1)  #: of the file, which may hold several documents
    header: Header = Header()
    parties: Parties = Parties()
    transport: Transport = Transport()
    lineItems: tuple[InvoiceLine, ...] = ()
    totals: Totals = Totals()
    confidenceByField: dict[str, float] = {}
    evidence: dict[str, Evidence] = {}
    flags: tuple[Flag, ...] = ()
    signed: bool | None = None  #: None when the document says nothing of a signature
    accounts: tuple[Account, ...] = ()  #: bank details, masked
    charges: Charges | None = Field(default=None, exclude_if=lambda said: said is None)
    form: CustomsForm | None = Field(default=None, exclude_if=lambda said: said is None)
    mentions: tuple[Mention, ...] = Field(default=(), exclude_if=lambda said: not said)


class Unreadable(Value):
    """Why a document could not be read, in words for the person who will look at it."""

    file: str
    reason: Literal[
        "scan", "encrypted", "broken", "too_big", "unsupported", "empty", "timeout", "held"
    ]
    message: str


class Candidate(Value):
    """A tariff code that could be right for a line, never an answer by itself."""

    code: str  #: with dots, e.g. "6109.10.00.12" or "6109.10"
    digits: Literal[6, 8, 10]
    description: str
    confidence: float = Field(ge=0, le=1)
    because: str
    units: tuple[str, ...] = ()
    generalRate: str | None = None
    edition: str


class Suggestion(Value):
    """The candidates for one line and what would decide between them."""

    id: str
    candidates: tuple[Candidate, ...]
    band: Literal["high", "medium", "low", "none"]
    missingFacts: tuple[str, ...] = ()
    pga: tuple[str, ...] = ()
    source: Literal["product", "precedent", "suggested"]
    confirmedBy: str | None = None  #: for source "product": whose confirmation it was
    hintConflict: str | None = None  #: a sentence when the shipper's code disagrees
    notes: tuple[str, ...] = ()  #: dead codes, earlier confirmations: what a broker should know


class DutyLine(Value):
    """One layer of duty or one fee."""

    authority: str  #: "MFN", "Section 301 (China)", "MPF", "HMF"
    heading: str | None
    rate: str
    basis: Money | None
    amount: Money | None  #: None when an input is missing; `needs` then says which
    edition: str
    needs: str | None = None
    line: int | None = None  #: None for the fees of the entry
    source: str | None = None  #: the note, proclamation or notice that lays it
    condition: str | None = None  #: under which it would differ, and to what


class DutyFacts(Value):
    """What a person stated about a line for its duty, or a document said. None is not stated."""

    preference: str | None = None
    claims: tuple[str, ...] = ()
    steel: Decimal | None = None  #: per cent of the weight (before 2026-04-06: of the value)
    aluminum: Decimal | None = None
    copper: Decimal | None = None
    melt_and_pour: CountryCode | None = None
    smelt_and_cast: CountryCode | None = None
    non_us_content: Decimal | None = None  #: US dollars


class ValueFacts(Value):
    """What the importer's side answered about the price (19 CFR 152.103). None is no answer."""

    assists: Decimal | None = None  #: amounts in the invoice's currency; zero: there are none
    royalties: Decimal | None = None
    proceeds: Decimal | None = None
    packing: Decimal | None = None
    selling_commission: Decimal | None = None
    related_parties: bool | None = None
    actual: bool = False  #: freight and insurance are billed cost, not an estimate


class ScreeningHit(Value):
    """A name on a denied-party list that resembles a party."""

    party: str
    listed: str
    list_name: str
    entry_id: str
    score: float = Field(ge=0, le=1)
    because: str
    matched: str = ""  #: the listed name or alias that matched
    alias: Literal["name", "alias", "weak alias"] = "name"
    programs: str = ""
    entry_mark: str = ""  #: hash of what the entry says
    kind: str = "unknown"  #: individual, entity, vessel
    parts: dict[str, float] = {}  #: what the score is made of
    threshold: float = 0
    algorithm: str = ""
    edition: str = ""
    addresses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    born: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    notice: str = ""
    url: str = ""
    before: str | None = None  #: who cleared the same party and entry before, and why


class Reported(Value):
    """One status as an authority reported it."""

    code: Literal[
        "received",
        "accepted",
        "rejected",
        "held",
        "released",
        "exam",
        "lifted",
        "review",
        "proceed",
        "unknown",
    ]  #: review, proceed: another agency's word; only customs releases
    record: str = ""  #: whose code it is: AMS, SO60, SO70; the same characters differ by it
    raw_code: str
    reason: str
    at: AwareDatetime
    reference: str | None = None


def utc(moment: datetime) -> datetime:
    """Refuse a naive time: a status without a zone has no place in an entry's history."""
    if moment.tzinfo is None:
        msg = "a time without a zone"
        raise ValueError(msg)
    return moment
