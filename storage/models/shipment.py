"""A shipment, its lines, and what was proposed for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Column, Integer
from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, exact, moment, now, typed
from storage.values import (
    Candidate,
    DutyFacts,
    DutyLine,
    Evidence,
    Flag,
    Header,
    Parties,
    Totals,
    Transport,
    ValueFacts,
)


class State(StrEnum):
    """Where a shipment stands. Conditions such as a missing document are not states."""

    BOOKED = "booked"
    RECEIVED = "received"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    HELD = "held"
    RELEASED = "released"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


_VERSION: Column[Any] = Column("version", Integer, nullable=False)
# `version_id_col` must be this very object: a name would be taken as another column.


class Shipment(SQLModel, table=True):
    """One shipment of one importer: the thing that the card and its thread are about.

    Only `workflows.states.fire` assigns `state`. `version` guards concurrent writers;
    `card_rev` counts what the card has shown.
    """

    __tablename__ = "shipment"
    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": _VERSION}

    id: int | None = Field(default=None, primary_key=True)
    ref: str | None = Field(default=None, unique=True)  #: "SHP-2026-000007"
    state: State = Field(sa_column=choice(State, "shipment_state", index=True))
    version: int = Field(default=1, sa_column=_VERSION)
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    addressed_id: int | None = None
    #: the importer to whose own address the mail came: a hint, never an answer
    joined_into: str | None = None  #: the shipment that this one became part of
    header: Header = Field(default=Header(), sa_column=typed(Header))
    parties: Parties = Field(default=Parties(), sa_column=typed(Parties))
    transport: Transport = Field(default=Transport(), sa_column=typed(Transport))
    totals: Totals = Field(default=Totals(), sa_column=typed(Totals))
    confidence: dict[str, float] = Field(default={}, sa_column=typed(dict[str, float]))
    evidence: dict[str, tuple[int, Evidence]] = Field(
        default={}, sa_column=typed(dict[str, tuple[int, Evidence]])
    )  #: field path -> (document id, place on the page)
    flags: list[Flag] = Field(default=[], sa_column=typed(list[Flag]))
    duty: list[DutyLine] = Field(default=[], sa_column=typed(list[DutyLine]))
    duty_advisories: list[str] = Field(default=[], sa_column=typed(list[str]))
    value_facts: ValueFacts | None = Field(default=None, sa_column=typed(ValueFacts, nullable=True))
    reject_reason: str | None = None
    attention: str | None = None  #: an authority said something that we did not expect
    assignee: str | None = None
    confirmed_by: str | None = None
    card_rev: int = 0
    card_channel: str | None = None
    card_ts: str | None = None
    card_shown_rev: int = 0
    card_shown_at: datetime | None = Field(default=None, sa_column=moment())
    search_text: str = ""  #: of older versions; `storage.search` took its place
    manifest_sha256: str | None = None
    keep_until: datetime | None = Field(default=None, sa_column=moment(index=True))
    disposed_at: datetime | None = Field(default=None, sa_column=moment())  #: its file was deleted
    screened: str | None = Field(default=None, index=True)  #: edition and algorithm
    screened_at: datetime | None = Field(default=None, sa_column=moment())
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    updated_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Reference(SQLModel, table=True):
    """A number by which later mail finds its shipment, normalised once."""

    __tablename__ = "reference"
    __table_args__ = (UniqueConstraint("shipment_id", "kind", "value", name="uq_reference"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    kind: str  #: message_id, bill, container, invoice, purchase_order
    value: str = Field(index=True)


class LineState(StrEnum):
    """Whether a person has decided a line."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class LineItem(SQLModel, table=True):
    """One line of goods. `rev` changes whenever what is proposed changes."""

    __tablename__ = "line_item"
    __table_args__ = (UniqueConstraint("shipment_id", "number", name="uq_line_number"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    number: int
    rev: int = 1
    state: LineState = Field(sa_column=choice(LineState, "line_state", index=True))
    description: str = ""
    sku: str | None = None
    quantity: Decimal | None = Field(default=None, sa_column=exact())
    unit: str | None = None
    unit_price: Decimal | None = Field(default=None, sa_column=exact())
    value: Decimal | None = Field(default=None, sa_column=exact())
    currency: str | None = None
    origin: str | None = None
    hint: str | None = None  #: the shipper's code, digits only
    confidence: dict[str, float] = Field(default={}, sa_column=typed(dict[str, float]))
    flags: list[Flag] = Field(default=[], sa_column=typed(list[Flag]))
    document_id: int | None = Field(default=None, foreign_key="document.id")
    general_rate: str | None = None  #: column 1 general of the code that stands or leads
    duty_facts: DutyFacts | None = Field(default=None, sa_column=typed(DutyFacts, nullable=True))
    code: str | None = None  #: the confirmed code, with dots
    code_edition: str | None = None
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=moment())
    decided_reason: str | None = None


class Classification(SQLModel, table=True):
    """What was proposed for one revision of a line: kept, so that a decision stays explainable."""

    __tablename__ = "classification"
    __table_args__ = (UniqueConstraint("line_id", "line_rev", name="uq_classification"),)

    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="line_item.id", index=True)
    line_rev: int
    candidates: list[Candidate] = Field(default=[], sa_column=typed(list[Candidate]))
    band: str = "none"
    source: str = "suggested"
    confirmed_by: str | None = None
    hint_conflict: str | None = None
    missing_facts: list[str] = Field(default=[], sa_column=typed(list[str]))
    pga: list[str] = Field(default=[], sa_column=typed(list[str]))
    notes: list[str] | None = Field(default=None, sa_column=typed(list[str], nullable=True))
    #: conflicts of earlier confirmations, dead codes, units: what a broker should know
    made_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class LegalHold(SQLModel, table=True):
    """A person's word that the file of a shipment may not be deleted, however old it is."""

    __tablename__ = "legal_hold"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    reason: str
    placed_by: str
    placed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    lifted_by: str | None = None
    lifted_reason: str | None = None
    lifted_at: datetime | None = Field(default=None, sa_column=moment())
