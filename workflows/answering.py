"""What we write to the shipper: one acknowledgement after reading, questions, and the chase.

An acknowledgement names what came from its reader and what was read in that, nothing that
another party sent. It is one a day for each shipment. A question goes out because a person
decided so. The chase asks again for what is missing, a few times, then tells a person.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, func, select

from knowledge import calendar
from prompts import letter
from storage import audit, outbox
from storage.columns import now
from storage.mail import OutgoingMail
from storage.models import (
    Disposition,
    Document,
    LineItem,
    Message,
    Outbox,
    OutgoingMessage,
    Shipment,
    State,
)
from storage.values import Actor, Role
from workflows import correspondents, missing
from workflows.correspondents import folded
from workflows.effects import Acknowledge, AskAll, AskQuestion, Chase, TellThread
from workflows.missing import Missing
from workflows.ports import House
from workflows.states import Refused

OPEN = (State.BOOKED, State.RECEIVED, State.IN_REVIEW, State.REJECTED)
MORNING = time(14, 0, tzinfo=UTC)  # the working day has begun from coast to coast, nearly
_ASKERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.COMPLIANCE})
_LONGEST_QUESTION = 5000
_ADDRESS = re.compile(r"^[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,253}$")


def after_reading(session: Session, shipment: Shipment, message_id: int, *, house: House) -> None:
    """A mail was read: acknowledge it, today or, after today's, tomorrow; begin the chase."""
    message = session.get(Message, message_id)
    if message is None or shipment.id is None:
        return
    if correspondents.why_not(session, message, house=house) is None:
        _plan_acknowledgement(session, shipment.id, message_id)
    due = shipment.state in OPEN and shipment.importer_id is not None and house.chasing.most > 0
    if due and missing.from_shipper(session, shipment, house=house):
        first = Chase(shipment_id=shipment.id, after=_newest(session, shipment.id), number=1)
        outbox.add(session, first, run_at=in_working_days(house.chasing.first))


def ask(
    session: Session, shipment: Shipment, *, question: str, to: str | None, actor: Actor
) -> str:
    """Send the shipper a question that a person decided to send; what the person is told.

    Without `to` it goes to whom the shipment's mail comes from.
    """
    assert shipment.id is not None
    may_ask(actor)
    words = "\n".join(line.rstrip() for line in question.strip().splitlines())
    if not words or len(words) > _LONGEST_QUESTION:
        raise Refused(f"A question has between 1 and {_LONGEST_QUESTION} characters.")
    known = correspondents.contacts(session, shipment)
    address = (to or (known[0] if known else "")).strip()
    if not _ADDRESS.match(address):
        raise Refused("Please name the address that the question goes to. Nothing was sent.")
    if correspondents.unreachable(session, address) == "failed":
        raise Refused(f"Mail to {address} came back for good. Nothing was sent; choose another.")
    once = hashlib.sha256(f"{folded(address)}\n{words}\n{now().date()}".encode()).hexdigest()[:16]
    effect = AskQuestion(
        shipment_id=shipment.id, to=address, question=words, asked_by=actor.name, once=once
    )
    if outbox.add(session, effect) is None:
        return f"That question was sent to {address} today already."
    audit.record(session, "question_asked", actor=actor, shipment_id=shipment.id, to=address)
    facts: dict[str, str | int | list[str] | None] = {
        "who": actor.name,
        "to": address,
        "excerpt": " ".join(words.split())[:300],
    }
    outbox.add(
        session,
        TellThread(shipment_id=shipment.id, note="question_asked", once=once, facts=facts),
    )
    return f"The question goes to {address}."


def may_ask(actor: Actor) -> None:
    """Refuse who may not write to clients."""
    if actor.role not in _ASKERS:
        raise Refused("Your role may read, not write to clients. Nothing was sent.")


def check_address(address: str) -> None:
    """Refuse what is no mail address."""
    if not _ADDRESS.match(address):
        raise Refused(f"{address} is not a mail address.")


