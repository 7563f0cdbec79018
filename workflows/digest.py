"""One mail at the end of a day to those who want it: what happened to their shipments.

An importer's contacts hear of their own shipments only (19 CFR 111.24); a broker of those that are
assigned to them. A day runs from one evening's hour to the next, so that whenever the clock gets to
it the digest says the same. On a day without news nothing is sent. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlmodel import Session, col, select

from prompts import letter
from storage import audit, outbox
from storage.mail import OutgoingMail
from storage.models import AuditEvent, Entry, Importer, Person, Shipment, State
from storage.values import Actor, Value
from workflows import answering, booking, missing
from workflows.effects import SendDigest
from workflows.ports import House
from workflows.states import Refused

MOST = 60  #: shipments in one mail
_LATE = timedelta(hours=20)  #: a clock that was down this long sends it no more
_NEWS = {
    "mail_accepted": "documents",
    "mail_split": "documents",
    "documents_attached": "documents",
    "shipment_confirm": "confirmed",
    "shipment_submitted": "filed",
    "shipment_accepted": "accepted",
    "shipment_held": "held",
    "shipment_released": "released",
    "shipment_refusal": "refused",
    "shipment_reject": "rejected",
    "shipment_close": "closed",
}
"""Events of the audit chain that are news, and the word for them in the letter."""


class Told(Value):
    """One shipment in the digest."""

    ref: str
    invoice: str | None
    bill: str | None
    entry: str | None
    state: str
    news: tuple[str, ...]
    missing: int


def subscribe(
    session: Session,
    *,
    addresses: Sequence[str],
    actor: Actor,
    importer: str | None,
    person: str | None,
) -> str:
    """Record who wants the digest; without an address nobody does."""
    if (importer is None) == (person is None):
        raise Refused("Name either --importer NAME or --person SLACK_USER.")
    for one in addresses:
        answering.check_address(one)
    if importer is not None:
        client = booking.named_importer(session, importer)
        client.digest_to = list(addresses) or None
        session.add(client)
        whose = client.name
    else:
        found = session.exec(select(Person).where(Person.slack_user == person)).first()
        if found is None:
            raise Refused(f"{person} is not on the list of people.")
        if len(addresses) > 1:
            raise Refused("A person has one address for the digest.")
        found.digest_to = addresses[0] if addresses else None
        session.add(found)
        whose = found.name
    audit.record(session, "digest_set", actor=actor, whose=whose, to=list(addresses))
    if not addresses:
        return f"{whose} gets no digest."
    return f"The digest of {whose} goes to {', '.join(addresses)}."


def schedule(session: Session, *, hour: int, at: datetime) -> int:
    """Ask for the digests that are due now, each once a day; gives how many are new."""
    day = at.date() if at.hour >= hour else at.date() - timedelta(days=1)
    if at - _end(day, hour) > _LATE:
        return 0
    made = 0
    for effect in _due(session, day, hour):
        if _events(session, effect):
            made += outbox.add(session, effect) is not None
    return made


def written(
    session: Session, effect: SendDigest, *, house: House
) -> tuple[OutgoingMail, str] | None:
    """The mail and its language; None when there is no news, or nobody wants it any more."""
    if effect.to not in _addresses(session, effect):
        return None
    told = _told(session, effect, house)
    if not told:
        return None
    importer = session.get(Importer, effect.importer_id) if effect.importer_id else None
    language = (importer.language if importer else None) or "en"
    facts = {"day": effect.day, "count": len(told), "firm": house.firm}
    made = letter.write(
        "digest", language=language, shipments=told[:MOST], more=max(len(told) - MOST, 0), **facts
    )
    mail = OutgoingMail(
        key=effect.key(),
        to=(effect.to,),
        subject=letter.subject("digest", language=language, **facts),
        text=made.text,
        html=made.html,
        reply_to=house.intake_address,
    )
    return mail, made.language


def _due(session: Session, day: date, hour: int) -> Iterable[SendDigest]:
    for client in session.exec(select(Importer).order_by(col(Importer.id))):
        for to in dict.fromkeys(client.digest_to or ()):
            yield SendDigest(to=to, day=day, hour=hour, importer_id=client.id)
    wanting = select(Person).where(col(Person.digest_to).is_not(None)).order_by(col(Person.id))
    for person in session.exec(wanting):
        yield SendDigest(to=person.digest_to or "", day=day, hour=hour, person_id=person.id)


def _addresses(session: Session, effect: SendDigest) -> list[str]:
    if effect.importer_id is not None:
        client = session.get(Importer, effect.importer_id)
        return list(client.digest_to or ()) if client else []
    person = session.get(Person, effect.person_id) if effect.person_id else None
    return [person.digest_to] if person and person.digest_to else []


def _events(session: Session, effect: SendDigest) -> list[AuditEvent]:
    """The news of the day about the shipments that this reader may hear of."""
    until = _end(effect.day, effect.hour)
    mine = select(Shipment.id)
    if effect.importer_id is not None:
        mine = mine.where(Shipment.importer_id == effect.importer_id)
    else:
        person = session.get(Person, effect.person_id)
        mine = mine.where(Shipment.assignee == (person.slack_user if person else ""))
    return list(
        session.exec(
            select(AuditEvent)
            .where(
                col(AuditEvent.action).in_(_NEWS),
                AuditEvent.at > until - timedelta(days=1),
                AuditEvent.at <= until,
                col(AuditEvent.shipment_id).in_(mine),
            )
            .order_by(col(AuditEvent.id))
        )
    )


def _told(session: Session, effect: SendDigest, house: House) -> list[Told]:
    news: dict[int, dict[str, None]] = {}
    for event in _events(session, effect):
        news.setdefault(event.shipment_id or 0, {}).setdefault(_NEWS[event.action])
    found = []
    for number, said in news.items():
        shipment = session.get(Shipment, number)
        if shipment is None or shipment.state is State.CANCELLED:
            continue
        entry = session.exec(
            select(Entry).where(Entry.shipment_id == number).order_by(col(Entry.id).desc())
        ).first()
        waiting = shipment.state in answering.OPEN
        lacks = missing.from_shipper(session, shipment, house=house) if waiting else []
        found.append(
            Told(
                ref=shipment.ref or "",
                invoice=shipment.header.invoiceNumber,
                bill=shipment.transport.houseBill or shipment.transport.masterBill,
                entry=entry.number if entry else None,
                state=shipment.state.value,
                news=tuple(said),
                missing=len(lacks),
            )
        )
    return found


def _end(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour, tzinfo=UTC))
