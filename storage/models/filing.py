"""What filing needs beside the entry: numbers, bonds, statements, attempts, late documents."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import exact, moment, now, typed


class EntryNumberRange(SQLModel, table=True):
    """Numbers that a filer may give to entries. They are given in order and never again."""

    __tablename__ = "entry_number_range"

    id: int | None = Field(default=None, primary_key=True)
    filer: str = Field(index=True)  #: the filer's code, three characters
    first: int
    last: int
    next: int  #: the next to be given; beyond `last` when all are
    warn_left: int = 100
    warned_at: datetime | None = Field(default=None, sa_column=moment())
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    #: of an importer that files under its own code; None for the brokerage's
    added_by: str
    added_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Bond(SQLModel, table=True):
    """A customs bond: of an importer (continuous) or for one shipment (19 CFR 113)."""

    __tablename__ = "bond"

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    kind: str  #: continuous, single
    surety: str  #: three digits
    number: str | None = None
    amount: Decimal = Field(sa_column=exact(nullable=False))
    starts_on: date
    ends_on: date | None = None
    recorded_by: str
    recorded_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Statement(SQLModel, table=True):
    """What a person stated or took on for a shipment, in their words and under their name."""

    __tablename__ = "statement"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    kind: str  #: isf_reference, isf_statement, pga, waiver
    about: str = ""  #: of a waiver: the blocker's code
    text: str
    words: str = ""  #: of a waiver: the blocker as it was said
    due: date | None = None
    by: str
    by_name: str
    licence: str | None = None
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    withdrawn_at: datetime | None = Field(default=None, sa_column=moment())


class FilingAttempt(SQLModel, table=True):
    """One attempt to hand a packet over, written before it is made and again after it.

    An attempt without an end, whose time has passed, may have got through: the next one asks
    first.
    """

    __tablename__ = "filing_attempt"
    __table_args__ = (UniqueConstraint("key", "number", name="uq_filing_attempt"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)  #: of the entry or the export
    number: int
    gateway: str
    sha256: str  #: of the canonical bytes of the packet
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    started_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=moment())
    outcome: str = "started"  #: submitted, found, not_done, unknown, refused
    answer: str | None = None  #: the reference, or what went wrong


class LateDocument(SQLModel, table=True):
    """A document that came after its entry was confirmed, and what a broker decided."""

    __tablename__ = "late_document"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    entry_id: int = Field(foreign_key="entry.id", index=True)
    message_id: int = Field(foreign_key="message.id")
    documents: list[int] = Field(default=[], sa_column=typed(list[int]))
    differences: list[str] = Field(default=[], sa_column=typed(list[str]))
    decision: str | None = None  #: correct, psc, cancel, nothing
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=moment())
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
