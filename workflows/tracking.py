"""What an authority reported, recorded once each in the order of its own time.

A report is recorded always. One that the state machine did not expect changes nothing but is
flagged for a person. One that comes late, after what followed it, is recorded and turns nothing
back. Of two opposite reports in one second the more careful one counts. What a mail says is
recorded beside the rest; it opens a hold at most (`workflows.trust`), and never releases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from knowledge import dispositions
from storage import audit, outbox
from storage.models import Entry, Shipment, State, StatusReport
from storage.values import AUTHORITY, Reported
from workflows import agencies, archive, clearing, holds, polling, proposal, release, states
from workflows.booked import writing_back
from workflows.effects import TellThread
from workflows.ports import House

Source = Literal["poll", "webhook", "file", "mail", "person"]

_HOLDING = ("held", "exam")
_FREE = (State.RELEASED, State.CLOSED)
_OUTDONE_BY = {
    "accepted": ("rejected", "held", "exam", "released"),
    "rejected": ("accepted", "held", "exam", "released"),
    "held": ("released",),
    "exam": ("released",),
    "lifted": ("released",),
    "released": ("rejected", "held", "exam"),
}
"""A report of the left has no effect once one of the right, of a later time, has had its own."""
_AGENCY_SAYS = ("review", "proceed", "held")
_CAREFUL = (
    "received", "accepted", "proceed", "lifted", "released", "review", "rejected", "held", "exam",
    "unknown",
)  # fmt: skip
"""The order within one moment: what asks for a person's care comes last and stands."""


def record(
    session: Session,
    *,
    entry_id: int,
    reports: Sequence[Reported],
    house: House,
    source: Source = "poll",
) -> int:
    """Take over what was reported; gives how many were new.

    Anything that the same side reported before, with the same code and time, is passed over.
    """
    entry = session.get(Entry, entry_id)
    assert entry is not None
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    by_mail = source == "mail"
    known = {
        (row.raw_code, row.at) for row in _history(session, entry_id) if row.by_mail == by_mail
    }
    fresh = {(one.raw_code, one.at): one for one in reports if (one.raw_code, one.at) not in known}
    for report in sorted(fresh.values(), key=_order_of([one.at for one in fresh.values()])):
        row = _keep(session, entry, report, source)
        if not by_mail:
            _apply(session, entry, shipment, row, house)
        elif report.code in _HOLDING:
            row.expected = holds.suspect(session, entry, shipment, row, house=house)
    if source in ("poll", "file"):
        polling.answered(entry, shipment, house=house)
    elif by_mail and fresh:
        polling.at_once(session, entry)  # a mail proves nothing: ask who knows
    session.add(entry)
    if fresh:
        archive.index(session, shipment)
        proposal.changed(session, shipment)
    return len(fresh)


def catch_up(session: Session, entry: Entry, *, house: House) -> int:
    """Once the entry is submitted: what was reported before that counts now; gives how many."""
    assert entry.id is not None
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    early = [
        row
        for row in _history(session, entry.id)
        if not row.expected and not row.late and not row.by_mail and row.code in _OUTDONE_BY
    ]
    for row in sorted(early, key=_order_of([one.at for one in early])):
        shipment.attention = None
        _apply(session, entry, shipment, row, house)
    return len(early)


def _order_of(
    moments: Sequence[datetime],
) -> Callable[[Reported | StatusReport], tuple[datetime, int, datetime]]:
    """How reports are ordered: times in whole seconds say nothing about the order within one."""
    whole = any(one.microsecond == 0 for one in moments)

    def key(one: Reported | StatusReport) -> tuple[datetime, int, datetime]:
        at = one.at.replace(microsecond=0) if whole else one.at
        return (at, _CAREFUL.index(one.code), one.at)

    return key


def _later(one: StatusReport, other: StatusReport) -> bool:
    """Whether it surely happened later: a time in whole seconds may be anywhere in its second."""
    if one.at.microsecond and other.at.microsecond:
        return one.at > other.at
    return one.at.replace(microsecond=0) > other.at.replace(microsecond=0)


def _history(session: Session, entry_id: int) -> Sequence[StatusReport]:
    return session.exec(
        select(StatusReport).where(StatusReport.entry_id == entry_id).order_by(col(StatusReport.id))
    ).all()


def _as_reported(row: StatusReport) -> Reported:
    return Reported(
        code=row.code,
        record=row.record,
        raw_code=row.raw_code,
        reason=row.reason,
        at=row.at,
        reference=row.reference,
    )


