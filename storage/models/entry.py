"""A filed entry, what customs said of it, and its delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import moment, now, typed


class Entry(SQLModel, table=True):
    """One entry as filed (19 CFR 142). `key` is the name under which it is filed only once."""

    __tablename__ = "entry"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    number: str | None = Field(default=None, unique=True)  #: FFF-NNNNNNN-C
    key: str = Field(unique=True)
    gateway: str
    filing: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    filing_sha256: str | None = None
    reference: str | None = None  #: the gateway's own
    confirmed_by: str
    confirmed_name: str
    confirmed_licence: str | None = None
    confirmed_at: datetime = Field(sa_column=moment(nullable=False))
    submitted_at: datetime | None = Field(default=None, sa_column=moment())
    next_poll_at: datetime | None = Field(default=None, sa_column=moment(index=True))
    polls: int = 0  #: how often the gateway was asked
    polls_missed: int = 0  #: in a row: the authority could not be reached
    filed_by: str | None = None  #: who filed it by hand, without the gateway
    outage_told_at: datetime | None = Field(default=None, sa_column=moment())
    unanswered_told_at: datetime | None = Field(default=None, sa_column=moment())


class StatusReport(SQLModel, table=True):
    """One status as it was reported. The same report twice is one row.

    What a mail said is kept apart from what the authority said: a mail with the right code and
    time must not make the authority's own report look like a repeat.
    """

    __tablename__ = "status_report"
    __table_args__ = (
        UniqueConstraint("entry_id", "raw_code", "at", "by_mail", name="uq_status_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id", index=True)
    code: str
    raw_code: str
    reason: str = ""
    at: datetime = Field(sa_column=moment(nullable=False))
    reference: str | None = None
    expected: bool = True  #: False when the state machine had no row for it
    source: str = "poll"  #: poll, webhook, file, mail, person
    record: str = ""
    by_mail: bool = False
    late: bool = False  #: a later report already counted when it came: it changed nothing
    recorded_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class StatusReceipt(SQLModel, table=True):
    """One status that was brought to us, by webhook or by mail; a repeat is a row too.

    What is about an entry that we do not know stays here, and people are told.
    """

    __tablename__ = "status_receipt"

    id: int | None = Field(default=None, primary_key=True)
    source: str  #: webhook, mail
    outcome: str  #: taken, repeated, unknown_entry, not_believed
    entry_id: int | None = Field(default=None, foreign_key="entry.id", index=True)
    message_id: int | None = Field(default=None, foreign_key="message.id", index=True)
    number: str = ""  #: of the entry, as it was written
    code: str
    raw_code: str
    reason: str = ""
    at: datetime = Field(sa_column=moment(nullable=False))
    sha256: str | None = None  #: the bytes as they came, a blob
    received_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Delivery(SQLModel, table=True):
    """The consignee's notice of release and the request to deliver."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", unique=True)
    notified: str | None = None  #: the address that was told
    notified_at: datetime | None = Field(default=None, sa_column=moment())
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
