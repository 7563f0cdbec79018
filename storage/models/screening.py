"""Denied-party screenings and what compliance decided. Kept ten years (31 CFR 501.601).

The ten years are held here, where every deletion passes: nothing younger goes, by whichever job,
and nothing of a confirmed match goes at all until its hold is lifted by a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from storage.columns import moment, now, typed
from storage.models.mail import Document
from storage.models.shipment import Shipment
from storage.values import ScreeningHit

KEPT = timedelta(days=3653)


class KeptTenYears(Exception):
    """A screening record may not be deleted yet."""


class Screening(SQLModel, table=True):
    """One party of a shipment against one edition of the denied-party list."""

    __tablename__ = "screening"
    __table_args__ = (
        UniqueConstraint(
            "shipment_id", "party", "party_key", "list_edition", name="uq_screening_once"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    party: str
    country: str | None = None
    list_edition: str
    hits: list[ScreeningHit] = Field(default=[], sa_column=typed(list[ScreeningHit]))
    cleared_by: str | None = None
    cleared_reason: str | None = None
    cleared_at: datetime | None = Field(default=None, sa_column=moment())
    screened_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    party_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    #: folded name, country and folded address: a clearance is for exactly this party
    address: str | None = None
    kind: str = Field(default="party", sa_column_kwargs={"server_default": "party"})
    roles: list[str] | None = Field(default=None, sa_column=typed(list[str], nullable=True))
    algorithm: str | None = None
    cleared_name: str | None = None
    evidence: str | None = None  #: how it is known that this is not the listed party
    carried: bool = Field(default=False, sa_column_kwargs={"server_default": "0"})
    #: cleared by an earlier decision about the same party and entries
    confirmed_by: str | None = None  #: a true match: frozen, and kept until further notice
    confirmed_name: str | None = None
    confirmed_reason: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_column=moment())
    superseded_by: int | None = None  #: the screening of a later edition with the same entries
    channel: str | None = None
    ts: str | None = None


class Clearance(SQLModel, table=True):
    """A compliance officer's decision: this party is not that entry, as both stood then."""

    __tablename__ = "screening_clearance"

    id: int | None = Field(default=None, primary_key=True)
    screening_id: int = Field(foreign_key="screening.id", index=True)
    shipment_id: int = Field(foreign_key="shipment.id", index=True)
    importer_id: int | None = Field(default=None, foreign_key="importer.id", index=True)
    party: str
    party_key: str = Field(index=True)
    entry_id: str
    entry_mark: str
    listed: str
    list_edition: str
    cleared_by: str
    cleared_name: str
    reason: str
    evidence: str = ""
    at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    revoked_by: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_column=moment())


def _refuse_young(_mapper: Mapper[Any], _connection: Any, row: Screening | Clearance) -> None:
    since = row.screened_at if isinstance(row, Screening) else row.at
    if now() - since < KEPT:
        raise KeptTenYears(
            "Screening records are kept ten years (31 CFR 501.601); "
            f"this one is of {since:%Y-%m-%d}."
        )
    if isinstance(row, Screening) and row.confirmed_at is not None:
        raise KeptTenYears("This screening is of a confirmed match and under legal hold.")


def _refuse_held(_mapper: Mapper[Any], connection: Connection, row: Shipment | Document) -> None:
    shipment = row.id if isinstance(row, Shipment) else row.shipment_id
    confirmed = connection.execute(
        select(col(Screening.id)).where(
            col(Screening.shipment_id) == shipment, col(Screening.confirmed_at).is_not(None)
        )
    ).first()
    if confirmed is not None:
        raise KeptTenYears("This shipment is under legal hold: nothing of it may be deleted.")


def _refuse_bulk(state: ORMExecuteState) -> None:
    if state.is_delete and any(
        mapper.class_ in (Screening, Clearance) for mapper in state.all_mappers
    ):
        raise KeptTenYears("Screening records are deleted one by one, when ten years are over.")


event.listen(Screening, "before_delete", _refuse_young)
event.listen(Clearance, "before_delete", _refuse_young)
event.listen(Shipment, "before_delete", _refuse_held)
event.listen(Document, "before_delete", _refuse_held)
event.listen(Session, "do_orm_execute", _refuse_bulk)
