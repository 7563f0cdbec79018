"""Everything about one hold in its order: statuses, decisions, mails, notes, costs, packages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from knowledge.holds import TITLES
from storage.models import AuditEvent, Entry, Hold, HoldNote, Shipment
from workflows import holds, playbook, post


def of(session: Session, hold: Hold) -> dict[str, Any]:
    """The hold, its clocks, its package, and what was said and done from its placing on."""
    entry, shipment = session.get(Entry, hold.entry_id), session.get(Shipment, hold.shipment_id)
    wanted = select(HoldNote).where(HoldNote.hold_id == hold.id).order_by(col(HoldNote.id))
    notes = list(session.exec(wanted))
    if playbook.play(hold.kind).few:
        notes = [one for one in notes if one.kind == "cost"]  # what counsel said stays inside
    costs: dict[str, Decimal] = {}
    for one in notes:
        if one.amount is not None and one.currency:
            costs[one.currency] = costs.get(one.currency, Decimal(0)) + one.amount
    return {
        "id": hold.id,
        "shipment": shipment.ref if shipment else None,
        "entry": entry.number if entry else None,
        "code": hold.code,
        "kind": hold.kind,
        "title": next((words for kind, words in TITLES.items() if kind == hold.kind), hold.kind),
        "recognisedBy": hold.known_by,
        "standing": holds.standing(hold),
        "reason": hold.reason,
        "placedAt": hold.placed_at.isoformat(),
        "confirmedByAuthority": hold.confirmed,
        "answerBy": hold.respond_by.isoformat() if hold.respond_by else None,
        "answerByBecause": hold.respond_because,
        "ownClock": hold.inner_by.isoformat() if hold.inner_by else None,
        "present": hold.present,
        "missing": hold.missing,
        "packageSha256": hold.package_sha256,
        "costs": {currency: str(amount) for currency, amount in costs.items()},
        "timeline": _timeline(session, hold, notes),
    }


def words(made: dict[str, Any]) -> str:
    """The same for a person."""
    due = made["answerBy"] or made["answerByBecause"]
    costs = ", ".join(f"{amount} {currency}" for currency, amount in made["costs"].items())
    head = [
        (
            f"Hold {made['id']} ({made['code']}, {made['title']}) of {made['shipment']}, "
            f"entry {made['entry']}: {made['standing']}."
        ),
        f"Reason: {made['reason'] or 'none given'}",
        f"Answer by: {due}",
        f"Missing: {', '.join(made['missing']) or 'nothing'}",
        f"Costs: {costs or 'none recorded'}",
    ]
    return "\n".join(
        [*head, *(f"{one['at'][:19]}  {one['what']}: {one['said']}" for one in made["timeline"])]
    )


def line(session: Session, hold: Hold) -> str:
    """One line in a list."""
    shipment = session.get(Shipment, hold.shipment_id)
    by = f", answer by {hold.respond_by}" if hold.respond_by else ""
    return (
        f"{hold.id}  {shipment.ref if shipment else '?'}  {hold.code}  {hold.kind}  "
        f"since {hold.placed_at:%Y-%m-%d %H:%M}{by}: {holds.standing(hold)}"
    )


def _timeline(session: Session, hold: Hold, notes: Sequence[HoldNote]) -> list[dict[str, str]]:
    until = hold.closed_at or hold.lifted_at
    events = session.exec(
        select(AuditEvent)
        .where(AuditEvent.shipment_id == hold.shipment_id)
        .order_by(col(AuditEvent.id))
    )
    made = [
        (one.at, one.action.replace("_", " "), f"{one.actor_name} {_details(one)}".strip())
        for one in events
        if one.details.get("hold_id") == hold.id
    ]
    made += [
        (
            one.at,
            one.kind,
            f"{one.by_name}: {one.text}"
            + (f" ({one.amount} {one.currency})" if one.amount is not None else ""),
        )
        for one in notes
    ]
    for mail in post.history(session, hold.shipment_id):
        at = datetime.fromisoformat(str(mail["at"]))
        if at >= hold.placed_at and (until is None or at <= until):
            whom = mail.get("from") or ", ".join(mail.get("to") or ())
            made.append((at, f"mail {mail['direction']}", f"{whom}: {mail['subject']}"))
    ordered = sorted(made, key=lambda one: (one[0], one[1]))
    return [{"at": at.isoformat(), "what": what, "said": said} for at, what, said in ordered]


def _details(event: AuditEvent) -> str:
    shown = {key: value for key, value in event.details.items() if key != "hold_id" and value}
    return ", ".join(f"{key} {value}" for key, value in shown.items())[:300]
