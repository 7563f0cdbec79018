"""After the release: the carrier is asked to collect the goods, and the days are watched.

The carrier is the importer's, as a person recorded it: that is the instruction by which a pickup
request goes out. It goes only when no hold stands, with the delivery order. Nobody's appointment
is guessed: it comes from the carrier's answer or from a person.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from knowledge.free_time import Carrier
from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Importer, Outbox, Paper, Pickup, Shipment, State
from storage.values import SYSTEM, Actor, Role
from workflows import containers, holds, notices
from workflows.effects import EscalatePickup, OrderPickup, TellThread, WithdrawPickup
from workflows.papers import asking
from workflows.papers.sheet import Kind
from workflows.ports import House
from workflows.states import Refused

OVER = (State.RELEASED, State.CLOSED)
MAY = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.SYSTEM})


def begin(session: Session, entry: Entry, shipment: Shipment, *, house: House) -> Pickup:
    """The shipment's way to its door begins with its release; a repeat changes nothing."""
    assert shipment.id is not None
    assert entry.id is not None
    row = notices.pickup_of(session, shipment.id)
    if row is not None and not row.early:
        if row.recalled_at is not None:
            _resume(session, row, shipment, house=house)
        return row
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    row = row or Pickup(shipment_id=shipment.id, entry_id=entry.id)
    row.early, row.carrier = False, importer.carrier if importer else None
    session.add(row)
    session.flush()
    if row.carrier is not None:
        _ask(session, row, shipment, house=house)
    return row


def recall(session: Session, shipment: Shipment) -> str:
    """The release was taken back: nobody is to collect. What is being done, as one word."""
    row = notices.pickup_of(session, shipment.id or 0)
    if row is None:
        return "nothing"
    row.recalled_at = row.recalled_at or now()
    session.add(row)
    if containers.all_gone(row, shipment):
        return "gone"
    some = bool(containers.gone(row, shipment))
    if row.requested_at is None:
        return "some_gone" if some else "nothing"  # a request not sent yet waits for the hold
    _void(session, row)
    outbox.add(
        session,
        WithdrawPickup(
            shipment_id=row.shipment_id, pickup_id=row.id or 0, turn=_turns(session, row),
            carrier=row.carrier,
        ),
    )  # fmt: skip
    return "some_gone" if some else "withdrawn"


def withdrawn(
    session: Session, *, pickup_id: int, turn: int, to: str, carrier: str | None, instead: bool
) -> None:
    """Record that the carrier was told not to collect."""
    row = session.get(Pickup, pickup_id)
    assert row is not None
    audit.record(
        session, "pickup_withdrawn", actor=SYSTEM, shipment_id=row.shipment_id,
        carrier=carrier, to=to, instead=instead,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="pickup_withdrawn", once=f"{pickup_id}-{turn}",
            facts={"to": to, "instead": int(instead)},
        ),
    )  # fmt: skip


def ask_again(
    session: Session, shipment: Shipment, *, carrier: str, actor: Actor, house: House
) -> str:
    """Send the pickup request to this carrier, in place of an earlier one. Raises `Refused`.

    Another carrier that has the request already is told not to collect.
    """
    if actor.role not in MAY:
        raise Refused("Only a broker or an entry writer can send for goods. Nothing was sent.")
    row = notices.pickup_of(session, shipment.id or 0)
    if row is None or shipment.state not in OVER:
        raise Refused(f"{shipment.ref} is not released: nothing can be collected yet.")
    if carrier not in house.delivery.carrier:
        known = ", ".join(sorted(house.delivery.carrier)) or "none"
        raise Refused(f"{carrier} is not in the terms of delivery (there: {known}).")
    if containers.all_gone(row, shipment):
        raise Refused(f"{shipment.ref} has left the terminal already: nobody is asked any more.")
    before, asked = row.carrier, row.requested_at is not None
    turn = _turns(session, row) + 1
    _void(session, row)
    row.carrier, row.requested_at, row.escalated_at = carrier, None, None
    session.add(row)
    audit.record(
        session, "pickup_asked", actor=actor, shipment_id=shipment.id, carrier=carrier,
        before=before,
    )  # fmt: skip
    said = f"{house.delivery.carrier[carrier].name} is being asked to collect {shipment.ref}."
    if asked and before is not None and before != carrier:
        _instead(session, row, turn=turn - 1, carrier=before)
        named = house.delivery.carrier.get(before)
        said += f" {named.name if named else before} is told not to collect."
    _ask(session, row, shipment, house=house, turn=turn)
    return said


def carrier_of(row: Pickup, house: House) -> Carrier | None:
    """The carrier that is asked, as the terms know it."""
    return house.delivery.carrier.get(row.carrier or "")


def order_document(session: Session, shipment_id: int) -> Paper | None:
    """The newest delivery order, whether or not it is set already."""
    return session.exec(
        select(Paper)
        .where(Paper.shipment_id == shipment_id, Paper.kind == Kind.DELIVERY_ORDER.value)
        .order_by(col(Paper.version).desc())
    ).first()


def stopped(session: Session, shipment: Shipment) -> str | None:
    """Why the goods may not be collected now; None when they may."""
    if shipment.state not in OVER:
        return f"{shipment.ref} is not released any more."
    if open_ones := holds.open_holds(session, shipment.id or 0):
        return f"A hold stands ({open_ones[0].code})."
    return None


def overtaken(session: Session, row: Pickup, *, turn: int, carrier: str | None) -> bool:
    """Whether a later request was written, or another carrier named, after this one."""
    return turn < _turns(session, row) or carrier not in (None, row.carrier)


