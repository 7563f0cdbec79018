"""The review card as a value, computed afresh from the database each time it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from knowledge import calendar, flags, reference, reporting_units
from knowledge.duty.compute import LineDuty
from storage.models import (
    Classification,
    Document,
    Entry,
    LineItem,
    LineState,
    ReadState,
    Shipment,
    State,
)
from storage.values import Candidate, DocumentKind, Flag
from workflows import (
    adcvd,
    agencies,
    asking,
    containers,
    estimate,
    evidence,
    filing,
    gate,
    gate_rules,
    holds,
    line_acts,
    maker,
    notices,
    playbook,
    proposal,
    queries,
    review,
    screening,
    short_ship,
    signing,
    states,
)
from workflows.booked import lacking
from workflows.gate import Case
from workflows.ports import House
from workflows.states import Refused
from workflows.views import Bulk, CardView, DocumentView, LineView, OpenItem

SHOWN_LINES = 5
_OVER = (State.CLOSED, State.CANCELLED)

_KINDS = {
    DocumentKind.COMMERCIAL_INVOICE: "Commercial invoice",
    DocumentKind.PROFORMA_INVOICE: "Proforma invoice",
    DocumentKind.PACKING_LIST: "Packing list",
    DocumentKind.BILL_OF_LADING: "Bill of lading",
    DocumentKind.AIR_WAYBILL: "Air waybill",
    DocumentKind.ARRIVAL_NOTICE: "Arrival notice",
    DocumentKind.CERTIFICATE_OF_ORIGIN: "Certificate of origin",
    DocumentKind.MILL_CERTIFICATE: "Mill certificate",
    DocumentKind.PRODUCT_CERTIFICATE: "Product certificate",
    DocumentKind.POWER_OF_ATTORNEY: "Power of attorney",
    DocumentKind.BOOKING: "Booking",
    DocumentKind.ISF_SHEET: "ISF sheet",
    DocumentKind.EMAIL: "E-mail",
    DocumentKind.OTHER: "Document",
}


def card(session: Session, *, shipment_id: int, house: House) -> CardView:
    """Everything that the card of this shipment shows now."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None:
        raise Refused("This shipment is not known.")
    in_review = shipment.state is State.IN_REVIEW
    booked = shipment.state is State.BOOKED
    case = gate.whole_case(session, shipment, house=house) if in_review else None
    lines = case.lines if case else _lines(session, shipment_id)
    ready, fingerprint = (
        review.bulk(session, shipment, lines=lines, leads=case.leads) if case else ([], "")
    )
    together = {line.id for line, _ in ready} if len(ready) > 1 else set()
    waiting = [line for line in lines if line.state is LineState.OPEN] if in_review else []
    exceptions = [line for line in waiting if line.id not in together]
    shown = (exceptions or waiting)[:SHOWN_LINES]
    open_items = gate.open_items(case) if case else []
    gone = gate.waived(case) if case else frozenset()
    standing = [one for one in open_items if not (one.waivable and one.code in gone)]
    title = shipment.parties.importer.name or shipment.parties.consignee.name or "Unknown importer"
    confirmed = sum(1 for line in lines if line.state is LineState.CONFIRMED)
    headline = _headline(session, shipment)
    made = line_acts.notes(session, shipment_id)
    documents = documents_of(session, shipment_id, house)
    return CardView(
        shipment_id=shipment_id,
        ref=shipment.ref or str(shipment_id),
        title=title,
        state=shipment.state.value,
        rev=shipment.card_rev,
        headline=headline,
        facts=_facts(session, shipment, case),
        total_lines=len(lines),
        confirmed_lines=confirmed,
        flags=tuple(flag.message for flag in shipment.flags if flag.severity != "info")
        if in_review or booked
        else (),
        blockers=tuple(one.words for one in standing) or tuple(_lacking(session, shipment, house)),
        open_items=tuple(
            OpenItem(code=one.code, words=one.words, told=one.told(), waivable=one.waivable)
            for one in standing
        ),
        waived=tuple(one.words for one in open_items if one.waivable and one.code in gone),
        maker=_maker(shipment) if in_review else None,
        can_ask_all=in_review and any(one.who == "shipper" for one in standing),
        lines=tuple(_line(session, shipment, line, house, made.get(line.number)) for line in shown),
        open_lines=len(waiting),
        bulk=Bulk(count=len(ready), fingerprint=fingerprint) if together else None,
        documents=documents,
        can_confirm=in_review and not standing,
        can_reject=in_review,
        can_reopen=shipment.state is State.REJECTED,
        can_edit=in_review,
        can_ask=asking.possible(shipment),
        can_ask_poa=(in_review or booked) and signing.can_ask(session, shipment, house=house),
        unread=tuple(one for one in documents if one.problem and in_review),
        screening=_screened(session, shipment, house) if shipment.state not in _OVER else "",
        assignee=shipment.assignee,
        decided_by=shipment.confirmed_by,
        updated_at=shipment.updated_at,
        fallback=_fallback(shipment, title, len(waiting), len(lines), headline),
    )


