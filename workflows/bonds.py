"""Customs bonds: which one secures an entry, and whether it is large enough.

A continuous bond of at least 50,000 US dollars and at least a tenth of the duties, taxes and fees
of twelve months (19 CFR 113.13, CBP Directive 3510-004); a single transaction bond of at least
the value plus duties, taxes and fees. The tenth is taken of what this installation filed: what
others filed for the importer is not known here, so it can only be more.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session, col, select

from storage import audit
from storage.columns import now
from storage.models import Bond, Entry, Importer, Shipment
from storage.values import Actor
from workflows.gateways import packet as packets
from workflows.states import Refused

LEAST_CONTINUOUS = Decimal(50_000)
_YEAR = timedelta(days=365)
_KINDS = ("continuous", "single")


def record(
    session: Session,
    *,
    importer: Importer,
    kind: str,
    surety: str,
    amount: Decimal,
    starts_on: date,
    actor: Actor,
    number: str | None = None,
    ends_on: date | None = None,
    shipment: Shipment | None = None,
) -> Bond:
    """Put a bond on file."""
    if kind not in _KINDS:
        raise Refused("A bond is continuous or single. Nothing was recorded.")
    if not (surety.isdigit() and len(surety) == 3):
        raise Refused("A surety is named by its three digits. Nothing was recorded.")
    if not amount.is_finite() or amount <= 0:
        raise Refused("A bond has an amount above zero. Nothing was recorded.")
    if kind == "continuous" and amount < LEAST_CONTINUOUS:
        raise Refused(f"A continuous bond is at least USD {LEAST_CONTINUOUS:,} (19 CFR 113.13).")
    if (kind == "single") != (shipment is not None):
        raise Refused("A single bond is for one shipment, a continuous one for the importer.")
    if ends_on is not None and ends_on < starts_on:
        raise Refused("A bond ends after it begins. Nothing was recorded.")
    assert importer.id is not None
    made = Bond(
        importer_id=importer.id,
        shipment_id=shipment.id if shipment else None,
        kind=kind,
        surety=surety,
        number=number,
        amount=amount,
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_by=actor.id,
    )
    session.add(made)
    session.flush()
    audit.record(
        session, "bond_recorded", actor=actor, importer_id=importer.id,
        shipment_id=made.shipment_id, bond=kind, surety=surety, amount=str(amount),
    )  # fmt: skip
    return made


def of(session: Session, shipment: Shipment, *, on: date | None = None) -> Bond | None:
    """The bond for a shipment today: its own single one, else the importer's continuous one."""
    day = on or now().date()
    rows = session.exec(
        select(Bond)
        .where(
            Bond.importer_id == shipment.importer_id,
            (col(Bond.shipment_id) == shipment.id) | col(Bond.shipment_id).is_(None),
        )
        .order_by(col(Bond.id).desc())
    ).all()
    standing = [
        row for row in rows if row.starts_on <= day and (row.ends_on is None or row.ends_on >= day)
    ]
    return next((row for row in standing if row.kind == "single"), None) or next(
        iter(standing), None
    )


def of_importer(session: Session, importer: Importer) -> list[Bond]:
    """Every bond of an importer, newest first."""
    rows = session.exec(
        select(Bond).where(Bond.importer_id == importer.id).order_by(col(Bond.id).desc())
    )
    return list(rows)


def too_small(
    session: Session, bond: Bond, *, value: Decimal | None, duty: Decimal | None
) -> str | None:
    """Why the bond does not suffice for an entry of this value and duty, or None."""
    if bond.kind == "single":
        needed = (value or Decimal(0)) + (duty or Decimal(0))
        if bond.amount < needed:
            return (
                f"The single bond of USD {bond.amount:,.2f} is smaller than value and duty "
                f"(USD {needed:,.2f}): ask surety {bond.surety} for a larger one."
            )
        return None
    needed = (_paid(session, bond.importer_id) + (duty or Decimal(0))) / 10
    if bond.amount < needed:
        return (
            f"The continuous bond of USD {bond.amount:,.2f} is smaller than a tenth of the duties "
            f"and fees of twelve months (USD {needed:,.2f}): ask surety {bond.surety} to raise it."
        )
    return None


def _paid(session: Session, importer_id: int) -> Decimal:
    """Duties and fees of the entries of twelve months, as they were filed here."""
    rows = session.exec(
        select(Entry)
        .join(Shipment, col(Shipment.id) == col(Entry.shipment_id))
        .where(Shipment.importer_id == importer_id, Entry.confirmed_at >= now() - _YEAR)
    ).all()
    total = Decimal(0)
    for entry in rows:
        made = packets.read(entry.filing)
        amounts = [row.amount for line in made.lines for row in line.duty] if made else []
        amounts += [row.amount for row in made.fees] if made else []
        total += sum((one for one in amounts if one is not None), Decimal(0))
    return total
