"""Slack user -> person with a role. Who is not on the list may do nothing."""

from __future__ import annotations

from sqlmodel import Session, select

from storage import audit
from storage.models import Person
from storage.values import SYSTEM, Actor, Role
from workflows.states import Refused


def who(session: Session, slack_user: str) -> Actor:
    """The person behind a Slack user; raises `Refused` with what to do."""
    person = session.exec(select(Person).where(Person.slack_user == slack_user)).first()
    if person is None:
        raise Refused(
            "You are not on Tidewaiter's list of people, so nothing was done. Ask an admin to run "
            f"'tidewaiter people add --slack {slack_user} --name NAME --role ROLE'."
        )
    return Actor(id=slack_user, name=person.name, role=person.role, licence=person.licence)


def add(session: Session, *, slack_user: str, name: str, role: Role, licence: str | None) -> Person:
    """Put a person on the list, or change their entry."""
    if role is Role.LICENSED_BROKER and not licence:
        raise Refused("A licensed broker needs a licence number: --licence NO.")
    if role in (Role.SYSTEM, Role.AUTHORITY):
        raise Refused("That role is not a person's.")
    person = session.exec(select(Person).where(Person.slack_user == slack_user)).first()
    person = person or Person(slack_user=slack_user, name=name, role=role)
    person.name, person.role, person.licence = name, role, licence
    session.add(person)
    session.flush()
    audit.record(
        session,
        "person_recorded",
        actor=SYSTEM,
        slack_user=slack_user,
        name=name,
        role=role.value,
        licence=licence,
    )
    return person
