"""Lines of an invoice that a person split or put together: what the page says is kept beside it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.columns import moment, now, typed
from storage.values import InvoiceLine


class LineDivision(SQLModel, table=True):
    """One act: these lines became those. Replayed in order whenever the documents are read."""

    __tablename__ = "line_division"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    before: list[InvoiceLine] = Field(default=[], sa_column=typed(list[InvoiceLine]))
    after: list[InvoiceLine] = Field(default=[], sa_column=typed(list[InvoiceLine]))
    by: str
    by_name: str
    made_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    dropped_at: datetime | None = Field(default=None, sa_column=moment())
    #: the newest invoice has other lines: it no longer applies
