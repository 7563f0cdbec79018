"""Demurrage and detention: counted by the recorded terms, warned of before they begin.

Two counts run for a shipment's containers: at the terminal from the last free day to the day they
leave it, and with the line from that day to the empty return. What the terms do not say is not
computed, and said so. All containers of a shipment are counted alike.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from sqlmodel import Session, col, or_, select

from knowledge import free_time
from knowledge.free_time import Charge
from storage import audit, outbox
from storage.columns import now
from storage.models import Pickup, Shipment
from storage.values import SYSTEM, Value
from workflows import delivery, notices
from workflows.effects import TellThread
from workflows.ports import House

Name = Literal["demurrage", "detention"]
_MOST_MISSED = timedelta(hours=4)  #: after the appointment, without word of a collection


class Count(Value):
    """One count as it stands on a day."""

    name: Name
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
    """Both counts of a shipment, as far as they have begun."""
    row = notices.pickup_of(session, shipment.id or 0)
    if row is None:
        return []
    found = [_demurrage(session, shipment, row, on, house)]
    if row.gate_out_on is not None:
        found.append(_detention(shipment, row, on, house))
    return found


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
        if row.gate_out_on is None:
            told += _missed(session, row, shipment, house)
        for count in counts(session, shipment, on=today, house=house):
            told += _warn(session, row, shipment, count, today, house)
    return told


def _demurrage(session: Session, shipment: Shipment, row: Pickup, on: date, house: House) -> Count:
    free = notices.free_time_of(session, shipment, house)
    until = row.gate_out_on or on
    over = row.gate_out_on is not None
    boxes = max(len(shipment.transport.containers), 1)
    base = Count(
        name="demurrage", begins=free.last_free_day, until=until, over=over, containers=boxes
    )
    if free.last_free_day is None:
        return base.model_copy(update={"unknown": "The last free day is not known."})
    terminal = notices.terminal_of(session, shipment, house)
    clock = free_time.clock_at(terminal.demurrage, free.last_free_day) if terminal else None
    if clock is None:
        where = terminal.name if terminal else shipment.transport.portOfDischarge or "the port"
        return base.model_copy(
            update={"unknown": f"No one tariff of {where} is recorded for {free.last_free_day}."}
        )
    return _counted(base, clock, free.last_free_day, until, terminal)


def _detention(shipment: Shipment, row: Pickup, on: date, house: House) -> Count:
    assert row.gate_out_on is not None
    until = row.empty_on or on
    boxes = max(len(shipment.transport.containers), 1)
    base = Count(name="detention", until=until, over=row.empty_on is not None, containers=boxes)
    scac = shipment.transport.scac or ""
    line = house.delivery.line.get(scac)
    clock = free_time.clock_at(line.detention, row.gate_out_on) if line else None
    if clock is None:
        who = line.name if line else scac or "the line"
        return base.model_copy(update={"unknown": f"No tariff of {who} is recorded."})
    last = free_time.last_free_day(clock, row.gate_out_on)
    return _counted(base.model_copy(update={"begins": last}), clock, last, until, None)


def _counted(
    base: Count,
    clock: free_time.Clock,
    last: date,
    until: date,
    terminal: free_time.Terminal | None,
) -> Count:
    days = free_time.charges(clock, last, until, terminal)
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
    fresh = outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="demurrage",
            once=f"{count.name}-{count.begins}-{stage}",
            facts={
                "name": count.name, "stage": stage, "last_free_day": str(count.begins),
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
    audit.record(
        session, "demurrage_told", actor=SYSTEM, shipment_id=row.shipment_id, count=count.name,
        stage=stage, last_free_day=count.begins.isoformat(),
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
