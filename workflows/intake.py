"""A mail becomes part of a shipment: which one, what it brought, what follows.

Which shipment: an answer to one of our mails or to an earlier mail of the shipment; the
shipment's own address; a bill of lading or container number; an invoice or order number when
the same firm wrote before. Numbers of one client never pull another client's mail in.
Nothing here reads a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from storage import audit, outbox
from storage.columns import now
from storage.models import (
    Disposition,
    Document,
    LineItem,
    LineState,
    Message,
    ReadState,
    Reference,
    Shipment,
    State,
)
from storage.trust import Verdict
from storage.values import SYSTEM, DocumentKind, Unreadable, Value
from workflows import quarantine, states, trust
from workflows.effects import AnswerSender, ReadDocuments, TellOps, TellThread
from workflows.trust import Judgement, Policy

STRONG = frozenset({"message_id", "shipment", "bill", "container"})
"""Numbers that name one shipment by themselves; invoice and order numbers repeat over firms."""

_OPEN = (State.RECEIVED, State.IN_REVIEW, State.REJECTED)
_INTAKE_LOCK = 7_446_003
_ANSWERS_AN_HOUR = 10


class File(Value):
    """One file of a mail; its bytes are a blob already."""

    filename: str
    content_type: str
    size: int
    sha256: str
    held: str | None = None  #: why nobody may open it, in words


class Arrival(Value):
    """A mail that was taken apart. `references` are (kind, value) as found in its words."""

    spool_name: str
    message_id: str
    digest: str
    raw_sha256: str
    sender: str
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    sent_at: AwareDatetime | None = None
    received_at: AwareDatetime
    answers: tuple[str, ...] = ()  #: Message-IDs of In-Reply-To and References
    tokens: tuple[str, ...] = ()  #: what stood behind "+" in our address
    references: tuple[tuple[str, str], ...] = ()
    automatic: bool = False  #: a loop, an automatic answer or a bounce
    no_answer: str | None = None  #: why no automatic answer may go to it, e.g. a mailing list
    broken: bool = False  #: could not be taken apart
    problems: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    verdict: Verdict | None = None  #: None: it was not asked


def accept(session: Session, arrival: Arrival, *, policy: Policy | None = None) -> Message:
    """Record a mail, once, with its documents and its shipment, or where it waits."""
    if session.get_bind().dialect.name == "postgresql":
        # Two mails of one new shipment must not both find that it does not exist yet.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INTAKE_LOCK})
    if known := _known(session, arrival):
        return known
    message = _message(arrival)
    judged = trust.judge(
        session,
        sender=arrival.sender,
        sender_name=arrival.sender_name,
        verdict=arrival.verdict or Verdict(),
        policy=policy or Policy(),
    )
    if message.disposition is not Disposition.ACCEPTED and not judged.blocked:
        return _set_aside(session, arrival, message, judged)
    if judged.grounds:
        return quarantine.keep(session, message, judged, arrival=arrival.model_dump(mode="json"))
    return admit(session, arrival, message)


def admit(session: Session, arrival: Arrival, message: Message) -> Message:
    """Let a mail in: its shipment, its documents, and what follows."""
    shipment = _find(session, arrival)
    started = shipment is None
    if shipment is None:
        shipment = _start(session)
    assert shipment.id is not None
    message.shipment_id = shipment.id
    session.add(message)
    session.flush()
    assert message.id is not None
    fresh = _attach(session, shipment.id, message.id, arrival.files)
    remember(session, shipment.id, [("message_id", arrival.message_id), *arrival.references])
    audit.record(
        session,
        "mail_accepted",
        actor=SYSTEM,
        shipment_id=shipment.id,
        message_id=message.id,
        raw=arrival.raw_sha256,
        documents=[document.sha256 for document in fresh],
    )
    outbox.add(session, ReadDocuments(shipment_id=shipment.id, message_id=message.id))
    if not started:
        _tell_of_more(session, shipment, message, fresh)
    return message


def remember(session: Session, shipment_id: int, references: Iterable[tuple[str, str]]) -> None:
    """Keep the numbers by which later mail finds this shipment."""
    known = {
        (row.kind, row.value)
        for row in session.exec(select(Reference).where(Reference.shipment_id == shipment_id))
    }
    for kind, value in references:
        if value and (kind, value) not in known:
            known.add((kind, value))
            session.add(Reference(shipment_id=shipment_id, kind=kind, value=value[:300]))
    session.flush()


def join(session: Session, shipment: Shipment) -> Shipment:
    """After reading: if an older open shipment has the same bill or container, become part of it.

    Two mails of one shipment may arrive together, before either has been read. Nothing is
    joined once a person has decided a line of the younger one.
    """
    assert shipment.id is not None
    strong = select(Reference.value).where(
        Reference.shipment_id == shipment.id, col(Reference.kind).in_(["bill", "container"])
    )
    older = session.exec(
        select(Shipment)
        .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
        .where(
            col(Reference.kind).in_(["bill", "container"]),
            col(Reference.value).in_(strong),
            col(Shipment.id) < shipment.id,
            col(Shipment.state).in_(_OPEN),
        )
        .order_by(col(Shipment.id))
        .with_for_update()
    ).first()
    decided = session.exec(
        select(func.count())
        .select_from(LineItem)
        .where(LineItem.shipment_id == shipment.id, LineItem.state != LineState.OPEN)
    ).one()
    apart = (
        older is not None
        and None not in (older.importer_id, shipment.importer_id)
        and older.importer_id != shipment.importer_id
    )
    if older is None or decided or apart or shipment.state not in _OPEN:
        return shipment
    _move(session, shipment, older)
    return older


def _known(session: Session, arrival: Arrival) -> Message | None:
    again = session.exec(select(Message).where(Message.spool_name == arrival.spool_name)).first()
    if again is not None:
        return again  # the same spool file: an earlier attempt was recorded
    twin = session.exec(
        select(Message).where(
            Message.message_id == arrival.message_id, Message.digest == arrival.digest
        )
    ).first()
    if twin is not None:
        audit.record(
            session,
            "mail_repeated",
            actor=SYSTEM,
            shipment_id=twin.shipment_id,
            message_id=twin.id,
            spool=arrival.spool_name,
        )
    return twin


def _message(arrival: Arrival) -> Message:
    disposition = Disposition.ACCEPTED
    if arrival.broken:
        disposition = Disposition.UNPARSED
    elif arrival.automatic:
        disposition = Disposition.LOOP
    elif not arrival.files and not arrival.text.strip():
        disposition = Disposition.EMPTY
    return Message(
        spool_name=arrival.spool_name,
        message_id=arrival.message_id,
        digest=arrival.digest,
        raw_sha256=arrival.raw_sha256,
        sender=arrival.sender,
        sender_name=arrival.sender_name,
        recipients=list(arrival.recipients),
        subject=arrival.subject,
        text=arrival.text[:100_000],
        sent_at=arrival.sent_at,
        received_at=arrival.received_at,
        disposition=disposition,
        problems=list(arrival.problems),
        no_answer=arrival.no_answer,
        verdict=arrival.verdict,
    )


def _set_aside(session: Session, arrival: Arrival, message: Message, judged: Judgement) -> Message:
    message_id = quarantine.put_aside(session, message)
    if message.disposition is Disposition.LOOP:
        return message
    outbox.add(
        session,
        TellOps(
            note="mail_set_aside",
            once=f"message-{message_id}",
            facts={
                "sender": arrival.sender or "nobody",
                "subject": arrival.subject or "(no subject)",
                "why": message.disposition.value,
                "problems": list(arrival.problems),
                "spool": arrival.spool_name,
            },
        ),
    )
    if _may_answer(session, arrival) and not judged.grounds:
        outbox.add(session, AnswerSender(message_id=message_id, template="nothing_in_it"))
    return message


def _find(session: Session, arrival: Arrival) -> Shipment | None:
    for token in arrival.tokens:
        found = session.exec(select(Shipment).where(Shipment.ref == token.upper())).first()
        if found is not None:
            return found
    if found := _by(session, [("message_id", answered) for answered in arrival.answers]):
        return found
    if found := _by(session, [pair for pair in arrival.references if pair[0] in STRONG]):
        return found
    weak = [pair for pair in arrival.references if pair[0] not in STRONG]
    found = _by(session, weak)
    if found is not None and _same_firm(session, found, arrival.sender):
        return found
    return None


def _by(session: Session, references: Sequence[tuple[str, str]]) -> Shipment | None:
    for kind, value in references:
        found = session.exec(
            select(Shipment)
            .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
            .where(
                Reference.kind == kind,
                Reference.value == value,
                Shipment.state != State.CANCELLED,
            )
            .order_by(col(Shipment.id).desc())
        ).first()
        if found is not None:
            return found
    return None


def _same_firm(session: Session, shipment: Shipment, sender: str) -> bool:
    domain = sender.rpartition("@")[2].casefold()
    earlier = session.exec(select(Message.sender).where(Message.shipment_id == shipment.id)).all()
    return any(address.rpartition("@")[2].casefold() == domain for address in earlier)


def _start(session: Session) -> Shipment:
    shipment = Shipment(state=State.BOOKED)
    session.add(shipment)
    session.flush()
    shipment.ref = f"SHP-{now().year}-{shipment.id:06d}"
    states.fire(session, shipment, states.Received(), actor=SYSTEM)
    assert shipment.id is not None
    remember(session, shipment.id, [("shipment", shipment.ref)])
    return shipment


def _attach(
    session: Session, shipment_id: int, message_id: int, files: Sequence[File]
) -> list[Document]:
    there = set(
        session.exec(select(Document.sha256).where(Document.shipment_id == shipment_id)).all()
    )
    fresh: list[Document] = []
    for file in files:
        if file.sha256 in there:
            continue  # the same bytes again: one document
        there.add(file.sha256)
        document = Document(
            shipment_id=shipment_id,
            message_id=message_id,
            filename=file.filename,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            kind=DocumentKind.OTHER,
            state=ReadState.UNREADABLE if file.held else ReadState.WAITING,
            problem=Unreadable(file=file.filename, reason="held", message=file.held)
            if file.held
            else None,
        )
        session.add(document)
        fresh.append(document)
    session.flush()
    return fresh


def _tell_of_more(
    session: Session, shipment: Shipment, message: Message, fresh: Sequence[Document]
) -> None:
    assert shipment.id is not None
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note="mail_joined",
            once=f"message-{message.id}",
            facts={
                "sender": message.sender_name or message.sender,
                "subject": message.subject,
                "documents": [document.filename for document in fresh],
                "excerpt": " ".join(message.text.split())[:300],
                "state": states.words(shipment.state),
                "late": int(shipment.state not in _OPEN),
            },
        ),
    )


def _may_answer(session: Session, arrival: Arrival) -> bool:
    """Whether an automatic answer is in order (RFC 3834): never to machines, never a flood."""
    if arrival.automatic or arrival.no_answer or not arrival.sender:
        return False
    since: datetime = now() - timedelta(hours=1)
    lately = session.exec(
        select(func.count())
        .select_from(Message)
        .where(Message.sender == arrival.sender, col(Message.received_at) > since)
    ).one()
    return lately <= _ANSWERS_AN_HOUR


def _move(session: Session, younger: Shipment, older: Shipment) -> None:
    assert older.id is not None
    assert younger.id is not None
    there = set(session.exec(select(Document.sha256).where(Document.shipment_id == older.id)))
    for document in session.exec(select(Document).where(Document.shipment_id == younger.id)):
        if document.sha256 not in there:
            document.shipment_id = older.id
            session.add(document)
    for message in session.exec(select(Message).where(Message.shipment_id == younger.id)):
        message.shipment_id = older.id
        session.add(message)
    pairs = [
        (row.kind, row.value)
        for row in session.exec(select(Reference).where(Reference.shipment_id == younger.id))
    ]
    for row in session.exec(select(Reference).where(Reference.shipment_id == younger.id)):
        session.delete(row)
    session.flush()
    remember(session, older.id, pairs)
    states.fire(session, younger, states.Joined(into=older.ref or ""), actor=SYSTEM)
    outbox.add(
        session,
        TellThread(
            shipment_id=older.id,
            note="shipments_joined",
            once=f"shipment-{younger.id}",
            facts={"younger": younger.ref or ""},
        ),
    )
