"""What people decide in review: each function is one click, done once or politely refused.

Decisions on lines are compare-and-set per line, so that two brokers on one card never undo
each other. Every decision is audited under the name, role and licence of the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import (
    Document,
    LineItem,
    LineState,
    ReadState,
    Shipment,
    State,
)
from storage.values import Actor, Candidate, Flag, Role, Value
from workflows import (
    archive,
    booking,
    decisions,
    estimate,
    evidence,
    filing,
    gate,
    offers,
    products,
    proposal,
    screening,
    shadow,
    states,
    threads,
)
from workflows.effects import LearnCorrection, SubmitEntry, TellDecisions, TellThread
from workflows.offers import Lead
from workflows.ports import House, Place
from workflows.states import Refused, WrongRole

SURE = 0.85
"""Below this a person must look; above it the line may be confirmed with others in one click."""


class Answer(Value):
    """What to say to the person who clicked."""

    text: str
    changed: bool


class TariffLine(Protocol):
    """A line of the schedule in force."""

    @property
    def code(self) -> str: ...

    @property
    def general(self) -> str | None: ...


class Tariff(Protocol):
    """The schedule in force: only its lines may be chosen."""

    @property
    def edition(self) -> str: ...

    def find(self, code: str) -> TariffLine | None: ...


class EditableField(Value):
    """A field that a person may correct."""

    path: str
    label: str
    value: str | None
    confidence: float | None
    read: str | None = None  #: the words as they stand on the page
    learned: str | None = None  #: whose correction taught where it stands
    by: str | None = None  #: who read it, where it was not our reader alone
    page: int | None = None  #: on which page, from 1
    document_id: int | None = None
    filename: str | None = None
    place: Place | None = None  #: where a picture can show it
    longest: int = 300  #: letters


EDITABLE: tuple[tuple[str, str], ...] = (
    ("header.invoiceNumber", "Invoice number"),
    ("header.invoiceDate", "Invoice date (YYYY-MM-DD)"),
    ("header.currency", "Currency (ISO 4217)"),
    ("parties.importer.name", "Importer of record"),
    ("parties.importer.address", "Importer's address"),
    ("parties.consignee.name", "Consignee"),
    ("parties.consignee.address", "Consignee's address"),
    ("parties.exporter.name", "Exporter"),
    ("parties.exporter.address", "Exporter's address"),
    ("parties.exporter.country", "Exporter's country (two letters)"),
    ("parties.manufacturer.name", "Manufacturer"),
    ("parties.manufacturer.address", "Manufacturer's address"),
    ("parties.manufacturer.country", "Manufacturer's country (two letters)"),
    ("parties.manufacturer.mid", "Manufacturer's identification (MID)"),
    ("transport.masterBill", "Master bill of lading"),
    ("transport.houseBill", "House bill of lading"),
    ("transport.vessel", "Vessel"),
    ("transport.portOfDischarge", "Port of discharge"),
    ("transport.eta", "Arrival (YYYY-MM-DD)"),
    ("totals.total", "Invoice total"),
    ("totals.packages", "Packages"),
)


def choose(
    session: Session,
    *,
    line_id: int,
    line_rev: int,
    code: str,
    actor: Actor,
    tariff: Tariff,
    reason: str | None = None,
) -> Answer:
    """A broker confirms the code of one line."""
    line = session.get(LineItem, line_id)
    if line is None:
        raise Refused("This line is no longer part of the shipment. The card is being redrawn.")
    shipment = _open_shipment(session, line.shipment_id)
    _only_a_broker(actor, "confirm a tariff code")
    if line.rev != line_rev or line.state is not LineState.OPEN:
        raise Refused(_why_not(line))  # before what was chosen is judged by the newer proposal
    offered = proposal.candidates_of(session, line)
    candidate = _among(offered.candidates if offered else [], code)
    edition = candidate.edition if candidate else tariff.edition
    rate = candidate.generalRate if candidate else None
    if candidate is None:
        found = tariff.find(code)
        if found is None:
            raise Refused(f"{code} is not a line of {tariff.edition}. Please check the digits.")
        if not (reason or "").strip():
            raise Refused("Please say why none of the candidates is right.")
        code, rate = found.code, found.general
    else:
        code = candidate.code
    decided = session.execute(
        update(LineItem)
        .where(
            col(LineItem.id) == line_id,
            col(LineItem.state) == LineState.OPEN,
            col(LineItem.rev) == line_rev,
        )
        .values(
            state=LineState.CONFIRMED,
            code=code,
            code_edition=edition,
            general_rate=rate,
            decided_by=actor.id,
            decided_name=actor.name,
            decided_at=now(),
            decided_reason=(reason or "").strip() or None,
        )
        .execution_options(synchronize_session=False)
    )
    session.refresh(line)
    if not decided.rowcount:  # type: ignore[attr-defined]
        raise Refused(_why_not(line))
    _record_choice(session, shipment, line, actor)
    proposal.changed(session, shipment)
    return Answer(text=f"Line {line.number}: {code} confirmed.", changed=True)


def bulk(
    session: Session,
    shipment: Shipment,
    *,
    lines: Sequence[LineItem] | None = None,
    leads: Mapping[int, Lead] | None = None,
) -> tuple[list[tuple[LineItem, Lead]], str]:
    """The open lines that may be confirmed together, and a fingerprint of exactly that set.

    Only lines without a flag, whose leading candidate the importer's own history gave or whose
    confidence is high. A fingerprint binds a click to what was shown. `lines` are those that were
    shown, in their order: all of the shipment unless they are given.
    """
    if lines is None:
        lines = session.exec(
            select(LineItem)
            .where(LineItem.shipment_id == shipment.id)
            .order_by(col(LineItem.number))
        ).all()
    if leads is None:
        leads = offers.leads(session, shipment.id)
    ready: list[tuple[LineItem, Lead]] = []
    for line in lines:
        lead = leads.get(line.id or 0)
        if line.state is not LineState.OPEN or line.flags or lead is None or lead.conflict:
            continue
        if lead.confidence >= SURE:
            ready.append((line, lead))
    shown = ";".join(f"{line.id}:{line.rev}:{lead.code}" for line, lead in ready)
    return ready, hashlib.sha256(shown.encode()).hexdigest()[:16]


def confirm_bulk(
    session: Session,
    *,
    shipment_id: int,
    fingerprint: str,
    actor: Actor,
    lines: Sequence[LineItem] | None = None,
) -> Answer:
    """A broker confirms the proposed codes of exactly the lines that were shown.

    `lines` are those of the page that showed them; None: the card, which counts them all.
    """
    shipment = _open_shipment(session, shipment_id)
    _only_a_broker(actor, "confirm tariff codes")
    ready, current = bulk(session, shipment, lines=lines)
    if fingerprint != current or not ready:
        raise Refused(
            "Nothing was confirmed: the lines have changed since they were shown. "
            "Please look at them again."
        )
    for line, lead in ready:
        line.state, line.code, line.code_edition = LineState.CONFIRMED, lead.code, lead.edition
        line.general_rate = lead.rate
        line.decided_by, line.decided_name, line.decided_at = actor.id, actor.name, now()
        session.add(line)
        _record_choice(session, shipment, line, actor, together=True)
    proposal.changed(session, shipment)
    return Answer(text=f"{len(ready)} lines confirmed as proposed.", changed=True)


def confirm(session: Session, *, shipment_id: int, rev: int, actor: Actor, house: House) -> Answer:
    """A licensed broker confirms the shipment: the gate is asked, the entry is filed.

    The parties are screened once more against the list in force (it may be newer).
    """
    shipment = _shipment(session, shipment_id)
    if shipment.state is State.IN_REVIEW and shipment.card_rev != rev:
        raise Refused(
            "Nothing was filed: the shipment has changed since this card was drawn. "
            "Please look at the card again."
        )
    _only_a_broker(actor, "confirm and file an entry")
    screening.screen(session, shipment, house.screener)
    reasons = [one.words for one in gate.for_house(session, shipment, house=house)]
    if shipment.state is State.IN_REVIEW and reasons:
        # Not raised: the new screening must be kept, or nobody could clear what it found.
        audit.record(
            session, "filing_refused", actor=actor, shipment_id=shipment_id, reasons=reasons
        )
        proposal.changed(session, shipment)
        return Answer(text="Nothing was filed. " + " ".join(reasons), changed=True)
    estimate.keep(session, shipment, house.duty)
    if shipment.state is State.IN_REVIEW and (rule := shadow.rule_of(session, shipment)):
        said = shadow.prepared(session, shipment, rule, actor=actor, house=house)
        return Answer(text=said, changed=True)
    entry = filing.prepare(session, shipment, actor=actor, house=house)
    assert entry.id is not None
    states.fire(
        session,
        shipment,
        states.Confirm(entry_id=entry.id, blockers=tuple(reasons)),
        actor=actor,
    )
    shipment.confirmed_by = actor.id
    outbox.add(session, SubmitEntry(shipment_id=shipment_id, entry_id=entry.id))
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="confirmed",
            once=f"entry-{entry.id}",
            facts={"who": actor.name, "licence": actor.licence, "entry": entry.number},
        ),
    )
    archive.index(session, shipment)
    proposal.changed(session, shipment)
    return Answer(text=f"Entry {entry.number} is on its way to customs.", changed=True)


def reject(session: Session, *, shipment_id: int, reason: str, actor: Actor) -> Answer:
    """Put a shipment aside, with a reason."""
    shipment = _shipment(session, shipment_id)
    states.fire(session, shipment, states.Reject(reason=reason), actor=actor)
    shipment.reject_reason = reason.strip()
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment_id,
            note="rejected",
            once=f"rev-{shipment.card_rev}",
            facts={"who": actor.name, "reason": reason.strip()},
        ),
    )
    proposal.changed(session, shipment)
    return Answer(text=f"{shipment.ref} was rejected.", changed=True)


def reopen(session: Session, *, shipment_id: int, actor: Actor) -> Answer:
    """Take a rejected shipment up again."""
    shipment = _shipment(session, shipment_id)
    states.fire(session, shipment, states.Reopen(), actor=actor)
    shipment.reject_reason = None
    proposal.changed(session, shipment)
    return Answer(text=f"{shipment.ref} is in review again.", changed=True)


def looked_at(session: Session, *, document_id: int, actor: Actor) -> Answer:
    """A person has looked at a document that could not be read."""
    document = session.get(Document, document_id, with_for_update=True)
    if document is None or document.state is not ReadState.UNREADABLE:
        raise Refused("This document no longer waits for a look.")
    _only_writers(actor, "say that a document was looked at")
    if document.looked_at_by is not None:
        raise Refused(f"{document.filename} was already looked at.")
    shipment = _open_shipment(session, document.shipment_id)
    document.looked_at_by = actor.id
    session.add(document)
    audit.record(
        session,
        "document_looked_at",
        actor=actor,
        shipment_id=shipment.id,
        document_id=document_id,
    )
    proposal.changed(session, shipment)
    return Answer(text=f"Noted: you have looked at {document.filename}.", changed=True)


def field_of(
    session: Session,
    shipment: Shipment,
    path: str,
    label: str,
    *,
    value: str | None,
    confidence: float | None,
    longest: int = 300,
) -> EditableField:
    """A field with the words that it was read from, and where they stand."""
    number, seen = shipment.evidence.get(path, (None, None))
    document = session.get(Document, number) if number and number > 0 else None
    return EditableField(
        path=path,
        label=label,
        value=value,
        confidence=confidence,
        read=seen.text if seen else None,
        learned=seen.learned if seen else None,
        by=seen.by if seen else None,
        page=seen.page if seen else None,
        document_id=document.id if document else None,
        filename=document.filename if document else None,
        place=evidence.on_page(document, seen) if document and seen else None,
        longest=longest,
    )


def editable(session: Session, *, shipment_id: int) -> list[EditableField]:
    """The fields that a person may correct, with what was read."""
    shipment = _shipment(session, shipment_id)
    fields = []
    for path, label in EDITABLE:
        value: object = shipment
        for step in path.split("."):
            value = getattr(value, step)
        sure = shipment.confidence.get(path)
        said = None if value is None else str(value)
        fields.append(field_of(session, shipment, path, label, value=said, confidence=sure))
    return fields


def correct(
    session: Session, *, shipment_id: int, changes: Mapping[str, str], actor: Actor
) -> Answer:
    """A person sets fields right; what the documents say is kept beside it in the readings."""
    shipment = _open_shipment(session, shipment_id)
    _only_writers(actor, "correct a field")
    labels = dict(EDITABLE)
    before = {field.path: field.value for field in editable(session, shipment_id=shipment_id)}
    written = {
        path: text.upper() if path.endswith(".country") else text for path, text in changes.items()
    }
    made = {
        path: text.strip()
        for path, text in written.items()
        if path in labels and text.strip() != (before[path] or "")
    }
    if not made:
        return Answer(text="Nothing was changed.", changed=False)
    for path, text in made.items():
        try:
            proposal.put(shipment, path, text or None)
        except ValidationError as exc:
            raise Refused(f"{labels[path]}: '{text}' is not understood. Nothing changed.") from exc
        shipment.confidence = {**shipment.confidence, path: 1.0}
        kept = [flag for flag in shipment.flags if flag.field != path]
        note = Flag(
            type=proposal.CORRECTED,
            field=path,
            severity="info",
            message=f"{labels[path]} was set by {actor.name}.",
        )
        shipment.flags = [*kept, note]
    importer = booking.importer_of(session, shipment.parties)
    shipment.importer_id = importer.id if importer else shipment.importer_id
    session.add(shipment)
    audit.record(
        session,
        "fields_corrected",
        actor=actor,
        shipment_id=shipment_id,
        before={path: before[path] for path in made},
        after=made,
    )
    archive.index(session, shipment)
    proposal.changed(session, shipment)
    outbox.add(
        session,
        LearnCorrection(
            shipment_id=shipment_id, rev=shipment.card_rev, changes=made, by=actor.name
        ),
    )
    listed = ", ".join(labels[path] for path in made)
    return Answer(text=f"Corrected: {listed}.", changed=True)


def draw_anew(session: Session, *, channel: str, ts: str) -> None:
    """Draw the card at this place again, because what stands on it is out of date.

    Each drawing is a new revision, which a click on the card as it was shown no longer fits: so
    never for a click that was merely refused.
    """
    found = threads.shipment_of(session, channel, ts)
    shipment = session.get(Shipment, found.id, with_for_update=True) if found else None
    if shipment is not None:
        proposal.changed(session, shipment)


def _record_choice(
    session: Session,
    shipment: Shipment,
    line: LineItem,
    actor: Actor,
    *,
    together: bool = False,
) -> None:
    assert shipment.id is not None
    offered = proposal.candidates_of(session, line)
    kept = decisions.write(session, shipment, line, actor=actor, offered=offered, together=together)
    audit.record(
        session,
        "code_confirmed",
        actor=actor,
        shipment_id=shipment.id,
        line=line.number,
        line_rev=line.rev,
        code=line.code,
        edition=line.code_edition,
        offered=[one.code for one in _all(offered)],
        reason=line.decided_reason,
        record=kept.record_hash,
    )
    products.learn(session, shipment, line, actor=actor, offered=offered)
    window = int(now().timestamp()) // TellDecisions.WINDOW
    ends = now() + timedelta(seconds=TellDecisions.WINDOW)
    outbox.add(
        session,
        TellDecisions(shipment_id=shipment.id, actor_id=actor.id, window=window),
        run_at=ends,
    )


_LARGE = [
    defer(one)  # type: ignore[arg-type]
    for one in (Shipment.duty, Shipment.evidence, Shipment.confidence)
]
"""Of a thousand lines these are megabytes; a click that does not need them does not read them."""


def _shipment(session: Session, shipment_id: int) -> Shipment:
    shipment = session.get(Shipment, shipment_id, with_for_update=True, options=_LARGE)
    if shipment is None:
        raise Refused("This shipment is not known.")
    return shipment


def _open_shipment(session: Session, shipment_id: int) -> Shipment:
    shipment = _shipment(session, shipment_id)
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")
    return shipment


def may_choose(actor: Actor) -> None:
    """Raise `Refused` for whoever may not confirm a code; asked before a modal opens."""
    _only_a_broker(actor, "confirm a tariff code")


def may_correct(actor: Actor) -> None:
    """Raise `Refused` for whoever may not set what the documents say right."""
    _only_writers(actor, "state facts about a shipment")


def _only_a_broker(actor: Actor, what: str) -> None:
    if actor.role is not Role.LICENSED_BROKER:
        raise WrongRole(
            f"Only a licensed broker can {what}. Nothing was changed.", Role.LICENSED_BROKER
        )


def _only_writers(actor: Actor, what: str) -> None:
    if actor.role not in (Role.LICENSED_BROKER, Role.ENTRY_WRITER):
        raise WrongRole(
            f"Only a broker or an entry writer can {what}. Nothing was changed.",
            Role.LICENSED_BROKER,
            Role.ENTRY_WRITER,
        )


def _all(offered: object) -> Sequence[Candidate]:
    return getattr(offered, "candidates", None) or []


def _among(candidates: Sequence[Candidate], code: str) -> Candidate | None:
    digits = code.replace(".", "")
    return next((one for one in candidates if one.code.replace(".", "") == digits), None)


def _why_not(line: LineItem) -> str:
    if line.state is LineState.CONFIRMED and line.decided_at is not None:
        return (
            f"Not saved: line {line.number} was already decided by {line.decided_name} at "
            f"{line.decided_at:%H:%M} UTC ({line.code}). The card is being brought up to date."
        )
    return (
        f"Not saved: what is proposed for line {line.number} has changed since this card was "
        "drawn. Please look at the card again."
    )
