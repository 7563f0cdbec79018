"""A mail becomes part of a shipment: which one, what it brought, what follows.

Which shipment: an answer to one of our mails or to an earlier mail of the shipment; the
shipment's own address; a bill of lading or container number; an invoice or order number when
the same firm wrote before; an entry number. Numbers of one client never pull another client's
mail in. Nothing here reads a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from storage import audit, entry_number, outbox
from storage.columns import now
from storage.mail import InnerWords, MailFile
from storage.models import (
    Disposition,
    Document,
    Entry,
    Importer,
    LineItem,
    LineState,
    Message,
    OutgoingMessage,
    ReadState,
    Reference,
    Shipment,
    State,
)
from storage.trust import Verdict
from storage.values import SYSTEM, Actor, DocumentKind, Unreadable, Value
from workflows import correspondents, quarantine, states, trust
from workflows.effects import AnswerSender, ReadDocuments, ReadStatuses, TellOps, TellThread
from workflows.trust import Judgement, Policy

STRONG = frozenset({"message_id", "shipment", "bill", "container", "entry"})
"""Numbers that name one shipment by themselves; invoice and order numbers repeat over firms."""

OPEN = (State.BOOKED, State.RECEIVED, State.IN_REVIEW, State.REJECTED)
APART = "apart"
"""Kind of the reference to a shipment that a person has parted from this one."""

INTAKE_LOCK = 7_446_003
_ANSWERS_AN_HOUR = 10


Because = Literal["held", "encrypted", "unsupported"]
"""Dangerous, locked, or of a form that we cannot look into."""


class File(Value):
    """One file of a mail; its bytes are a blob already."""

    filename: str
    content_type: str
    size: int
    sha256: str
    held: str | None = None  #: why nobody may open it, in words
    because: Because = "held"
    inner: int = 0  #: in which of the mails inside the mail it lay


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
    several: bool = False  #: it names the bills of several shipments
    tells: bool = False  #: it may tell the status of an entry
    problems: tuple[str, ...] = ()
    inner: tuple[InnerWords, ...] = ()  #: number 0 is the mail itself; kept when there are several
    files: tuple[File, ...] = ()
    verdict: Verdict | None = None  #: None: it was not asked


def accept(session: Session, arrival: Arrival, *, policy: Policy | None = None) -> Message:
    """Record a mail, once, with its documents and its shipment, or where it waits."""
    if session.get_bind().dialect.name == "postgresql":
        # Two mails of one new shipment must not both find that it does not exist yet.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": INTAKE_LOCK})
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
        shipment = start(session)
        if (addressed := addressed_importer(session, arrival.tokens)) is not None:
            shipment.addressed_id = addressed.id
            shipment.assignee = addressed.broker
            session.add(shipment)
    elif shipment.state is State.BOOKED:
        states.fire(session, shipment, states.Received(), actor=SYSTEM)
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
    if arrival.tells:
        outbox.add(session, ReadStatuses(message_id=message.id))
    if not started:
        _tell(session, shipment, message, [one.filename for one in fresh], note="mail_joined")
    return message


def hand_in(session: Session, *, shipment_id: int, file: File, actor: Actor) -> str:
    """A person hands a document in beside the mail; what became of it, in a word."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None or shipment.state in (State.CLOSED, State.CANCELLED):
        return "over"
    fresh = _attach(session, shipment_id, None, [file])
    if not fresh:
        return "known"
    if shipment.state is State.BOOKED:
        states.fire(session, shipment, states.Received(), actor=SYSTEM)
    audit.record(
        session,
        "document_handed_in",
        actor=actor,
        shipment_id=shipment_id,
        document=fresh[0].sha256,
        held=bool(file.held),
    )
    # Of no mail: its number tells this reading from others.
    outbox.add(session, ReadDocuments(shipment_id=shipment_id, message_id=0, turn=fresh[0].id or 0))
    return "held" if file.held else "taken"


def tell_first(session: Session, shipment: Shipment, message_id: int) -> None:
    """Once the card is there: the mail that began the shipment, shortly, in its thread."""
    message = session.get(Message, message_id)
    earlier = session.exec(
        select(Message.id).where(Message.shipment_id == shipment.id, col(Message.id) < message_id)
    ).first()
    if message is not None and message.shipment_id == shipment.id and earlier is None:
        names = [one.name for one in message.files]
        _tell(session, shipment, message, names, note="mail_came")


