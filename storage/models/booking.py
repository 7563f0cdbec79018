"""Bookings, how each was told of, and how far the sources were asked."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.booking import Booking
from storage.columns import moment, now, typed


class Booked(SQLModel, table=True):
    """One booking of one source and the shipment that it opened or joined."""

    __tablename__ = "booking"
    __table_args__ = (UniqueConstraint("source", "external_id", name="uq_booking_once"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str
    external_id: str
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    facts: Booking = Field(sa_column=typed(Booking))
    filled: list[str] = Field(default=[], sa_column=typed(list[str]))
    #: paths of the shipment whose value stands from here because no document states it
    received_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    changed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class BookingReceipt(SQLModel, table=True):
    """One delivery: a webhook, a row of a file, a mail. A repeat is a row too, without effect."""

    __tablename__ = "booking_receipt"

    id: int | None = Field(default=None, primary_key=True)
    source: str
    event_id: str = Field(index=True)
    once: str | None = Field(default=None, unique=True)  #: set on the one that had an effect
    milestone: str  #: "flexport:/shipment#created"
    outcome: str  #: taken, repeated, ignored, refused
    detail: str = ""
    sha256: str | None = None  #: the bytes as they came, a blob
    external_id: str | None = None
    shipment_id: int | None = Field(default=None, foreign_key="shipment.id", index=True)
    actions: list[str] = Field(default=[], sa_column=typed(list[str]))
    triggers: str = ""  #: the version of the table that chose the actions
    occurred_at: datetime | None = Field(default=None, sa_column=moment())
    received_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class TmsCursor(SQLModel, table=True):
    """How far a source was read, and when it is asked next."""

    __tablename__ = "tms_cursor"

    source: str = Field(primary_key=True)
    run: int = 0  #: walks over all pages so far
    page: int = 0  #: pages of this walk
    cursor: str | None = None  #: the next page of this walk; None: begin anew
    next_at: datetime | None = Field(default=None, sa_column=moment())
    said: str = ""  #: what the last page brought, for people
