"""What a mail says of an entry's status: recorded, believed as little as its sender deserves.

A sender whom a person allowed and who proved to be it may open a hold. Nobody releases by mail:
that is recorded, told, and the authority is asked at once (`workflows.trust`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, select

from storage import audit, outbox
from storage.models import Disposition, Entry, Message, StatusReceipt
from storage.values import SYSTEM, Reported, Value
from workflows import polling, receipts, tracking, trust
from workflows.effects import TellThread
from workflows.ports import House


class Told(Value):
    """One status of one entry, as a mail says it."""

    number: str  #: FFF-NNNNNNN-C
    report: Reported


def take(session: Session, *, message_id: int, told: Sequence[Told], house: House) -> None:
    """Take over what a mail says. Run twice, it does nothing the second time."""
    message = session.get(Message, message_id)
    if message is None or message.disposition is not Disposition.ACCEPTED:
        return  # in quarantine: it is read when a person lets it in
    seen = select(StatusReceipt.id).where(StatusReceipt.message_id == message_id)
    if session.exec(seen).first() is not None:
        return
    rules = trust.rules_about(session, message.sender)
    may = trust.may_speak_for_customs(message.verdict, rules)
    for one in told:
        entry = receipts.entry_of(session, one.number)
        if entry is None:
            receipts.stray(
                session, source="mail", number=one.number, report=one.report,
                sha256=message.raw_sha256, message_id=message_id, whom=message.sender,
            )  # fmt: skip
            continue
        # A hold of a forged mail costs a day and a client; so nobody unproved is believed at all.
        outcome = "taken" if may == "hold" else "not_believed"
        receipts.keep(
            session, source="mail", outcome=outcome, entry=entry, number=one.number,
            report=one.report, sha256=message.raw_sha256, message_id=message_id,
        )  # fmt: skip
        if may == "hold":
            _said(session, entry, message, one.report, house)
        else:
            _disbelieved(session, entry, message, one.report)


def _said(session: Session, entry: Entry, message: Message, report: Reported, house: House) -> None:
    assert entry.id is not None
    new = tracking.record(session, entry_id=entry.id, reports=[report], house=house, source="mail")
    if new and report.code not in ("held", "exam"):
        _note(session, entry, message, report, "status_by_mail")


def _disbelieved(session: Session, entry: Entry, message: Message, report: Reported) -> None:
    polling.at_once(session, entry)
    audit.record(
        session, "status_not_believed", actor=SYSTEM, shipment_id=entry.shipment_id,
        message_id=message.id, entry=entry.number, code=report.code, raw=report.raw_code,
        sender=message.sender,
    )  # fmt: skip
    _note(session, entry, message, report, "status_not_believed")


def _note(session: Session, entry: Entry, message: Message, report: Reported, note: str) -> None:
    outbox.add(
        session,
        TellThread(
            shipment_id=entry.shipment_id,
            note=note,
            once=f"message-{message.id}-{report.code}-{report.raw_code}",
            facts={
                "entry": entry.number,
                "sender": message.sender,
                "said": report.reason or report.raw_code,
                "proof": trust.briefly(message.verdict) or "its sender is not proved",
                "asked": int(entry.submitted_at is not None),
            },
        ),
    )
