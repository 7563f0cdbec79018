"""The papers that we made of a shipment, what people stated for them, and what contradicts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed
from storage.values import Value


class Paper(SQLModel, table=True):
    """One version of one paper. `facts` are all that it prints: the same facts, the same bytes."""

    __tablename__ = "paper"
    __table_args__ = (
        UniqueConstraint("shipment_id", "kind", "part", "version", name="uq_paper_version"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    kind: str  #: commercial_invoice, packing_list, certificate_of_origin, …
    part: str = ""  #: which of several, e.g. the certificate "usmca-MX"
    version: int
    title: str
    template: str
    facts: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    fingerprint: str  #: sha256 over the facts, without the version
    document_id: int | None = Field(default=None, foreign_key="document.id")
    preview_sha256: str | None = None
    asked_by: str
    asked_name: str
    superseded_by: int | None = None  #: the version that took its place
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    made_at: datetime | None = Field(default=None, sa_column=moment())


class PaperFact(SQLModel, table=True):
    """A fact that no document brought and a person stated, for the papers of a shipment."""

    __tablename__ = "paper_fact"
    __table_args__ = (UniqueConstraint("shipment_id", "path", name="uq_paper_fact"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    path: str
    value: str
    stated_by: str
    stated_name: str
    stated_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Claim(Value):
    """What one source says."""

    source: str  #: "Booking BK-1 (booking.pdf)"
    value: str
    document_id: int | None = None


class Standing(StrEnum):
    """What became of a discrepancy."""

    OPEN = "open"
    DECIDED = "decided"
    GONE = "gone"  #: the sources agree by now


class Discrepancy(SQLModel, table=True):
    """Two sources of one fact that do not agree. No paper is made over an open one."""

    __tablename__ = "discrepancy"
    __table_args__ = (UniqueConstraint("shipment_id", "key", name="uq_discrepancy"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    key: str  #: the fact and what is said of it: other figures are another discrepancy
    field: str  #: "packages.pallet", "quantity.line.3"
    title: str  #: "Pallets"
    claims: list[Claim] = Field(default=[], sa_column=typed(list[Claim]))
    standing: Standing = Field(sa_column=choice(Standing, "discrepancy_standing", index=True))
    decided_value: str | None = None
    decided_by: str | None = None
    decided_name: str | None = None
    decided_reason: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=moment())
    found_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
