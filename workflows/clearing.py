"""Free only when everybody agrees: customs' release, and the word of each other agency.

Customs may release while the FDA, say, still looks. Then the shipment is not released for us:
no consignee is told, no carrier sent. When the last agency lets go, customs' release counts, if
customs has placed no hold after it.
"""

from __future__ import annotations

from sqlmodel import Session

from storage.models import Entry, Shipment, State, StatusReport
from storage.values import AUTHORITY, Reported
from workflows import agencies, holds, release, states
from workflows.booked import writing_back
from workflows.ports import House

_WAY = (State.SUBMITTED, State.ACCEPTED)


def released(
    session: Session, entry: Entry, shipment: Shipment, row: StatusReport, *, house: House
) -> str:
    """Customs lets go: gives the agencies that it waits for, or nothing when it is released."""
    waiting = agencies.open_of(session, entry)
    if not waiting or shipment.state not in (*_WAY, State.HELD):
        row.expected = states.fire(session, shipment, states.Released(), actor=AUTHORITY)
        if row.expected:
            holds.lift(session, entry, _as_reported(row))
            release.announce(session, entry, shipment, _as_reported(row), house)
        return ""
    row.expected = True
    holds.lift(session, entry, _as_reported(row))
    if shipment.state is State.SUBMITTED:
        states.fire(session, shipment, states.Accepted(), actor=AUTHORITY)
    holds.thaw(session, entry, shipment)
    return ", ".join(waiting)


def proceed(
    session: Session, entry: Entry, shipment: Shipment, row: StatusReport, *, house: House
) -> None:
    """An agency lets go: its holds end, and with the last of them the release counts."""
    holds.proceed(session, entry, shipment, _as_reported(row))
    free = agencies.customs_release(session, entry)
    if free is None or shipment.state not in _WAY or agencies.open_of(session, entry):
        return
    if states.fire(session, shipment, states.Released(), actor=AUTHORITY):
        release.announce(session, entry, shipment, _as_reported(free), house)
        writing_back.reported(session, entry, free)


def _as_reported(row: StatusReport) -> Reported:
    return Reported(
        code=row.code, record=row.record, raw_code=row.raw_code, reason=row.reason, at=row.at,
        reference=row.reference,
    )  # fmt: skip