def addressed_importer(session: Session, tokens: Iterable[str]) -> Importer | None:
    """The importer whose own address the mail came to, if it was one."""
    for token in tokens:
        found = session.exec(select(Importer).where(Importer.mark == token.casefold())).first()
        if found is not None:
            return found
    return None


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
    parted = select(Reference.value).where(
        Reference.shipment_id == shipment.id, Reference.kind == APART
    )
    older = session.exec(
        select(Shipment)
        .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
        .where(
            col(Reference.kind).in_(["bill", "container"]),
            col(Reference.value).in_(strong),
            col(Shipment.id) < shipment.id,
            col(Shipment.state).in_(OPEN),
            col(Shipment.ref).not_in(parted),
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
    if older is None or decided or apart or shipment.state not in OPEN:
        return shipment
    absorb(session, shipment, older)
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
        several=arrival.several,
        files=[
            MailFile(
                name=one.filename, sha256=one.sha256, size=one.size, held=one.held, inner=one.inner
            )
            for one in arrival.files
        ],
        inner=list(arrival.inner),
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
        # By reference first: what joined another shipment is found there.
        if found := by_numbers(session, [("shipment", token.upper())]):
            return found
        found = session.exec(select(Shipment).where(Shipment.ref == token.upper())).first()
        if found is not None:
            return found
    if found := _answered(session, arrival.answers):
        return found
    strong = [pair for pair in arrival.references if pair[0] in STRONG]
    if found := by_numbers(session, strong):
        return found
    if found := by_numbers(session, [("message_id", answered) for answered in arrival.answers]):
        return found
    weak = [pair for pair in arrival.references if pair[0] not in STRONG]
    found = by_numbers(session, weak)
    if found is not None and _same_firm(session, found, arrival.sender):
        return found
    return None


def _answered(session: Session, answers: Sequence[str]) -> Shipment | None:
    """The shipment of the mail that it answers; a mail that became two does not say which."""
    for answered in answers:
        found = session.exec(
            select(Shipment)
            .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
            .where(
                Reference.kind == "message_id",
                Reference.value == answered[:300],
                Shipment.state != State.CANCELLED,
            )
        ).all()
        if len(found) == 1:
            return found[0]
    return None


def by_numbers(session: Session, references: Sequence[tuple[str, str]]) -> Shipment | None:
    """The newest shipment that has one of these numbers, in their order."""
    for kind, value in references:
        found = _filed_as(session, value) if kind == "entry" else _by(session, kind, value)
        if found is not None:
            return found
    return None


def _filed_as(session: Session, value: str) -> Shipment | None:
    """The shipment of an entry number: the table of entries knows it, however it was written."""
    try:
        filer, number = entry_number.parse(value)
    except entry_number.BadEntryNumber:
        return None
    written = entry_number.format_entry_number(filer, number)
    entry = session.exec(select(Entry).where(Entry.number == written)).first()
    return session.get(Shipment, entry.shipment_id) if entry else None


def _by(session: Session, kind: str, value: str) -> Shipment | None:
    return session.exec(
        select(Shipment)
        .join(Reference, col(Reference.shipment_id) == col(Shipment.id))
        .where(
            Reference.kind == kind,
            Reference.value == value[:300],
            Shipment.state != State.CANCELLED,
        )
        .order_by(col(Shipment.id).desc())
    ).first()


def _same_firm(session: Session, shipment: Shipment, sender: str) -> bool:
    domain = sender.rpartition("@")[2].casefold()
    earlier = session.exec(select(Message.sender).where(Message.shipment_id == shipment.id)).all()
    if any(address.rpartition("@")[2].casefold() == domain for address in earlier):
        return True
    # Nobody has written about a shipment that was only booked: its own people count.
    return correspondents.belongs(session, shipment, sender)


def begin(session: Session) -> Shipment:
    """A new shipment with its number, booked and nothing more."""
    shipment = Shipment(state=State.BOOKED)
    session.add(shipment)
    session.flush()
    shipment.ref = f"SHP-{now().year}-{shipment.id:06d}"
    assert shipment.id is not None
    remember(session, shipment.id, [("shipment", shipment.ref)])
    return shipment


def start(session: Session) -> Shipment:
    """A new shipment, for documents that belong to none that is known."""
    shipment = begin(session)
    states.fire(session, shipment, states.Received(), actor=SYSTEM)
    return shipment


def _attach(
    session: Session, shipment_id: int, message_id: int | None, files: Sequence[File]
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
            problem=Unreadable(file=file.filename, reason=file.because, message=file.held)
            if file.held
            else None,
        )
        session.add(document)
        fresh.append(document)
    session.flush()
    return fresh


def _tell(
    session: Session, shipment: Shipment, message: Message, documents: Sequence[str], *, note: str
) -> None:
    assert shipment.id is not None
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id,
            note=note,
            once=f"message-{message.id}",
            facts={
                "sender": message.sender_name or message.sender,
                "subject": message.subject,
                "documents": list(documents),
                "excerpt": " ".join(message.text.split())[:300],
                "verdict": trust.briefly(message.verdict),
                "state": states.words(shipment.state),
                "late": int(shipment.state not in OPEN),
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


def absorb(session: Session, younger: Shipment, older: Shipment) -> None:
    """Let the younger shipment become part of the older one, and tell it there."""
    move(session, younger, older)
    states.fire(session, younger, states.Joined(into=older.ref or ""), actor=SYSTEM)
    outbox.add(
        session,
        TellThread(
            shipment_id=older.id or 0,
            note="shipments_joined",
            once=f"shipment-{younger.id}",
            facts={"younger": younger.ref or ""},
        ),
    )


def move(session: Session, younger: Shipment, older: Shipment) -> list[str]:
    """Give the older shipment all that the younger has; the names of the documents that moved.

    A document whose very bytes the older has already stays where it is: there it would be twice.
    """
    assert older.id is not None
    assert younger.id is not None
    there = set(session.exec(select(Document.sha256).where(Document.shipment_id == older.id)).all())
    moved = []
    for document in session.exec(select(Document).where(Document.shipment_id == younger.id)).all():
        if document.sha256 not in there:
            document.shipment_id = older.id
            session.add(document)
            moved.append(document.filename)
    for table in (Message, OutgoingMessage):
        for mail in session.exec(select(table).where(table.shipment_id == younger.id)).all():
            mail.shipment_id = older.id
            session.add(mail)
    rows = session.exec(select(Reference).where(Reference.shipment_id == younger.id)).all()
    pairs = [(row.kind, row.value) for row in rows]
    for row in rows:
        session.delete(row)
    younger.joined_into = older.ref
    session.add(younger)
    session.flush()
    remember(session, older.id, pairs)
    if older.state is State.BOOKED:
        states.fire(session, older, states.Received(), actor=SYSTEM)
    return moved