def _lines(session: Session, shipment_id: int) -> Sequence[LineItem]:
    return session.exec(
        select(LineItem).where(LineItem.shipment_id == shipment_id).order_by(col(LineItem.number))
    ).all()


def _lacking(session: Session, shipment: Shipment, house: House) -> list[str]:
    """What a booked shipment still needs for its trade lane."""
    if shipment.state is not State.BOOKED:
        return []
    found = lacking.of(session, shipment, house.bookings.lanes)
    if found.problem:
        return [found.problem]
    told = [f"{lacking.words(one.name)} ({one.because})" for one in found.documents]
    if found.fields:
        told.append("facts: " + ", ".join(lacking.words(one.name) for one in found.fields))
    told += [f"{lacking.words(one.name)} ({one.because})" for one in found.signatures]
    return [f"{one[:1].upper()}{one[1:]}" for one in told]


def documents_of(session: Session, shipment_id: int, house: House) -> tuple[DocumentView, ...]:
    """The documents of a shipment with their links."""
    rows = session.exec(
        select(Document).where(Document.shipment_id == shipment_id).order_by(col(Document.id))
    ).all()
    old = short_ship.superseded(rows)
    return tuple(
        DocumentView(
            document_id=row.id or 0,
            label=f"{'Made here' if row.made_by_us else _KINDS[row.kind]} · {row.title}"
            + (" (superseded)" if row.id in old else ""),
            url=house.document_link(row.id or 0)
            + (f"#page={row.first_page}" if row.first_page > 1 else ""),
            problem=_problem(row),
            drawn=_drawn(row, house),
        )
        for row in rows
    )


def _drawn(row: Document, house: House) -> str | None:
    """Only a page can be drawn: of a sheet or a text there is none."""
    if house.drawn_link is None or row.made_by_us or row.reading is None:
        return None
    return house.drawn_link(row.id or 0) if evidence.has_pages(row) else None


def _problem(row: Document) -> str | None:
    if row.state is ReadState.WAITING:
        return None
    if row.problem is None or row.looked_at_by is not None:
        return None
    return f"could not be read, please look: {row.problem.message}"


def _headline(session: Session, shipment: Shipment) -> str | None:
    said = _standing(session, shipment)
    asked = queries.standing(session, shipment.id or 0)
    if not asked or said == screening.HOLD:
        return said
    return " ".join(one for one in (said, queries.headline(asked[-1])) if one)


def _taken_back(session: Session, shipment: Shipment) -> str:
    """That goods which were released already must not be collected now."""
    row = notices.pickup_of(session, shipment.id or 0)
    if row is None or row.recalled_at is None:
        return ""
    gone = containers.gone(row, shipment)
    left = f" Left the terminal already: {', '.join(gone) or 'the goods'}." if gone else ""
    return f" Its release does not stand: do not collect.{left}"


