"""Powers of attorney: a broker acts for an importer only with one on file (19 CFR 141.46)."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import Importer, PowerOfAttorney
from storage.values import Actor
from workflows.states import Refused


def record(
    session: Session,
    *,
    importer: Importer,
    signed_by: str,
    signed_on: date,
    expires_on: date | None,
    actor: Actor,
) -> PowerOfAttorney:
    """Put on file that the importer itself has signed (19 CFR 111.36(c)(3))."""
    if expires_on is not None and expires_on <= signed_on:
        raise Refused("A power of attorney must end after it was signed.")
    assert importer.id is not None
    given = PowerOfAttorney(
        importer_id=importer.id,
        signed_by=signed_by,
        signed_on=signed_on,
        expires_on=expires_on,
        recorded_by=actor.id,
    )
    session.add(given)
    audit.record(
        session,
        "power_of_attorney_recorded",
        actor=actor,
        importer_id=importer.id,
        signed_by=signed_by,
        signed_on=signed_on,
    )
    return given


def problem(session: Session, importer: Importer) -> str | None:
    """Why this brokerage may not act for the importer today, or None."""
    newest = session.exec(
        select(PowerOfAttorney)
        .where(PowerOfAttorney.importer_id == importer.id)
        .order_by(col(PowerOfAttorney.signed_on).desc(), col(PowerOfAttorney.id).desc())
    ).first()
    if newest is None:
        return f"There is no power of attorney of {importer.name} on file."
    if newest.expires_on is not None and newest.expires_on < now().date():
        return f"The power of attorney of {importer.name} ended on {newest.expires_on}."
    return None
