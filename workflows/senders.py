"""What people decide about senders: accept for an importer, take one mail, or block.

Only a licensed broker or an entry writer decides. A mail that was accepted takes the usual way;
one that was blocked stays aside. A rule is never made of an address that somebody forged: it
would hit the genuine sender.
"""

from __future__ import annotations

from typing import Literal

from sqlmodel import Session, col, select

from knowledge.domains import PUBLIC_MAIL, organisation
from storage import audit, outbox
from storage.columns import now
from storage.models import (
    Disposition,
    Importer,
    Message,
    Quarantine,
    Quarantined,
    SenderRule,
    Trusted,
)
from storage.values import Actor, Role
from workflows import intake
from workflows.effects import ShowQuarantine
from workflows.intake import Arrival
from workflows.review import Answer
from workflows.states import Refused

Decision = Literal["accept", "once", "block"]
DECISIONS: tuple[Decision, ...] = ("accept", "once", "block")
_DECIDERS = frozenset({Role.LICENSED_BROKER, Role.ENTRY_WRITER})
_STANDING = {
    "accept": Quarantined.ACCEPTED,
    "once": Quarantined.ONCE,
    "block": Quarantined.BLOCKED,
}
_FALSE = frozenset({"forged", "ambiguous", "unproved"})
"""Grounds on which the shown address may be an innocent's."""


def decide(session: Session, *, quarantine_id: int, decision: Decision, actor: Actor) -> Answer:
    """Decide about the sender of a mail in quarantine."""
    if actor.role not in _DECIDERS:
        raise Refused(
            "Only a licensed broker or an entry writer can decide about a sender. "
            "Nothing was changed."
        )
    row = session.get(Quarantine, quarantine_id, with_for_update=True)
    if row is None:
        raise Refused("This mail is no longer there.")
    if row.standing is not Quarantined.WAITING:
        raise Refused(f"{row.decided_name} has decided already: {row.standing.value}.")
    message = session.get(Message, row.message_id)
    assert message is not None
    pattern = None
    if decision != "once" and not _FALSE & set(row.grounds):
        pattern = _pattern(message, row, decision)
        _rule(session, row, pattern, decision, actor)
    rows = [row]
    if pattern is not None:
        rows += _companions(session, row)
    for one in rows:
        _settle(session, one, decision, actor)
    audit.record(
        session,
        f"sender_{_STANDING[decision].value}",
        actor=actor,
        shipment_id=message.shipment_id,
        message_id=message.id,
        sender=row.sender,
        pattern=pattern,
        importer_id=row.importer_id,
        grounds=row.grounds,
        mails=len(rows),
    )
    return Answer(text=_answer(session, row, decision, pattern, len(rows)), changed=True)


def _pattern(message: Message, row: Quarantine, decision: Decision) -> str:
    """A whole domain where it proved itself, or only imitates another; else the one address."""
    domain = organisation(row.sender.rpartition("@")[2])
    proved = message.verdict is not None and message.verdict.authenticated
    imitates = decision == "block" and "lookalike" in row.grounds
    whole = (imitates or (decision == "accept" and proved)) and domain not in PUBLIC_MAIL
    return domain if whole and domain else row.sender


def _rule(
    session: Session, row: Quarantine, pattern: str, decision: Decision, actor: Actor
) -> None:
    importer = row.importer_id if decision == "accept" else None
    rule = session.exec(
        select(SenderRule).where(
            SenderRule.pattern == pattern,
            col(SenderRule.importer_id).is_(None)
            if importer is None
            else SenderRule.importer_id == importer,
        )
    ).first()
    wanted = Trusted.ACCEPT if decision == "accept" else Trusted.BLOCK
    rule = rule or SenderRule(
        pattern=pattern, importer_id=importer, decision=wanted, decided_by=actor.id
    )
    rule.decision, rule.decided_by, rule.decided_name, rule.at = wanted, actor.id, actor.name, now()
    session.add(rule)
    session.flush()


def _companions(session: Session, row: Quarantine) -> list[Quarantine]:
    """Other waiting mails of the same address, set aside for the same reasons."""
    waiting = session.exec(
        select(Quarantine)
        .where(
            Quarantine.sender == row.sender,
            Quarantine.standing == Quarantined.WAITING,
            Quarantine.id != row.id,
        )
        .order_by(col(Quarantine.id))
        .with_for_update()
    ).all()
    return [one for one in waiting if set(one.grounds) <= set(row.grounds)]


def _settle(session: Session, row: Quarantine, decision: Decision, actor: Actor) -> None:
    message = session.get(Message, row.message_id)
    assert message is not None
    assert row.id is not None
    row.standing = _STANDING[decision]
    row.decided_by, row.decided_name, row.decided_at = actor.id, actor.name, now()
    session.add(row)
    if decision == "block":
        message.disposition = Disposition.BLOCKED
        session.add(message)
    else:
        message.disposition = Disposition.ACCEPTED
        intake.admit(session, Arrival.model_validate(row.arrival), message)
    session.flush()
    outbox.add(session, ShowQuarantine(quarantine_id=row.id, standing=row.standing.value))


def _answer(
    session: Session, row: Quarantine, decision: Decision, pattern: str | None, count: int
) -> str:
    mails = "The mail" if count == 1 else f"{count} mails"
    if decision == "once":
        return "The mail takes its usual way. Its sender stays unknown."
    if pattern is None:
        why = "no rule was made, because the address may be a genuine sender's that was forged"
        done = "stays aside" if decision == "block" else "takes its usual way"
        return f"The mail {done}; {why}."
    if decision == "block":
        return f"{mails} stay{'s' if count == 1 else ''} aside, and {pattern} is blocked."
    importer = session.get(Importer, row.importer_id) if row.importer_id else None
    whose = f" for {importer.name}" if importer else ""
    return f"{mails} take{'s' if count == 1 else ''} the usual way; {pattern} is accepted{whose}."