def _standing(session: Session, shipment: Shipment) -> str | None:
    assert shipment.id is not None
    if screening.open_hit(session, shipment.id):
        return screening.HOLD  # and no more: the cause is for compliance
    if standing := holds.open_holds(session, shipment.id):
        few = any(playbook.play(one.kind).few for one in standing)
        return holds.headline(standing[-1]) + ("" if few else _taken_back(session, shipment))
    if shipment.attention:
        return shipment.attention
    entry = filing.latest_entry(session, shipment.id)
    number = entry.number if entry else None
    match shipment.state:
        case State.BOOKED:
            return "Booked; waiting for documents."
        case State.REJECTED:
            return f"Rejected: {shipment.reject_reason or 'no reason given'}"
        case State.CONFIRMED:
            return f"Entry {number} confirmed, on its way to customs."
        case State.SUBMITTED:
            return f"Entry {number} submitted, waiting for customs."
        case State.ACCEPTED:
            return _accepted(session, entry)
        case State.RELEASED:
            return f"Entry {number} released."
        case State.CLOSED:
            return f"Entry {number} released; the file is sealed."
        case State.CANCELLED:
            into = shipment.joined_into
            return f"Part of {into} now." if into else "Cancelled."
        case _:
            return None


def _accepted(session: Session, entry: Entry | None) -> str:
    waiting = agencies.waiting_for(session, entry) if entry else []
    number = entry.number if entry else None
    if waiting:
        return f"Entry {number} released by customs, waiting for {', '.join(waiting)}."
    return f"Entry {number} accepted by customs."


def _facts(session: Session, shipment: Shipment, case: Case | None) -> tuple[tuple[str, str], ...]:
    assert shipment.id is not None
    header, transport, totals = shipment.header, shipment.transport, shipment.totals
    currency = totals.currency or header.currency or ""
    entry = filing.latest_entry(session, shipment.id)
    facts: list[tuple[str, str | None]] = [
        ("Entry", entry.number if entry else None),
        ("Entry type", _type(case, entry)),
        ("Invoice", _dated(header.invoiceNumber, header.invoiceDate)),
        ("Seller", shipment.parties.exporter.name),
        ("Bill of lading", transport.houseBill or transport.masterBill),
        ("Container", ", ".join(transport.containers[:3]) or None),
        ("Port", transport.portOfDischarge),
        ("Arrival · file by", _by(shipment)),
        ("Value", f"{currency} {totals.total:,.2f}".strip() if totals.total is not None else None),
        (
            "Est. duty and fees",
            None if shipment.state is State.BOOKED else _duty(shipment, case),
        ),
        ("Order", header.purchaseOrder),
        *(_booked(session, shipment) if shipment.state is State.BOOKED else ()),
    ]
    return tuple((label, value) for label, value in facts if value)[:10]


def _type(case: Case | None, entry: Entry | None) -> str | None:
    """Only what is not the usual 01: the filed type, the decided one, or that it is open."""
    if case is None:
        filed = str(entry.filing.get("entryType") or adcvd.CONSUMPTION) if entry else None
        return filed if filed != adcvd.CONSUMPTION else None
    if case.adcvd.entry_type is None:
        return "to be decided: 03 suggested"
    if case.adcvd.entry_type == adcvd.CONSUMPTION:
        return None
    return f"{case.adcvd.entry_type}: {', '.join(case.adcvd.cases)}"


def _maker(shipment: Shipment) -> tuple[str, str] | None:
    made = maker.proposed(shipment)
    return (made.mid, f"{made.because} ({made.confidence:.0%} sure)") if made else None


def _by(shipment: Shipment) -> str | None:
    """When the goods come, and by when entry is due (19 CFR 142.2)."""
    eta = shipment.transport.eta
    return f"{eta} · {calendar.entry_due(eta)}" if eta else None


def _screened(session: Session, shipment: Shipment, house: House) -> str:
    """For every eye: never whom a match is about."""
    assert shipment.id is not None
    if screening.open_hit(session, shipment.id):
        return screening.HOLD
    if house.screener.problem is not None:
        return "not screened: the denied-party list cannot be used"
    if shipment.screened is None or shipment.screened_at is None:
        return "parties not screened yet"
    return f"parties screened {shipment.screened_at:%Y-%m-%d}, no open match"


def _booked(session: Session, shipment: Shipment) -> list[tuple[str, str | None]]:
    """What only a shipment without documents shows."""
    origin, destination, mode = lacking.lane_of(session, shipment)
    lane = f"{origin or '?'} → {destination or '?'}, {mode or 'mode not stated'}"
    totals = shipment.totals
    packages = f"{totals.packages} {(totals.packageUnit or 'packages').casefold()}"
    named = ", ".join(one.facts.named for one in lacking.bookings_of(session, shipment.id or 0))
    return [
        ("Lane", lane),
        ("Packages", packages if totals.packages is not None else None),
        ("Booking", named or None),
        ("Vessel", shipment.transport.vessel),
    ]


