"""One way out for every mail: send it, record it, say so once in the shipment's thread.

What a mail server took stands in `OutgoingMessage` as it was said. What still waits, or gave
up, is in the outbox; `history` shows both, so that an unknown outcome is called unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from storage import outbox
from storage.columns import now
from storage.mail import Bounce, OutgoingMail, Sent
from storage.models import (
    Message,
    Outbox,
    OutboxStatus,
    Outcome,
    OutgoingMessage,
)
from workflows import intake, trust
from workflows.correspondents import folded
from workflows.effects import TellThread
from workflows.ports import NoRecipient, Ports

Record = Callable[[Session], None]

_UNSENT = (OutboxStatus.PENDING, OutboxStatus.DEAD, OutboxStatus.DROPPED)


def deliver(
    ports: Ports,
    mail: OutgoingMail,
    *,
    kind: str,
    shipment_id: int | None,
    language: str = "en",
    answers: int | None = None,
    refusal_is_an_outcome: bool = False,
    quiet: bool = False,
) -> Record:
    """Send a mail; gives what records it.

    With `refusal_is_an_outcome` an address that the mail server refuses for good is recorded
    and told like a bounce; else it stops the effect, and operations decide.
    """
    try:
        sent = ports.mailer.send(mail)
    except NoRecipient as exc:
        if not refusal_is_an_outcome:
            raise
        sent = Sent(to=(), refused=exc.refused)

    def record(session: Session) -> None:
        noted(
            session,
            mail,
            sent,
            kind=kind,
            shipment_id=shipment_id,
            language=language,
            answers=answers,
            quiet=quiet,
        )

    return record


def noted(
    session: Session,
    mail: OutgoingMail,
    sent: Sent,
    *,
    kind: str,
    shipment_id: int | None,
    language: str = "en",
    answers: int | None = None,
    quiet: bool = False,
) -> None:
    """Record a mail that was sent, once, and tell of it."""
    if _recorded(session, mail.key):
        return
    session.add(
        OutgoingMessage(
            key=mail.key,
            message_id=mail.message_id,
            shipment_id=shipment_id,
            kind=kind,
            recipients=[*mail.to, *mail.cc],
            correspondent=folded(mail.to[0]),
            refused=list(sent.refused),
            subject=mail.subject,
            text=mail.text,
            language=language,
            answers=answers,
            outcome=_outcome(sent),
            bounce=_refusal(sent),
        )
    )
    session.flush()
    if shipment_id is None:
        return
    intake.remember(session, shipment_id, [("message_id", mail.message_id)])
    if sent.refused:
        _tell_refused(session, shipment_id, mail, sent)
    elif not quiet:
        facts: dict[str, str | int | list[str] | None] = {
            "to": ", ".join(sent.to),
            "what": kind.replace("_", " "),
            "subject": mail.subject,
        }
        note = TellThread(shipment_id=shipment_id, note="mail_sent", once=mail.key, facts=facts)
        outbox.add(session, note)


def refused(session: Session, key: str) -> bool:
    """Whether the mail server took this mail for nobody."""
    row = session.exec(select(OutgoingMessage).where(OutgoingMessage.key == key)).first()
    return row is not None and row.outcome is Outcome.REFUSED


def history(session: Session, shipment_id: int) -> list[dict[str, Any]]:
    """Every mail of a shipment in both directions, oldest first, and those that still wait."""
    made: list[dict[str, Any]] = [
        {
            "direction": "in",
            "at": one.received_at.isoformat(),
            "from": one.sender,
            "fromName": one.sender_name,
            "to": one.recipients,
            "subject": one.subject,
            "text": one.text,
            "files": [
                {"file": file.name, "sha256": file.sha256, "size": file.size, "held": file.held}
                for file in one.files
            ],
            "verdict": trust.words(one.verdict) if one.verdict else [],
            "proved": one.verdict.authenticated if one.verdict else None,
            "problems": one.problems,
            "disposition": one.disposition.value,
            "sha256": one.raw_sha256,
            "partOf": one.part_of,
        }
        for one in session.exec(select(Message).where(Message.shipment_id == shipment_id))
    ]
    sent = session.exec(
        select(OutgoingMessage).where(OutgoingMessage.shipment_id == shipment_id)
    ).all()
    for row in sent:
        made.append(
            {
                "direction": "out",
                "at": row.sent_at.isoformat(),
                "kind": row.kind,
                "to": row.recipients,
                "subject": row.subject,
                "text": row.text,
                "outcome": row.outcome.value,
                "refused": [one.model_dump() for one in row.refused],
                "bounce": row.bounce.model_dump(mode="json") if row.bounce else None,
            }
        )
    unsent = session.exec(
        select(Outbox).where(
            Outbox.shipment_id == shipment_id,
            Outbox.destination == "mail",
            col(Outbox.status).in_(_UNSENT),
        )
    ).all()
    for waiting in unsent:
        made.append(
            {
                "direction": "out",
                "at": waiting.run_at.isoformat(),
                "kind": waiting.kind.removeprefix("mail."),
                "subject": "",
                "outcome": _state(waiting),
                "error": waiting.last_error,
            }
        )
    return sorted(made, key=lambda one: str(one["at"]))


def _state(row: Outbox) -> str:
    if row.last_outcome == "unknown":
        return "unknown"
    return {OutboxStatus.PENDING: "waiting", OutboxStatus.DROPPED: "dropped"}.get(
        row.status, "failed"
    )


def _recorded(session: Session, key: str) -> bool:
    found = session.exec(select(OutgoingMessage.id).where(OutgoingMessage.key == key)).first()
    return found is not None


def _outcome(sent: Sent) -> Outcome:
    if not sent.refused:
        return Outcome.SENT
    return Outcome.PARTLY if sent.to else Outcome.REFUSED


def _refusal(sent: Sent) -> Bounce | None:
    """A refusal for good at the door is what a bounce is later."""
    if sent.to or not sent.refused:
        return None
    first = sent.refused[0]
    return Bounce(kind="permanent", address=first.address, reason=first.text, at=now())


def _tell_refused(session: Session, shipment_id: int, mail: OutgoingMail, sent: Sent) -> None:
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="mail_refused",
            once=mail.key,
            facts={
                "refused": [f"{one.address}: {one.text} ({one.code})" for one in sent.refused],
                "sent": list(sent.to),
                "subject": mail.subject,
            },
        ),
    )
