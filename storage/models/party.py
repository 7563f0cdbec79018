"""Importers, their confirmed goods and powers of attorney, and the people of the brokerage."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed
from storage.values import Role


class Importer(SQLModel, table=True):
    """An importer of record: a client. Clients' data stay apart (19 CFR 111.24)."""

    __tablename__ = "importer"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    match_name: str = Field(unique=True)  #: normalised once, see `workflows.booking`
    consignee_mail: str | None = None
    broker: str | None = None  #: Slack user id of the assigned broker
    language: str | None = None  #: of our mails: en, es, zh
    contacts: list[str] | None = Field(default=None, sa_column=typed(list[str], nullable=True))
    #: whom to ask for what is missing, in this order, when the shipper cannot be reached
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class PowerOfAttorney(SQLModel, table=True):
    """Proof that the importer itself appointed this brokerage (19 CFR 141.46, 111.36)."""

    __tablename__ = "power_of_attorney"

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    signed_by: str
    signed_on: date
    expires_on: date | None = None
    recorded_by: str
    recorded_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Product(SQLModel, table=True):
    """Goods of one importer whose code a broker has confirmed."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("importer_id", "sku", "match_description", name="uq_product_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    sku: str = ""
    description: str
    match_description: str = Field(index=True)
    code: str
    edition: str
    confirmed_by: str
    confirmed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Person(SQLModel, table=True):
    """Somebody of the brokerage: a Slack user with a role. Nobody else may decide."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    slack_user: str = Field(unique=True)
    name: str
    role: Role = Field(sa_column=choice(Role, "person_role"))
    licence: str | None = None
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
