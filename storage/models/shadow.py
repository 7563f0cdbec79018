"""Shadow mode: for whom it runs, what was prepared, and what people filed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.columns import moment, now, typed
from storage.shadow import Difference


class ShadowRule(SQLModel, table=True):
    """From when to when nothing is filed for an importer, a lane, or an importer's lane."""

    __tablename__ = "shadow_rule"

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    lane: str | None = None  #: "CN ocean"
    started_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    started_by: str
    ended_at: datetime | None = Field(default=None, sa_column=moment())
    ended_by: str | None = None


class ShadowCase(SQLModel, table=True):
    """One shipment in shadow mode."""

    __tablename__ = "shadow_case"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", unique=True)
    rule_id: int = Field(foreign_key="shadow_rule.id", index=True)
    packet: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    prepared_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    prepared_by: str
    entry_number: str | None = None  #: theirs
    theirs: list[dict[str, Any]] = Field(default=[], sa_column=typed(list[dict[str, Any]]))
    compared_at: datetime | None = Field(default=None, sa_column=moment())
    recorded_by: str | None = None
    differences: list[Difference] = Field(default=[], sa_column=typed(list[Difference]))
