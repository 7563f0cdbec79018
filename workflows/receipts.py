"""Statuses that somebody brings to us: which entry they are about, and a row for each delivery.

Nothing that was brought is lost: a repeat is a row, and what is about an entry that we do not
know is a row that operations are told of.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from storage import audit, entry_number, outbox
from storage.models import Entry, Message, StatusReceipt, StatusReport
from storage.values import SYSTEM, Reported, Value
from workflows import tracking
from workflows.effects import TellOps
from workflows.ports import House


class Brought(Value):
    """One status with the entry it names, by its number or by the key it was filed under."""

    entry: str
    report: Reported


def entry_of(session: Session, named: str) -> Entry | None:
    """The entry of this number, however it is written, or of this key."""
    numbers = [named]
    with contextlib.suppress(entry_number.BadEntryNumber):  # a key, or no number at all
        numbers.append(entry_number.format_entry_number(*entry_number.parse(named.strip().upper())))
    return session.exec(
        select(Entry).where(or_(col(Entry.number).in_(numbers), col(Entry.key) == named))
    ).first()


def take(
    session: Session, brought: Sequence[Brought], *, sha256: str, house: House
) -> dict[str, int]:
    """Statuses of a signed webhook: as good as a poll's. How many were taken, repeated, unknown."""
    counts = {"taken": 0, "repeated": 0, "unknownEntry": 0}
    for one in brought:
        entry = entry_of(session, one.entry)
        if entry is None or entry.id is None:
            stray(session, source="webhook", number=one.entry, report=one.report,
                  sha256=sha256, whom="the webhook")  # fmt: skip
            counts["unknownEntry"] += 1
            continue
        new = tracking.record(
            session, entry_id=entry.id, reports=[one.report], house=house, source="webhook"
        )
        outcome = "taken" if new else "repeated"
        counts[outcome] += 1
        keep(session, source="webhook", outcome=outcome, entry=entry, number=one.entry,
             report=one.report, sha256=sha256)  # fmt: skip
    return counts


def keep(
    session: Session,
    *,
    source: str,
    outcome: str,
    entry: Entry | None,
    number: str,
    report: Reported,
    sha256: str | None,
    message_id: int | None = None,
) -> StatusReceipt:
    """One row for what was brought."""
    row = StatusReceipt(
        source=source,
        outcome=outcome,
        entry_id=entry.id if entry else None,
        message_id=message_id,
        number=number[:60],
        code=report.code,
        raw_code=report.raw_code,
        reason=report.reason,
        at=report.at,
        sha256=sha256,
    )
    session.add(row)
    session.flush()
    return row


def stray(
    session: Session,
    *,
    source: str,
    number: str,
    report: Reported,
    sha256: str | None,
    whom: str,
    message_id: int | None = None,
) -> None:
    """A status for an entry that we do not know: kept, and told in operations, once."""
    keep(session, source=source, outcome="unknown_entry", entry=None, number=number,
         report=report, sha256=sha256, message_id=message_id)  # fmt: skip
    audit.record(
        session, "status_of_unknown_entry", actor=SYSTEM, source=source, number=number[:60],
        code=report.code, raw=report.raw_code,
    )  # fmt: skip
    once = f"{source}|{number}|{report.code}|{report.raw_code}|{report.at.isoformat()}"
    outbox.add(
        session,
        TellOps(
            note="status_stray",
            once=hashlib.sha256(once.encode()).hexdigest()[:24],
            facts={
                "number": number[:60],
                "code": report.raw_code,
                "said": report.reason[:300] or report.code,
                "whom": whom,
            },
        ),
    )


def history(session: Session, entry_id: int) -> list[dict[str, object]]:
    """Everything that was told of an entry, from all sources, by its own time."""
    made: list[tuple[datetime, dict[str, object]]] = [
        (
            row.at,
            {
                "at": row.at.isoformat(),
                "recordedAt": row.recorded_at.isoformat(),
                "source": row.source,
                "code": row.code,
                "rawCode": row.raw_code,
                "record": row.record,
                "reason": row.reason,
                "effect": _effect(row),
            },
        )
        for row in session.exec(select(StatusReport).where(StatusReport.entry_id == entry_id))
    ]
    brought = session.exec(
        select(StatusReceipt, Message)
        .join(Message, col(Message.id) == col(StatusReceipt.message_id), isouter=True)
        .where(StatusReceipt.entry_id == entry_id, StatusReceipt.outcome != "taken")
    )
    for receipt, message in brought:
        told: dict[str, object] = {
            "at": receipt.at.isoformat(),
            "recordedAt": receipt.received_at.isoformat(),
            "source": receipt.source,
            "code": receipt.code,
            "rawCode": receipt.raw_code,
            "reason": receipt.reason,
            "effect": receipt.outcome.replace("_", " "),
            "from": message.sender if message else None,
        }
        made.append((receipt.at, told))
    return [told for _, told in sorted(made, key=lambda one: (one[0], str(one[1])))]


def _effect(row: StatusReport) -> str:
    if row.by_mail:
        return "opened a hold" if row.code in ("held", "exam") and row.expected else "recorded"
    if row.late:
        return "late"
    return "counted" if row.expected else "not expected"
