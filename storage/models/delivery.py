"""What consignees were told of a release, and the way of the goods to their door."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import moment, now, typed
from storage.containers import ContainerDays
from storage.notices import Route


class ConsigneeNotice(SQLModel, table=True):
    """One notice to one recipient: number 1 is the release, a later one corrects the one before."""

    __tablename__ = "consignee_notice"
    __table_args__ = (UniqueConstraint("entry_id", "route_name", "number", name="uq_notice_once"),)

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    entry_id: int = Field(foreign_key="entry.id")
    route_name: str
    route: Route = Field(sa_column=typed(Route))
    number: int = 1
    facts: dict[str, Any] = Field(default={}, sa_column=typed(dict[str, Any]))
    changes: list[str] = Field(default=[], sa_column=typed(list[str]))  #: names of facts
    reason: str | None = None  #: what the person said who corrected
    made_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=moment())
    reference: str | None = None  #: Message-ID, the receiver's answer, or the file's name


class Pickup(SQLModel, table=True):
    """One request to a drayage carrier, and its days from availability to the empty return."""

    __tablename__ = "pickup"

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", unique=True)
    entry_id: int = Field(foreign_key="entry.id")
    carrier: str | None = None  #: its key in the terms; None: nobody is asked, days are counted
    early: bool = False  #: the days are counted already, nothing is released
    requested_at: datetime | None = Field(default=None, sa_column=moment())
    escalated_at: datetime | None = Field(default=None, sa_column=moment())
    appointment_at: datetime | None = Field(default=None, sa_column=moment())
    appointment_via: str | None = None  #: mail, link, slack, cli
    appointment_by: str | None = None
    available_on: date | None = None
    last_free_day: date | None = None  #: as a person stated it, before any count
    gate_out_on: date | None = None
    empty_on: date | None = None
    chassis_on: date | None = None
    #: what was said of one container by its number; the days above are those of all others
    boxes: dict[str, ContainerDays] = Field(default={}, sa_column=typed(dict[str, ContainerDays]))
    warned: list[str] = Field(default=[], sa_column=typed(list[str]))  #: what was told
    delivered_at: datetime | None = Field(default=None, sa_column=moment())
    proof_document_id: int | None = Field(default=None, foreign_key="document.id")
    missed_told: str | None = None  #: the appointment that was told as missed
    recalled_at: datetime | None = Field(
        default=None, sa_column=moment()
    )  #: the release was taken back
    made_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
