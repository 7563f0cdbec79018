"""One mail with the documents of several shipments becomes a mail of each.

What belongs where was found by the reader (`ingest.apart`) and only where it is clear. Each part is
a message of its own that says of which it is part, so that its answers, its history and its file
have what is about it and nothing of another client (19 CFR 111.24). Nothing is split once a person
has decided a line. No document is lost, and none is there twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, delete, func, select

from storage import audit, outbox
from storage.models import Document, LineItem, LineState, Message, Reference, Shipment, State
from storage.values import SYSTEM, Value
from workflows import intake, parts, states
from workflows.effects import ReadDocuments, TellThread

_SPLITTABLE = (State.RECEIVED, State.IN_REVIEW)
_BELOW = "\n\n-- \n"


class Portion(Value):
    """What of the mail is about one shipment."""

    documents: tuple[int, ...]
    inner: tuple[int, ...]  #: the mails inside the mail that are about it
    pairs: tuple[tuple[str, str], ...]


def split(
    session: Session, *, shipment_id: int, message_id: int, portions: Sequence[Portion]
) -> bool:
    """Divide a mail; False when it stays whole, because somebody has decided on it already."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    message = session.get(Message, message_id)
    if shipment is None or message is None or len(portions) < 2:
        return False
    if shipment.state not in _SPLITTABLE or _decided(session, shipment_id):
        return False
    stays = _stays(session, shipment, message, portions)
    if stays is None:
        return False
    leaving = [one for one in portions if one is not stays]
    whole = Message.model_validate(message.model_dump())  # as it came
    for number, portion in enumerate(leaving, start=2):
        _leave(session, shipment, message, whole, portion, number)
    _forget(session, shipment_id, stays, leaving)
    intake.remember(session, shipment_id, stays.pairs)
    kept = _documents(session, stays.documents)
    _narrow(message, whole, stays, [one.sha256 for one in kept])
    session.add(message)
    session.flush()
    outbox.add(session, ReadDocuments(shipment_id=shipment_id, message_id=message_id, turn=1))
    return True


def tell(session: Session, shipment: Shipment, message_id: int) -> None:
    """Once the card is there: that the mail held several shipments, and where the others are."""
    message = session.get(Message, message_id)
    if message is None or message.shipment_id != shipment.id:
        return
    whole = message.part_of or message.id
    elsewhere = session.exec(
        select(Shipment.ref)
        .join(Message, col(Message.shipment_id) == col(Shipment.id))
        .where(
            (col(Message.id) == whole) | (col(Message.part_of) == whole), Message.id != message.id
        )
        .order_by(col(Message.id))
    ).all()
    if not elsewhere:
        return
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0,
            note="mail_split",
            once=f"message-{message.id}",
            facts={
                "sender": message.sender_name or message.sender,
                "subject": message.subject,
                "documents": [one.name for one in message.files],
                "elsewhere": [ref or "" for ref in elsewhere],
                "state": states.words(shipment.state),
                "late": int(shipment.state not in intake.OPEN),
            },
        ),
    )


def _decided(session: Session, shipment_id: int) -> bool:
    count = session.exec(
        select(func.count())
        .select_from(LineItem)
        .where(LineItem.shipment_id == shipment_id, LineItem.state != LineState.OPEN)
    ).one()
    return bool(count)


def _stays(
    session: Session, shipment: Shipment, message: Message, portions: Sequence[Portion]
) -> Portion | None:
    """The part that this shipment is about; None: why the mail came to it is not clear."""
    first = session.exec(
        select(func.min(Message.id)).where(Message.shipment_id == shipment.id)
    ).one()
    if first == message.id:
        return portions[0]
    known = {
        (row.kind, row.value)
        for row in session.exec(select(Reference).where(Reference.shipment_id == shipment.id))
    }
    matching = [one for one in portions if known & set(one.pairs)]
    return matching[0] if len(matching) == 1 else None


def _leave(
    session: Session,
    shipment: Shipment,
    message: Message,
    whole: Message,
    portion: Portion,
    number: int,
) -> None:
    """Give one part to its own shipment: one that is known by its bill or container, else a new."""
    strong = [pair for pair in portion.pairs if pair[0] in ("bill", "container")]
    other = intake.by_numbers(session, strong)
    if other is None or other.id == shipment.id:
        other = intake.start(session)
        other.addressed_id = shipment.addressed_id
    assert other.id is not None
    documents = _documents(session, portion.documents)
    part = Message.model_validate(
        {
            **whole.model_dump(exclude={"id"}),
            "spool_name": f"{whole.spool_name}/{number}",
            "digest": f"{whole.digest}/{number}",
            "shipment_id": other.id,
            "part_of": message.id,
        }
    )
    _narrow(part, whole, portion, [one.sha256 for one in documents])
    session.add(part)
    session.flush()
    assert part.id is not None
    _hand_over(session, documents, other.id, part.id)
    intake.remember(session, other.id, [("message_id", whole.message_id), *portion.pairs])
    outbox.add(session, ReadDocuments(shipment_id=other.id, message_id=part.id))
    for one, away in ((shipment, other), (other, shipment)):
        audit.record(
            session,
            "mail_split",
            actor=SYSTEM,
            shipment_id=one.id,
            message_id=message.id,
            part=part.id,
            other=away.ref,
            documents=[document.sha256 for document in documents],
        )


def _hand_over(
    session: Session, documents: Sequence[Document], shipment_id: int, message_id: int
) -> None:
    there = set(
        session.exec(select(Document.sha256).where(Document.shipment_id == shipment_id)).all()
    )
    for document in reversed(documents):  # parts of a file before the file
        # The lines of the shipment that it leaves are made anew from what stays.
        session.execute(
            update(LineItem)
            .where(col(LineItem.document_id) == document.id)
            .values(document_id=None)
        )
        if document.sha256 in there:
            session.delete(document)  # the same bytes are there: it would be there twice
            session.flush()
            continue
        document.shipment_id, document.message_id = shipment_id, message_id
        session.add(document)
    session.flush()


def _narrow(message: Message, whole: Message, portion: Portion, kept: Sequence[str]) -> None:
    """Leave in a message what is about its shipment: its files, and the mails in it."""
    message.files = [one for one in whole.files if one.sha256 in kept]
    message.problems = [one for one in whole.problems if "several bills of lading" not in one]
    own = [one for one in whole.inner if one.number == 0]
    mine = [one for one in whole.inner if one.number and one.number in portion.inner]
    if mine:
        message.text = _BELOW.join(one.text for one in [*own, *mine] if one.text)[:100_000]
        message.several = False
        message.inner = [*own, *mine]
    else:
        message.several = True  # its words are about all of them: they are read for none


def _forget(session: Session, shipment_id: int, stays: Portion, leaving: Sequence[Portion]) -> None:
    """Numbers that left no longer lead here: the next mail about them goes where they went."""
    gone = {pair for one in leaving for pair in one.pairs} - set(stays.pairs)
    for kind, value in gone:
        session.execute(
            delete(Reference).where(
                col(Reference.shipment_id) == shipment_id,
                col(Reference.kind) == kind,
                col(Reference.value) == value[:300],
            )
        )


def _documents(session: Session, numbers: Sequence[int]) -> list[Document]:
    return parts.of(session, numbers)
