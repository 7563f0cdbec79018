"""What a consignee is told of a release, in whatever form: one set of facts, and what changed.

A notice goes to each recipient once. When a fact of it changes after it was sent, a correction
goes, which names what changed and the notice that it corrects. Values of goods are no part of
it: a consignee need not be the importer (19 CFR 111.24).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from knowledge import free_time
from knowledge.free_time import Terminal
from storage.columns import now
from storage.containers import ContainerDays
from storage.models import (
    ConsigneeNotice,
    Document,
    Entry,
    Importer,
    Pickup,
    Shipment,
    State,
    StatusReport,
)
from storage.notices import Route, mail_route
from storage.values import DocumentKind, Value
from workflows import containers, parts
from workflows.papers import rows
from workflows.ports import House

_SHOWN = frozenset(
    {
        DocumentKind.BILL_OF_LADING,
        DocumentKind.AIR_WAYBILL,
        DocumentKind.ARRIVAL_NOTICE,
        DocumentKind.PACKING_LIST,
    }
)
_ORDERS = "delivery-order"
_FREE = (State.RELEASED, State.CLOSED)
_MOST_DOCUMENTS = 12
_COMPARED = (
    "entry", "containers", "bill", "vessel", "port", "terminal", "deliver_by", "available_on",
    "last_free_day", "boxes", "requirements", "recalled",
)  # fmt: skip


class FreeTime(Value):
    """How long the goods may stay: the day, where it comes from, and what a person should know."""

    last_free_day: date | None = None
    basis: str | None = None
    available_on: date | None = None
    warning: str | None = None


def routes_of(session: Session, shipment: Shipment) -> list[Route]:
    """Who hears of this shipment's release, and how."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    return standing(importer) if importer is not None else []


def standing(importer: Importer) -> list[Route]:
    """An importer's routes; before any was recorded, the one address."""
    if importer.notices is not None:
        return list(importer.notices)
    return [mail_route(importer.consignee_mail)] if importer.consignee_mail else []


def pickup_of(session: Session, shipment_id: int) -> Pickup | None:
    """The shipment's way to its door, if it has begun."""
    return session.exec(select(Pickup).where(Pickup.shipment_id == shipment_id)).first()


def count_early(session: Session, entry: Entry, shipment: Shipment) -> Pickup:
    """Free time runs while customs holds the goods: its days are kept before anybody is sent."""
    assert shipment.id is not None
    assert entry.id is not None
    row = pickup_of(session, shipment.id)
    if row is None:
        row = Pickup(shipment_id=shipment.id, entry_id=entry.id, early=True)
        session.add(row)
        session.flush()
    return row


def terminal_of(session: Session, shipment: Shipment, house: House) -> Terminal | None:
    """Where the goods wait, if that is sure."""
    firms = rows.stated(session, shipment.id or 0).get("location.firms")
    return house.delivery.at(shipment.transport.portOfDischarge, firms)


def free_time_of(session: Session, shipment: Shipment, house: House) -> FreeTime:
    """How long all may stay: the earliest last free day of a container, and since when all wait."""
    pickup = pickup_of(session, shipment.id or 0)
    every = list(containers.of(pickup, shipment).values()) if pickup else [ContainerDays()]
    terminal = terminal_of(session, shipment, house)
    found = [free_time_for(days, shipment, terminal) for days in every]
    first = min(found, key=lambda one: one.last_free_day or date.max)
    waiting = [one.available_on for one in found]
    known = [one for one in waiting if one is not None]
    since = max(known) if len(known) == len(waiting) else None
    return first.model_copy(update={"available_on": since})


def free_time_for(days: ContainerDays, shipment: Shipment, terminal: Terminal | None) -> FreeTime:
    """Of one container: as a person stated it, else the earliest of the papers' and the count."""
    available = days.available_on
    if days.last_free_day is not None:
        return FreeTime(last_free_day=days.last_free_day, basis="stated", available_on=available)
    told = shipment.transport.lastFreeDay
    counted = None
    if terminal is not None and available is not None:
        clock = free_time.clock_at(terminal.demurrage, available)
        if clock is not None:
            counted = free_time.last_free_day(clock, available, terminal)
    if told and counted and told != counted:
        return FreeTime(
            last_free_day=min(told, counted),
            basis="earlier",
            available_on=available,
            warning=f"The papers say {told}, the terminal's terms {counted}: ask the terminal.",
        )
    if told or counted:
        basis = "papers" if told else "counted"
        return FreeTime(last_free_day=told or counted, basis=basis, available_on=available)
    return FreeTime(available_on=available)