def acknowledgement(
    session: Session, effect: Acknowledge, *, house: House
) -> tuple[OutgoingMail, int, str] | None:
    """The mail, the newest message that it covers, its language; None when none is due."""
    shipment = session.get(Shipment, effect.shipment_id)
    if shipment is None or shipment.state is State.CANCELLED:
        return None
    covered = _covered(session, effect.shipment_id)
    fresh = [
        one
        for one in session.exec(
            select(Message)
            .where(Message.shipment_id == shipment.id, col(Message.id) > covered)
            .order_by(col(Message.id))
        )
        if correspondents.why_not(session, one, house=house) is None
    ]
    if not fresh:
        return None
    newest = fresh[-1]
    belongs = correspondents.belongs(session, shipment, newest.sender)
    lacks = (
        missing.from_shipper(session, shipment, house=house)
        if belongs and shipment.state in OPEN
        else []
    )
    if effect.only_if_missing and not lacks and newest.received_at.date() < effect.day:
        return None
    mine = [one for one in fresh if folded(one.sender) == folded(newest.sender)]
    language = correspondents.language_of(session, shipment)
    made = letter.write(
        "acknowledgement",
        language=language,
        ref=shipment.ref or "",
        files=[
            one.filename
            for one in session.exec(
                select(Document)
                .where(col(Document.message_id).in_([one.id for one in mine]))
                .order_by(col(Document.id))
            )
        ],
        problems=[problem for one in mine for problem in one.problems],
        missing=lacks,
        firm=house.firm,
        **_read(session, shipment, newest.sender),
    )
    mail = _in_thread(
        session,
        shipment,
        newest.sender,
        made,
        key=effect.key(),
        house=house,
        about=newest.subject,
    )
    return mail, newest.id or 0, made.language


def question(session: Session, effect: AskQuestion, *, house: House) -> tuple[OutgoingMail, str]:
    """The mail of a person's question."""
    shipment = session.get(Shipment, effect.shipment_id)
    assert shipment is not None
    told = correspondents.belongs(session, shipment, effect.to)
    made = letter.write(
        "question",
        language=correspondents.language_of(session, shipment),
        question=[part for part in re.split(r"\n\s*\n|\n", effect.question) if part.strip()],
        ref=shipment.ref or "",
        invoice=shipment.header.invoiceNumber if told else None,
        bill=_bill(shipment) if told else None,
        who=effect.asked_by,
        firm=house.firm,
    )
    mail = _in_thread(session, shipment, effect.to, made, key=effect.key(), house=house)
    return mail, made.language


def reminder(
    session: Session, effect: Chase, *, house: House
) -> tuple[OutgoingMail, str] | list[Missing]:
    """The mail; or what a person must be told is missing; or an empty list: nothing is to do."""
    shipment = session.get(Shipment, effect.shipment_id)
    if shipment is None or shipment.state not in OPEN:
        return []
    if _newest(session, effect.shipment_id) > effect.after:
        return []  # somebody answered; reading the answer began anew if something still lacks
    lacks = missing.from_shipper(session, shipment, house=house)
    if not lacks or effect.number > house.chasing.most:
        return lacks
    whom = correspondents.reachable(session, shipment)
    if not whom:
        return lacks
    eta = shipment.transport.eta
    made = letter.write(
        "chase",
        language=correspondents.language_of(session, shipment),
        ref=shipment.ref or "",
        missing=lacks,
        invoice=shipment.header.invoiceNumber,
        bill=_bill(shipment),
        eta=eta,
        due=calendar.entry_due(eta) if eta else None,
        number=effect.number,
        most=house.chasing.most,
        firm=house.firm,
    )
    mail = _in_thread(session, shipment, whom[0], made, key=effect.key(), house=house)
    return mail, made.language


def all_missing(
    session: Session, effect: AskAll, *, house: House
) -> tuple[OutgoingMail, str] | None:
    """One letter with all that is missing, which a person asked for; None when nothing is."""
    shipment = session.get(Shipment, effect.shipment_id)
    if shipment is None or shipment.state not in OPEN:
        return None
    lacks = missing.from_shipper(session, shipment, house=house)
    whom = correspondents.reachable(session, shipment)
    if not lacks or not whom:
        return None
    eta = shipment.transport.eta
    made = letter.write(
        "ask_all",
        language=correspondents.language_of(session, shipment),
        ref=shipment.ref or "",
        missing=lacks,
        invoice=shipment.header.invoiceNumber,
        bill=_bill(shipment),
        eta=eta,
        due=calendar.entry_due(eta) if eta else None,
        who=effect.asked_by,
        firm=house.firm,
    )
    mail = _in_thread(session, shipment, whom[0], made, key=effect.key(), house=house)
    return mail, made.language


