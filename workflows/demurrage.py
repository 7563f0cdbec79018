"""Demurrage, detention, chassis days: counted by the recorded terms, warned of in time.

Three clocks run for a container: at the terminal from the last free day to the day it leaves, with
the line from that day to the empty return, and for the chassis from that day until it is back.
What the terms do not say is not computed, and said so. Containers with the same days are counted
together, each other one by itself.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, or_, select

from knowledge import free_time
from knowledge.free_time import Charge
from storage import audit, outbox
from storage.columns import now
from storage.containers import ContainerDays
from storage.models import Pickup, Shipment
from storage.values import SYSTEM, Value
from workflows import containers, delivery, hold_alarms, holds, notices
from workflows.effects import TellThread
from workflows.ports import House

Name = Literal["demurrage", "detention", "chassis"]
_FREE_TIME_STEP = 90  #: beyond the steps of a hold's own escalation
_MOST_MISSED = timedelta(hours=4)  #: after the appointment, without word of a collection


class Count(Value):
    """One count as it stands on a day."""

    name: Name
    numbers: tuple[str, ...] = ()  #: of the containers; none for goods without one
    begins: date | None = None  #: the last free day
    until: date  #: the day up to which it is counted
    over: bool  #: the count has ended: the containers left, or came back
    days: tuple[Charge, ...] = ()
    containers: int = 1
    currency: str | None = None
    next_rate: Decimal | None = None  #: of the next charged day and container
    source: str | None = None
    unknown: str | None = None  #: why it cannot be computed

    @property
    def amount(self) -> Decimal | None:
        """What it costs so far; None when that is not known."""
        if self.unknown is not None:
            return None
        return free_time.total(list(self.days), self.containers)


def counts(session: Session, shipment: Shipment, *, on: date, house: House) -> list[Count]:
    """All counts of a shipment, as far as they have begun: at the terminal first."""
    row = notices.pickup_of(session, shipment.id or 0)
    if row is None:
        return []
    terminal = notices.terminal_of(session, shipment, house)
    return of(row, shipment, terminal, on=on, house=house)


def of(
    row: Pickup, shipment: Shipment, terminal: free_time.Terminal | None, *, on: date, house: House
) -> list[Count]:
    """The same of rows that are at hand: nothing is asked of the database."""
    every = containers.groups(row, shipment)
    left = [(numbers, days) for numbers, days in every if days.gate_out_on is not None]
    return [
        *(_demurrage(numbers, days, shipment, terminal, on) for numbers, days in every),
        *(_detention(numbers, days, shipment, on, house) for numbers, days in left),
        *(one for each in left if (one := _chassis(*each, row, on, house)) is not None),
    ]


def total(found: list[Count], name: Name) -> Decimal | None:
    """What all containers cost together by one clock, in dollars; None when one is not known."""
    of = [one for one in found if one.name == name]
    amounts = [one.amount if one.currency in (None, "USD") else None for one in of]
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(amounts) else None


def watch(session: Session, *, house: House, on: date | None = None) -> int:
    """Warn of what begins soon, tell what began, and of appointments that passed; gives how many.

    Each is told once for each date that it is about: a corrected date is told anew.
    """
    today = on or now().date()
    told = 0
    open_ones = session.exec(
        select(Pickup)
        .where(or_(col(Pickup.gate_out_on).is_(None), col(Pickup.empty_on).is_(None)))
        .where(col(Pickup.made_at) > now() - timedelta(days=400))
        .order_by(col(Pickup.id))
    ).all()
    for row in open_ones:
        shipment = session.get(Shipment, row.shipment_id)
        assert shipment is not None
        if not containers.all_gone(row, shipment):
            told += _missed(session, row, shipment, house)
        for count in counts(session, shipment, on=today, house=house):
            told += _warn(session, row, shipment, count, today, house)
    return told


def _demurrage(
    numbers: tuple[str, ...],
    days: ContainerDays,
    shipment: Shipment,
    terminal: free_time.Terminal | None,
    on: date,
) -> Count:
    free = notices.free_time_for(days, shipment, terminal)
    base = _begun("demurrage", numbers, until=days.gate_out_on, on=on)
    last = free.last_free_day
    if last is None:
        return base.model_copy(update={"unknown": "The last free day is not known."})
    base = base.model_copy(update={"begins": last})
    clock = free_time.clock_at(terminal.demurrage, last) if terminal else None
    if clock is None:
        where = terminal.name if terminal else shipment.transport.portOfDischarge or "the port"
        words = f"No one tariff of {where} is recorded for {last}."
        return base.model_copy(update={"unknown": words})
    return _counted(base, clock, last, terminal)


def _detention(
    numbers: tuple[str, ...], days: ContainerDays, shipment: Shipment, on: date, house: House
) -> Count:
    assert days.gate_out_on is not None
    base = _begun("detention", numbers, until=days.empty_on, on=on)
    scac = shipment.transport.scac or ""
    line = house.delivery.line.get(scac)
    clock = free_time.clock_at(line.detention, days.gate_out_on) if line else None
    if clock is None:
        who = line.name if line else scac or "the line"
        return base.model_copy(update={"unknown": f"No tariff of {who} is recorded."})
    return _from_the_gate(base, clock, days.gate_out_on)


def _chassis(
    numbers: tuple[str, ...], days: ContainerDays, row: Pickup, on: date, house: House
) -> Count | None:
    """Of the chassis that the carrier brought; None where its terms name no per diem."""
    assert days.gate_out_on is not None
    carrier = delivery.carrier_of(row, house)
    if carrier is None or not carrier.chassis:
        return None
    base = _begun("chassis", numbers, until=days.chassis_on or days.empty_on, on=on)
    clock = free_time.clock_at(carrier.chassis, days.gate_out_on)
    if clock is None:
        words = f"No one chassis rate of {carrier.name} is recorded for {days.gate_out_on}."
        return base.model_copy(update={"unknown": words})
    return _from_the_gate(base, clock, days.gate_out_on)


def _begun(name: Name, numbers: tuple[str, ...], *, until: date | None, on: date) -> Count:
    return Count(
        name=name, numbers=tuple(one for one in numbers if one), until=until or on,
        over=until is not None, containers=len(numbers),
    )  # fmt: skip


def _from_the_gate(base: Count, clock: free_time.Clock, gate_out_on: date) -> Count:
    last = free_time.last_free_day(clock, gate_out_on)
    return _counted(base.model_copy(update={"begins": last}), clock, last, None)


def _counted(
    base: Count,
    clock: free_time.Clock,
    last: date,
    terminal: free_time.Terminal | None,
) -> Count:
    days = free_time.charges(clock, last, base.until, terminal)
    number = len(days) + 1
    rate = next(tier.rate for tier in reversed(clock.tiers) if tier.day <= number)
    return base.model_copy(
        update={
            "days": tuple(days),
            "currency": clock.currency,
            "next_rate": rate,
            "source": clock.source,
        }
    )


def _warn(
    session: Session, row: Pickup, shipment: Shipment, count: Count, today: date, house: House
) -> int:
    """Before the first charged day, on the last free one, and once the first is charged."""
    if count.over or count.begins is None:
        return 0
    left = (count.begins - today).days
    if left > house.warn_days:
        return 0
    stage = "soon" if left > 0 else "today" if left == 0 else "running"
    money = None
    if count.unknown is None:
        each = f"{count.next_rate} {count.currency}"
        money = each if count.containers == 1 else f"{each} for each of {count.containers}"
    every, mark = tuple(shipment.transport.containers), f"{count.name} {count.begins} {stage}"
    news = [one for one in count.numbers or ("",) if f"{mark} {one}" not in row.warned]
    if not news:
        return 0
    row.warned = [*row.warned, *(f"{mark} {one}" for one in news)]
    session.add(row)
    some = "" if tuple(news) in (every, ("",)) else ", ".join(news)
    which = f"-{hashlib.sha256(some.encode()).hexdigest()[:12]}" if some else ""
    fresh = outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="demurrage",
            once=f"{count.name}-{count.begins}-{stage}{which}",
            facts={
                "name": count.name, "stage": stage, "containers": some or None,
                "last_free_day": str(count.begins),
                "left": max(left, 0), "rate": money, "unknown": count.unknown,
                "amount": f"{count.amount} {count.currency}" if count.amount else None,
                "source": count.source,
                "appointment": int(row.appointment_at.timestamp()) if row.appointment_at else None,
            },
            broadcast=True, mention=shipment.assignee or shipment.confirmed_by,
            pickup_id=row.id,
        ),
    )  # fmt: skip
    if fresh is None:
        return 0
    if stage == "soon":
        # An examination holds the goods while their free time runs out: the principal's business.
        for hold in holds.open_holds(session, row.shipment_id):
            if hold.kind == "examination":
                hold_alarms.tell(session, hold, "principal", step=_FREE_TIME_STEP, house=house)
    audit.record(
        session, "demurrage_told", actor=SYSTEM, shipment_id=row.shipment_id, count=count.name,
        stage=stage, last_free_day=count.begins.isoformat(), containers=news,
    )  # fmt: skip
    return 1


def _missed(session: Session, row: Pickup, shipment: Shipment, house: House) -> int:
    """An appointment that passed without word of a collection is a person's task, once."""
    at = row.appointment_at
    if at is None or now() < at + _MOST_MISSED or row.missed_told == at.isoformat():
        return 0
    carrier = delivery.carrier_of(row, house)
    row.missed_told = at.isoformat()
    session.add(row)
    audit.record(
        session, "appointment_missed", actor=SYSTEM, shipment_id=row.shipment_id,
        at=at.isoformat(), carrier=row.carrier,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="appointment_missed",
            once=f"{row.id}-{at:%Y%m%dT%H%M}",
            facts={
                "at": int(at.timestamp()),
                "carrier": carrier.name if carrier else "the carrier",
            },
            broadcast=True, mention=shipment.assignee or shipment.confirmed_by,
            pickup_id=row.id,
        ),
    )  # fmt: skip
    return 1
