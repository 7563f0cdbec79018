"""Powers of attorney: a broker acts for an importer only with one on file (19 CFR 141.46).

The newest that counts is the one on file; what was signed through a service counts only after a
licensed broker has checked who signed. `problem` says why the brokerage may not act; it is
computed each time that somebody asks. Nothing here asks anybody to sign: see `signing.py`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from sqlmodel import Session, col, select

from knowledge import reference
from storage import audit
from storage.columns import now
from storage.models import Importer, PowerOfAttorney, Shipment, SignatureEnvelope
from storage.powers import GrantorKind, Scope
from storage.values import Actor, Role
from workflows import adcvd
from workflows.booking import match_name
from workflows.states import Refused

CONSUMPTION = "01"  # CBP's entry type of a formal entry for consumption
PARTNERSHIP_YEARS = 2  # 19 CFR 141.34
_FORMS = {
    "inc": "inc",
    "incorporated": "inc",
    "corp": "corp",
    "corporation": "corp",
    "llc": "llc",
    "ltd": "ltd",
    "limited": "ltd",
    "plc": "plc",
    "gmbh": "gmbh",
    "lp": "lp",
    "llp": "llp",
}


def record(
    session: Session,
    *,
    importer: Importer,
    signed_by: str,
    signed_on: date,
    expires_on: date | None,
    actor: Actor,
    grantor_name: str | None = None,
    kind: GrantorKind | None = None,
    scope: Scope | None = None,
    number: str | None = None,
    nonresident: bool = False,
    resident_agent: str | None = None,
    signer_title: str | None = None,
    document_sha256: str | None = None,
) -> PowerOfAttorney:
    """Put on file that the importer itself has signed (19 CFR 111.36(c)(3))."""
    # The operator's own command may import what is on file; everybody else is a licensed broker.
    if actor.role is not Role.SYSTEM:
        only_a_broker(actor, "put a power of attorney on file")
    if not signed_by.strip():
        raise Refused("Who signed the power of attorney? Nothing was recorded.")
    if signed_on > now().date() + timedelta(days=1):
        raise Refused("A power of attorney cannot be signed in the future. Nothing was recorded.")
    if expires_on is not None and expires_on <= signed_on:
        raise Refused("A power of attorney must end after it was signed.")
    assert importer.id is not None
    given = PowerOfAttorney(
        importer_id=importer.id,
        signed_by=signed_by.strip(),
        signed_on=signed_on,
        expires_on=expires_on,
        recorded_by=actor.id,
        grantor_name=(grantor_name or importer.name).strip(),
        kind=kind,
        scope=scope,
        number=number,
        nonresident=nonresident,
        resident_agent=resident_agent,
        signer_title=signer_title,
        document_sha256=document_sha256,
    )
    if lawless := _against_the_law(given, importer.name):
        raise Refused(f"{lawless} Nothing was recorded.")
    session.add(given)
    session.flush()
    audit.record(
        session,
        "power_of_attorney_recorded",
        actor=actor,
        importer_id=importer.id,
        power_id=given.id,
        signed_by=given.signed_by,
        signed_on=signed_on,
        document=document_sha256,
    )
    return given


def revoke(
    session: Session, *, power_id: int, reason: str, actor: Actor, on: date | None = None
) -> PowerOfAttorney:
    """Record that a power has ended before its time (19 CFR 141.35), or was not accepted."""
    only_a_broker(actor, "revoke a power of attorney")
    power = session.get(PowerOfAttorney, power_id, with_for_update=True)
    if power is None:
        raise Refused(f"There is no power of attorney {power_id}. Nothing was changed.")
    if power.revoked_on is not None:
        raise Refused(f"It was revoked on {power.revoked_on} already.")
    if not reason.strip():
        raise Refused("Please say why it is revoked. Nothing was changed.")
    power.revoked_on = on or now().date()
    power.revoked_by, power.revoked_reason = actor.id, reason.strip()[:1000]
    session.add(power)
    audit.record(
        session,
        "power_of_attorney_revoked",
        actor=actor,
        importer_id=power.importer_id,
        power_id=power_id,
        reason=power.revoked_reason,
    )
    return power


def on_file(session: Session, importer: Importer) -> PowerOfAttorney | None:
    """The newest that counts; what still waits for its check does not."""
    return session.exec(
        select(PowerOfAttorney)
        .where(
            PowerOfAttorney.importer_id == importer.id,
            col(PowerOfAttorney.awaiting_check).is_(False),
        )
        .order_by(col(PowerOfAttorney.signed_on).desc(), col(PowerOfAttorney.id).desc())
    ).first()


def awaiting_check(session: Session, importer: Importer) -> PowerOfAttorney | None:
    """What was signed and waits for a licensed broker."""
    return session.exec(
        select(PowerOfAttorney)
        .where(
            PowerOfAttorney.importer_id == importer.id,
            col(PowerOfAttorney.awaiting_check).is_(True),
            col(PowerOfAttorney.revoked_on).is_(None),
        )
        .order_by(col(PowerOfAttorney.id).desc())
    ).first()


def open_envelope(session: Session, importer: Importer) -> SignatureEnvelope | None:
    """The request for a signature that is under way; there is at most one."""
    return session.exec(
        select(SignatureEnvelope).where(SignatureEnvelope.open_for == importer.id)
    ).first()


def problem(session: Session, importer: Importer, shipment: Shipment | None = None) -> str | None:
    """Why this brokerage may not act for the importer today, or None; with what is under way."""
    power = on_file(session, importer)
    if power is None:
        said = f"There is no power of attorney of {importer.name} on file."
    else:
        kind = adcvd.standing(session, shipment).entry_type if shipment is not None else None
        found = why_not(power, importer, shipment=shipment, entry_type=kind or CONSUMPTION)
        if found is None:
            return None
        said = found
    if waiting := awaiting_check(session, importer):
        return (
            f"{said} One signed by {waiting.signed_by} on {waiting.signed_on} waits until a "
            "licensed broker has checked who signed it."
        )
    if envelope := open_envelope(session, importer):
        return (
            f"{said} It was sent to {envelope.signer_name} for signature on "
            f"{envelope.asked_at.date()} and is not signed yet."
        )
    return said


def why_not(
    power: PowerOfAttorney,
    importer: Importer,
    *,
    shipment: Shipment | None = None,
    on: date | None = None,
    entry_type: str = CONSUMPTION,
) -> str | None:
    """Why this very power does not serve on that day (default today), in words."""
    day = on or now().date()
    named = f"The power of attorney of {importer.name}"
    if power.revoked_on is not None and power.revoked_on <= day:
        return f"{named} was revoked on {power.revoked_on}: {power.revoked_reason}"
    if power.grantor_name and not same_name(power.grantor_name, importer.name):
        return (
            f"{named} was given by {power.grantor_name}: the name differs from the importer of "
            "record's."
        )
    number = importer.signing.number if importer.signing else None
    if power.number and number and _bare(power.number) != _bare(number):
        return f"{named} names importer number {power.number}; on record is {number}."
    if lawless := _against_the_law(power, importer.name):
        return lawless
    if power.expires_on is not None and power.expires_on < day:
        return f"{named} ended on {power.expires_on}."
    expected = _expected_entry(shipment, day)
    if power.expires_on is not None and power.expires_on < expected:
        return (
            f"{named} ends on {power.expires_on}, before the entry that is expected on {expected}."
        )
    return _beyond_scope(power, named, shipment, entry_type)


def expiring(power: PowerOfAttorney, *, within: int, on: date | None = None) -> bool:
    """Whether it ends within so many days."""
    day = on or now().date()
    return power.expires_on is not None and power.expires_on <= day + timedelta(days=within)


def same_name(one: str, other: str) -> bool:
    """Whether two names are of one firm: another legal form is another firm."""
    return match_name(one) == match_name(other) and not (
        _legal_forms(one) and _legal_forms(other) and _legal_forms(one) != _legal_forms(other)
    )


def only_a_broker(actor: Actor, what: str) -> None:
    """Raise `Refused` for whoever is no licensed broker."""
    if actor.role is not Role.LICENSED_BROKER:
        raise Refused(f"Only a licensed broker can {what}. Nothing was changed.")


def _against_the_law(power: PowerOfAttorney, name: str) -> str | None:
    if power.kind is GrantorKind.PARTNERSHIP:
        last = power.signed_on + relativedelta(years=PARTNERSHIP_YEARS)
        if power.expires_on is None or power.expires_on > last:
            return (
                f"The power of attorney of {name} is a partnership's and must end within two "
                f"years of its signature, by {last} (19 CFR 141.34)."
            )
    if power.nonresident and not (power.resident_agent or "").strip():
        return (
            f"{name} is not resident in the United States, and its power of attorney names no "
            "resident agent who may accept service of process (19 CFR 141.36)."
        )
    return None


def _beyond_scope(
    power: PowerOfAttorney, named: str, shipment: Shipment | None, entry_type: str
) -> str | None:
    scope = power.scope
    if scope is None or shipment is None:
        return None
    if scope.entry_types and entry_type not in scope.entry_types:
        return f"{named} covers entry types {', '.join(scope.entry_types)} only, not {entry_type}."
    if scope.ports:
        port = shipment.transport.portOfDischarge
        if port is None:
            return f"{named} covers {', '.join(scope.ports)} only, and the port is not known."
        if _port(port) not in {_port(one) for one in scope.ports}:
            return f"{named} covers {', '.join(scope.ports)} only, not {port}."
    return None


def _port(named: str) -> str:
    known = reference.port(named)
    return known.locode if known else " ".join(re.sub(r"[^a-z0-9]+", " ", named.casefold()).split())


def _expected_entry(shipment: Shipment | None, day: date) -> date:
    eta = shipment.transport.eta if shipment is not None else None
    return max(eta, day) if eta else day


def _legal_forms(name: str) -> frozenset[str]:
    words = re.sub(r"[^a-z ]+", " ", name.casefold().replace(".", "")).split()
    return frozenset(_FORMS[one] for one in words if one in _FORMS)


def _bare(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())
