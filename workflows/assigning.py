"""What people decide about whose a shipment is: give it, give a port, go away, come back."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, select

from storage import audit, outbox
from storage.columns import now
from storage.models import PortDesk, Shipment
from storage.values import Actor
from workflows import proposal
from workflows.effects import TellThread
from workflows.review import Answer
from workflows.staffing import BROKERS, away, of, port_name
from workflows.states import Refused, WrongRole


def give(session: Session, *, shipment_id: int, to: str, actor: Actor) -> Answer:
    """A person gives a shipment to somebody, or takes it."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        raise Refused("This shipment is not known.")
    if actor.role not in BROKERS:
        raise WrongRole(
            "Only a broker or an entry writer can assign. Nothing was changed.", *BROKERS
        )
    person = of(session, to)
    if person is None or person.role not in BROKERS:
        name = person.name if person else "That person"
        raise Refused(f"{name} is no broker or entry writer here. Nothing was changed.")
    if shipment.assignee == to:
        return Answer(text=f"{person.name} has {shipment.ref} already.", changed=False)
    before, shipment.assignee = shipment.assignee, to
    audit.record(
        session, "assigned", actor=actor, shipment_id=shipment_id, to=to, before=before, how="hand"
    )
    proposal.changed(session, shipment)
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="assigned",
            once=f"rev-{shipment.card_rev}",
            facts={"who": actor.name, "to": person.name, "own": int(to == actor.id)},
            mention=to if to != actor.id else None,
        ),
    )
    said = f" They are away until {person.away_until}." if away(person, now().date()) else ""
    return Answer(text=f"{shipment.ref} is assigned to {person.name} now.{said}", changed=True)


def give_port(session: Session, *, port: str, slack_user: str | None, actor: Actor) -> str:
    """Record who has a port; without a user nobody has."""
    name = port_name(port)
    if not name:
        raise Refused("Name the port as the papers do, for example 'Los Angeles, CA'.")
    if slack_user is not None and of(session, slack_user) is None:
        raise Refused(f"{slack_user} is not on the list of people.")
    row = session.exec(select(PortDesk).where(PortDesk.port == name)).first()
    if slack_user is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(PortDesk(port=name, slack_user=slack_user))
    else:
        row.slack_user = slack_user
        session.add(row)
    audit.record(session, "port_given", actor=actor, port=name, to=slack_user)
    return f"{port} belongs to {slack_user or 'nobody'}."


def go_away(session: Session, *, actor: Actor, until: date | None, cover: str | None) -> Answer:
    """A person is out of office up to and including this day, or is back."""
    person = of(session, actor.id)
    assert person is not None
    if until is not None and until < now().date():
        raise Refused(f"{until} is over. Nothing was changed.")
    if until is not None and cover is not None:
        other = of(session, cover)
        if other is None or other.role not in BROKERS or cover == actor.id:
            raise Refused("Whoever covers must be another broker or entry writer of the list.")
    person.away_until, person.covered_by = until, cover if until else None
    session.add(person)
    audit.record(session, "away_set", actor=actor, until=str(until or ""), cover=cover)
    if until is None:
        return Answer(text="Welcome back: new work comes to you again.", changed=True)
    who = other.name if cover and other else "nobody in particular"
    return Answer(
        text=f"You are away until {until}; {who} is told in your place. What is yours stays yours.",
        changed=True,
    )
