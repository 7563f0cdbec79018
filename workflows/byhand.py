"""What a licensed broker does beside the gateway: files by hand, settles a doubt, states a status.

Each is recorded under name and licence with the reference or the evidence, and each takes the
lock that an attempt takes: an entry is filed once, by whom is another matter.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, update
from sqlmodel import Session, col

from storage import audit, outbox
from storage.columns import now
from storage.models import Entry, Outbox, OutboxStatus, Shipment
from storage.values import Actor, Reported, Role
from workflows import journal, proposal, states, tracking
from workflows.effects import SubmitEntry, TellThread
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

STATED = {
    "received": "The filer has it",
    "accepted": "Accepted by customs",
    "rejected": "Rejected by customs",
    "held": "On hold",
    "released": "Released by customs",
}
_LONGEST = 1000


def may(actor: Actor) -> None:
    """Raise `Refused` for whoever may not file; asked before a window opens."""
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker can file an entry. Nothing was changed.")


def filed(session: Session, *, entry_id: int, reference: str, actor: Actor, house: House) -> Answer:
    """A broker has filed the entry without us: the retries end, it is submitted."""
    may(actor)
    entry, shipment = _locked(session, entry_id)
    said = reference.strip()
    if not said or len(said) > _LONGEST:
        raise Refused("Please give the reference under which you filed it. Nothing was changed.")
    if entry.submitted_at is not None:
        raise Refused(
            f"Entry {entry.number} was submitted at {entry.submitted_at:%H:%M} UTC already "
            f"({entry.reference}). If you filed it too, cancel one of the two at customs."
        )
    if journal.under_way(session, entry.key):
        raise Refused(
            "We are trying to file it at this very moment. Nothing was changed; please look at "
            "the thread and try again in three minutes."
        )
    stopped = session.execute(
        update(Outbox)
        .where(
            col(Outbox.kind) == SubmitEntry.kind,
            col(Outbox.shipment_id) == entry.shipment_id,
            col(Outbox.status).in_([OutboxStatus.PENDING, OutboxStatus.DEAD]),
            or_(col(Outbox.lease_until).is_(None), col(Outbox.lease_until) < now()),
        )
        .values(status=OutboxStatus.DROPPED, done_at=now(), lease_until=None)
    )
    entry.submitted_at, entry.reference, entry.filed_by = now(), said, actor.id
    entry.next_poll_at = now() + timedelta(seconds=house.poll_seconds)
    session.add(entry)
    states.fire(session, shipment, states.FiledByHand(reference=said), actor=actor)
    tracking.catch_up(session, entry, house=house)
    audit.record(
        session, "filed_by_hand", actor=actor, shipment_id=shipment.id, entry=entry.number,
        reference=said, retries_stopped=bool(stopped.rowcount),  # type: ignore[attr-defined]
    )  # fmt: skip
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id, note="filed_by_hand", once=f"entry-{entry_id}",
            facts={"entry": entry.number, "who": actor.name, "reference": said},
            entry_id=entry_id, ask="stated",
        ),
    )  # fmt: skip
    proposal.changed(session, shipment)
    return Answer(text=f"Entry {entry.number} is recorded as filed by you.", changed=True)


def denied(session: Session, *, entry_id: int, actor: Actor) -> Answer:
    """A broker has made sure that the filing did not arrive: it is sent again."""
    may(actor)
    entry, shipment = _locked(session, entry_id)
    if entry.submitted_at is not None:
        raise Refused(f"Entry {entry.number} was submitted already. Nothing was sent.")
    if journal.under_way(session, entry.key):
        raise Refused("It is being filed at this very moment. Nothing was changed.")
    turn = len(journal.attempts(session, entry.key)) + 1
    journal.deny(session, entry.key)
    effect = SubmitEntry(shipment_id=entry.shipment_id, entry_id=entry_id, turn=turn)
    outbox.add(session, effect)
    audit.record(session, "filing_denied", actor=actor, shipment_id=shipment.id, entry=entry.number)
    return Answer(text=f"Entry {entry.number} is being sent again.", changed=True)


def state(
    session: Session, *, entry_id: int, code: str, evidence: str, actor: Actor, house: House
) -> Answer:
    """A broker records what customs or the filer said, where no gateway can tell us."""
    may(actor)
    entry, shipment = _locked(session, entry_id)
    if code not in STATED:
        raise Refused("Please choose what customs said. Nothing was changed.")
    said = evidence.strip()
    if not said:
        raise Refused("Please say where it stands (who said it, when). Nothing was changed.")
    if entry.submitted_at is None:
        raise Refused(f"Entry {entry.number} was not submitted yet. Nothing was changed.")
    if entry.gateway not in ("email", "sftp") and entry.filed_by is None:
        raise Refused("The gateway reports the status of this entry by itself. Nothing changed.")
    audit.record(
        session, "status_stated", actor=actor, shipment_id=shipment.id, entry=entry.number,
        code=code, evidence=said[:_LONGEST],
    )  # fmt: skip
    report = Reported(
        code=code,
        raw_code="STATED",
        reason=f"{said[:800]} (recorded by {actor.name})",
        at=now(),
    )
    tracking.record(session, entry_id=entry_id, reports=[report], house=house, source="person")
    return Answer(text=f"Recorded: {STATED[code].lower()}.", changed=True)


def _locked(session: Session, entry_id: int) -> tuple[Entry, Shipment]:
    entry = session.get(Entry, entry_id, with_for_update=True)
    if entry is None:
        raise Refused("This entry is not known.")
    shipment = session.get(Shipment, entry.shipment_id, with_for_update=True)
    assert shipment is not None
    return entry, shipment
