"""A filed entry, what customs said of it, its holds and its delivery."""

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
    filed_by: str | None = None  #: who filed it by hand, without the gateway
    outage_told_at: datetime | None = Field(default=None, sa_column=moment())
    unanswered_told_at: datetime | None = Field(default=None, sa_column=moment())


class StatusReport(SQLModel, table=True):
    """One status as it was reported. The same report twice is one row."""

    __tablename__ = "status_report"
    __table_args__ = (UniqueConstraint("entry_id", "raw_code", "at", name="uq_status_once"),)

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id", index=True)
    code: str
    raw_code: str
    reason: str = ""
    at: datetime = Field(sa_column=moment(nullable=False))
    reference: str | None = None
    expected: bool = True  #: False when the state machine had no row for it
    recorded_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Hold(SQLModel, table=True):
    """A hold by an authority, from its placing to its lifting."""

    __tablename__ = "hold"

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="entry.id", index=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    code: str
    reason: str
    placed_at: datetime = Field(sa_column=moment(nullable=False))
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_column=moment())
    lifted_at: datetime | None = Field(default=None, sa_column=moment())


class Delivery(SQLModel, table=True):
    """The consignee's notice of release and the request to deliver."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", unique=True)
    notified: str | None = None  #: the address that was told
    notified_at: datetime | None = Field(default=None, sa_column=moment())
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
