"""The letter about a hold to the importer or the shipper: prepared for a broker, sent by none else.

Whom a hold concerns outside is said by the playbook; what the letter says is a template that the
broker may change. Restricted goods have none: who is told, and what, is counsel's word.
"""

from __future__ import annotations

from sqlmodel import Session

from prompts import render
from storage import audit
from storage.models import Entry, Hold, Importer, Shipment
from storage.values import Actor, Role, Value
from workflows import answering, correspondents, holds, notices, playbook
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused


class Prepared(Value):
    """What the window is filled with."""

    to: str  #: proposed; empty where nobody is on record
    text: str
    whom: str  #: importer or shipper


def prepare(session: Session, *, hold_id: int, actor: Actor, house: House) -> Prepared:
    """The letter of this hold as it could go now. Raises `Refused`."""
    hold, shipment, whom = _allowed(session, hold_id, actor)
    entry = session.get(Entry, hold.entry_id)
    assert entry is not None
    free = notices.free_time_of(session, shipment, house)
    text = render(
        f"holds/letter_{hold.kind}",
        entry=entry.number, reason=hold.reason or "no reason was given",
        wanted=list(hold.missing), by=str(hold.respond_by) if hold.respond_by else None,
        last_free_day=str(free.last_free_day) if free.last_free_day else None,
        containers=list(shipment.transport.containers), case=hold.case_number,
    )  # fmt: skip
    return Prepared(to=_to(session, shipment, whom), text=text, whom=whom)


def send(session: Session, *, hold_id: int, to: str, text: str, actor: Actor) -> Answer:
    """A licensed broker sends it, as it is or changed. Raises `Refused`."""
    hold, shipment, whom = _allowed(session, hold_id, actor)
    said = answering.ask(session, shipment, question=text, to=to.strip() or None, actor=actor)
    audit.record(
        session, "hold_letter_sent", actor=actor, shipment_id=shipment.id, hold_id=hold.id,
        whom=whom, to=to.strip() or None,
    )  # fmt: skip
    return Answer(text=said.replace("The question", "The letter"), changed=True)


def _allowed(session: Session, hold_id: int, actor: Actor) -> tuple[Hold, Shipment, str]:
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused("Only a licensed broker writes to clients about a hold. Nothing was sent.")
    hold = session.get(Hold, hold_id)
    shipment = session.get(Shipment, hold.shipment_id) if hold is not None else None
    if hold is None or shipment is None:
        raise Refused("This hold is not known.")
    if hold.lifted_at is not None:
        raise Refused("This hold was already lifted. Nothing was sent.")
    whom = playbook.play(hold.kind).letter
    if whom is None or holds.frozen(session, hold.shipment_id):
        raise Refused(
            "No letter goes out about this hold: who is told, and what, decides the broker with "
            "compliance and counsel. Nothing was sent."
            if playbook.play(hold.kind).few or holds.frozen(session, hold.shipment_id)
            else "Please say first what kind of hold it is. Nothing was sent."
        )
    return hold, shipment, whom


def _to(session: Session, shipment: Shipment, whom: str) -> str:
    if whom == "importer":
        importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
        known = [*(importer.contacts or ()), importer.consignee_mail] if importer else []
    else:
        known = list(correspondents.contacts(session, shipment))
    return next((one for one in known if one), "")
