"""An export: its Electronic Export Information, who approved it, and its ITN."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.columns import moment, now, typed
from storage.values import ScreeningHit, Value


class PartyScreened(Value):
    """One party of an export against one edition of the denied-party list. Kept ten years."""

    party: str
    role: str
    country: str | None
    edition: str
    hits: tuple[ScreeningHit, ...] = ()
    at: str  #: ISO 8601
    cleared_by: str | None = None
    cleared_reason: str | None = None


class Export(SQLModel, table=True):
    """One EEI (15 CFR 30). Its states are draft, approved, filed, reported and cancelled."""

    __tablename__ = "export"

    id: int | None = Field(default=None, primary_key=True)
    ref: str | None = Field(default=None, unique=True)  #: "EXP-2026-000007", the SRN
    state: str = "draft"
    eei: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    screened: list[PartyScreened] = Field(default=[], sa_column=typed(list[PartyScreened]))
    rev: int = 1  #: an approval is of one revision
    approved_by: str | None = None
    approved_reason: str | None = None
    approved_at: datetime | None = Field(default=None, sa_column=moment())
    key: str | None = Field(default=None, unique=True)  #: under which it is filed only once
    filed_by: str | None = None
    filed_at: datetime | None = Field(default=None, sa_column=moment())
    packet: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    packet_sha256: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_column=moment())
    reference: str | None = None  #: the gateway's own
    itn: str | None = Field(default=None, unique=True)
    itn_by: str | None = None
    next_poll_at: datetime | None = Field(default=None, sa_column=moment(index=True))
    created_by: str
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
