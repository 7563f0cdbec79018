"""What was read becomes what is proposed: fields, lines, candidates, duty, screening.

A proposal never decides. A line that a person has decided keeps its decision as long as its
goods are the same; if the goods changed, the line is open again and the thread says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlmodel import Session, select

from storage import audit, outbox
from storage.columns import now
from storage.models import (
    Classification,
    Document,
    LineItem,
    LineState,
    ReadState,
    Reference,
    Shipment,
    State,
)
from storage.values import (
    SYSTEM,
    DutyFacts,
    Evidence,
    Flag,
    Header,
    InvoiceLine,
    Parties,
    Reading,
    Suggestion,
    Totals,
    Transport,
    Unreadable,
    Value,
)
from workflows import (
    adcvd,
    all_lines,
    answering,
    archive,
    booking,
    estimate,
    hold_staging,
    home_due,
    intake,
    late,
    nearby,
    offers,
    official_papers,
    screening,
    short_ship,
    splitting,
    staffing,
    states,
)
from workflows.booked import mailed, telling, weaving
from workflows.effects import ReadDocuments, ShowCard, TellThread
from workflows.papers import conflicts
from workflows.ports import House

CARD_PAUSE = timedelta(seconds=3)
"""chat.update is limited for the whole workspace: a card is redrawn at most this often."""

CORRECTED = "corrected"
"""Flag type of a field that a person has set: a later reading does not overwrite it."""


class Proposal(Value):
    """What the reader and the tariff desk made of a shipment's documents."""

    outcomes: dict[int, Reading | Unreadable]  #: by document id
    header: Header = Header()
    parties: Parties = Parties()
    transport: Transport = Transport()
    totals: Totals = Totals()
    lines: tuple[InvoiceLine, ...] = ()
    lines_from: int | None = None  #: the document that the lines come from
    confidence: dict[str, float] = {}
    evidence: dict[str, tuple[int, Evidence]] = {}
    flags: tuple[Flag, ...] = ()
    suggestions: dict[int, Suggestion] = {}  #: by line number
    references: tuple[tuple[str, str], ...] = ()


def propose(
    session: Session, *, shipment_id: int, message_id: int, proposal: Proposal, house: House
) -> None:
    """Record a proposal, and show it."""
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        return
    store_readings(session, shipment_id, proposal.outcomes)
    intake.remember(session, shipment_id, proposal.references)
    older = intake.join(session, shipment)
    if older is shipment and (booked := mailed.older(session, shipment, proposal.parties)):
        intake.absorb(session, shipment, booked)
        older = booked
    if older is not shipment:
        assert older.id is not None
        official_papers.take(session, older, house=house)
        outbox.add(session, ReadDocuments(shipment_id=older.id, message_id=message_id))
        if shipment.card_ts:
            changed(session, shipment)
        return
    if shipment.state not in (State.RECEIVED, State.IN_REVIEW):
        # Confirmed or filed already: the documents are kept and told, the entry is not touched.
        screening.screen(session, shipment, house.screener)  # a late paper may name somebody new
        official_papers.take(session, shipment, house=house)
        late.note(
            session,
            shipment,
            message_id=message_id,
            lines=proposal.lines,
            totals=proposal.totals,
        )
        hold_staging.restage(session, shipment_id)
        archive.index(session, shipment)
        changed(session, shipment)
        splitting.tell(session, shipment, message_id)
        conflicts.look(session, shipment)
        answering.after_reading(session, shipment, message_id, house=house)
        return
    _store_fields(shipment, proposal)
    mailed.take(session, shipment, house=house)
    disagreeing = weaving.weave(session, shipment, just_read=True)
    booking.assign(session, shipment)
    staffing.give_new(session, shipment, by_turns=house.by_turns)
    session.add(shipment)
    reopened = _store_lines(session, shipment, proposal)
    estimate.keep(session, shipment, house.duty)
    screening.screen(session, shipment, house.screener)
    booked_only = mailed.only_booked(session, shipment)
    event = states.Booked() if booked_only else states.Proposed()
    states.fire(session, shipment, event, actor=SYSTEM)
    archive.index(session, shipment)
    audit.record(
        session,
        "proposal_made",
        actor=SYSTEM,
        shipment_id=shipment_id,
        lines=len(proposal.lines),
        flags=[flag.type for flag in shipment.flags],
        unread=[key for key, made in proposal.outcomes.items() if isinstance(made, Unreadable)],
    )
    changed(session, shipment)
    intake.tell_first(session, shipment, message_id)
    splitting.tell(session, shipment, message_id)
    nearby.suggest(session, shipment, message_id)
    official_papers.take(session, shipment, house=house)
    telling.conflicts(session, shipment, disagreeing)
    short_ship.tell(session, shipment)
    conflicts.look(session, shipment)
    answering.after_reading(session, shipment, message_id, house=house)
    for number in reopened:
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment_id,
                note="line_reopened",
                once=f"line-{number}-message-{message_id}",
                facts={"number": number},
            ),
        )


