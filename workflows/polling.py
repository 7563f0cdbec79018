"""When an entry's status is asked for: at the gateway's interval, sooner when it matters.

Sooner near the arrival and while a hold stands; later while the authority is away, twice the
time for each miss in a row up to a bound; seldom after the release, because it can be recalled.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from storage import outbox
from storage.columns import now
from storage.models import Entry, Shipment, State
from workflows.effects import PollStatus, TellOps
from workflows.ports import House

_BEFORE, _AFTER = timedelta(days=2), timedelta(days=3)  # around the arrival
_SOONER = 4
_MOST_DOUBLINGS = 3
_TOLD_AFTER = 3  # misses in a row
_RECALLED_WITHIN = timedelta(days=30)
_SELDOM = timedelta(hours=12)
_WATCHED = (State.SUBMITTED, State.ACCEPTED, State.HELD)
_DONE = (State.RELEASED, State.CLOSED)


def schedule(session: Session, *, house: House, limit: int = 500) -> int:
    """Ask for the status of every entry whose time has come; gives how many."""
    due = session.exec(
        select(Entry, Shipment)
        .join(Shipment, col(Shipment.id) == col(Entry.shipment_id))
        .where(col(Entry.next_poll_at) <= now())
        .order_by(col(Entry.next_poll_at))
        .limit(limit)
        .with_for_update(of=Entry, skip_locked=True)
    ).all()
    for entry, shipment in due:
        assert entry.id is not None
        entry.polls += 1
        entry.next_poll_at = now() + interval(entry, shipment, house=house)
        session.add(entry)
        outbox.add(
            session,
            PollStatus(shipment_id=entry.shipment_id, entry_id=entry.id, number=entry.polls),
        )
    return len(due)


def interval(entry: Entry, shipment: Shipment, *, house: House) -> timedelta:
    """How long until an entry is asked about again."""
    usual = timedelta(seconds=house.poll_seconds)
    eta = shipment.transport.eta
    today = now().date()
    arriving = eta is not None and eta - _BEFORE <= today <= eta + _AFTER
    if shipment.state in _DONE:
        usual = max(_SELDOM, usual)
    elif arriving or shipment.state is State.HELD:
        near = house.poll_near_seconds
        usual = timedelta(seconds=near) if near is not None else usual / _SOONER
    doublings = min(entry.polls_missed, _MOST_DOUBLINGS)
    return usual * (1 << doublings)


def answered(entry: Entry, shipment: Shipment, *, house: House) -> None:
    """The authority answered: the next time follows from where the shipment stands now."""
    entry.polls_missed = 0
    over = entry.submitted_at is not None and now() - entry.submitted_at > _RECALLED_WITHIN
    if shipment.state not in (*_WATCHED, *_DONE) or (shipment.state in _DONE and over):
        entry.next_poll_at = None
    else:
        entry.next_poll_at = now() + interval(entry, shipment, house=house)


def missed(session: Session, *, entry_id: int, error: str, house: House) -> None:
    """The authority could not be reached: ask later, and tell operations once an hour."""
    entry = session.get(Entry, entry_id, with_for_update=True)
    shipment = session.get(Shipment, entry.shipment_id) if entry else None
    if entry is None or shipment is None:
        return
    entry.polls_missed += 1
    entry.next_poll_at = now() + interval(entry, shipment, house=house)
    session.add(entry)
    if entry.polls_missed == _TOLD_AFTER:
        outbox.add(
            session,
            TellOps(
                note="authority_away",
                once=f"{entry.gateway}-{now():%Y%m%d%H}",
                facts={"gateway": entry.gateway, "error": error[:300], "times": _TOLD_AFTER},
            ),
        )


def at_once(session: Session, entry: Entry) -> None:
    """Somebody said something that only the authority can confirm: ask it now."""
    if entry.submitted_at is not None:
        entry.next_poll_at = now()
        session.add(entry)
