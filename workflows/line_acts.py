"""What people did to the lines of an invoice: split, merged, set right, added or taken out.

What the page says is kept in the reading of the document and beside the act; every line that an
act made loses its confirmation and is classified anew. When the documents are read again the acts
are replayed; where the newest invoice no longer has the lines that an act was about, it no longer
applies, and a person is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Classification, LineDivision, LineItem, LineState, Shipment, State
from storage.values import SYSTEM, Actor, Flag, InvoiceLine, Value
from workflows import proposal, states
from workflows.effects import ReadDocuments, TellThread
from workflows.states import Refused

FIELDS = {
    "description": "goods",
    "sku": "article number",
    "quantity": "quantity",
    "unit": "unit",
    "unitPrice": "unit price",
    "extendedValue": "amount",
    "countryOfOrigin": "origin",
    "hsCodeHint": "shipper's tariff number",
}
"""What a person may set right of a line, with the words for it."""

_DID = {
    "split": "divided line {} anew",
    "merged": "divided line {} anew",
    "set_right": "set line {} right",
    "added": "added line {}",
    "taken_out": "taken out line {}",
}
_VERBS = {"split": "Split", "merged": "Merged", "set_right": "Set right", "added": "Added by hand"}


class Replayed(Value):
    """The lines after all acts; `sources` are the places of the printed lines that each is of."""

    lines: tuple[InvoiceLine, ...]
    sources: tuple[tuple[int, ...], ...]
    stale: tuple[int, ...] = ()  #: ids of acts that no longer apply


def replay(lines: Sequence[InvoiceLine], acts: Sequence[LineDivision]) -> Replayed:
    """What the acts make of the printed lines, one act after the other."""
    standing: list[tuple[InvoiceLine, tuple[int, ...]]] = [
        (line, (place,)) for place, line in enumerate(lines)
    ]
    stale: list[int] = []
    for act in acts:
        there = {line.lineNumber: (line, sources) for line, sources in standing}
        taken = [there.get(one.lineNumber) for one in act.before]
        gone = {one.lineNumber for one in act.before}
        made = {one.lineNumber for one in act.after}
        fits = all(
            one is not None and _same(one[0], was)
            for one, was in zip(taken, act.before, strict=True)
        )
        if not fits or made & (there.keys() - gone):
            stale.append(act.id or 0)
            continue
        sources = tuple(sorted(place for one in taken if one is not None for place in one[1]))
        kept = [one for one in standing if one[0].lineNumber not in gone]
        after = [_set_right(taken[0][0], act)] if _one_set_right(act) and taken[0] else act.after
        standing = sorted(
            [*kept, *((one, sources) for one in after)], key=lambda one: one[0].lineNumber
        )
    return Replayed(
        lines=tuple(line for line, _ in standing),
        sources=tuple(sources for _, sources in standing),
        stale=tuple(stale),
    )


def _one_set_right(act: LineDivision) -> bool:
    return len(act.before) == 1 and len(act.after) == 1


def _set_right(line: InvoiceLine, act: LineDivision) -> InvoiceLine:
    """The line with what the person set; what the act does not know of stays as it is."""
    was, now_is = act.before[0].model_dump(), act.after[0].model_dump()
    return line.model_copy(update={k: v for k, v in now_is.items() if v != was[k]})


def acts_of(session: Session, shipment_id: int) -> list[LineDivision]:
    """The acts that apply, in their order."""
    return list(
        session.exec(
            select(LineDivision)
            .where(LineDivision.shipment_id == shipment_id, col(LineDivision.dropped_at).is_(None))
            .order_by(col(LineDivision.id))
        )
    )


def drop(session: Session, ids: Sequence[int]) -> tuple[Flag, ...]:
    """The newest invoice has other lines: these acts end, and each is flagged for a person."""
    flags = []
    for number in ids:
        act = session.get(LineDivision, number, with_for_update=True)
        if act is None or act.dropped_at is not None:
            continue
        act.dropped_at = now()
        session.add(act)
        audit.record(
            session, "division_dropped", actor=SYSTEM, shipment_id=act.shipment_id,
            before=_listed(act.before), after=_listed(act.after),
        )  # fmt: skip
        listed = ", ".join(str(one.lineNumber) for one in act.before or act.after)
        said = f"{act.by_name} had {_DID[_kind(act)].format(listed)}"
        flags.append(
            Flag(
                type="division_dropped",
                field=None,
                severity="review",
                message=f"{said}; the newest invoice says other things of it, so the page's own "
                "lines stand again.",
            )
        )
    return tuple(flags)


def notes(session: Session, shipment_id: int) -> dict[int, str]:
    """For each line that was made by a person: of what, and by whom. By line number."""
    found: dict[int, str] = {}
    for act in acts_of(session, shipment_id):
        was = "; ".join(
            f"line {one.lineNumber}: {in_words(one.quantity)} {one.unit or ''}".rstrip()
            + f", {money(one.extendedValue)}"
            for one in act.before[:5]
        )
        kind = _kind(act)
        if kind == "set_right":
            was = ", ".join(changes(act.before[0], act.after[0], only="was"))
        for one in act.after:
            said = f"{_VERBS[kind]} by {act.by_name}"
            found[one.lineNumber] = f"{said}; before, {was}" if was else said
    return found


def changes(before: InvoiceLine, after: InvoiceLine, *, only: str = "") -> list[str]:
    """What was set right of a line, in words: "quantity 12 -> 240"."""
    found = []
    for field, words in FIELDS.items():
        was, is_now = (_shown(getattr(one, field)) for one in (before, after))
        if was != is_now:
            found.append(f"{words} {was}" if only == "was" else f"{words} {was} → {is_now}")
    return found


def carry_out(
    session: Session,
    shipment: Shipment,
    lines: Sequence[LineItem],
    after: Sequence[InvoiceLine],
    actor: Actor,
) -> None:
    """These lines become those; it is recorded, told, and the documents are read with it."""
    before = [as_printed(one) for one in lines]
    confirmed = {one.number: one.code for one in lines if one.code}
    act = LineDivision(
        shipment_id=shipment.id or 0, before=before, after=list(after), by=actor.id,
        by_name=actor.name,
    )  # fmt: skip
    session.add(act)
    kind = _kind(act)
    stays = kind == "set_right" and _same_goods(before[0], after[0])
    if stays:
        confirmed = {}
        _set_figures(session, lines[0], after[0])
    else:
        _set_anew(session, shipment, lines, after)
    session.flush()
    audit.record(
        session,
        f"lines_{kind}" if kind not in ("split", "merged") else "lines_divided",
        actor=actor,
        shipment_id=shipment.id,
        before=_listed(before),
        after=_listed(after),
        confirmed={str(number): code for number, code in confirmed.items()},
    )
    outbox.add(
        session, ReadDocuments(shipment_id=shipment.id or 0, message_id=0, once=f"divided-{act.id}")
    )
    facts: dict[str, str | int | list[str] | None] = {
        "who": actor.name,
        "what": kind,
        "lines_before": [_words(one) for one in before],
        "lines_after": [_words(one) for one in after],
        "changes": changes(before[0], after[0]) if kind == "set_right" else [],
        "lost": [f"{number} ({code})" for number, code in confirmed.items()],
    }
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0, note="lines_divided", once=f"act-{act.id}", facts=facts
        ),
    )
    proposal.changed(session, shipment)


def _kind(act: LineDivision) -> str:
    if not act.before:
        return "added"
    if not act.after:
        return "taken_out"
    if len(act.after) > 1:
        return "split"
    return "merged" if len(act.before) > 1 else "set_right"


def _same_goods(before: InvoiceLine, after: InvoiceLine) -> bool:
    """Whether a code that was confirmed, or proposed, is of the same goods still."""
    return all(
        getattr(before, name) == getattr(after, name)
        for name in ("description", "sku", "countryOfOrigin", "hsCodeHint")
    )


def _set_figures(session: Session, line: LineItem, made: InvoiceLine) -> None:
    """Other figures of the same goods: what is proposed, or decided, of them stays."""
    offered = proposal.candidates_of(session, line)
    line.quantity, line.unit = made.quantity, made.unit
    line.unit_price, line.value = made.unitPrice, made.extendedValue
    line.rev += 1
    session.add(line)
    if offered is not None:
        kept = set(Classification.model_fields) - {"id", "line_rev"}
        same = {name: getattr(offered, name) for name in kept}
        session.add(Classification(line_rev=line.rev, **same))


def _set_anew(
    session: Session, shipment: Shipment, lines: Sequence[LineItem], after: Sequence[InvoiceLine]
) -> None:
    kept = lines[0] if lines and after else None
    for gone in lines:
        if gone is kept:
            continue
        for made in session.exec(select(Classification).where(Classification.line_id == gone.id)):
            session.delete(made)
        session.flush()
        session.delete(gone)
    session.flush()
    for number, made_line in enumerate(after):
        line = kept if kept and number == 0 else _beside(shipment, kept)
        _set(line, made_line)
        session.add(line)


def open_line(session: Session, line_id: int, line_rev: int) -> tuple[LineItem, Shipment]:
    """The line as it was shown, and its shipment, to be changed; refused when it is another now."""
    line = session.get(LineItem, line_id, with_for_update=True)
    if line is None:
        raise Refused("A line is no longer part of the shipment. Nothing was changed.")
    shipment = session.get(Shipment, line.shipment_id, with_for_update=True)
    assert shipment is not None
    in_review(shipment)
    if line.rev != line_rev:
        raise Refused(
            f"Line {line.number} has changed since this window was opened. Nothing was changed; "
            "please open it again."
        )
    return line, shipment


def in_review(shipment: Shipment) -> None:
    """Lines are changed in review only."""
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")


def free_numbers(session: Session, shipment: Shipment, count: int) -> list[int]:
    """Numbers that no line has: not even one of the page that an earlier act has taken away."""
    taken = set(
        session.exec(select(LineItem.number).where(LineItem.shipment_id == shipment.id)).all()
    )
    for act in acts_of(session, shipment.id or 0):
        taken |= {one.lineNumber for one in (*act.before, *act.after)}
    first = max(taken, default=0) + 1
    return list(range(first, first + count))


def number_of(text: str, what: str) -> Decimal | None:
    """A figure as a person writes it; None for nothing."""
    plain = text.strip().replace(",", "").replace(" ", "")
    if not plain:
        return None
    try:
        made = Decimal(plain)
    except InvalidOperation:
        made = Decimal("NaN")
    if not made.is_finite() or abs(made) > Decimal(10) ** 12:
        raise Refused(f"The {what}, '{text.strip()[:40]}', is no number. Nothing was changed.")
    return made


def as_printed(line: LineItem) -> InvoiceLine:
    """The line in the shape in which documents are read."""
    return InvoiceLine(
        lineNumber=line.number,
        description=line.description or None,
        sku=line.sku,
        quantity=line.quantity,
        unit=line.unit,
        unitPrice=line.unit_price,
        extendedValue=line.value,
        countryOfOrigin=line.origin,
        hsCodeHint=line.hint,
    )


def _beside(shipment: Shipment, line: LineItem | None) -> LineItem:
    """A new line of the shipment, of the page that this line is of."""
    made = LineItem(
        shipment_id=shipment.id or 0,
        number=0,
        rev=0,
        state=LineState.OPEN,
        currency=shipment.totals.currency or shipment.header.currency,
    )
    if line is not None:
        made.unit, made.currency, made.document_id = line.unit, line.currency, line.document_id
        made.duty_facts, made.confidence = line.duty_facts, dict(line.confidence)
        made.flags = list(line.flags)
    return made


def _set(line: LineItem, made: InvoiceLine) -> None:
    line.number, line.rev, line.state = made.lineNumber, line.rev + 1, LineState.OPEN
    line.description, line.sku = made.description or "", made.sku
    line.quantity, line.unit = made.quantity, made.unit
    line.unit_price, line.value = made.unitPrice, made.extendedValue
    line.origin, line.hint = made.countryOfOrigin, made.hsCodeHint
    line.code = line.code_edition = line.general_rate = None
    line.decided_by = line.decided_name = line.decided_at = line.decided_reason = None


def _same(line: InvoiceLine, was: InvoiceLine) -> bool:
    """Whether the newest invoice still says what the act was about."""
    return all(
        getattr(line, name) == getattr(was, name)
        for name in ("description", "sku", "quantity", "unit", "extendedValue", "countryOfOrigin")
    )


def _listed(lines: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude_none=True) for one in lines]


def _words(line: InvoiceLine) -> str:
    return (
        f"{line.lineNumber} ({in_words(line.quantity)} {line.unit or ''}".rstrip()
        + f", {money(line.extendedValue)})"
    )


def _shown(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    return in_words(value) if isinstance(value, Decimal) else f"“{str(value)[:60]}”"


def money(value: Decimal | None) -> str:
    return "?" if value is None else f"{value:,.2f}"


def in_words(value: Decimal | None) -> str:
    return "?" if value is None else f"{value.normalize():,f}" if value else "0"