def _keep(session: Session, entry: Entry, report: Reported, source: Source) -> StatusReport:
    assert entry.id is not None
    row = StatusReport(
        entry_id=entry.id,
        code=report.code,
        record=report.record,
        raw_code=report.raw_code,
        reason=report.reason,
        at=report.at,
        reference=report.reference,
        source=source,
        by_mail=source == "mail",
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "status_reported",
        actor=AUTHORITY,
        shipment_id=entry.shipment_id,
        entry=entry.number,
        code=report.code,
        raw=report.raw_code,
        at=report.at.isoformat(),
        source=source,
    )
    return row


def _apply(
    session: Session, entry: Entry, shipment: Shipment, row: StatusReport, house: House
) -> None:
    assert entry.id is not None
    told = [one for one in _history(session, entry.id) if not one.by_mail]
    if row.code in _HOLDING and (ended := _ended_already(told, row)):
        row.late, ended.expected, shipment.attention = True, True, None
        session.add_all([ended, shipment])
        _tell(session, entry, shipment, row, "status_late")
        return
    counted = [one for one in told if one.id != row.id and one.expected and not one.late]
    # Customs and each agency speak for themselves: what one says outdoes nobody else's word.
    beats = _AGENCY_SAYS if agencies.is_theirs(row) else _OUTDONE_BY.get(row.code, ())
    same = agencies.voice(row)
    stronger = [one for one in counted if one.code in beats and agencies.voice(one) == same]
    if any(_later(one, row) for one in stronger):
        row.late = True
        _tell(session, entry, shipment, row, "status_late")
        return
    if row.code in ("released", "lifted") and any(
        not _later(row, one) for one in stronger if one.code in _HOLDING
    ):
        row.expected = False
        shipment.attention = (
            "Customs reported a hold and its end in the same second. The hold stands; please "
            "look at the entry at the authority."
        )
        session.add(shipment)
        _tell(session, entry, shipment, row, "status_contested", loud=True)
        return
    _fire(session, entry, shipment, row, house)
    session.add_all([row, shipment])
    if row.code != "released" or shipment.state in _FREE:
        writing_back.reported(session, entry, row)
    if not row.expected:
        _tell(session, entry, shipment, row, "status_unexpected", loud=True)
    elif row.code in ("received", "accepted", "rejected", "lifted", "review", "proceed"):
        # Who has to act is named: a refused entry has an owner.
        _tell(session, entry, shipment, row, f"status_{row.code}", loud=row.code == "rejected")


def _ended_already(told: Sequence[StatusReport], row: StatusReport) -> StatusReport | None:
    """The removal of this very hold, if it came before the hold itself did."""
    return next(
        (
            one
            for one in told
            if one.code == "lifted"
            and row.raw_code in dispositions.lifted_by(one.raw_code)
            and _later(one, row)
        ),
        None,
    )


def _fire(
    session: Session, entry: Entry, shipment: Shipment, row: StatusReport, house: House
) -> None:
    report = _as_reported(row)
    match row.code:
        case "received":
            row.expected = True  # the filer has it; customs has said nothing yet
        case "accepted":
            row.expected = states.fire(session, shipment, states.Accepted(), actor=AUTHORITY)
        case "rejected":
            refusal = states.Refusal(reason=row.reason)
            row.expected = states.fire(session, shipment, refusal, actor=AUTHORITY)
            shipment.reject_reason = f"Customs: {row.reason}"
        case "held" | "exam":
            held, free = states.Held(reason=row.reason), shipment.state in _FREE
            row.expected = states.fire(session, shipment, held, actor=AUTHORITY)
            holds.place(session, entry, shipment, report, house=house)
            if free and row.expected:
                release.recall(session, entry, shipment, at=row.at, house=house)
        case "lifted":
            row.expected = holds.remove(session, entry, shipment, report)
        case "released":
            if waiting := clearing.released(session, entry, shipment, row, house=house):
                _tell(session, entry, shipment, row, "status_waiting", agencies=waiting)
        case "review":
            row.expected = True
        case "proceed":
            row.expected = True
            clearing.proceed(session, entry, shipment, row, house=house)
        case _:
            row.expected = False
            shipment.attention = (
                f"Customs sent a status that we do not know ({row.raw_code}). Please look."
            )


def _tell(
    session: Session,
    entry: Entry,
    shipment: Shipment,
    row: StatusReport,
    note: str,
    *,
    loud: bool = False,
    **more: str,
) -> None:
    session.add(row)
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id,
            note=note,
            once=f"report-{row.id}",
            facts={
                "entry": entry.number,
                "code": row.raw_code,
                "reason": row.reason,
                "at": int(row.at.timestamp()),
                "said": row.code,
                **more,
            },
            broadcast=loud,
            mention=(shipment.assignee or entry.confirmed_by) if loud else None,
        ),
    )
