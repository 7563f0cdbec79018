"""What happens when customs lets go: the thread is told, each consignee is notified, once.

Only a report through the gateway gets here. A mail that says "RELEASED" never does. What was
told wrongly is corrected by a person's word, and the correction says what it corrects.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from storage import audit, outbox
from storage.columns import now
from storage.models import ConsigneeNotice, Delivery, Entry, Shipment, State
from storage.notices import Route
from storage.values import AUTHORITY, SYSTEM, Actor, Reported, Role
from workflows import delivery, filing, holds, notices
from workflows.effects import (
    NotifyByFile,
    NotifyByWebhook,
    NotifyConsignee,
    SealArchive,
    TellThread,
)
from workflows.ports import House
from workflows.states import Refused

_MAY = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.SYSTEM})
_LONGEST = 500


def announce(
    session: Session, entry: Entry, shipment: Shipment, report: Reported, house: House
) -> None:
    """Tell the thread; tell every consignee that we know; send for the goods."""
    assert shipment.id is not None
    assert entry.id is not None
    routes = notices.routes_of(session, shipment)
    before = notices.pickup_of(session, shipment.id)
    again = before is not None and before.recalled_at is not None
    turn = f"{before.recalled_at:%Y%m%d%H%M%S%f}" if again and before and before.recalled_at else ""
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note="released",
            once=f"entry-{entry.id}" + (f"-{turn}" if again else ""),
            facts={
                "entry": entry.number,
                "at": int(report.at.timestamp()),
                "consignee": ", ".join(one.words for one in routes) or None,
                "firm": house.firm,
            },
        ),
    )
    facts = notices.facts(session, shipment, entry, house) if routes else {}
    for route in routes:
        if notices.newest(session, entry.id, route.name) is None:
            send(session, entry, route, facts=facts, number=1)
    if again:
        _correct(session, shipment, entry, reason=None, actor=AUTHORITY, house=house)
    delivery.begin(session, entry, shipment, house=house)
    if not routes:
        outbox.add(session, SealArchive(shipment_id=shipment.id, entry_id=entry.id, once=turn))


def recall(
    session: Session, entry: Entry, shipment: Shipment, *, at: datetime, house: House
) -> None:
    """A hold came after the release: whoever was told is told that it does not stand, once."""
    assert shipment.id is not None
    told = _correct(session, shipment, entry, reason=None, actor=AUTHORITY, house=house)
    pickup = delivery.recall(session, shipment)
    audit.record(
        session, "release_recalled", actor=AUTHORITY, shipment_id=shipment.id, entry=entry.number,
        to=told, pickup=pickup,
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id, note="recalled", once=f"entry-{entry.id}-{at.isoformat()}",
            facts={
                "entry": entry.number, "told": ", ".join(told) or None, "pickup": pickup,
                "frozen": int(holds.frozen(session, shipment.id)),
            },
            broadcast=True, mention=shipment.assignee or entry.confirmed_by,
        ),
    )  # fmt: skip


def correct(
    session: Session, shipment: Shipment, *, reason: str, actor: Actor, house: House
) -> list[str]:
    """Send a correction to each who was told otherwise; gives whom. Raises `Refused`."""
    if actor.role not in _MAY:
        raise Refused("Only a broker or an entry writer can correct a notice. Nothing was sent.")
    said = reason.strip()
    if not said or len(said) > _LONGEST:
        raise Refused("Please say in a few words why. Nothing was sent.")
    assert shipment.id is not None
    entry = filing.latest_entry(session, shipment.id)
    if entry is None or shipment.state not in (State.RELEASED, State.CLOSED):
        raise Refused(f"{shipment.ref} is not released: nobody was told anything.")
    told = _correct(session, shipment, entry, reason=said, actor=actor, house=house)
    if not told:
        raise Refused("Nothing that a consignee was told has changed. Nothing was sent.")
    return told


def follow(
    session: Session, shipment: Shipment, *, reason: str, actor: Actor, house: House
) -> list[str]:
    """After a recorded fact of the delivery: correct what consignees were told, if it changed."""
    entry = filing.latest_entry(session, shipment.id or 0)
    if entry is None or shipment.state not in (State.RELEASED, State.CLOSED):
        return []
    return _correct(session, shipment, entry, reason=reason, actor=actor, house=house)


def _correct(
    session: Session,
    shipment: Shipment,
    entry: Entry,
    *,
    reason: str | None,
    actor: Actor,
    house: House,
) -> list[str]:
    assert entry.id is not None
    facts = notices.facts(session, shipment, entry, house)
    told: list[str] = []
    for route in notices.routes_of(session, shipment):
        last = notices.newest(session, entry.id, route.name)
        if last is None:
            continue
        differs = notices.changed(last.facts, facts)
        if not differs:
            continue
        if last.sent_at is None:
            earlier = notices.before(session, last)
            stood = earlier is not None and not earlier.facts.get("recalled")
            if facts["recalled"] and not stood:
                continue  # nobody was told to come: this "go" waits until it is released again
            # It has not gone out yet: it goes out right.
            last.facts = facts
            if earlier is not None:
                last.changes = notices.changed(earlier.facts, facts) or last.changes
            session.add(last)
            if facts["recalled"]:
                told.append(route.words)
            continue
        send(
            session, entry, route, facts=facts, number=last.number + 1, changes=differs,
            reason=reason,
        )  # fmt: skip
        told.append(route.words)
    if told:
        audit.record(
            session, "consignee_corrected", actor=actor, shipment_id=shipment.id,
            entry=entry.number, to=told, reason=reason,
        )  # fmt: skip
    return told


def send(
    session: Session,
    entry: Entry,
    route: Route,
    *,
    facts: dict[str, Any],
    number: int,
    changes: list[str] | None = None,
    reason: str | None = None,
) -> None:
    """Write a notice down, and let it go out."""
    assert entry.id is not None
    row = ConsigneeNotice(
        shipment_id=entry.shipment_id, entry_id=entry.id, route_name=route.name, route=route,
        number=number, facts=facts, changes=changes or [], reason=reason,
    )  # fmt: skip
    session.add(row)
    session.flush()
    assert row.id is not None
    effect = {"email": NotifyConsignee, "webhook": NotifyByWebhook, "sftp": NotifyByFile}[route.by]
    outbox.add(session, effect(shipment_id=entry.shipment_id, entry_id=entry.id, notice_id=row.id))


def address_of(session: Session, shipment: Shipment) -> str | None:
    """The first address that hears of a release by e-mail."""
    routes = notices.routes_of(session, shipment)
    return next((one.to for one in routes if one.by == "email"), None)


def notified(session: Session, told: ConsigneeNotice, *, reference: str, house: House) -> None:
    """Record that a consignee was told this; when all were told, close the file.

    What changed while it went out is corrected at once.
    """
    notice_id, shipment_id, entry_id = told.id, told.shipment_id, told.entry_id
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    entry = session.get(Entry, entry_id)
    assert shipment is not None
    assert entry is not None
    to = told.route.words
    notice = session.get(ConsigneeNotice, notice_id, with_for_update=True)
    if notice is None or notice.sent_at is not None:
        return
    overtaken = bool(notices.changed(told.facts, notice.facts))
    notice.sent_at, notice.reference, notice.facts = now(), reference[:300], told.facts
    session.add(notice)
    row = session.exec(select(Delivery).where(Delivery.shipment_id == shipment_id)).first()
    row = row or Delivery(shipment_id=shipment_id)
    row.notified, row.notified_at = to, now()
    session.add(row)
    audit.record(
        session, "consignee_notified", actor=SYSTEM, shipment_id=shipment_id, entry_id=entry_id,
        by=notice.route.by, number=notice.number, reference=reference[:300],
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="consignee_notified",
            once=f"notice-{notice_id}",
            facts={
                "to": to,
                "number": notice.number,
                "changes": list(notice.changes),
                "recalled": int(bool(told.facts.get("recalled"))),
            },
        ),
    )
    session.flush()
    free = shipment.state in (State.RELEASED, State.CLOSED)
    if overtaken or free == bool(told.facts.get("recalled")):
        _correct(session, shipment, entry, reason=None, actor=SYSTEM, house=house)
        session.flush()
    notes = session.exec(select(ConsigneeNotice).where(ConsigneeNotice.entry_id == entry_id)).all()
    if shipment.state is State.RELEASED and all(one.sent_at is not None for one in notes):
        newest = max(one.number for one in notes)
        once = str(newest) if newest > 1 else ""
        outbox.add(session, SealArchive(shipment_id=shipment_id, entry_id=entry_id, once=once))
