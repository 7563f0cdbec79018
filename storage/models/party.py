"""Importers, their confirmed goods, and the people of the brokerage."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from storage.columns import choice, moment, now, typed
from storage.notices import Route
from storage.people import Wishes
from storage.powers import Signing
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
    mark: str | None = Field(
        default=None, unique=True, index=True
    )  #: of their own address: intake+MARK@…
    digest_to: list[str] | None = Field(default=None, sa_column=typed(list[str], nullable=True))
    #: who wants a mail at the end of a day on which something happened
    signing: Signing | None = Field(default=None, sa_column=typed(Signing, nullable=True))
    #: who signs for it, and what its power of attorney says
    ior_number: str | None = None  #: importer number (19 CFR 24.5): NN-NNNNNNNXX and its like
    filer_code: str | None = Field(default=None, index=True)  #: files itself, under this code
    isf_statement: str | None = None  #: who files its ISFs, as a standing statement
    isf_stated_by: str | None = None
    notices: list[Route] | None = Field(default=None, sa_column=typed(list[Route], nullable=True))
    #: who hears of releases, and how; None: `consignee_mail` by e-mail
    carrier: str | None = None  #: who collects its goods, as named in the terms of delivery
    office: str | None = Field(default=None, index=True)
    #: the Slack workspace that serves it, where it is not the brokerage's own; see storage/apart.py
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class Product(SQLModel, table=True):
    """Goods of one importer whose code a broker has confirmed.

    The same goods under two codes are two rows: a broker settles which of them stands.
    """

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("importer_id", "sku", "match_description", "code", name="uq_product_code"),
    )

    id: int | None = Field(default=None, primary_key=True)
    importer_id: int = Field(foreign_key="importer.id", index=True)
    sku: str = ""
    description: str
    match_description: str = Field(index=True)
    code: str
    edition: str
    confirmed_by: str
    confirmed_licence: str | None = None
    confirmed_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))
    reason: str | None = None  #: what the broker said when no candidate was right
    origin: str | None = None  #: where the confirmation was given: "SHP-2026-000007 line 3"
    retired_at: datetime | None = Field(default=None, sa_column=moment())
    retired_by: str | None = None
    retired_reason: str | None = None


class Person(SQLModel, table=True):
    """Somebody of the brokerage: a Slack user with a role. Nobody else may decide."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    slack_user: str = Field(unique=True)
    name: str
    role: Role = Field(sa_column=choice(Role, "person_role"))
    licence: str | None = None
    digest_to: str | None = None  #: where this person wants the day's digest
    mail: str | None = Field(default=None, unique=True, index=True)  #: in small letters
    #: who acts in the workspace under this address, and is not on the list yet, is this person
    away_until: date | None = None  #: the last day out of office
    covered_by: str | None = None  #: Slack user who has their work meanwhile
    wishes: Wishes | None = Field(default=None, sa_column=typed(Wishes, nullable=True))
    home_opened_at: datetime | None = Field(default=None, sa_column=moment())
    given_at: datetime | None = Field(default=None, sa_column=moment())
    #: when a shipment was last given to them by turns
    created_at: datetime = Field(default_factory=now, sa_column=moment(nullable=False))


class PortDesk(SQLModel, table=True):
    """Who has the shipments that arrive at a port, when their importer has no broker."""

    __tablename__ = "port_desk"

    id: int | None = Field(default=None, primary_key=True)
    port: str = Field(unique=True)  #: as normalised by `workflows.staffing.port_name`
    slack_user: str
