"""Whose a shipment is by itself, by importer, by port or by turns, and how that person is reached.

Who is away is given nothing new; whoever covers for them is told in their place. What people
decide about it is in `assigning.py`; who may do what, in `bot/people.py`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import Importer, Person, PortDesk, Shipment
from storage.people import Wishes
from storage.values import SYSTEM, Role
from workflows import offices

BROKERS = (Role.LICENSED_BROKER, Role.ENTRY_WRITER)
_MOST_COVERS = 5  #: A covers for B who covers for A: we stop somewhere


class Reach(NamedTuple):
    """How a person is told of something now; both None: only by what stands in the thread."""

    mention: str | None
    direct: str | None


def port_name(text: str) -> str:
    """A port as it is compared: "Los Angeles, CA" and "LOS ANGELES CA" are one."""
    return re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()


def give_new(session: Session, shipment: Shipment, *, by_turns: bool) -> None:
    """Find somebody for a shipment that nobody has: importer's broker, the port's, the next."""
    if shipment.assignee is not None:
        return
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    named = importer.broker if importer else None
    how = "importer"
    if named is None and shipment.transport.portOfDischarge:
        port = port_name(shipment.transport.portOfDischarge)
        desk = session.exec(select(PortDesk).where(PortDesk.port == port)).first()
        named, how = (desk.slack_user if desk else None), "port"
    if named is None and by_turns:
        named, how = _next_in_turn(session, offices.serving(session, shipment)), "turns"
    if named is None or offices.office_of(named) != offices.serving(session, shipment):
        return  # who works in another workspace may not see it
    shipment.assignee = covered(session, named)
    session.add(shipment)
    audit.record(
        session,
        "assigned",
        actor=SYSTEM,
        shipment_id=shipment.id,
        to=shipment.assignee,
        how=how,
    )


def covered(session: Session, slack_user: str) -> str:
    """The person, or whoever covers for them today."""
    today, at = now().date(), slack_user
    for _ in range(_MOST_COVERS):
        person = of(session, at)
        if person is None or not away(person, today) or person.covered_by is None:
            return at
        at = person.covered_by
    return slack_user


def reach(session: Session, slack_user: str, *, at: datetime, urgent: bool) -> Reach:
    """How to tell somebody, as they wish. A hold is urgent: quiet hours do not hide it."""
    person = of(session, covered(session, slack_user))
    if person is None:
        return Reach(slack_user, None)
    wishes = person.wishes or Wishes()
    if urgent:
        return Reach(person.slack_user, person.slack_user if wishes.direct else None)
    if wishes.quiet(at):
        return Reach(None, None)
    return Reach(
        person.slack_user if wishes.mention else None,
        person.slack_user if wishes.direct else None,
    )


def of(session: Session, slack_user: str) -> Person | None:
    """The person behind a Slack user."""
    return session.exec(select(Person).where(Person.slack_user == slack_user)).first()


def named(session: Session, text: str) -> Person | None:
    """The one person who is called so: "dana", "Dana Whitlock"; None where it is not clear."""
    asked = text.strip().lstrip("@").casefold()
    people = session.exec(select(Person)).all()
    found = [one for one in people if one.name.casefold() == asked] or [
        one for one in people if asked in one.name.casefold().split()
    ]
    return found[0] if len(found) == 1 else None


def whom_to_ask(session: Session, *, roles: tuple[Role, ...], assignee: str | None = None) -> str:
    """Names of who may, present ones first, for a sentence: "Dana Whitlock or Ann Lee"."""
    today = now().date()
    able = [
        one
        for one in session.exec(select(Person).order_by(col(Person.id)))
        if one.role in roles and not offices.bare(one.slack_user).startswith("mail:")
    ]
    able.sort(key=lambda one: (away(one, today), one.slack_user != assignee))
    names = [one.name for one in able[:3]]
    return " or ".join(names)


def _next_in_turn(session: Session, office: str) -> str | None:
    today = now().date()
    able = [
        one
        for one in session.exec(select(Person).where(Person.role == Role.LICENSED_BROKER))
        if not away(one, today)
        and not offices.bare(one.slack_user).startswith("mail:")
        and offices.office_of(one.slack_user) == office
    ]
    if not able:
        return None
    turn = min(able, key=lambda one: (one.given_at is not None, one.given_at or now(), one.id))
    turn.given_at = now()
    session.add(turn)
    return turn.slack_user


def away(person: Person, today: date) -> bool:
    """Whether the person is out of office."""
    return person.away_until is not None and person.away_until >= today
