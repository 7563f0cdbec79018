"""A person says that one document belongs to another shipment of the same client: it moves there.

Never from one client to another, never one whose lines are decided, and never into or out of what
is confirmed. The facts of both shipments are made anew from what each then has, and both threads
are told. Two shipments that a person has parted in this way are not joined again by their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_
from sqlmodel import Session, col, delete, select

from storage import audit, outbox
from storage.models import (
    Document,
    Importer,
    LineItem,
    LineState,
    ReadState,
    Reference,
    Shipment,
    State,
)
from storage.values import SYSTEM, Actor, Reading
from workflows import intake, numbers, proposal, review, states
from workflows.effects import ReadDocuments, TellThread
from workflows.review import Answer
from workflows.states import Refused

_UNTIL = (State.BOOKED, State.RECEIVED, State.IN_REVIEW)
_MOST = 100


def movable(session: Session, shipment_id: int) -> list[Document]:
    """The documents of the shipment that a person may move."""
    return list(
        session.exec(
            select(Document)
            .where(
                Document.shipment_id == shipment_id,
                col(Document.made_by_us).is_(False),
                Document.state != ReadState.WAITING,
            )
            .order_by(col(Document.id))
        )
    )


def possible(session: Session, shipment: Shipment, *, actor: Actor) -> Importer:
    """The client within whose shipments documents move; raises `Refused`."""
    review.may_correct(actor)
    _may_change(shipment)
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    if importer is None:
        raise Refused(
            f"The client of {shipment.ref} is not known yet, so it is not known which shipments "
            "are theirs. Correct the importer's name first; nothing was changed."
        )
    return importer


def places(session: Session, shipment_id: int, *, words: str) -> list[Shipment]:
    """Where its documents could go: open shipments of the same client, the newest first."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None or shipment.importer_id is None:
        return []
    wanted = (
        select(Shipment)
        .where(
            Shipment.importer_id == shipment.importer_id,
            Shipment.id != shipment_id,
            col(Shipment.state).in_(_UNTIL),
        )
        .order_by(col(Shipment.id).desc())
        .limit(_MOST)
    )
    asked = words.strip()
    if asked:
        by_number = select(Reference.shipment_id).where(
            col(Reference.value).contains(numbers.plain(asked), autoescape=True),
            Reference.kind != "message_id",
        )
        by_ref = col(Shipment.ref).icontains(asked, autoescape=True)
        wanted = wanted.where(or_(by_ref, col(Shipment.id).in_(by_number)))
    return list(session.exec(wanted))


def move(session: Session, *, document_id: int, to: int, actor: Actor) -> Answer:
    """Give a document to another shipment of its client."""
    review.may_correct(actor)
    document = session.get(Document, document_id, with_for_update=True)
    if document is None:
        raise Refused("This document is no longer there. Nothing was changed.")
    if document.shipment_id == to:
        there = session.get(Shipment, to)
        ref = there.ref if there else ""
        return Answer(text=f"{document.title} is part of {ref} already.", changed=False)
    # Always in this order: two people who move in opposite directions must not wait for each other.
    rows = {
        one: session.get(Shipment, one, with_for_update=True)
        for one in sorted({document.shipment_id, to})
    }
    here, there = rows[document.shipment_id], rows[to]
    if here is None or there is None:
        raise Refused("That shipment is no longer there. Nothing was changed.")
    importer = possible(session, here, actor=actor)
    if there.importer_id != importer.id:
        raise Refused(
            f"{there.ref} is not a shipment of {importer.name}: papers of clients stay apart. "
            "Nothing was changed."
        )
    _may_change(there)
    _may_leave(session, document)
    if session.exec(
        select(Document.id).where(
            Document.shipment_id == there.id,
            Document.sha256 == document.sha256,
            Document.first_page == document.first_page,
        )
    ).first():
        raise Refused(f"{there.ref} has this very document already. Nothing was changed.")
    _hand_over(session, document, here, there)
    audit_id = _record(session, document, here, there, actor)
    for one in (here, there):
        assert one.id is not None
        outbox.add(
            session, ReadDocuments(shipment_id=one.id, message_id=0, once=f"moved-{audit_id}")
        )
        facts: dict[str, str | int | list[str] | None] = {
            "who": actor.name,
            "document": document.title,
            "here": here.ref,
            "there": there.ref,
        }
        outbox.add(
            session,
            TellThread(
                shipment_id=one.id, note="document_moved", once=f"moved-{audit_id}", facts=facts
            ),
        )
        proposal.changed(session, one)
    return Answer(
        text=f"{document.title} is part of {there.ref} now; both shipments are made anew.",
        changed=True,
    )


def _may_change(shipment: Shipment) -> None:
    if shipment.state not in _UNTIL:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")


def _may_leave(session: Session, document: Document) -> None:
    if document.made_by_us:
        raise Refused(f"{document.title} was made here for this shipment. Nothing was changed.")
    if document.state is ReadState.WAITING:
        raise Refused(f"{document.title} is still being read: please try again in a minute.")
    decided = session.exec(
        select(LineItem.number)
        .where(LineItem.document_id == document.id, LineItem.state != LineState.OPEN)
        .order_by(col(LineItem.number))
    ).all()
    if decided:
        listed = ", ".join(str(one) for one in decided[:10])
        raise Refused(
            f"Nothing was changed: lines of {document.title} are decided already ({listed})."
        )


def _hand_over(session: Session, document: Document, here: Shipment, there: Shipment) -> None:
    for line in session.exec(select(LineItem).where(LineItem.document_id == document.id)):
        line.document_id = None  # the lines that it leaves are made anew from what stays
        session.add(line)
    assert here.id is not None
    assert there.id is not None
    document.shipment_id = there.id
    session.add(document)
    session.flush()
    stay = session.exec(select(Document).where(Document.shipment_id == here.id)).all()
    left = set(_numbers([document])) - set(_numbers(stay))
    for kind, value in left:
        session.execute(
            delete(Reference).where(
                col(Reference.shipment_id) == here.id,
                col(Reference.kind) == kind,
                col(Reference.value) == value[:300],
            )
        )
    intake.remember(session, there.id, _numbers([document]))
    intake.remember(session, here.id, [(intake.APART, there.ref or "")])
    intake.remember(session, there.id, [(intake.APART, here.ref or "")])
    if there.state is State.BOOKED:
        states.fire(session, there, states.Received(), actor=SYSTEM)


def _numbers(documents: Sequence[Document]) -> list[tuple[str, str]]:
    return [
        pair
        for one in documents
        if isinstance(one.reading, Reading)
        for pair in numbers.of(one.reading)
    ]


def _record(
    session: Session, document: Document, here: Shipment, there: Shipment, actor: Actor
) -> str:
    """On record in both shipments; gives a mark of this act."""
    for one in (here, there):
        audit.record(
            session, "document_moved", actor=actor, shipment_id=one.id, document_id=document.id,
            document=document.sha256, title=document.title, left=here.ref, went=there.ref,
        )  # fmt: skip
    # The revision of the card that it leaves grows with each act on it.
    return f"{document.id}-{here.id}-{here.card_rev}"
