"""Slack user -> person with a role. Who is not on the list may do nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage import audit
from storage.models import Person
from storage.values import SYSTEM, Actor, Role
from workflows import offices
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


WAITING = "mail:"
"""Stands before the address of a person whose Slack user is not known yet."""


def add(
    session: Session,
    *,
    slack_user: str | None,
    name: str,
    role: Role,
    licence: str | None,
    mail: str | None = None,
    office: str = "",
) -> Person:
    """Put a person on the list, or change their entry.

    Without a Slack user the person is met by the address when they first act in the workspace,
    which is the brokerage's own or, by its id, a further one (`office`).
    """
    address = mail.strip().casefold() if mail else None
    if address is not None and ("@" not in address or len(address) > 254):
        raise Refused(f"'{mail}' is no mail address.")
    if slack_user is None:
        if address is None:
            raise Refused("Say who it is: --slack USER, or --mail ADDRESS as in their profile.")
        slack_user = offices.qualified(office, f"{WAITING}{address}")
    slack_user = offices.qualified(office, slack_user)
    if role is Role.LICENSED_BROKER and not licence:
        raise Refused("A licensed broker needs a licence number: --licence NO.")
    if role in (Role.SYSTEM, Role.AUTHORITY):
        raise Refused("That role is not a person's.")
    person = session.exec(select(Person).where(Person.slack_user == slack_user)).first()
    if person is None and address is not None:
        person = session.exec(select(Person).where(Person.mail == address)).first()
    person = person or Person(slack_user=slack_user, name=name, role=role)
    if not offices.bare(slack_user).startswith(WAITING):
        person.slack_user = slack_user
    person.name, person.role, person.licence = name, role, licence
    person.mail = address or person.mail
    session.add(person)
    session.flush()
    audit.record(
        session,
        "person_recorded",
        actor=SYSTEM,
        slack_user=person.slack_user,
        name=name,
        role=role.value,
        licence=licence,
    )
    return person


def awaited(session: Session, slack_user: str) -> bool:
    """Whether this user is not on the list, and somebody on it was not met yet."""
    known = select(Person.id).where(Person.slack_user == slack_user)
    if session.exec(known).first() is not None:
        return False
    # Only who waits in this very workspace: another one does not vouch for our people.
    start = offices.qualified(offices.office_of(slack_user), WAITING)
    waiting = select(Person.id).where(col(Person.slack_user).startswith(start))
    return session.exec(waiting).first() is not None


def meet(session: Session, *, slack_user: str, mail: str) -> bool:
    """The workspace vouches that this user has this address: bind who waits under it."""
    waiting = offices.qualified(
        offices.office_of(slack_user), f"{WAITING}{mail.strip().casefold()}"
    )
    person = session.exec(
        select(Person).where(Person.slack_user == waiting).with_for_update()
    ).first()
    if person is None:
        return False
    person.slack_user = slack_user
    session.add(person)
    audit.record(session, "person_met", actor=SYSTEM, slack_user=slack_user, mail=person.mail)
    return True
