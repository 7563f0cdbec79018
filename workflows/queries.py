"""What customs asks on a form: CBP 28 and 29 come by mail to the importer, and from it to us.

Such a query stops no goods and is not ended by a release; it has a kind, a deadline, a package and
an answer like a hold. Its form came by somebody's mail, so it counts as unconfirmed, and whose
entry it names must be the entry of the shipment in whose file it lies.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from sqlmodel import Session, col, select

from knowledge import holds as known
from storage import audit, outbox
from storage.columns import now
from storage.models import Document, Entry, Hold, Message, Shipment
from storage.values import SYSTEM, CustomsForm
from workflows import hold_alarms, hold_staging, playbook, proposal, receipts
from workflows.effects import TellThread
from workflows.ports import House


def take(session: Session, shipment: Shipment, *, house: House) -> None:
    """Open a query for each form among the shipment's documents, once."""
    documents = session.exec(
        select(Document).where(Document.shipment_id == shipment.id).order_by(col(Document.id))
    ).all()
    for document in documents:
        form = document.reading.form if document.reading is not None else None
        if form is not None:
            _take(session, shipment, document, form, house)


def standing(session: Session, shipment_id: int) -> list[Hold]:
    """What customs has asked about a shipment and nobody has closed."""
    wanted = select(Hold).where(
        Hold.shipment_id == shipment_id, col(Hold.stops).is_(False), col(Hold.lifted_at).is_(None)
    )
    return list(session.exec(wanted.order_by(col(Hold.id))))


def headline(hold: Hold) -> str:
    """The card's line for a query."""
    by = f" Answer by {hold.respond_by}." if hold.respond_by else " Its date could not be read."
    return f"CUSTOMS ASKS ({hold.code}): {hold.reason}{by}"


def _take(
    session: Session, shipment: Shipment, document: Document, form: CustomsForm, house: House
) -> None:
    named = [receipts.entry_of(session, number) for number in form.entries]
    entry = next((one for one in named if one is not None), None)
    message = session.get(Message, document.message_id) if document.message_id else None
    forged = bool(message is not None and message.verdict is not None and message.verdict.forged)
    if entry is None or entry.shipment_id != shipment.id or forged:
        _tell_only(session, shipment, document, form, forged=forged)
        return
    code = f"CBP {form.form}"
    placed = datetime.combine(form.dated, time(12), tzinfo=UTC) if form.dated else now()
    same = select(Hold).where(Hold.entry_id == entry.id, Hold.code == code)
    for known_one in session.exec(same):
        if form.dated is None or known_one.placed_at == placed:
            return  # the same form, mailed again
    hold = _placed(session, entry, shipment, form, code, placed)
    audit.record(
        session, "query_received", actor=SYSTEM, shipment_id=shipment.id, hold_id=hold.id,
        form=form.form, dated=form.dated, entry=entry.number, asked=list(form.asked),
        document_id=document.id, kind=hold.kind, respond_by=hold.respond_by,
    )  # fmt: skip
    hold_alarms.alert(session, entry, shipment, hold, house=house)
    hold_staging.stage(session, hold)
    proposal.changed(session, shipment)


def _placed(
    session: Session, entry: Entry, shipment: Shipment, form: CustomsForm, code: str, at: datetime
) -> Hold:
    assert entry.id is not None
    assert shipment.id is not None
    reason = _reason(form)
    found = known.recognise(code, reason)
    by, because = playbook.due(found)
    hold = Hold(
        entry_id=entry.id, shipment_id=shipment.id, code=code, reason=reason, placed_at=at,
        source="mail", confirmed=False, stops=False, kind=found.kind, known_by=found.by,
        respond_by=by, respond_because=because,
        inner_by=now() + playbook.play(found.kind).within,
    )  # fmt: skip
    session.add(hold)
    session.flush()
    return hold


def _reason(form: CustomsForm) -> str:
    title = "Request for Information" if form.form == "28" else "Notice of Action"
    dated = f", dated {form.dated.isoformat()}" if form.dated else ""
    said = f"CBP Form {form.form}, {title}{dated}."
    if form.asked:
        said += f" Asks about: {', '.join(form.asked)}."
    elif not form.marked:
        said += " Which questions are marked could not be read: please look at the form."
    return f"{said} {form.message}".strip()


def _tell_only(
    session: Session, shipment: Shipment, document: Document, form: CustomsForm, *, forged: bool
) -> None:
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0, note="customs_form", once=f"document-{document.id}",
            facts={
                "file": document.filename, "form": form.form, "entries": list(form.entries),
                "dated": str(form.dated) if form.dated else None, "forged": int(forged),
            },
            broadcast=True, mention=shipment.assignee or shipment.confirmed_by,
        ),
    )  # fmt: skip
