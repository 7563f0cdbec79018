"""When a filing does not get out: it waits and retries by itself, and a person is told once.

After the threshold the responsible person hears of it in the thread, in operations and by mail,
with the packet ready for filing by hand. The retries go on; whoever files first, it is filed once.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from prompts import render
from storage import audit, outbox
from storage.columns import now
from storage.mail import OutgoingMail
from storage.models import Entry, Shipment, State, StatusReport
from storage.outbox import Claimed
from storage.values import SYSTEM
from workflows import journal, post
from workflows.effects import AlertMail, TellOps, TellThread
from workflows.mailing import nothing
from workflows.ports import House, Ports
from workflows.post import Record

_ANSWERING = ("sftp", "email")
_MOST = 200


def watch(session: Session, *, house: House) -> int:
    """Tell of every filing that does not get out, or that nobody has acknowledged."""
    before = now() - timedelta(minutes=house.outage_minutes)
    stuck = session.exec(
        select(Entry)
        .join(Shipment, col(Shipment.id) == col(Entry.shipment_id))
        .where(
            col(Entry.submitted_at).is_(None),
            col(Entry.outage_told_at).is_(None),
            Entry.confirmed_at <= before,
            Shipment.state == State.CONFIRMED,
        )
        .limit(_MOST)
        .with_for_update(of=Entry, skip_locked=True)
    ).all()
    for entry in stuck:
        _tell_stuck(session, entry, house)
    silent = session.exec(
        select(Entry)
        .where(
            col(Entry.gateway).in_(_ANSWERING),
            col(Entry.submitted_at) <= before,
            col(Entry.filed_by).is_(None),
            col(Entry.unanswered_told_at).is_(None),
            ~select(StatusReport.id).where(StatusReport.entry_id == Entry.id).exists(),
        )
        .limit(_MOST)
        .with_for_update(of=Entry, skip_locked=True)
    ).all()
    for entry in silent:
        _tell_silent(session, entry, house)
    return len(stuck) + len(silent)


def alert_mail(ports: Ports, claimed: Claimed) -> Record:
    """The mail to the responsible person."""
    effect = AlertMail.model_validate(claimed.payload)
    with ports.snapshot() as session:
        entry = session.get(Entry, effect.entry_id)
        shipment = session.get(Shipment, effect.shipment_id)
    to = ports.house.alert_mail
    if entry is None or shipment is None or to is None or entry.submitted_at is not None:
        return nothing
    facts = _facts(entry, ports.house)
    mail = OutgoingMail(
        key=effect.key(),
        to=(to,),
        subject=f"Entry {entry.number} ({shipment.ref}) does not get out",
        text=render("filing/outage", ref=shipment.ref, firm=ports.house.firm, **facts),
    )
    return post.deliver(
        ports, mail, kind="outage", shipment_id=None, refusal_is_an_outcome=True, quiet=True
    )


def _tell_stuck(session: Session, entry: Entry, house: House) -> None:
    shipment = session.get(Shipment, entry.shipment_id)
    assert shipment is not None
    assert entry.id is not None
    entry.outage_told_at = now()
    session.add(entry)
    tried = journal.attempts(session, entry.key)
    audit.record(
        session, "outage_told", actor=SYSTEM, shipment_id=entry.shipment_id,
        entry=entry.number, attempts=len(tried),
    )  # fmt: skip
    facts: dict[str, str | int | list[str] | None] = {
        **_facts(entry, house),
        "attempts": len(tried),
        "error": (tried[-1].answer or "no answer yet") if tried else "no attempt was made yet",
    }
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id, note="outage", once=f"entry-{entry.id}", facts=facts,
            broadcast=True, mention=shipment.assignee or entry.confirmed_by,
            entry_id=entry.id, ask="by_hand",
        ),
    )  # fmt: skip
    outbox.add(
        session,
        TellOps(note="outage_ops", once=f"entry-{entry.id}", facts={**facts, "ref": shipment.ref}),
    )
    if house.alert_mail:
        outbox.add(session, AlertMail(shipment_id=entry.shipment_id, entry_id=entry.id))


def _tell_silent(session: Session, entry: Entry, house: House) -> None:
    shipment = session.get(Shipment, entry.shipment_id)
    assert shipment is not None
    entry.unanswered_told_at = now()
    session.add(entry)
    audit.record(
        session, "unanswered_told", actor=SYSTEM, shipment_id=entry.shipment_id, entry=entry.number
    )
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id, note="unanswered", once=f"entry-{entry.id}",
            facts={
                "entry": entry.number,
                "how": entry.gateway,
                "minutes": int(house.outage_minutes),
            },
            mention=shipment.assignee or entry.confirmed_by, entry_id=entry.id, ask="stated",
        ),
    )  # fmt: skip


def _facts(entry: Entry, house: House) -> dict[str, str | int | list[str] | None]:
    link = house.filing_link
    key = entry.key
    return {
        "entry": entry.number,
        "minutes": int(house.outage_minutes),
        "packet": link(key, "packet") if link else None,
        "release": link(key, "cargo_release") if link else None,
        "summary": link(key, "entry_summary") if link else None,
    }
