"""Gathers what figures are made of: rows that were recorded anyway, nothing else.

Cancelled shipments and those that became part of another are left out. Few queries for all
shipments of the period, none for each.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy.orm import load_only
from sqlmodel import Session, SQLModel, col, select

from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    Hold,
    Importer,
    PaperFact,
    Pickup,
    ShadowCase,
    Shipment,
    State,
)
from storage.values import DocumentKind
from workflows import containers, demurrage, lane
from workflows.figures import Case, HoldTaken
from workflows.ports import House

MOST = 20_000  #: shipments in one answer, the newest


def _columns(table: type[SQLModel], *names: str) -> list[Any]:
    return [getattr(table, name) for name in ("id", *names)]


_LOOKED_AT = load_only(
    *_columns(
        Shipment, "ref", "state", "importer_id", "joined_into", "created_at", "transport", "parties"
    )
)


def cases(
    session: Session,
    *,
    house: House,
    importer: str | None = None,
    way: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[Case]:
    """The shipments that began in this period, oldest first, of one importer or lane if named."""
    # Only what is looked at: readings, evidence and filings are large, and there are many.
    wanted = select(Shipment).where(col(Shipment.joined_into).is_(None)).options(_LOOKED_AT)
    if since is not None:
        wanted = wanted.where(Shipment.created_at >= datetime.combine(since, time(), UTC))
    if until is not None:
        wanted = wanted.where(Shipment.created_at < datetime.combine(until, time(), UTC))
    found = session.exec(wanted.order_by(col(Shipment.id).desc()).limit(MOST)).all()
    shadowed = {one.shipment_id: one for one in session.exec(select(ShadowCase))}
    rows = [one for one in found if one.state is not State.CANCELLED or one.id in shadowed]
    facts = _Facts(session, {one.id or 0 for one in rows})
    made = [_case(one, facts, shadowed.get(one.id or 0), house) for one in reversed(rows)]
    return [
        one
        for one in made
        if (importer is None or one.importer.casefold() == importer.casefold())
        and (way is None or one.lane.casefold() == way.casefold())
    ]


class _Filed(NamedTuple):
    """An entry, as far as its times."""

    confirmed_at: datetime
    submitted_at: datetime | None


class _Kind(NamedTuple):
    """A document, as far as its kind."""

    kind: DocumentKind


class _Facts:
    """The rows of all shipments, by shipment."""

    def __init__(self, session: Session, ids: set[int]) -> None:
        self.importers = {one.id: one.name for one in session.exec(select(Importer))}
        self.entries: dict[int, list[_Filed]] = defaultdict(list)
        times = select(Entry.shipment_id, Entry.confirmed_at, Entry.submitted_at)
        for key, *told in session.exec(times.order_by(col(Entry.id))):
            self.entries[key].append(_Filed(*told))
        self.holds: dict[int, list[Hold]] = defaultdict(list)
        for hold in session.exec(select(Hold).order_by(col(Hold.id))):
            self.holds[hold.shipment_id].append(hold)
        self.documents: dict[int, list[_Kind]] = defaultdict(list)
        kinds = select(Document.shipment_id, Document.kind).where(
            col(Document.made_by_us).is_(False)
        )
        for belongs, kind in session.exec(kinds):
            if belongs in ids:
                self.documents[belongs or 0].append(_Kind(DocumentKind(kind)))
        firms = select(PaperFact.shipment_id, PaperFact.value).where(
            PaperFact.path == "location.firms"
        )
        self.firms: dict[int, str] = dict(session.exec(firms).all())
        self.pickups = {one.shipment_id: one for one in session.exec(select(Pickup))}
        self.decided: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        wanted = select(AuditEvent.shipment_id, AuditEvent.action, AuditEvent.details).where(
            col(AuditEvent.action).in_(["fields_corrected", "code_confirmed"])
        )
        for shipment_id, action, details in session.exec(wanted):
            if shipment_id is not None:
                self.decided[shipment_id].append((action, dict(details)))


def _case(shipment: Shipment, facts: _Facts, shadow: ShadowCase | None, house: House) -> Case:
    key = shipment.id or 0
    entries = facts.entries[key]
    filed = next((one.submitted_at for one in entries if one.submitted_at is not None), None)
    ready = entries[0].confirmed_at if entries else shadow.prepared_at if shadow else None
    decided = facts.decided[key]
    codes = [
        details for action, details in decided if action == "code_confirmed" and details["offered"]
    ]
    return Case(
        ref=shipment.ref or str(key),
        importer=facts.importers.get(shipment.importer_id, "unknown"),
        lane=lane.way_of(shipment, facts.documents[key]),
        began_at=shipment.created_at,
        ready_at=ready,
        filed_at=filed,
        arrives_on=shipment.transport.eta,
        holds=tuple(_hold(one) for one in facts.holds[key]),
        documents=len(facts.documents[key]),
        corrected=sum(len(d["after"]) for action, d in decided if action == "fields_corrected"),
        codes=len(codes),
        first_choice=sum(_plain(one["code"]) == _plain(one["offered"][0]) for one in codes),
        demurrage=_demurrage(shipment, facts, house),
        compared=shadow is not None and shadow.compared_at is not None,
        agreed=shadow is not None and shadow.compared_at is not None and not shadow.differences,
    )


def _hold(hold: Hold) -> HoldTaken:
    hours = (hold.lifted_at - hold.placed_at).total_seconds() / 3600 if hold.lifted_at else None
    kind = hold.kind if hold.kind != "unknown" else f"code {hold.code}"
    return HoldTaken(kind=kind, hours=hours)


def _demurrage(shipment: Shipment, facts: _Facts, house: House) -> Decimal | None:
    key = shipment.id or 0
    pickup = facts.pickups.get(key)
    if pickup is None or not containers.all_gone(pickup, shipment):
        return None
    terminal = house.delivery.at(shipment.transport.portOfDischarge, facts.firms.get(key))
    found = demurrage.of(pickup, shipment, terminal, on=now().date(), house=house)
    return demurrage.total(found, "demurrage")


def _plain(code: str | None) -> str:
    return (code or "").replace(".", "")
