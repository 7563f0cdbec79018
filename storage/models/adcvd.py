"""A licensed broker's decision about antidumping and countervailing duty, and the entry type."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.adcvd import CaseStated
from storage.columns import moment, now, typed


class AdcvdDecision(SQLModel, table=True):
    """What was decided, about exactly the question that `mark` names.

    The newest row counts, and only while the question is the same: other goods, another origin or
    another order ask anew.
    """

    __tablename__ = "adcvd_decision"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    mark: str  #: hash of the question as it was put
    entry_type: str  #: CBP's two digits: 03 in scope, 01 not
    lines: list[int] = Field(default=[], sa_column=typed(list[int]))  #: which were asked about
    cases: list[CaseStated] = Field(default=[], sa_column=typed(list[CaseStated]))
    producer: str = ""
    exporter: str = ""
    reason: str
    by: str
    by_name: str
    licence: str
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
