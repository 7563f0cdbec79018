"""The clock's look at the archive: is it what it was, and which files have reached their end.

The check reads every original, so it runs beside the clock's other rounds, a few times a week at
most; when the last one was is in the audit, so that a restart does not begin it anew.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from sqlmodel import col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import AuditEvent
from storage.values import SYSTEM
from workflows import integrity, retention
from workflows.effects import TellOps

if TYPE_CHECKING:
    from bot.compose import App

_SHOWN = 10
_MOST = 1000
_DUE_SHOWN = 20


def check(app: App) -> int | None:
    """Check the archive if it is time; gives how many findings, None when it was not."""
    days = app.settings.archive_check_days
    if not days or _lately(app, timedelta(days=days)):
        return None
    found = list(islice(integrity.check(app.database.snapshot, app.blobs), _MOST))
    mark = hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]
    with app.database.transaction() as session:
        audit.record(session, "archive_verified", actor=SYSTEM, findings=len(found), by="clock")
        if found:
            day = f"{now():%Y-%m-%d}"
            outbox.add(
                session,
                TellOps(
                    note="archive_damaged",
                    once=f"{day}-{mark}",
                    facts={"count": len(found), "day": day, "findings": found[:_SHOWN]},
                ),
            )
    return len(found)


def tell_due(app: App) -> int:
    """Tell what has reached its end: once for the same files, and again after a month."""
    with app.database.transaction() as session:
        rows = retention.due(session)
        if not rows:
            return 0
        refs = [one.ref or str(one.id) for one in rows]
        mark = hashlib.sha256(",".join(refs).encode()).hexdigest()[:16]
        outbox.add(
            session,
            TellOps(
                note="archive_due",
                once=f"{now():%Y-%m}-{mark}",
                facts={
                    "count": len(refs),
                    "day": f"{now():%Y-%m-%d}",
                    "files": refs[:_DUE_SHOWN],
                },
            ),
        )
    return len(refs)


def _lately(app: App, within: timedelta) -> bool:
    with app.database.snapshot() as session:
        last = session.exec(
            select(AuditEvent.at)
            .where(AuditEvent.action == "archive_verified")
            .order_by(col(AuditEvent.id).desc())
            .limit(1)
        ).first()
    return last is not None and now() - last < within
