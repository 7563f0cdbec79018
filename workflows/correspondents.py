"""Whom we write to about a shipment, whom an automatic answer may go to, and in which thread.

Who only knows a shipment's address learns nothing of it: other people's facts and what is
missing go to those who brought the shipment, their firm, and the importer's contacts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from prompts import letter
from storage.columns import now
from storage.models import (
    Booked,
    Disposition,
    Importer,
    Message,
    Outcome,
    OutgoingMessage,
    Shipment,
)
from storage.values import Value
from workflows.ports import House

THREADED = ("acknowledgement", "question", "chase", "documents_wanted")

_FAILED = (Outcome.BOUNCED, Outcome.COMPLAINED, Outcome.REFUSED)
_REMEMBERED = timedelta(days=60)
_EVERYBODYS = frozenset(
    {
        "126.com",
        "163.com",
        "aol.com",
        "gmail.com",
        "googlemail.com",
        "gmx.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "me.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.com",
        "yahoo.com",
        "yandex.com",
    }
)
"""Domains under which strangers have addresses: there the whole address must be the same."""


class Thread(Value):
    """The one conversation with one correspondent about one shipment."""

    subject: str
    in_reply_to: str | None
    references: tuple[str, ...]


def folded(address: str) -> str:
    """An address for comparison."""
    return address.strip().casefold()


def language_of(session: Session, shipment: Shipment) -> str:
    """The importer's language, English where none is recorded."""
    importer = _importer(session, shipment)
    return (importer.language if importer else None) or "en"


def why_not(session: Session, message: Message, *, house: House) -> str | None:
    """Why no automatic answer may go to this mail (RFC 3834), or None."""
    if message.disposition is not Disposition.ACCEPTED:
        return f"the mail was {message.disposition.value}"
    if message.no_answer:
        return message.no_answer
    if not message.sender or _plain(message.sender) == _plain(house.intake_address):
        return "it has no sender but ourselves"
    if not _known(session, message):
        return "the sender is not known"
    if unreachable(session, message.sender):
        return "the address cannot be reached"
    return None


def belongs(session: Session, shipment: Shipment, address: str) -> bool:
    """Whether this address is one of those whose shipment it is."""
    importer = _importer(session, shipment)
    ours = [*(importer.contacts or ()), importer.consignee_mail] if importer else []
    ours += _booked_by(session, shipment)
    first = session.exec(
        select(Message.sender)
        .where(Message.shipment_id == shipment.id, Message.disposition == Disposition.ACCEPTED)
        .order_by(col(Message.id))
    ).first()
    return any(_same_firm(address, one) for one in (first, *ours) if one)


def contacts(session: Session, shipment: Shipment) -> list[str]:
    """Whom to ask for what is missing, the last who wrote first, then the importer's contacts."""
    wrote = session.exec(
        select(Message.sender)
        .where(
            Message.shipment_id == shipment.id,
            Message.disposition == Disposition.ACCEPTED,
            col(Message.no_answer).is_(None),
        )
        .order_by(col(Message.id).desc())
    ).all()
    importer = _importer(session, shipment)
    known = [one for one in wrote if one and belongs(session, shipment, one)]
    named = [*((importer.contacts or ()) if importer else ()), *_booked_by(session, shipment)]
    return list({folded(one): one for one in reversed([*known, *named])}.values())[::-1]


def reachable(session: Session, shipment: Shipment) -> list[str]:
    """Of the contacts those whose address works and who are not away."""
    return [one for one in contacts(session, shipment) if not unreachable(session, one)]


def unreachable(session: Session, address: str) -> str | None:
    """Why a mail to this address is of no use today: it failed for good, or its owner is away."""
    rows = session.exec(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.correspondent == folded(address),
            col(OutgoingMessage.sent_at) > now() - _REMEMBERED,
        )
        .order_by(col(OutgoingMessage.id).desc())
    ).all()
    for row in rows:
        came_back = row.bounce.at if row.bounce else row.sent_at
        if row.outcome in _FAILED and not _wrote_since(session, address, came_back):
            return "failed"
        away = row.bounce is not None and row.bounce.kind == "away"
        if away and row.bounce and row.bounce.until and row.bounce.until > now():
            return "away"
    return None


def thread(
    session: Session, shipment: Shipment, address: str, *, language: str, about: str = ""
) -> Thread:
    """The subject that was fixed at the first mail, and what they wrote last."""
    ours = session.exec(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.shipment_id == shipment.id,
            OutgoingMessage.correspondent == folded(address),
            col(OutgoingMessage.kind).in_(THREADED),
        )
        .order_by(col(OutgoingMessage.id))
    ).all()
    theirs = session.exec(
        select(Message)
        .where(
            Message.shipment_id == shipment.id,
            func.lower(Message.sender) == folded(address),
            Message.disposition == Disposition.ACCEPTED,
        )
        .order_by(col(Message.id))
    ).all()
    told = belongs(session, shipment, address)
    subject = ours[0].subject if ours else _subject(shipment, language, about, told=told)
    said = sorted(
        [(one.received_at, one.message_id) for one in theirs]
        + [(one.sent_at, one.message_id) for one in ours]
    )
    last = theirs[-1].message_id if theirs else (ours[-1].message_id if ours else None)
    return Thread(subject=subject, in_reply_to=last, references=tuple(one for _, one in said))


def _subject(shipment: Shipment, language: str, about: str, *, told: bool) -> str:
    """By the shipment's numbers; for those who may not know them, by their own words."""
    transport = shipment.transport
    return letter.subject(
        "thread",
        language=language,
        ref=shipment.ref or "",
        invoice=shipment.header.invoiceNumber if told else None,
        bill=(transport.houseBill or transport.masterBill) if told else None,
        subject=about or "...",
    )


def _known(session: Session, message: Message) -> bool:
    """They write for one of our clients, or did before."""
    shipments = select(Message.shipment_id).where(
        func.lower(Message.sender) == folded(message.sender),
        Message.disposition == Disposition.ACCEPTED,
    )
    return (
        session.exec(
            select(Shipment.id).where(
                col(Shipment.id).in_(shipments), col(Shipment.importer_id).is_not(None)
            )
        ).first()
        is not None
    )


def _wrote_since(session: Session, address: str, since: datetime) -> bool:
    return (
        session.exec(
            select(Message.id).where(
                func.lower(Message.sender) == folded(address),
                Message.disposition == Disposition.ACCEPTED,
                col(Message.received_at) > since,
            )
        ).first()
        is not None
    )


def _same_firm(one: str, other: str) -> bool:
    if folded(one) == folded(other):
        return True
    domain = folded(one).rpartition("@")[2]
    return domain == folded(other).rpartition("@")[2] and domain not in _EVERYBODYS


def _plain(address: str) -> str:
    name, _, domain = folded(address).rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def _booked_by(session: Session, shipment: Shipment) -> list[str]:
    """The shippers whom the shipment's bookings name."""
    rows = session.exec(select(Booked).where(Booked.shipment_id == shipment.id)).all()
    return [row.facts.contact for row in rows if row.facts.contact]


def _importer(session: Session, shipment: Shipment) -> Importer | None:
    return session.get(Importer, shipment.importer_id) if shipment.importer_id else None
