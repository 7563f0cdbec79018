"""The holes through which the inside reaches the outside.

Each port is a small Protocol: values in, values out. Adapters are put together in
`bot/compose.py`, take plain values in their constructors, and raise `Transient` or
`Permanent` and nothing else. Nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from knowledge.duty.desk import DutyDesk
from knowledge.free_time import Terms
from storage.blobs import Blobs
from storage.mail import OutgoingMail, RefusedRecipient, Sent
from storage.notices import Route
from storage.powers import EnvelopeState, Signatory
from storage.values import Reported, Value
from workflows.booked.rules import BookingRules
from workflows.screening import Screener
from workflows.tms import Tms
from workflows.views import CardView, HomeView, LinesView, NoteView

Shape = TypeVar("Shape", bound=BaseModel)


class Transient(Exception):
    """It may work later.

    `outcome` is "not_done" when the other side surely did nothing and "unknown" when it
    may have done it: an unknown outcome is asked about before anything is repeated.
    """

    def __init__(
        self,
        message: str,
        *,
        outcome: Literal["not_done", "unknown"] = "not_done",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.retry_after = retry_after  #: seconds that the other side asked us to wait


class OnHold(Exception):
    """It may not be done now, and nobody failed: it waits until a person or a list says so."""


class Permanent(Exception):
    """It will not work by itself: a person must look.

    `outcome` is "unknown" where the other side may have done it all the same.
    """

    def __init__(
        self, message: str, *, outcome: Literal["not_done", "unknown"] | None = None
    ) -> None:
        super().__init__(message)
        self.outcome = outcome


class NotShown(Permanent):
    """The workspace does not take this form of a message: another form may do."""


class Gone(Permanent):
    """The message that should change is not there any more, or is not ours to change."""


class NoRecipient(Permanent):
    """The mail server took the mail for nobody, for good."""

    def __init__(self, message: str, refused: tuple[RefusedRecipient, ...]) -> None:
        super().__init__(message)
        self.refused = refused

    @classmethod
    def of(cls, refused: tuple[RefusedRecipient, ...]) -> NoRecipient | Transient:
        """The error for a mail that nobody of these may get; one that may get it later decides."""
        told = "; ".join(f"{one.address}: {one.text} ({one.code})" for one in refused)
        text = f"The mail server refused the recipient. {told}"[:600]
        if any(not one.permanent for one in refused):
            return Transient(text)
        return cls(text, refused)


class Posted(Value):
    """Where a message stands in the workspace."""

    channel: str
    ts: str
    form: int = 0  #: of a table: in which form the workspace took it


class Chat(Protocol):
    """The brokers' workspace."""

    def post(
        self,
        channel: str,
        message: CardView | NoteView | LinesView,
        *,
        key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted: ...

    def update(self, at: Posted, message: CardView | NoteView | LinesView) -> Posted: ...

    def find(self, channel: str, key: str, *, thread: str | None = None) -> Posted | None: ...

    def upload(
        self,
        name: str,
        data: bytes,
        *,
        title: str,
        into: Posted | None = None,
        office: str = "",
    ) -> str:
        """Hand a file over, into a thread or to be shown by a later post; gives its id.

        `office`: the workspace of that later post, where it is not the house's own.
        """
        ...

    def remove(self, file: str) -> None:
        """Delete a file that was handed over; one that is gone is gone."""
        ...

    def home(self, user: str, view: HomeView) -> None:
        """Show this to the person in their own place."""
        ...


class Mailer(Protocol):
    """Outgoing e-mail. The Message-ID follows from the mail's key, so a repeat is visible."""

    def send(self, mail: OutgoingMail) -> Sent: ...


class Texter(Protocol):
    """Text messages to people by their role. The same key twice is one message."""

    def send(self, *, key: str, to: str, text: str) -> None: ...


class Webhook(Protocol):
    """Signed requests to systems of consignees and carriers."""

    def deliver(self, url: str, body: bytes, *, key: str) -> str:
        """Post JSON; the same key again is the same message. Gives what was answered, shortly."""
        ...


class Drop(Protocol):
    """Files on servers of consignees, whole or not there at all."""

    def place(self, route: Route, name: str, data: bytes) -> str:
        """Put a file; gives its name there. A file that is there already stays."""
        ...


class Receipt(Value):
    """What an authority's gateway answered to a filing."""

    reference: str


class ParcelFile(Value):
    """A file that goes along with a filing."""

    name: str
    kind: str  #: of a document: commercial_invoice, ...; of a text: cargo_release, ...
    sha256: str
    data: bytes = Field(repr=False)


class Parcel(Value):
    """What is handed over: one packet, as data and as records, with its documents."""

    key: str  #: it is filed only once under this
    kind: Literal["entry", "export"]
    number: str  #: the entry number, or the shipment reference number of an export
    packet: dict[str, Any]
    sha256: str  #: of the packet's canonical bytes
    texts: tuple[ParcelFile, ...] = ()  #: CATAIR-shaped records, ASCII
    documents: tuple[ParcelFile, ...] = ()


class Gateway(Protocol):
    """The way to the customs authority, or to the filer who files for us.

    One that cannot be asked (e-mail) never gets a filing twice: when an outcome is unknown a
    broker is asked.
    """

    name: str
    can_be_asked: bool

    def find(self, key: str) -> Receipt | None: ...

    def submit(self, parcel: Parcel) -> Receipt: ...

    def status(self, key: str) -> list[Reported]: ...

    def respond(self, key: str, text: str, documents: Sequence[ParcelFile]) -> None: ...

    def check(self) -> str: ...


@runtime_checkable
class StatusFolder(Protocol):
    """A gateway whose statuses come as files in one folder."""

    def status_files(self) -> list[tuple[str, str]]:
        """Every status file with the key of the filing in its name; "" where there is none."""
        ...

    def status_file(self, name: str) -> tuple[bytes, Reported]:
        """What one file says, as it is and as a status."""
        ...


class SignatureRequest(Value):
    """What somebody is asked to sign. `key` says what it is once of."""

    key: str
    signatory: Signatory
    grantor: str  #: whose power of attorney it is
    form: bytes  #: a PDF; the marks \\s1\\ and \\d1\\ in it say where to sign and date
    subject: str
    text: str
    html: str
    reply_to: str
    fields: dict[str, str] = {}  #: what the form says, for a service with a form of its own
    again: bool = False  #: an earlier attempt may have got through: look before repeating


class Requested(Value):
    """A request that is under way: the service's number, and the mail if it was our own."""

    reference: str
    mail: OutgoingMail | None = None
    sent: Sent | None = None


class SignatureStatus(Value):
    """How a signing service says that a request stands."""

    state: EnvelopeState
    reason: str | None = None
    at: AwareDatetime | None = None
    signed_by: str | None = None


class SignedDocuments(Value):
    """What was signed, and the service's certificate of completion."""

    document: bytes
    certificate: bytes | None = None


class Signer(Protocol):
    """A way to have something signed."""

    name: str

    def request(self, request: SignatureRequest) -> Requested: ...

    def status(self, reference: str) -> SignatureStatus: ...

    def documents(self, reference: str) -> SignedDocuments: ...

    def remind(self, reference: str, request: SignatureRequest) -> Requested: ...

    def void(self, reference: str, reason: str, request: SignatureRequest) -> Requested: ...

    def check(self) -> str:
        """Whether the service lets us in, and as whom; sends nothing to anybody."""
        ...


class Llm(Protocol):
    """A language model, where an installation has one: it answers in a given shape."""

    name: str

    def complete(self, instructions: str, question: str, shape: type[Shape]) -> Shape: ...


@dataclass(frozen=True)
class SigningRules:
    """How powers of attorney are asked for, from the settings."""

    via: str = "sandbox"  #: the name of the signing service
    automatic: bool = False  #: ask without a click where the importer's signer is recorded
    expiring_days: int = 30
    poll_seconds: float = 900.0
    first: int = 1  #: working days until the first reminder
    then_every: int = 2
    most: int = 3


@dataclass(frozen=True)
class Chasing:
    """How missing documents are asked for again: after how many working days, and how often."""

    first: int = 1
    then_every: int = 2
    most: int = 3


@dataclass(frozen=True)
class HoldRules:
    """Who hears of holds, by role, from the settings."""

    mails: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    backup: str | None = None  #: Slack user of the backup broker
    texts: bool = False  #: whether a text service is configured

    def mail_of(self, who: str) -> tuple[str, ...]:
        """The addresses of a role; none where nobody is on record."""
        return self.mails.get(who, ())


class Place(Value):
    """Where on a page of a document a value was read (`Evidence` has the units)."""

    document: int
    page: int = Field(ge=1, le=1000)
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class House:
    """The brokerage's own standing facts, from the settings."""

    firm: str
    filer_code: str
    entry_numbers_from: int  #: the entry numbers of this installation start after this one
    review_channel: str
    ops_channel: str
    intake_address: str
    gateway: str
    poll_seconds: float
    keep_years: int
    needs_official_list: bool  #: False only while the sandbox authority is the gateway
    screener: Screener
    duty: DutyDesk
    document_link: Callable[[int], str]  #: for the desk: its page asks who you are
    chasing: Chasing = field(default_factory=Chasing)
    compliance_channel: str = ""  #: for details of denied-party matches; else the ops channel
    compliance_mail: tuple[str, ...] = ()
    escalation_mail: tuple[str, ...] = ()  #: principal and counsel: told of a confirmed match
    bookings: BookingRules = field(default_factory=BookingRules)
    own_domains: tuple[str, ...] = ()  #: of our firm: nobody there signs for a client
    signing: SigningRules = field(default_factory=SigningRules)
    poll_near_seconds: float | None = None  #: near the arrival; None: a quarter of the usual
    outage_minutes: float = 30.0  #: after which a person hears that a filing does not get out
    by_turns: bool = False  #: who has no broker by importer or port goes to the next in turn
    files_for: str | None = None  #: a direct filer's own installation files for this firm only
    alert_mail: str | None = None  #: who hears of an outage by mail
    filing_link: Callable[[str, str], str] | None = None  #: a signed link to a packet's text
    holds: HoldRules = field(default_factory=HoldRules)
    hold_link: Callable[[int], str] | None = None  #: a signed link to a hold's package
    memo: Callable[[str, int], bytes] | None = None  #: the draft memo of a line, a PDF
    delivery: Terms = field(default_factory=Terms)  #: terminals, lines, carriers
    pickup_hours: float = 4.0  #: after which an unconfirmed pickup is a person's task
    warn_days: int = 2  #: before the first charged day
    pickup_link: Callable[[int, str | None], str] | None = None  #: where a carrier answers
    figure_link: Callable[[dict[str, Any]], str] | None = None  #: to a page of figures
    evidence_link: Callable[[Place], str] | None = None  #: to a picture of the place
    drawn_link: Callable[[int], str] | None = None  #: to a document's pages, each value boxed
    sent_link: Callable[[int], str] | None = None  #: to a document, for who is outside
    hold_sent_link: Callable[[int], str] | None = None  #: to a hold's package, for a mail
    signin_link: Callable[[str], str] | None = None  #: signs one person in, once

    def outside_link(self, document_id: int) -> str:
        """A link to a document for somebody without an account: a consignee, a carrier."""
        return (self.sent_link or self.document_link)(document_id)

    def address_for(self, ref: str) -> str:
        """The intake address with a shipment's own mark, so that answers find it."""
        name, _, domain = self.intake_address.partition("@")
        return f"{name}+{ref}@{domain}" if ref else self.intake_address


@dataclass(frozen=True)
class Ports:
    """Everything a handler may reach: put together once in `bot/compose.py`.

    `snapshot` opens a short read of the database; a port is never called while one is open.
    `transact` opens a short write, for the journal of filings alone: an attempt is on record
    before it is made, so that one whose outcome was lost is known.
    """

    snapshot: Callable[[], AbstractContextManager[Session]]
    transact: Callable[[], AbstractContextManager[Session]]
    chat: Chat
    mailer: Mailer
    gateway: Gateway
    signer: Signer
    blobs: Blobs
    house: House
    tms: Tms | None = None
    texter: Texter | None = None
    llm: Llm | None = None
    webhook: Webhook | None = None
    drop: Drop | None = None
