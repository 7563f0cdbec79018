"""Who hears of a hold, and who hears next when nobody takes it or its time runs out.

Planned here in the transaction of the hold; sent by the outbox. Roles without an address on
record are told in the thread's place: an alert that reaches nobody must be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from knowledge import hold_items
from knowledge.holds import TITLES
from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Hold, Shipment
from storage.values import SYSTEM
from workflows import playbook
from workflows.effects import TellThread
from workflows.hold_effects import MailHold, MailHoldOutside, TellFew, TextHold
from workflows.playbook import Who
from workflows.ports import House

_REMIND_BEFORE = timedelta(days=3)  # of the authority's date
_AT_A_TIME = 200


def alert(session: Session, entry: Entry, shipment: Shipment, hold: Hold, *, house: House) -> None:
    """Tell everybody whom the kind concerns, at once."""
    assert hold.id is not None
    play = playbook.play(hold.kind)
    turn = f"hold-{hold.id}-{hold.kind}"
    mention = shipment.assignee or shipment.confirmed_by or entry.confirmed_by
    silent = [who for who in play.alert if who != "broker" and not house.holds.mail_of(who)]
    if play.few:
        outbox.add(session, TellFew(hold_id=hold.id, note="hold_few"))
        outbox.add(
            session,
            TellThread(shipment_id=hold.shipment_id, note="hold_hidden", once=turn,
                       broadcast=True, mention=mention, hold_id=None),
        )  # fmt: skip
    else:
        outbox.add(
            session,
            TellThread(
                shipment_id=hold.shipment_id, note="hold_alert", once=turn,
                facts=facts(shipment, entry, hold, silent=silent),
                broadcast=True, mention=mention, hold_id=hold.id,
            ),
        )  # fmt: skip
    for who in play.alert:
        tell(session, hold, who, step=0, house=house)
    steps = playbook.escalation(hold.kind)
    hold.alarms = 0
    hold.next_alarm_at = None if hold.acknowledged_at else now() + steps[0].after
    if hold.acknowledged_at:
        hold.next_alarm_at = _deadline(hold)
    session.add(hold)


def again(session: Session, hold: Hold, shipment: Shipment, *, once: str) -> None:
    """The hold with its buttons in a thread that is new: the first word is in the one before."""
    entry = session.get(Entry, hold.entry_id)
    if entry is None or hold.id is None:
        return
    turn = f"hold-{hold.id}-{hold.kind}-again-{once}"
    if playbook.play(hold.kind).few:
        told = TellThread(shipment_id=hold.shipment_id, note="hold_hidden", once=turn)
    else:
        told = TellThread(
            shipment_id=hold.shipment_id, note="hold_alert", once=turn,
            facts=facts(shipment, entry, hold), hold_id=hold.id,
        )  # fmt: skip
    outbox.add(session, told)


def tell(session: Session, hold: Hold, who: Who, *, step: int, house: House) -> None:
    """One role, by mail and, where the role is texted, by text message."""
    assert hold.id is not None
    mark = step * 10 + hold.package_version  # a converted hold is told anew
    if house.holds.mail_of(who):
        kind = MailHoldOutside if who in playbook.OUTSIDERS else MailHold
        outbox.add(
            session,
            kind(shipment_id=hold.shipment_id, hold_id=hold.id, who=who, step=mark),
        )
    if who in playbook.TEXTED and house.holds.texts:
        outbox.add(
            session,
            TextHold(shipment_id=hold.shipment_id, hold_id=hold.id, who=who, step=mark),
        )


def watch(session: Session, *, house: House, at: datetime | None = None) -> int:
    """Take the next step of every hold whose time has come; gives how many."""
    moment = at or now()
    due = session.exec(
        select(Hold)
        .where(
            col(Hold.next_alarm_at) <= moment,
            col(Hold.lifted_at).is_(None),
            col(Hold.closed_at).is_(None),
        )
        .order_by(col(Hold.next_alarm_at))
        .limit(_AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()
    for hold in due:
        if hold.acknowledged_at is None:
            _unanswered(session, hold, moment, house)
        else:
            _running_out(session, hold, moment, house)
    return len(due)


def taken(hold: Hold) -> None:
    """Somebody has it: from now on only its own time is watched."""
    hold.next_alarm_at = _deadline(hold)


def answered(hold: Hold) -> None:
    """The answer is with the authority: our clock stops."""
    hold.next_alarm_at = None


def facts(
    shipment: Shipment, entry: Entry, hold: Hold, *, silent: Sequence[Who] = ()
) -> dict[str, str | int | list[str] | None]:
    """What an alert says."""
    return {
        "entry": entry.number,
        "code": hold.code,
        "kind": next((title for kind, title in TITLES.items() if kind == hold.kind), hold.kind),
        "needs": playbook.play(hold.kind).needs,
        "reason": hold.reason or "none given",
        "items": [one.label for one in hold_items.asked(hold.reason)]
        if hold.kind == "documents"
        else [],
        "at": int(hold.placed_at.timestamp()),
        "containers": list(shipment.transport.containers),
        "port": shipment.transport.portOfDischarge or "not known",
        "last_free_day": str(shipment.transport.lastFreeDay or "not known"),
        "respond_by": str(hold.respond_by) if hold.respond_by else None,
        "because": hold.respond_because,
        "inner_by": int(hold.inner_by.timestamp()) if hold.inner_by else None,
        "exam": hold.exam,
        "unconfirmed": int(not hold.confirmed),
        "query": int(not hold.stops),
        "silent": [str(who) for who in silent],
    }


def _unanswered(session: Session, hold: Hold, moment: datetime, house: House) -> None:
    assert hold.id is not None
    steps = playbook.escalation(hold.kind)
    step = steps[min(hold.alarms, len(steps) - 1)]
    hold.alarms += 1
    later = steps[hold.alarms].after - step.after if hold.alarms < len(steps) else timedelta(days=1)
    hold.next_alarm_at = moment + later
    session.add(hold)
    audit.record(
        session, "hold_escalated", actor=SYSTEM, shipment_id=hold.shipment_id, hold_id=hold.id,
        step=hold.alarms, to=step.tell,
    )  # fmt: skip
    tell(session, hold, step.tell, step=hold.alarms, house=house)
    if playbook.play(hold.kind).few:
        outbox.add(session, TellFew(hold_id=hold.id, note="hold_unanswered", step=hold.alarms))
        return
    shipment = session.get(Shipment, hold.shipment_id)
    assert shipment is not None
    backup = house.holds.backup if step.tell == "backup" else None
    outbox.add(
        session,
        TellThread(
            shipment_id=hold.shipment_id, note="hold_unanswered",
            once=f"hold-{hold.id}-{hold.alarms}",
            facts={"code": hold.code, "to": step.tell,
                   "minutes": int((moment - hold.placed_at).total_seconds() // 60)},
            broadcast=True, mention=backup or shipment.assignee or shipment.confirmed_by,
            hold_id=hold.id,
        ),
    )  # fmt: skip


def _running_out(session: Session, hold: Hold, moment: datetime, house: House) -> None:
    assert hold.id is not None
    hold.alarms += 1
    hold.next_alarm_at = moment + timedelta(days=1)
    session.add(hold)
    audit.record(
        session, "hold_time_running_out", actor=SYSTEM, shipment_id=hold.shipment_id,
        hold_id=hold.id, respond_by=hold.respond_by, inner_by=hold.inner_by,
    )  # fmt: skip
    over = hold.inner_by is not None and moment >= hold.inner_by
    for who in ("broker", "principal") if over else ("broker",):
        tell(session, hold, who, step=hold.alarms + 4, house=house)
    if playbook.play(hold.kind).few:
        outbox.add(session, TellFew(hold_id=hold.id, note="hold_unanswered", step=hold.alarms))
        return
    outbox.add(
        session,
        TellThread(
            shipment_id=hold.shipment_id, note="hold_deadline",
            once=f"hold-{hold.id}-{hold.alarms}",
            facts={"code": hold.code, "over": int(over),
                   "respond_by": str(hold.respond_by) if hold.respond_by else None,
                   "missing": list(hold.missing)},
            broadcast=over, mention=hold.acknowledged_by, hold_id=None,
        ),
    )  # fmt: skip


def _deadline(hold: Hold) -> datetime | None:
    """When a hold that somebody has must be looked at again: at half of our time, and so on."""
    if hold.inner_by is None:
        return None
    half = hold.placed_at + (hold.inner_by - hold.placed_at) / 2
    moments = [half, hold.inner_by]
    if hold.respond_by is not None:
        day = datetime.combine(hold.respond_by, datetime.min.time(), tzinfo=hold.inner_by.tzinfo)
        moments.append(day - _REMIND_BEFORE)
    return min((one for one in moments if one > now()), default=now() + timedelta(days=1))