def requested(
    session: Session, *, pickup_id: int, turn: int, to: str, carrier: str | None, house: House
) -> None:
    """Record that the carrier has the request, and when a person looks if it stays silent."""
    row = session.get(Pickup, pickup_id, with_for_update=True)
    if row is None:
        return
    if overtaken(session, row, turn=turn, carrier=carrier):
        if carrier is not None and carrier != row.carrier:  # named while this one went out
            _instead(session, row, turn=turn, carrier=carrier)
        return
    if row.requested_at is not None:
        return
    row.requested_at = now()
    session.add(row)
    audit.record(
        session, "pickup_requested", actor=SYSTEM, shipment_id=row.shipment_id,
        carrier=row.carrier, to=to,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="pickup_requested", once=f"{pickup_id}-{turn}",
            facts={"to": to, "hours": f"{house.pickup_hours:g}"}, pickup_id=pickup_id,
        ),
    )  # fmt: skip
    outbox.add(
        session,
        EscalatePickup(shipment_id=row.shipment_id, pickup_id=pickup_id, turn=turn),
        run_at=now() + timedelta(hours=house.pickup_hours),
    )
    if row.recalled_at is not None:  # the hold came while the request was going out
        _void(session, row)
        outbox.add(
            session,
            WithdrawPickup(
                shipment_id=row.shipment_id, pickup_id=pickup_id, turn=turn, carrier=row.carrier
            ),
        )


def escalate(session: Session, *, pickup_id: int, turn: int, house: House) -> None:
    """Nobody confirmed in time: it becomes a person's task, once."""
    row = session.get(Pickup, pickup_id, with_for_update=True)
    if row is None or row.appointment_at is not None:
        return
    if turn != _turns(session, row) or row.requested_at is None or row.recalled_at is not None:
        return  # somebody else was asked meanwhile, or nobody is to come
    shipment = session.get(Shipment, row.shipment_id)
    assert shipment is not None
    if containers.gone(row, shipment):
        return
    row.escalated_at = now()
    session.add(row)
    carrier = carrier_of(row, house)
    free = notices.free_time_of(session, shipment, house)
    audit.record(
        session, "pickup_escalated", actor=SYSTEM, shipment_id=row.shipment_id, carrier=row.carrier
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=row.shipment_id, note="pickup_unconfirmed", once=f"{pickup_id}-{turn}",
            facts={
                "carrier": carrier.name if carrier else row.carrier,
                "hours": f"{house.pickup_hours:g}",
                "asked_at": int(row.requested_at.timestamp()),
                "last_free_day": str(free.last_free_day or "not known"),
            },
            broadcast=True, mention=shipment.assignee or shipment.confirmed_by,
            pickup_id=pickup_id,
        ),
    )  # fmt: skip


def _ask(session: Session, row: Pickup, shipment: Shipment, *, house: House, turn: int = 1) -> None:
    """The delivery order and the request, or the reason why there is none, told."""
    assert row.id is not None
    carrier = carrier_of(row, house)
    terminal = notices.terminal_of(session, shipment, house)
    paper, words = None, f"{row.carrier} is not in the terms of delivery."
    if carrier is not None:
        told = {"issued_to": carrier.name}
        if terminal is not None:
            told["location.firms"] = terminal.firms or terminal.name
        paper, words = asking.by_instruction(
            session, shipment, kind=Kind.DELIVERY_ORDER, told=told, house=house
        )
    if paper is None:
        outbox.add(
            session,
            TellThread(
                shipment_id=row.shipment_id, note="pickup_not_asked", once=f"{row.id}-{turn}",
                facts={"carrier": carrier.name if carrier else row.carrier, "why": words},
                broadcast=True, mention=shipment.assignee or shipment.confirmed_by,
                pickup_id=row.id,
            ),
        )  # fmt: skip
        return
    outbox.add(
        session,
        OrderPickup(shipment_id=row.shipment_id, pickup_id=row.id, turn=turn, carrier=row.carrier),
    )


def _instead(session: Session, row: Pickup, *, turn: int, carrier: str) -> None:
    """Another carrier collects: the one that has this request is told not to, once."""
    outbox.add(
        session,
        WithdrawPickup(
            shipment_id=row.shipment_id, pickup_id=row.id or 0, turn=turn, carrier=carrier,
            instead=True,
        ),
    )  # fmt: skip


def _void(session: Session, row: Pickup) -> None:
    """An appointment does not stand any more."""
    if row.appointment_at is not None:
        audit.record(
            session, "appointment_void", actor=SYSTEM, shipment_id=row.shipment_id,
            at=row.appointment_at.isoformat(), by=row.appointment_by,
        )  # fmt: skip
    row.appointment_at, row.appointment_by, row.appointment_via = None, None, None
    session.add(row)


def _resume(session: Session, row: Pickup, shipment: Shipment, *, house: House) -> None:
    """Released again: the carrier whose request was withdrawn is asked anew."""
    row.recalled_at = None
    session.add(row)
    if row.requested_at is None or containers.all_gone(row, shipment):
        return
    row.requested_at, row.escalated_at = None, None
    _ask(session, row, shipment, house=house, turn=_turns(session, row) + 1)


def _turns(session: Session, row: Pickup) -> int:
    """How often somebody was asked to collect it: each request has a row of its own."""
    found = session.exec(
        select(Outbox.key).where(
            Outbox.kind == OrderPickup.kind, Outbox.shipment_id == row.shipment_id
        )
    ).all()
    return len(found)
