"""What stands behind a tariff code: the record of each decision, and the rulings on hand.

A record is written once and never changed: it must still explain the decision in seven years.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import moment, now, typed


class Decision(SQLModel, table=True):
    """Why a line has its code: what was shown, who chose what, when, and for what reason.

    `record` holds everything; `record_hash` is the sha256 of its canonical JSON. By the other
    columns it is found (19 CFR 111.21, 163.4).
    """

    __tablename__ = "classification_decision"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    line_number: int
    line_rev: int
    sku: str = Field(default="", index=True)
    code: str = Field(index=True)
    decided_by: str
    decided_at: datetime = Field(sa_column=moment(nullable=False, index=True))
    record: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    record_hash: str


class Ruling(SQLModel, table=True):
    """One ruling of CBP as its public search lists it (CROSS, rulings.cbp.gov)."""

    __tablename__ = "ruling"

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(unique=True)  #: capitals: N302241, H289765, 962113
    issued_on: date | None = None
    collection: str = ""  #: HQ or NY
    subject: str
    categories: str = ""
    tariffs: list[str] = Field(default=[], sa_column=typed(list[str]))
    url: str
    revoked_by: list[str] = Field(default=[], sa_column=typed(list[str]))
    modified_by: list[str] = Field(default=[], sa_column=typed(list[str]))
    revoked: bool = False
    fetched_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class RulingCursor(SQLModel, table=True):
    """How far a search in the rulings has come, so that it goes on where it stopped."""

    __tablename__ = "ruling_cursor"
    __table_args__ = (UniqueConstraint("term", "collection", name="uq_ruling_cursor"),)

    id: int | None = Field(default=None, primary_key=True)
    term: str
    collection: str
    next_page: int = 1
    total: int | None = None
    finished_at: datetime | None = Field(default=None, sa_column=moment())
    updated_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