def changed(session: Session, shipment: Shipment) -> None:
    """The card must show something new, soon."""
    assert shipment.id is not None
    shipment.card_rev += 1
    shipment.updated_at = now()
    session.add(shipment)
    session.flush()
    redraw_card(session, shipment)
    adcvd.ask(session, shipment)
    home_due.redraw(session, shipment)
    all_lines.redraw(session, shipment)


def redraw_card(session: Session, shipment: Shipment) -> None:
    """Ask for the card as it is now, unless a drawing waits already: that one shows it too.

    A drawing that has begun may have looked before this change; it asks again at its end.
    """
    effect = ShowCard(shipment_id=shipment.id or 0, rev=shipment.card_rev)
    if outbox.waits(session, effect.lane()):
        return
    shown = shipment.card_shown_at
    outbox.add(session, effect, run_at=max(now(), shown + CARD_PAUSE) if shown else now())


def store_readings(
    session: Session, shipment_id: int, outcomes: Mapping[int, Reading | Unreadable]
) -> None:
    for document in session.exec(select(Document).where(Document.shipment_id == shipment_id)):
        made = outcomes.get(document.id or 0)
        if isinstance(made, Reading):
            document.reading, document.problem = made, None
            document.kind, document.state = made.documentType, ReadState.READ
        elif isinstance(made, Unreadable):
            document.problem, document.state = made, ReadState.UNREADABLE
        session.add(document)


def _store_fields(shipment: Shipment, proposal: Proposal) -> None:
    corrected = {flag.field: flag for flag in shipment.flags if flag.type == CORRECTED}
    before = {path: _get(shipment, path) for path in corrected if path}
    shipment.header, shipment.parties = proposal.header, proposal.parties
    shipment.transport, shipment.totals = proposal.transport, proposal.totals
    shipment.confidence = dict(proposal.confidence)
    shipment.evidence = dict(proposal.evidence)
    for path, value in before.items():
        put(shipment, path, value)
        shipment.confidence = {**shipment.confidence, path: 1.0}
    shipment.flags = [
        *[flag for flag in proposal.flags if flag.field not in corrected and not _of_line(flag)],
        *corrected.values(),
    ]


def _store_lines(session: Session, shipment: Shipment, proposal: Proposal) -> list[int]:
    """Update the lines; gives the numbers of decided lines that are open again."""
    assert shipment.id is not None
    there = {
        line.number: line
        for line in session.exec(select(LineItem).where(LineItem.shipment_id == shipment.id))
    }
    reopened: list[int] = []
    for index, read in enumerate(proposal.lines):
        line = there.pop(read.lineNumber, None)
        suggestion = proposal.suggestions.get(read.lineNumber)
        if line is None:
            line = LineItem(
                shipment_id=shipment.id, number=read.lineNumber, state=LineState.OPEN, rev=0
            )
        same_goods = line.rev > 0 and (line.description, line.sku, line.origin, line.hint) == (
            read.description or "",
            read.sku,
            read.countryOfOrigin,
            read.hsCodeHint,
        )
        if line.rev > 0 and not same_goods:
            line.duty_facts = None  # they were stated about other goods
        _fill(line, read, shipment, proposal, index)
        if line.state is LineState.CONFIRMED and not same_goods:
            line.state, line.code, line.code_edition = LineState.OPEN, None, None
            line.decided_by = line.decided_name = line.decided_at = line.decided_reason = None
            reopened.append(line.number)
        if line.state is LineState.OPEN and _suggests_anew(session, line, suggestion, same_goods):
            line.rev += 1
            line.general_rate = (
                suggestion.candidates[0].generalRate
                if suggestion and suggestion.candidates
                else None
            )
            session.add(line)
            session.flush()
            _remember_candidates(session, line, suggestion)
        session.add(line)
    for gone in there.values():
        _retire(session, gone)
    session.flush()
    return reopened


