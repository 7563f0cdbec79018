"""A person says that a new shipment's documents belong to an older one: they move there.

Only a licensed broker or an entry writer may, only from a shipment of which no line was decided,
never from one importer to another, and never into a file that is sealed. The second click of a
double click finds it done.
"""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.models import Importer, LineItem, LineState, Message, Shipment, State
from storage.values import Actor, Role
from workflows import intake, proposal, states
from workflows.effects import ReadDocuments, TellThread
from workflows.review import Answer
from workflows.states import Refused

_DECIDERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER})
_SEALED = (State.CLOSED, State.CANCELLED)


def attach(session: Session, *, shipment_id: int, to: int, actor: Actor) -> Answer:
    """Move all that a shipment has to another, and end it."""
    if actor.role not in _DECIDERS:
        raise Refused(
            "Only a licensed broker or an entry writer can say where documents belong. "
            "Nothing was changed."
        )
    # Always in this order: two clicks must not wait for each other.
    rows = {
        one: session.get(Shipment, one, with_for_update=True) for one in sorted({shipment_id, to})
    }
    younger, older = rows[shipment_id], rows[to]
    if younger is None or older is None or younger is older:
        raise Refused("One of the two shipments is no longer there. Nothing was changed.")
    if younger.joined_into is not None:
        if younger.joined_into == older.ref:
            return Answer(text=f"{younger.ref} is part of {older.ref} already.", changed=False)
        raise Refused(
            f"{younger.ref} is part of {younger.joined_into} already. Nothing was changed."
        )
    _may_move(session, younger, older)
    newest = session.exec(
        select(func.max(Message.id)).where(Message.shipment_id == younger.id)
    ).one()
    states.fire(session, younger, states.Attached(into=older.ref or ""), actor=actor)
    moved = intake.move(session, younger, older)
    assert older.id is not None
    audit.record(
        session,
        "documents_attached",
        actor=actor,
        shipment_id=older.id,
        younger=younger.ref,
        documents=moved,
    )
    if newest is not None:
        outbox.add(session, ReadDocuments(shipment_id=older.id, message_id=newest))
    late = older.state not in intake.OPEN
    facts: dict[str, str | int | list[str] | None] = {
        "who": actor.name,
        "younger": younger.ref,
        "older": older.ref,
        "documents": moved,
        "state": states.words(older.state),
        "late": int(late),
    }
    for one in (older, younger):
        outbox.add(
            session,
            TellThread(
                shipment_id=one.id or 0, note="attached", once=f"shipment-{younger.id}", facts=facts
            ),
        )
        proposal.changed(session, one)
    return Answer(text=f"The documents of {younger.ref} are part of {older.ref} now.", changed=True)


def _may_move(session: Session, younger: Shipment, older: Shipment) -> None:
    if older.state in _SEALED:
        raise Refused(
            f"Nothing was changed: {older.ref} is {states.words(older.state)}, and takes no more."
        )
    decided = session.exec(
        select(func.count())
        .select_from(LineItem)
        .where(LineItem.shipment_id == younger.id, LineItem.state != LineState.OPEN)
    ).one()
    if decided:
        raise Refused(
            f"Nothing was changed: lines of {younger.ref} are decided already. Reject it, or "
            f"forward the documents to the address of {older.ref}."
        )
    if None not in (younger.importer_id, older.importer_id):
        names = session.exec(
            select(Importer.name)
            .where(col(Importer.id).in_([younger.importer_id, older.importer_id]))
            .order_by(col(Importer.id))
        ).all()
        if younger.importer_id != older.importer_id:
            raise Refused(
                f"Nothing was changed: the two shipments are for different importers "
                f"({' and '.join(names)}), whose papers stay apart."
            )
