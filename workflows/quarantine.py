"""A mail that waits: kept whole, read by nobody, shown to the people who may decide about it."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from prompts import render
from storage import audit, outbox
from storage.models import Disposition, Importer, Message, Quarantine, Quarantined
from storage.values import SYSTEM
from workflows import trust
from workflows.effects import ShowQuarantine
from workflows.trust import Judgement
from workflows.views import NoteButton, NoteView

_SHOWN_FILES = 20


def put_aside(session: Session, message: Message, **facts: Any) -> int:
    """Keep a mail that makes no shipment, with the reason in the audit chain; gives its id."""
    session.add(message)
    session.flush()
    assert message.id is not None
    audit.record(
        session,
        f"mail_{message.disposition.value}",
        actor=SYSTEM,
        message_id=message.id,
        raw=message.raw_sha256,
        **facts,
    )
    return message.id


def keep(
    session: Session, message: Message, judged: Judgement, *, arrival: dict[str, Any]
) -> Message:
    """Put a mail aside until somebody has decided about its sender."""
    message.disposition = Disposition.BLOCKED if judged.blocked else Disposition.QUARANTINED
    message_id = put_aside(session, message, grounds=list(judged.grounds))
    if judged.blocked:
        return message
    files = " ".join(str(file["filename"]) for file in arrival.get("files", ()))
    guess = trust.guess_importer(session, f"{message.subject} {message.text} {files}")
    row = Quarantine(
        message_id=message_id,
        sender=message.sender.casefold(),
        grounds=list(judged.grounds),
        reasons=list(judged.reasons),
        importer_id=guess.id if guess else None,
        arrival=arrival,
        standing=Quarantined.WAITING,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    outbox.add(session, ShowQuarantine(quarantine_id=row.id, standing=row.standing.value))
    return message


def card(session: Session, row: Quarantine) -> NoteView:
    """What the people see: who, what was found out, which files, and three answers."""
    message = session.get(Message, row.message_id)
    importer = session.get(Importer, row.importer_id) if row.importer_id else None
    assert message is not None
    assert row.id is not None
    files = [str(file["filename"]) for file in row.arrival.get("files", ())]
    text = render(
        "slack/quarantine",
        sender=message.sender or "nobody",
        name=message.sender_name,
        subject=message.subject or "(no subject)",
        reasons=row.reasons,
        verdict=trust.words(message.verdict) if message.verdict else [],
        files=files[:_SHOWN_FILES],
        more=max(len(files) - _SHOWN_FILES, 0),
        problems=message.problems[:5],
        standing=row.standing.value,
        who=row.decided_name or "",
        ref=message.shipment_id or "",
    )
    if row.standing is not Quarantined.WAITING:
        return NoteView(text=text)
    accept = f"Accept for {importer.name}"[:70] if importer else "Accept this sender"
    return NoteView(
        text=text,
        buttons=(
            NoteButton(action="sender_accept", label=accept, target=row.id),
            NoteButton(action="sender_once", label="Once", target=row.id),
            NoteButton(action="sender_block", label="Block", target=row.id),
        ),
    )
