"""The compliance card and mails: a match in full, for the few who may know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from prompts import letter, render
from storage.mail import OutgoingMail
from storage.models import Screening, Shipment
from storage.outbox import Claimed
from workflows import compliance, post
from workflows.compliance_effects import MailCompliance, ShowMatch
from workflows.ports import Ports, Posted
from workflows.post import Record
from workflows.views import NoteButton, NoteView

_SHOWN_HITS = 4


def view(session: Session, row: Screening) -> NoteView:
    """What compliance sees, and the two answers."""
    standing = compliance.standing_of(row)
    text = render("slack/compliance_match", **_facts(session, row, standing))
    if standing == "superseded" or row.id is None:
        return NoteView(text=text)
    clear = NoteButton(action="screening_clear", label="Clear…", target=row.id)
    confirm = NoteButton(action="screening_confirm", label="Confirm match…", target=row.id)
    buttons = {
        "open": (clear, confirm),
        "confirmed": (clear,),
        "cleared": (confirm,),
        "carried": (confirm,),
    }
    return NoteView(text=text, buttons=buttons.get(standing, ()))


def show_match(ports: Ports, claimed: Claimed) -> Record:
    effect = ShowMatch.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row = session.get(Screening, effect.screening_id)
        if row is None or row.superseded_by is not None:
            return _nothing
        shown = view(session, row)
    channel = ports.house.compliance_channel or ports.house.ops_channel
    key = f"screening-{effect.screening_id}"
    at = Posted(channel=row.channel, ts=row.ts) if row.channel and row.ts else None
    if at is None and claimed.last_outcome == "unknown":
        at = ports.chat.find(channel, key)
    if at is None:
        at = ports.chat.post(channel, shown, key=key)
    else:
        ports.chat.update(at, shown)
    shown_at = at

    def record(session: Session) -> None:
        kept = session.get(Screening, effect.screening_id)
        assert kept is not None
        kept.channel, kept.ts = shown_at.channel, shown_at.ts
        session.add(kept)

    return record


def mail_compliance(ports: Ports, claimed: Claimed) -> Record:
    effect = MailCompliance.model_validate(claimed.payload)
    house = ports.house
    to = house.compliance_mail
    if effect.letter == "compliance_confirmed":
        to = tuple(dict.fromkeys((*house.escalation_mail, *house.compliance_mail)))
    with ports.snapshot() as session:
        row = session.get(Screening, effect.screening_id)
        if row is None or not to:
            return _nothing
        facts = {**_facts(session, row, compliance.standing_of(row)), "firm": house.firm}
    made = letter.write(effect.letter, language="en", **facts)
    mail = OutgoingMail(
        key=effect.key(),
        to=to,
        subject=letter.subject(effect.letter, language="en", **facts),
        text=made.text,
        html=made.html,
        reply_to=to[0],  # never the intake: an answer about a match is no paper of the shipment
    )
    # Under no shipment: its history is open to more eyes than this.
    return post.deliver(ports, mail, kind=effect.letter, shipment_id=None, quiet=True)


def _facts(session: Session, row: Screening, standing: str) -> dict[str, Any]:
    shipment = session.get(Shipment, row.shipment_id)
    hits = row.hits[:_SHOWN_HITS]
    return {
        "standing": standing,
        "ref": shipment.ref if shipment else "?",
        "officers": compliance.officers(session),
        "party": row.party,
        "country": row.country or "",
        "place": row.address or "",
        "roles": (row.roles or [])[:6],
        "edition": row.list_edition,
        "algorithm": row.algorithm or "",
        "hits": [hit.model_dump(mode="json") for hit in hits],
        "more": len(row.hits) - len(hits),
        "who": row.confirmed_name or row.cleared_name or row.cleared_by or "",
        "reason": row.confirmed_reason or row.cleared_reason or "",
        "evidence": row.evidence or "",
        "day": (row.confirmed_at or row.cleared_at or row.screened_at).date().isoformat(),
    }


def _nothing(_session: Session) -> None:
    """There is nothing to record."""


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    ShowMatch.kind: show_match,
    MailCompliance.kind: mail_compliance,
}
