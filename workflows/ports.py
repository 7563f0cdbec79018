"""The holes through which the inside reaches the outside.

Each port is a small Protocol: values in, values out. Adapters are put together in
`bot/compose.py`, take plain values in their constructors, and raise `Transient` or
`Permanent` and nothing else. Nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from sqlmodel import Session

from knowledge.duty.desk import DutyDesk
from storage.blobs import Blobs
from storage.mail import OutgoingMail, RefusedRecipient, Sent
from storage.values import Reported, Value
from workflows.screening import Screener
from workflows.views import CardView, NoteView


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


class Permanent(Exception):
    """It will not work by itself: a person must look."""


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


class Chat(Protocol):
    """The brokers' workspace."""

    def post(
        self,
        channel: str,
        message: CardView | NoteView,
        *,
        key: str,
        thread: str | None = None,
        broadcast: bool = False,
    ) -> Posted: ...

    def update(self, at: Posted, message: CardView | NoteView) -> None: ...

    def find(self, channel: str, key: str, *, thread: str | None = None) -> Posted | None: ...


class Mailer(Protocol):
    """Outgoing e-mail. The Message-ID follows from the mail's key, so a repeat is visible."""

    def send(self, mail: OutgoingMail) -> Sent: ...


class Receipt(Value):
    """What an authority's gateway answered to a filing."""

    reference: str


class Gateway(Protocol):
    """The way to the customs authority."""

    name: str

    def find(self, key: str) -> Receipt | None: ...

    def submit(self, key: str, entry_number: str, filing: dict[str, Any]) -> Receipt: ...

    def status(self, key: str) -> list[Reported]: ...

    def respond(self, key: str, text: str, documents: list[str]) -> None: ...


@dataclass(frozen=True)
class Chasing:
    """How missing documents are asked for again: after how many working days, and how often."""

    first: int = 1
    then_every: int = 2
    most: int = 3


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
    document_link: Callable[[int], str]
    chasing: Chasing = field(default_factory=Chasing)

    def address_for(self, ref: str) -> str:
        """The intake address with a shipment's own mark, so that answers find it."""
        name, _, domain = self.intake_address.partition("@")
        return f"{name}+{ref}@{domain}" if ref else self.intake_address


@dataclass(frozen=True)
class Ports:
    """Everything a handler may reach: put together once in `bot/compose.py`.

    `snapshot` opens a short read of the database; a port is never called while one is open.
    """

    snapshot: Callable[[], AbstractContextManager[Session]]
    chat: Chat
    mailer: Mailer
    gateway: Gateway
    blobs: Blobs
    house: House