def tell_person(session: Session, effect: Chase, lacks: list[Missing], *, house: House) -> None:
    """The chase is over and something still lacks: somebody must call."""
    shipment = session.get(Shipment, effect.shipment_id)
    assert shipment is not None
    outbox.add(
        session,
        TellThread(
            shipment_id=effect.shipment_id,
            note="chase_over",
            once=f"chase-{effect.after}",
            facts={
                "missing": missing.briefly(lacks),
                "nobody": int(effect.number <= house.chasing.most),
                "most": house.chasing.most,
            },
            mention=shipment.assignee,
        ),
    )


def in_working_days(days: int) -> datetime:
    """The morning of the working day that is so many working days from today."""
    return datetime.combine(calendar.add_working_days(now().date(), days), MORNING)


def _plan_acknowledgement(session: Session, shipment_id: int, message_id: int) -> None:
    if _covered(session, shipment_id) >= message_id:
        return
    today = now().date()
    added = outbox.add(
        session, Acknowledge(shipment_id=shipment_id, message_id=message_id, day=today)
    )
    if added is not None or _planned(session, shipment_id, today) >= message_id:
        return
    tomorrow = today + timedelta(days=1)
    later = Acknowledge(
        shipment_id=shipment_id, message_id=message_id, day=tomorrow, only_if_missing=True
    )
    outbox.add(session, later, run_at=datetime.combine(tomorrow, MORNING))


def _planned(session: Session, shipment_id: int, day: date) -> int:
    """The message for which that day's acknowledgement was planned."""
    key = Acknowledge(shipment_id=shipment_id, message_id=0, day=day).key()
    row = session.exec(select(Outbox).where(Outbox.key == key)).first()
    return int(row.payload["message_id"]) if row else 0


def _covered(session: Session, shipment_id: int) -> int:
    """The newest message that an acknowledgement was about."""
    found = session.exec(
        select(func.max(OutgoingMessage.answers)).where(
            OutgoingMessage.shipment_id == shipment_id, OutgoingMessage.kind == "acknowledgement"
        )
    ).one()
    return found or 0


def _newest(session: Session, shipment_id: int) -> int:
    found = session.exec(
        select(func.max(Message.id)).where(
            Message.shipment_id == shipment_id, Message.disposition == Disposition.ACCEPTED
        )
    ).one()
    return found or 0


def _read(session: Session, shipment: Shipment, sender: str) -> dict[str, object]:
    """Of what was read, what stands in this sender's own mails and documents."""
    mails = session.exec(
        select(Message.id).where(
            Message.shipment_id == shipment.id, func.lower(Message.sender) == folded(sender)
        )
    ).all()
    documents = session.exec(select(Document.id).where(col(Document.message_id).in_(mails))).all()
    own = {*documents, *(-(one or 0) for one in mails)}

    def said(path: str) -> bool:
        place = shipment.evidence.get(path)
        return place is not None and place[0] in own

    transport, totals = shipment.transport, shipment.totals
    bill = (transport.houseBill if said("transport.houseBill") else None) or (
        transport.masterBill if said("transport.masterBill") else None
    )
    lines = session.exec(
        select(func.count())
        .select_from(LineItem)
        .where(LineItem.shipment_id == shipment.id, col(LineItem.document_id).in_(documents))
    ).one()
    return {
        "invoice": shipment.header.invoiceNumber if said("header.invoiceNumber") else None,
        "bill": bill,
        "containers": [
            one for n, one in enumerate(transport.containers) if said(f"transport.containers[{n}]")
        ],
        "lines": lines,
        "total": totals.total if said("totals.total") else None,
        "currency": totals.currency or shipment.header.currency,
    }


def _bill(shipment: Shipment) -> str | None:
    return shipment.transport.houseBill or shipment.transport.masterBill


def _in_thread(
    session: Session,
    shipment: Shipment,
    address: str,
    made: letter.Letter,
    *,
    key: str,
    house: House,
    about: str = "",
) -> OutgoingMail:
    thread = correspondents.thread(session, shipment, address, language=made.language, about=about)
    return OutgoingMail(
        key=key,
        to=(address,),
        subject=thread.subject,
        text=made.text,
        html=made.html,
        reply_to=house.address_for(shipment.ref or ""),
        in_reply_to=thread.in_reply_to,
        references=thread.references,
    )
