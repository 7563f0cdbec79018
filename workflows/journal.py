"""The journal of handing over: every attempt is on record before it is made, and its end after.

An attempt that began and has no end may have got through (the process died, the line broke). The
next one must then ask the gateway, or, where that cannot be asked, a broker. `begin` and a
person's "I filed it myself" take the same lock, so that only one of them files.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from sqlmodel import Session, col, func, select

from storage import audit
from storage.columns import now
from storage.models import FilingAttempt
from storage.values import SYSTEM, Value

UNDER_WAY = timedelta(seconds=180)
"""An attempt without an end counts as under way for so long: longer than a worker may take."""

Outcome = Literal["submitted", "found", "not_done", "unknown", "refused", "denied"]


class Begun(Value):
    """An attempt that is on record, and whether an earlier one may have got through."""

    id: int
    number: int
    unsure: bool


def begin(
    session: Session, *, key: str, gateway: str, sha256: str, shipment_id: int | None
) -> Begun:
    """Put an attempt on record. The caller has locked what is filed."""
    earlier = attempts(session, key)
    unsure = any(one.outcome in ("started", "unknown") for one in earlier)
    row = FilingAttempt(
        key=key,
        number=max((one.number for one in earlier), default=0) + 1,
        gateway=gateway,
        sha256=sha256,
        shipment_id=shipment_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, "filing_attempted", actor=SYSTEM, shipment_id=shipment_id,
        key=key, attempt=row.number, gateway=gateway, sha256=sha256,
    )  # fmt: skip
    return Begun(id=row.id or 0, number=row.number, unsure=unsure)


def end(session: Session, attempt_id: int, *, outcome: Outcome, answer: str) -> None:
    """Put the end of an attempt on record."""
    row = session.get(FilingAttempt, attempt_id)
    assert row is not None
    row.ended_at, row.outcome, row.answer = now(), outcome, answer[:1000]
    session.add(row)
    audit.record(
        session, "filing_answered", actor=SYSTEM, shipment_id=row.shipment_id,
        key=row.key, attempt=row.number, outcome=outcome, answer=answer[:300], sha256=row.sha256,
    )  # fmt: skip


def attempts(session: Session, key: str) -> list[FilingAttempt]:
    """All attempts under a key, oldest first."""
    return list(
        session.exec(
            select(FilingAttempt)
            .where(FilingAttempt.key == key)
            .order_by(col(FilingAttempt.number))
        )
    )


def under_way(session: Session, key: str) -> bool:
    """Whether somebody may be filing it this very moment."""
    count = session.exec(
        select(func.count())
        .select_from(FilingAttempt)
        .where(
            FilingAttempt.key == key,
            col(FilingAttempt.ended_at).is_(None),
            FilingAttempt.started_at > now() - UNDER_WAY,
        )
    ).one()
    return bool(count)


def deny(session: Session, key: str) -> None:
    """A broker says that what was sent did not arrive: the doubt is settled."""
    for row in attempts(session, key):
        if row.outcome in ("started", "unknown"):
            row.ended_at, row.outcome = row.ended_at or now(), "denied"
            session.add(row)
    session.flush()
