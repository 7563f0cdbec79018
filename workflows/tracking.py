"""Watching an entry: polls that are due, and what an authority reported, recorded once each.

A report is recorded always, in the order of its own time. One that the state machine did not
expect changes nothing but is flagged for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Shipment, State, StatusReport
from storage.values import AUTHORITY, Reported
from workflows import archive, holds, proposal, release, states
from workflows.booked import writing_back
from workflows.effects import PollStatus, TellThread
from workflows.ports import House

_WATCHED = (State.SUBMITTED, State.ACCEPTED, State.HELD)
_DONE = (State.RELEASED, State.CLOSED)
_RECALL_WATCH = timedelta(days=30)


def schedule_polls(session: Session, *, house: House, limit: int = 500) -> int:
    """Ask for the status of every entry whose time has come; gives how many."""
    due = session.exec(
        select(Entry)
        .where(col(Entry.next_poll_at) <= now())
        .order_by(col(Entry.next_poll_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for entry in due:
        assert entry.id is not None
        entry.polls += 1
        entry.next_poll_at = now() + timedelta(seconds=house.poll_seconds)
        session.add(entry)
        outbox.add(
            session,
            PollStatus(shipment_id=entry.shipment_id, entry_id=entry.id, number=entry.polls),
        )
    return len(due)


def record(session: Session, *, entry_id: int, reports: Sequence[Reported], house: House) -> None:
    """Take over what the authority reported. Anything reported before is passed over."""
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    known = {
        (row.raw_code, row.at)
        for row in session.exec(select(StatusReport).where(StatusReport.entry_id == entry_id))
    }
    fresh = [one for one in reports if (one.raw_code, one.at) not in known]
    for report in sorted(fresh, key=lambda one: one.at):
        _take(session, entry, shipment, report, house)
    if shipment.state in _DONE:
        # A release can be recalled: keep an eye on it for a while, less often.
        entry.next_poll_at = now() + max(timedelta(hours=12), timedelta(seconds=house.poll_seconds))
        if entry.submitted_at and now() - entry.submitted_at > _RECALL_WATCH:
            entry.next_poll_at = None
    elif shipment.state not in _WATCHED:
        entry.next_poll_at = None
    session.add(entry)
    if fresh:
        archive.index(session, shipment)
        proposal.changed(session, shipment)


def _take(
    session: Session, entry: Entry, shipment: Shipment, report: Reported, house: House
) -> None:
    assert entry.id is not None
    row = StatusReport(
        entry_id=entry.id,
        code=report.code,
        raw_code=report.raw_code,
        reason=report.reason,
        at=report.at,
        reference=report.reference,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "status_reported",
        actor=AUTHORITY,
        shipment_id=shipment.id,
        entry=entry.number,
        code=report.code,
        raw=report.raw_code,
        at=report.at.isoformat(),
    )
    match report.code:
        case "received":
            row.expected = True  # the filer has it; customs has said nothing yet
        case "accepted":
            row.expected = states.fire(session, shipment, states.Accepted(), actor=AUTHORITY)
        case "rejected":
            refusal = states.Refusal(reason=report.reason)
            row.expected = states.fire(session, shipment, refusal, actor=AUTHORITY)
            shipment.reject_reason = f"Customs: {report.reason}"
        case "held" | "exam":
            held = states.Held(reason=report.reason)
            row.expected = states.fire(session, shipment, held, actor=AUTHORITY)
            holds.place(session, entry, shipment, report)
        case "released":
            row.expected = states.fire(session, shipment, states.Released(), actor=AUTHORITY)
            if row.expected:
                holds.lift(session, entry, report)
                release.announce(session, entry, shipment, report, house)
        case _:
            row.expected = False
            shipment.attention = (
                f"Customs sent a status that we do not know ({report.raw_code}). Please look."
            )
    session.add_all([row, shipment])
    writing_back.reported(session, entry, row)
    if report.code in ("received", "accepted", "rejected") or not row.expected:
        # Who has to act is named: a refused entry has an owner.
        owner = shipment.assignee or entry.confirmed_by
        refused = report.code == "rejected"
        outbox.add(
            session,
            TellThread(
                shipment_id=entry.shipment_id,
                note=f"status_{report.code}" if row.expected else "status_unexpected",
                once=f"report-{row.id}",
                facts={
                    "entry": entry.number,
                    "code": report.raw_code,
                    "reason": report.reason,
                    "at": int(report.at.timestamp()),
                },
                broadcast=refused or not row.expected,
                mention=owner if refused or not row.expected else None,
            ),
        )
