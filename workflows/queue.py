"""A person's queue as a value: what is on hold, what is due, then the rest, and the day's counts.

Read from the database each time. The order is the order in which a broker would work: holds by
how long they stand, then by the day on which entry is due (19 CFR 142.2), then the oldest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast
from sqlmodel import Session, col, func, select

from knowledge import calendar
from storage.columns import now
from storage.models import (
    AuditEvent,
    Hold,
    LineItem,
    LineState,
    Person,
    Screening,
    Shipment,
    State,
)
from storage.people import Filter, Wishes
from workflows import screening, states
from workflows.views import Counts, HomeView, QueueRow

PAGE = 20
SOON = timedelta(days=3)
_MOST = 2000  #: open shipments that are looked at; beyond, the count says that there are more
_LIVE = (
    State.BOOKED,
    State.RECEIVED,
    State.IN_REVIEW,
    State.CONFIRMED,
    State.SUBMITTED,
    State.ACCEPTED,
    State.HELD,
    State.REJECTED,
)
_NEEDS_US = (State.RECEIVED, State.IN_REVIEW, State.HELD, State.REJECTED)
_COUNTED = {
    "shipment_confirm": "filed",
    "shipment_released": "released",
    "shipment_held": "held",
    "mail_accepted": "mails",
}


def view(session: Session, person: Person, *, shows: Filter | None = None) -> HomeView:
    """What the person's Home shows now."""
    wishes = person.wishes or Wishes()
    shown = shows or wishes.shows
    rows = queue(session, slack_user=person.slack_user, shows=shown)
    pages = max((len(rows) + PAGE - 1) // PAGE, 1)
    page = min(wishes.page, pages - 1)
    today = _today(session, wishes)
    return HomeView(
        name=person.name,
        role=person.role.value,
        shows=shown,
        counts=Counts(
            open=len(rows),
            holds=sum(1 for one in rows if one.urgency == "hold"),
            due=sum(1 for one in rows if one.urgency == "due"),
            filed=today["filed"],
            released=today["released"],
            mails=today["mails"],
        ),
        rows=tuple(rows[page * PAGE : (page + 1) * PAGE]),
        page=page,
        pages=pages,
        total=len(rows),
        away_until=person.away_until,
        wishes=wishes,
        made_at=now(),
    )


def queue(session: Session, *, slack_user: str, shows: Filter) -> list[QueueRow]:
    """Live shipments that the filter lets through, the most urgent first."""
    wanted = select(Shipment).where(col(Shipment.state).in_(_LIVE))
    if shows == "mine":
        wanted = wanted.where(Shipment.assignee == slack_user)
    elif shows == "unassigned":
        wanted = wanted.where(col(Shipment.assignee).is_(None))
    found = session.exec(wanted.order_by(col(Shipment.id)).limit(_MOST)).all()
    ids = [one.id for one in found]
    held = _holds(session)
    lines = _lines(session, ids)
    matched = _matched(session)
    today = now().date()
    rows = [
        _row(one, held.get(one.id or 0), lines.get(one.id or 0, (0, 0)), today=today,
             matched=one.id in matched)
        for one in found
    ]  # fmt: skip
    if shows == "holds":
        rows = [one for one in rows if one.urgency == "hold"]
    order = {"hold": 0, "due": 1, "rest": 2}
    return sorted(rows, key=lambda one: (order[one.urgency], one.due or date.max, one.shipment_id))


def of_refs(session: Session, shipments: Sequence[Shipment]) -> list[QueueRow]:
    """The same rows for shipments that were found some other way."""
    held = _holds(session)
    lines = _lines(session, [one.id for one in shipments])
    today = now().date()
    return [
        _row(
            one,
            held.get(one.id or 0),
            lines.get(one.id or 0, (0, 0)),
            today=today,
            matched=screening.open_hit(session, one.id or 0),
        )
        for one in shipments
    ]


def due_day(shipment: Shipment) -> date | None:
    """By when entry is due (19 CFR 142.2: 15 calendar days after arrival)."""
    eta = shipment.transport.eta
    return calendar.entry_due(eta) if eta else None


def _row(
    shipment: Shipment, hold: Hold | None, lines: tuple[int, int], *, today: date, matched: bool
) -> QueueRow:
    due = due_day(shipment) if shipment.state in (*_NEEDS_US, State.BOOKED) else None
    urgency: Literal["hold", "due", "rest"] = "rest"
    if hold is not None or matched or shipment.state is State.HELD:
        urgency = "hold"
    elif due is not None and shipment.state in _NEEDS_US and due <= today + SOON:
        urgency = "due"
    return QueueRow(
        shipment_id=shipment.id or 0,
        ref=shipment.ref or str(shipment.id),
        importer=shipment.parties.importer.name
        or shipment.parties.consignee.name
        or "unknown importer",
        urgency=urgency,
        said=_said(shipment, hold, lines, matched=matched),
        due=due,
        late=due is not None and due < today,
        assignee=shipment.assignee,
        channel=shipment.card_channel,
        ts=shipment.card_ts,
    )


def _said(shipment: Shipment, hold: Hold | None, lines: tuple[int, int], *, matched: bool) -> str:
    waiting, total = lines
    if matched:
        return screening.HOLD
    if hold is not None:
        taken = "somebody has it" if hold.acknowledged_by else "nobody has taken it"
        return f"on hold ({hold.code}): {hold.reason or 'no reason given'}; {taken}"
    if shipment.attention:
        return shipment.attention
    if shipment.state is State.IN_REVIEW:
        if waiting:
            return f"{waiting} of {total} lines need a decision"
        return "all lines decided" if total else "no lines were read"
    return states.words(shipment.state)


def _holds(session: Session) -> Mapping[int, Hold]:
    rows = session.exec(select(Hold).where(col(Hold.lifted_at).is_(None)).order_by(col(Hold.id)))
    return {one.shipment_id: one for one in rows}


def _lines(session: Session, ids: Sequence[int | None]) -> dict[int, tuple[int, int]]:
    """(open, all) lines of each shipment."""
    if not ids:
        return {}
    rows = session.exec(
        select(LineItem.shipment_id, LineItem.state, func.count())
        .where(col(LineItem.shipment_id).in_(ids))
        .group_by(col(LineItem.shipment_id), col(LineItem.state))
    )
    found: dict[int, tuple[int, int]] = {}
    for shipment, state, count in rows:
        waiting, total = found.get(shipment, (0, 0))
        found[shipment] = (waiting + (count if state is LineState.OPEN else 0), total + count)
    return found


def _today(session: Session, wishes: Wishes) -> Counter[str]:
    """What happened since midnight on this person's clock, in the whole house."""
    zone = ZoneInfo(wishes.zone)
    start = datetime.combine(now().astimezone(zone).date(), time(), zone).astimezone(UTC)
    rows = session.exec(
        select(AuditEvent.action, func.count())
        .where(AuditEvent.at >= start, col(AuditEvent.action).in_(_COUNTED))
        .group_by(col(AuditEvent.action))
    )
    return Counter({_COUNTED[action]: count for action, count in rows})


def _matched(session: Session) -> set[int]:
    """Shipments with a denied-party match that nobody has cleared."""
    perhaps = session.exec(
        select(Screening.shipment_id)
        .where(
            col(Screening.cleared_at).is_(None),
            col(Screening.superseded_by).is_(None),
            cast(col(Screening.hits), String) != "[]",
        )
        .distinct()
    )
    return {one for one in perhaps if screening.open_hit(session, one)}
