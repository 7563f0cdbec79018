"""What a carrier answers by mail to a pickup request: an appointment, a proof of delivery.

Only an answer to that very request, from the carrier's own domain, by a mail that is not forged
counts. One date and one time that can be read in one way only are an appointment; anything else
stays a mail in the thread, for a person.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from storage.columns import now
from storage.models import Document, Message, OutgoingMessage, Pickup, Shipment
from workflows import collecting, delivery, notices
from workflows.ports import House
from workflows.states import Refused

_WORDS = re.compile(
    r"\b(confirm(?:ed|ing)?|appointment|appt|booked|scheduled|pick ?up)\b", re.IGNORECASE
)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)[ T,]+(?:at )?(\d\d):?(\d\d)\b")
_US = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?[ ,]+(?:at )?(\d\d):?(\d\d)\b")
_PROOF = re.compile(r"\bproof[ _-]of[ _-]delivery\b|(?<![a-z])pod(?![a-z])", re.IGNORECASE)
_LOOKED_AT = 4000  # characters of a mail
_WEST, _MIDDLE, _EAST = "America/Los_Angeles", "America/Chicago", "America/New_York"
_ZONES = {
    **dict.fromkeys(("CA", "WA", "OR"), _WEST),
    **dict.fromkeys(("TX", "IL", "LA", "AL", "TN", "MN", "MO"), _MIDDLE),
    "HI": "Pacific/Honolulu",
    "AK": "America/Anchorage",
    "PR": "America/Puerto_Rico",
}


def take(session: Session, message: Message, answers: tuple[str, ...], *, house: House) -> None:
    """Take over what the carrier said, if this mail is its answer."""
    row = _asked(session, message, answers, house)
    if row is None or row.id is None:
        return
    carrier = delivery.carrier_of(row, house)
    shipment = session.get(Shipment, row.shipment_id)
    assert carrier is not None
    assert shipment is not None
    actor = collecting.carrier_actor(carrier.name)
    try:
        at = appointment(message.text, port=shipment.transport.portOfDischarge, today=now())
        if at is not None:
            collecting.appoint(
                session, pickup_id=row.id, at=at, by=message.sender, way="mail", actor=actor,
                house=house,
            )  # fmt: skip
        if (document := _proof(session, message)) is not None:
            collecting.proof(
                session, pickup_id=row.id, document=document, at=message.received_at,
                by=message.sender, actor=actor,
            )  # fmt: skip
    except Refused:
        return  # the mail stands in the thread; a person reads it there


def appointment(text: str, *, port: str | None, today: datetime) -> datetime | None:
    """The one appointment that a text names, in the port's own time; else None."""
    words = text[:_LOOKED_AT]
    if _WORDS.search(words) is None:
        return None
    found = {
        one
        for match in (*_ISO.finditer(words), *_US.finditer(words))
        if (one := _moment(match, zone_of(port), today)) is not None
    }
    return found.pop() if len(found) == 1 else None


def zone_of(port: str | None) -> ZoneInfo:
    """The zone of a US port, by the state in its name; the east coast's where it is not known."""
    state = (port or "").rpartition(",")[2].strip().upper()
    return ZoneInfo(_ZONES.get(state, _EAST))


def _moment(match: re.Match[str], zone: ZoneInfo, today: datetime) -> datetime | None:
    if match.re is _ISO:
        year, month, day, hour, minute = (int(one) for one in match.groups())
    else:
        said = match.group(3)
        month, day, hour, minute = (int(match.group(n)) for n in (1, 2, 4, 5))
        year = today.year if said is None else int(said) + (2000 if len(said) == 2 else 0)
        if said is None and month < today.month - 6:
            year += 1  # said in December of a day in January
    try:
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def _asked(
    session: Session, message: Message, answers: tuple[str, ...], house: House
) -> Pickup | None:
    if message.shipment_id is None or not answers:
        return None
    if message.verdict is not None and message.verdict.forged:
        return None
    row = notices.pickup_of(session, message.shipment_id)
    carrier = delivery.carrier_of(row, house) if row is not None else None
    if row is None or carrier is None or carrier.mail is None:
        return None
    domain = carrier.mail.rpartition("@")[2].casefold()
    if message.sender.rpartition("@")[2].casefold() != domain:
        return None
    ours = session.exec(
        select(OutgoingMessage.id).where(
            OutgoingMessage.shipment_id == message.shipment_id,
            OutgoingMessage.kind == "pickup",
            col(OutgoingMessage.message_id).in_([one[:300] for one in answers]),
        )
    ).first()
    return row if ours is not None else None


def _proof(session: Session, message: Message) -> Document | None:
    """The file that says of itself, or whose mail says, that it proves the delivery."""
    files = session.exec(
        select(Document)
        .where(Document.message_id == message.id, Document.shipment_id == message.shipment_id)
        .order_by(col(Document.id))
    ).all()
    named = [one for one in files if _PROOF.search(one.filename)]
    if not named and len(files) == 1 and _PROOF.search(f"{message.subject} {message.text[:500]}"):
        named = list(files)
    return named[0] if len(named) == 1 else None