def facts(session: Session, shipment: Shipment, entry: Entry, house: House) -> dict[str, Any]:
    """All that a notice says, as JSON: dates ISO 8601, nothing that nobody said."""
    transport = shipment.transport
    terminal = terminal_of(session, shipment, house)
    free = free_time_of(session, shipment, house)
    expected = _expected(session, shipment)
    released = session.exec(
        select(StatusReport.at)
        .where(StatusReport.entry_id == entry.id, StatusReport.code == "released")
        .order_by(col(StatusReport.at).desc())
    ).first()
    return {
        "ref": shipment.ref,
        "entry": entry.number,
        "released_at": released.isoformat() if released else None,
        "recalled": None if shipment.state in _FREE else True,
        "importer": shipment.parties.importer.name or shipment.parties.consignee.name,
        "bill": transport.houseBill or transport.masterBill,
        "containers": list(transport.containers),
        "vessel": transport.vessel,
        "port": transport.portOfDischarge,
        "terminal": terminal.name if terminal else None,
        "requirements": list(terminal.requirements) if terminal else [],
        "deliver_by": expected.isoformat() if expected else None,
        "free_days": transport.freeTimeDays,
        "available_on": free.available_on.isoformat() if free.available_on else None,
        "last_free_day": free.last_free_day.isoformat() if free.last_free_day else None,
        **_boxes(session, shipment, terminal),
        "invoice": shipment.header.invoiceNumber,
        "order": shipment.header.purchaseOrder,
        "documents": [
            {"file": one.filename, "kind": one.kind.value, "sha256": one.sha256, "id": one.id}
            for one in documents(session, shipment.id or 0)
        ],
        "firm": house.firm,
    }


def documents(session: Session, shipment_id: int) -> Sequence[Document]:
    """The release documents: transport papers, packing list, delivery order. No values of goods.

    A file that holds an invoice as well is left out whole.
    """
    found = session.exec(
        select(Document).where(Document.shipment_id == shipment_id).order_by(col(Document.id))
    ).all()
    shown = [
        one for one in found if one.kind in _SHOWN or (one.made_by_us and _ORDERS in one.filename)
    ]
    kept_back = {one.sha256 for one in found if one not in shown}
    return [one for one in parts.once(shown) if one.sha256 not in kept_back][:_MOST_DOCUMENTS]


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of the facts that differ for the consignee."""
    return [name for name in _COMPARED if before.get(name) != after.get(name)]


def newest(session: Session, entry_id: int, route_name: str) -> ConsigneeNotice | None:
    """The last notice to this recipient, sent or not."""
    return session.exec(
        select(ConsigneeNotice)
        .where(ConsigneeNotice.entry_id == entry_id, ConsigneeNotice.route_name == route_name)
        .order_by(col(ConsigneeNotice.number).desc())
    ).first()


def before(session: Session, notice: ConsigneeNotice) -> ConsigneeNotice | None:
    """The notice that this one corrects."""
    if notice.number == 1:
        return None
    return session.exec(
        select(ConsigneeNotice).where(
            ConsigneeNotice.entry_id == notice.entry_id,
            ConsigneeNotice.route_name == notice.route_name,
            ConsigneeNotice.number == notice.number - 1,
        )
    ).first()


def _boxes(
    session: Session, shipment: Shipment, terminal: Terminal | None
) -> dict[str, list[dict[str, str | None]]]:
    """The days of each container, where one has days of its own; else nothing."""
    row = pickup_of(session, shipment.id or 0)
    every = containers.of(row, shipment) if row is not None and row.boxes else {}
    found = [(number, free_time_for(days, shipment, terminal)) for number, days in every.items()]
    if len({(free.available_on, free.last_free_day) for _, free in found}) < 2:
        return {}
    return {
        "boxes": [
            {
                "container": number,
                "available_on": free.available_on.isoformat() if free.available_on else None,
                "last_free_day": free.last_free_day.isoformat() if free.last_free_day else None,
            }
            for number, free in found
        ]
    }


def _expected(session: Session, shipment: Shipment) -> date | None:
    """The day of the appointment, else the day of arrival while it is still to come."""
    pickup = pickup_of(session, shipment.id or 0)
    today = now().date()
    if pickup is not None and pickup.appointment_at is not None:
        return pickup.appointment_at.date()
    eta = shipment.transport.eta
    return eta if eta is not None and eta >= today else None
