"""What is on record about an importer for its filings: number, filer code, who files its ISFs."""

from __future__ import annotations

import re

from sqlmodel import Session, select

from storage import audit
from storage.models import Importer
from storage.values import Actor
from workflows.states import Refused

IOR_NUMBER = re.compile(r"^(\d{2}-\d{7}[A-Z0-9]{2}|\d{3}-\d{2}-\d{4}|\d{6}-\d{5})$")
"""An importer number (19 CFR 24.5): of the IRS with suffix, Social Security, or CBP-assigned."""


def record(
    session: Session,
    importer: Importer,
    *,
    actor: Actor,
    ior_number: str | None = None,
    filer_code: str | None = None,
    isf_statement: str | None = None,
) -> None:
    """Record what is given; the rest stays."""
    if ior_number is not None:
        if not IOR_NUMBER.match(ior_number):
            raise Refused(
                f"{ior_number[:20]} is no importer number: NN-NNNNNNNXX, NNN-NN-NNNN or "
                "YYDDPP-NNNNN. Nothing was recorded."
            )
        importer.ior_number = ior_number
    if isf_statement is not None:
        importer.isf_statement, importer.isf_stated_by = isf_statement.strip() or None, actor.name
    if filer_code is not None:
        importer.filer_code = _own_code(session, importer, filer_code.strip().upper())
    session.add(importer)
    session.flush()
    audit.record(
        session, "filing_facts_recorded", actor=actor, importer_id=importer.id,
        ior_number=ior_number, filer_code=filer_code, isf_statement=isf_statement,
    )  # fmt: skip


def _own_code(session: Session, importer: Importer, code: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{3}", code):
        raise Refused("A filer code has three letters or digits. Nothing was recorded.")
    other = session.exec(select(Importer).where(Importer.filer_code == code)).first()
    if other is not None and other.id != importer.id:
        raise Refused(f"{code} is the filer code of {other.name}. Nothing was recorded.")
    return code
