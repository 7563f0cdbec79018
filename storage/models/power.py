"""Powers of attorney, the requests for a signature under one, and what a signing service said."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed
from storage.powers import Check, EnvelopeState, Form, GrantorKind, Scope


class PowerOfAttorney(SQLModel, table=True):
    """Proof that the importer itself appointed this brokerage (19 CFR 141.46, 111.36).

    It counts once a licensed broker has put it on file or, signed through a service, has checked
    who signed. The newest that counts is the one on file; what it replaced stays for the record.
    """

    __tablename__ = "power_of_attorney"
    __table_args__ = (UniqueConstraint("envelope_id", name="uq_poa_envelope"),)

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    signed_by: str
    signed_on: date
    expires_on: date | None = None
    recorded_by: str
    recorded_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    grantor_name: str | None = None  #: as printed; None in rows of older versions
    kind: GrantorKind | None = Field(
        default=None, sa_column=choice(GrantorKind, "grantor_kind", nullable=True)
    )
    scope: Scope | None = Field(default=None, sa_column=typed(Scope, nullable=True))
    number: str | None = None  #: importer number, as printed
    nonresident: bool = False
    resident_agent: str | None = None
    signer_title: str | None = None
    signer_mail: str | None = None
    document_sha256: str | None = None  #: the signed document
    certificate_sha256: str | None = None  #: the service's certificate of completion
    envelope_id: int | None = Field(default=None, foreign_key="signature_envelope.id")
    awaiting_check: bool = False  #: a licensed broker must check it before it counts
    checks: list[Check] | None = Field(default=None, sa_column=typed(list[Check], nullable=True))
    check_note: str | None = None
    revoked_on: date | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None


class SignatureEnvelope(SQLModel, table=True):
    """One request to sign a power of attorney. `open_for` makes a second open one impossible."""

    __tablename__ = "signature_envelope"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    open_for: int | None = Field(default=None, unique=True)  #: the importer, while it is open
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    via: str  #: the signing service: docusign, email, sandbox
    reference: str | None = Field(default=None, index=True)  #: the service's own number
    state: EnvelopeState = Field(sa_column=choice(EnvelopeState, "envelope_state", index=True))
    signer_name: str
    signer_title: str
    signer_mail: str
    form: Form = Field(sa_column=typed(Form))
    form_sha256: str | None = None
    asked_by: str
    asked_name: str
    asked_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=moment())
    ended_at: datetime | None = Field(default=None, sa_column=moment())
    reason: str | None = None  #: why it was declined or ended
    reminders: int = 0
    polls: int = 0
    next_poll_at: datetime | None = Field(default=None, sa_column=moment(index=True))


class SigningEvent(SQLModel, table=True):
    """A message of the signing service, by (envelope, event, time): a repeat has no effect."""

    __tablename__ = "signing_event"

    id: int | None = Field(default=None, primary_key=True)
    once: str | None = Field(default=None, unique=True)  #: None on a repeat
    duplicate_of: int | None = Field(default=None, foreign_key="signing_event.id", index=True)
    reference: str = Field(index=True)
    event: str
    generated_at: str
    envelope_id: int | None = Field(default=None, foreign_key="signature_envelope.id", index=True)
    effect: str  #: what followed, in words
    raw_sha256: str  #: the message as it came, a blob
    received_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
