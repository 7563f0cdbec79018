"""Denied-party screening: every party of every shipment, mandatory, failing closed.

There is no switch. A party counts as screened only against the list edition in force; a match
blocks the shipment until a compliance officer clears it with a reason, and stays cleared only
for the same party and edition. Records are kept ten years (31 CFR 501.601).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import Screening, Shipment
from storage.values import SYSTEM, Actor, Role, ScreeningHit
from workflows.states import Refused


class Screener(Protocol):
    """A denied-party list in force; `knowledge.parties` has it."""

    @property
    def edition(self) -> str: ...

    @property
    def official(self) -> bool: ...

    def hits(self, name: str, country: str | None) -> Sequence[ScreeningHit]: ...


def screen(session: Session, shipment: Shipment, screener: Screener) -> list[Screening]:
    """Screen every party that this edition has not screened for this shipment yet."""
    assert shipment.id is not None
    done = {
        row.party
        for row in session.exec(
            select(Screening).where(
                Screening.shipment_id == shipment.id, Screening.list_edition == screener.edition
            )
        )
    }
    new: list[Screening] = []
    for name, country in parties(shipment):
        if name in done:
            continue
        done.add(name)
        row = Screening(
            shipment_id=shipment.id,
            party=name,
            country=country,
            list_edition=screener.edition,
            hits=list(screener.hits(name, country)),
        )
        session.add(row)
        new.append(row)
        audit.record(
            session,
            "party_screened",
            actor=SYSTEM,
            shipment_id=shipment.id,
            edition=screener.edition,
            hits=[hit.entry_id for hit in row.hits],
        )
    session.flush()
    return new


def parties(shipment: Shipment) -> list[tuple[str, str | None]]:
    """Every named party of the shipment with its country, each name once."""
    blocks = [
        shipment.parties.exporter,
        shipment.parties.importer,
        shipment.parties.consignee,
        shipment.parties.notifyParty,
        shipment.parties.manufacturer,
        shipment.parties.shipTo,
    ]
    named = {block.name.strip(): block.country for block in blocks if block.name}
    return list(named.items())


def open_matches(session: Session, shipment_id: int) -> list[Screening]:
    """Matches that nobody has cleared."""
    rows = session.exec(
        select(Screening)
        .where(Screening.shipment_id == shipment_id, col(Screening.cleared_at).is_(None))
        .order_by(col(Screening.id))
    ).all()
    return [row for row in rows if row.hits]


def problems(session: Session, shipment: Shipment, screener: Screener) -> list[str]:
    """Why screening does not allow filing now. Computed, never stored."""
    assert shipment.id is not None
    screened = {
        row.party
        for row in session.exec(
            select(Screening).where(
                Screening.shipment_id == shipment.id, Screening.list_edition == screener.edition
            )
        )
    }
    missing = [name for name, _ in parties(shipment) if name not in screened]
    found = [f"{name} has not been screened against {screener.edition}." for name in missing]
    if not parties(shipment):
        found.append("No party is known, so nobody could be screened.")
    found += [
        f"{row.party} resembles an entry of the denied-party list: compliance must decide."
        for row in open_matches(session, shipment.id)
    ]
    return found


def clear(session: Session, *, screening_id: int, reason: str, actor: Actor) -> Screening:
    """A compliance officer decides that a match is not the listed party."""
    if actor.role is not Role.COMPLIANCE:
        raise Refused("Only a compliance officer can clear a match. Nothing was changed.")
    if not reason.strip():
        raise Refused("Please say why this is not the listed party.")
    row = session.get(Screening, screening_id, with_for_update=True)
    if row is None:
        raise Refused("This match is no longer there.")
    if row.cleared_at is not None:
        raise Refused(f"This match was already cleared: {row.cleared_reason}")
    row.cleared_by, row.cleared_reason, row.cleared_at = actor.id, reason.strip(), now()
    session.add(row)
    audit.record(
        session,
        "match_cleared",
        actor=actor,
        shipment_id=row.shipment_id,
        screening_id=screening_id,
        reason=row.cleared_reason,
        hits=[hit.entry_id for hit in row.hits],
    )
    return row