def _fill(
    line: LineItem, read: InvoiceLine, shipment: Shipment, proposal: Proposal, index: int
) -> None:
    line.description, line.sku = read.description or "", read.sku
    line.quantity, line.unit = read.quantity, read.unit
    line.unit_price, line.value = read.unitPrice, read.extendedValue
    line.currency = shipment.totals.currency or shipment.header.currency
    line.origin, line.hint = read.countryOfOrigin, read.hsCodeHint
    if line.duty_facts is None and (read.countryOfMeltAndPour or read.countryOfSmeltAndCast):
        line.duty_facts = DutyFacts(
            melt_and_pour=read.countryOfMeltAndPour, smelt_and_cast=read.countryOfSmeltAndCast
        )
    line.document_id = proposal.lines_from
    prefix = f"lineItems[{index}]"
    line.confidence = {
        path.removeprefix(f"{prefix}."): sure
        for path, sure in proposal.confidence.items()
        if path.startswith(f"{prefix}.")
    }
    line.flags = [flag for flag in proposal.flags if flag.field and flag.field.startswith(prefix)]


def _suggests_anew(
    session: Session, line: LineItem, suggestion: Suggestion | None, same_goods: bool
) -> bool:
    if not same_goods:
        return True
    standing = candidates_of(session, line)
    offered = [one.code for one in suggestion.candidates] if suggestion else []
    return standing is None or [one.code for one in standing.candidates] != offered


def _remember_candidates(session: Session, line: LineItem, suggestion: Suggestion | None) -> None:
    assert line.id is not None
    made = Classification(line_id=line.id, line_rev=line.rev)
    if suggestion is not None:
        made.candidates = list(suggestion.candidates)
        made.band, made.source = suggestion.band, suggestion.source
        made.confirmed_by, made.hint_conflict = suggestion.confirmedBy, suggestion.hintConflict
        made.missing_facts, made.pga = list(suggestion.missingFacts), list(suggestion.pga)
        made.notes = list(suggestion.notes)
    session.add(made)


def candidates_of(session: Session, line: LineItem) -> Classification | None:
    """What is proposed for the line as it stands."""
    return offers.of_line(session, line)


def _retire(session: Session, line: LineItem) -> None:
    """A line that the newest invoice no longer has: kept if a person decided it."""
    if line.state is LineState.OPEN:
        for made in session.exec(select(Classification).where(Classification.line_id == line.id)):
            session.delete(made)
        session.flush()
        session.delete(line)
    else:
        line.flags = [
            Flag(
                type="line_gone",
                field=None,
                severity="must_resolve",
                message="it was decided, but the newest invoice no longer has it.",
            )
        ]
        session.add(line)


def _of_line(flag: Flag) -> bool:
    return bool(flag.field and flag.field.startswith("lineItems["))


def _get(shipment: Shipment, path: str) -> object:
    where: object = shipment
    for step in path.split("."):
        where = getattr(where, step)
    return where


def put(shipment: Shipment, path: str, value: object) -> None:
    """Set a field by its path, e.g. `parties.importer.name`; values are frozen, so rebuild."""
    root, *steps = path.split(".")
    setattr(shipment, root, _rebuilt(getattr(shipment, root), steps, value))


def _rebuilt(value: Value, steps: Sequence[str], leaf: object) -> Value:
    name, *rest = steps
    inner = _rebuilt(getattr(value, name), rest, leaf) if rest else leaf
    facts = {**value.model_dump(), name: inner.model_dump() if isinstance(inner, Value) else inner}
    return type(value).model_validate(facts)


def reference_values(session: Session, shipment_id: int) -> list[str]:
    """The numbers of a shipment, for search."""
    return list(
        session.exec(
            select(Reference.value).where(
                Reference.shipment_id == shipment_id, Reference.kind != "message_id"
            )
        )
    )
