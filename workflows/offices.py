"""Workspaces beside the house's own: whose ids are whose, and where a shipment is shown.

The ids of another workspace carry it before them: `T2:U1`, `T2:C1`. Two workspaces may have the
same user or channel id, and a person of one is nobody in the other. The house's own ids stand as
they are.
"""

from __future__ import annotations

import re

from sqlmodel import Session, col, select

from storage import apart
from storage.models import Importer, Person, Shipment, SlackInstallation
from storage.values import Role
from workflows.ports import House, Transient

_ID = re.compile(r"^(T[A-Z0-9]+):")


def office_of(address: str | None) -> str:
    """The workspace of a user or channel; "" for the house's own."""
    found = _ID.match(address or "")
    return found.group(1) if found else ""


def qualified(office: str, name: str) -> str:
    """The id as we keep it."""
    return f"{office}:{name}" if office and name and not _ID.match(name) else name


def bare(address: str) -> str:
    """The id as its workspace knows it."""
    return _ID.sub("", address)


def serving(session: Session, shipment: Shipment) -> str:
    """The workspace that serves this shipment's importer."""
    importer = session.get(Importer, shipment.importer_id) if shipment.importer_id else None
    return (importer.office if importer else None) or ""


def visible(session: Session, slack_user: str) -> str | None:
    """What this person may see (`storage.apart.see`); the house's compliance oversees all.

    While no importer is served elsewhere, everybody of the house sees everything.
    """
    if office := office_of(slack_user):
        return office
    if session.exec(select(Importer.id).where(col(Importer.office).is_not(None))).first() is None:
        return None
    person = session.exec(select(Person).where(Person.slack_user == slack_user)).first()
    return None if person is not None and person.role is Role.COMPLIANCE else apart.HOUSE


def review_channel(session: Session, shipment: Shipment, house: House) -> str:
    """Where its card stands. Raises `Transient` until the workspace says which channel."""
    office = serving(session, shipment)
    if not office:
        return house.review_channel
    row = session.exec(select(SlackInstallation).where(SlackInstallation.team_id == office)).first()
    if row is None or row.review_channel is None:
        raise Transient(
            f"The workspace {office} has no review channel: nothing was posted. Say it with "
            f"`tidewaiter slack-workspace {office} --review CHANNEL`."
        )
    return qualified(office, row.review_channel)
