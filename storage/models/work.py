"""What is still to be done, what was done, and what we have already heard."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed


class OutboxStatus(StrEnum):
    """Whether an effect has happened."""

    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"  #: gave up: a person retries or drops it
    DROPPED = "dropped"  #: a person decided that it shall not happen


class Outbox(SQLModel, table=True):
    """One side effect, written in the transaction that decided it and performed later.

    `lane` orders: the rows of one lane (one shipment and one channel) are performed one
    after the other, and a dead row holds up only its own lane.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "status", "run_at"),
        Index("ix_outbox_lane", "lane", "status"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    kind: str
    queue: str
    lane: str
    destination: str  #: whose breaker it obeys: slack, gateway, mail, self
    payload: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    status: OutboxStatus = Field(sa_column=choice(OutboxStatus, "outbox_status"))
    attempts: int = 0
    max_attempts: int = 12
    run_at: datetime = Field(sa_column=moment(nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=moment())
    last_error: str | None = None
    last_outcome: str | None = None  #: "unknown" when the last attempt may have worked
    shipment_id: int | None = Field(default=None, index=True)
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=moment())


class Destination(SQLModel, table=True):
    """The breaker of one destination: after some failures in a row its effects wait."""

    __tablename__ = "destination"

    name: str = Field(primary_key=True)
    failures: int = 0
    open_until: datetime | None = Field(default=None, sa_column=moment())


class AuditEvent(SQLModel, table=True):
    """One thing that happened. Each row carries the hash of the one before it."""

    __tablename__ = "audit_event"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=moment(nullable=False))
    actor_id: str
    actor_name: str
    actor_role: str
    actor_licence: str | None = None
    action: str = Field(index=True)
    shipment_id: int | None = Field(default=None, index=True)
    details: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    previous: str  #: hash of the row before, or 64 zeros
    hash: str = Field(unique=True)


class ThreadMessage(SQLModel, table=True):
    """Where a message of ours stands that is drawn anew; found here, never by reading history."""

    __tablename__ = "thread_message"
    __table_args__ = (UniqueConstraint("shipment_id", "kind", "part", name="uq_thread_message"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(index=True)
    kind: str  #: "lines"
    part: int = 0
    channel: str
    ts: str
    shown: str  #: hash of what it shows
    first: int = 0  #: of a table with pages: the first row that it shows
    form: int = 0  #: the form of a table that the workspace takes; those before it were refused


class SeenEvent(SQLModel, table=True):
    """An event id of the workspace that was already acted on: Slack sends some twice."""

    __tablename__ = "seen_event"

    event_id: str = Field(primary_key=True)
    seen_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