def _dated(number: str | None, date: object) -> str | None:
    if number is None:
        return None
    return f"{number} of {date}" if date else number


def _duty(shipment: Shipment, case: Case | None) -> str | None:
    """The estimate in one line; the button on the card explains it. Live while in review."""
    made = gate_rules.priced(case).duty if case is not None else None
    layers = made.layers if made is not None else shipment.duty
    known = [layer.amount.amount for layer in layers if layer.amount is not None]
    needs = [layer.needs for layer in layers if layer.amount is None and layer.needs]
    refusals = list(made.refusals) if made is not None else []
    if not known:
        first = next(iter([*refusals, *needs]), None)
        return f"not yet: {first}" if first else None
    total = f"USD {sum(known, Decimal(0)):,.2f}"
    open_items = len(refusals) + len(needs)
    if open_items:
        return f"{total} so far, {open_items} open item{'s' if open_items > 1 else ''}"
    return total


def _duties(
    shipment: Shipment, line: LineItem, candidates: Sequence[Candidate], house: House
) -> tuple[str, ...]:
    """What each candidate would cost, side by side."""
    found = estimate.of_candidates(shipment, line, [one.code for one in candidates], house.duty)
    return tuple(_cost(found[one.code]) for one in candidates)


def _cost(made: LineDuty) -> str:
    if made.refusal is not None:
        return ""
    known = [layer.amount.amount for layer in made.layers if layer.amount is not None]
    if made.total is not None:
        return f"duty {made.total}"
    return f"duty USD {sum(known, Decimal(0)):,.2f} and open items" if known else ""


def _line(
    session: Session, shipment: Shipment, line: LineItem, house: House, made_of: str | None
) -> LineView:
    offered = proposal.candidates_of(session, line)
    candidates = tuple(offered.candidates[:3]) if offered else ()
    note = None
    if offered is not None and offered.hint_conflict:
        note = offered.hint_conflict
    elif offered is not None and offered.source == "product":
        note = f"confirmed before by {offered.confirmed_by}"
    return LineView(
        line_id=line.id or 0,
        rev=line.rev,
        number=line.number,
        description=line.description or "(no description)",
        quantity=f"{line.quantity:,f} {line.unit or ''}".strip()
        if line.quantity is not None
        else "quantity not stated",
        value=f"{line.currency or ''} {line.value:,.2f}".strip()
        if line.value is not None
        else "value not stated",
        origin=line.origin,
        hint=line.hint,
        candidates=candidates,
        duties=_duties(shipment, line, candidates, house),
        source=offered.source if offered and offered.candidates else "none",
        note=note,
        note_is_conflict=bool(offered and offered.hint_conflict),
        missing=tuple(offered.missing_facts) if offered else (),
        flags=tuple(_said(flag) for flag in line.flags),
        notes=((made_of,) if made_of else ()) + _notes(line, offered, candidates),
        pga=tuple(offered.pga) if offered else (),
    )


def _notes(
    line: LineItem, offered: Classification | None, candidates: Sequence[Candidate]
) -> tuple[str, ...]:
    found = list(offered.notes or ()) if offered else []
    if candidates and (unit := flags.unit_problem(line.unit, candidates[0].units)):
        found.append(unit[0].upper() + unit[1:])
    elif candidates and _counted_otherwise(line, candidates[0]):
        found.append(reporting_units.told(line.quantity, line.unit, candidates[0].units))
    return tuple(found)


def _counted_otherwise(line: LineItem, lead: Candidate) -> bool:
    """Whether the tariff counts in another measure than the invoice: dozens, not pieces."""
    made = [reference.convert(line.quantity, line.unit, to=unit) for unit in lead.units if unit]
    return any(one is not None and one != line.quantity for one in made)


def _said(flag: Flag) -> str:
    return flag.message


def _fallback(
    shipment: Shipment, title: str, waiting: int, total: int, headline: str | None
) -> str:
    if headline:
        return f"{shipment.ref} {title}: {headline}"
    if waiting:
        return f"{shipment.ref} {title}: {waiting} of {total} lines need a decision."
    return f"{shipment.ref} {title} is {states.words(shipment.state)}."
