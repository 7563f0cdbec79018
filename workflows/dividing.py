"""A line of the invoice becomes several, or several become one: the broker's act, never ours.

The parts come to exactly what the line says, in quantity and to the cent. What the page says is
kept in the reading of the document and beside the act; every new line loses its confirmation and
is classified anew. When the documents are read again the acts are replayed; where the newest
invoice no longer has the lines that an act was about, it no longer applies, and a person is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, select

from storage import audit, outbox
from storage.columns import now
from storage.models import Classification, LineDivision, LineItem, LineState, Shipment, State
from storage.values import SYSTEM, Actor, Flag, InvoiceLine, Value
from workflows import proposal, review, states
from workflows.effects import ReadDocuments, TellThread
from workflows.review import Answer
from workflows.states import Refused

MOST_PARTS = 10
MOST_MERGED = 20
_CENTS = Decimal("0.01")


class Part(Value):
    """What a person wrote about one part; an empty number of the last part is the rest."""

    quantity: str = ""
    amount: str = ""
    description: str = ""
    origin: str = ""  #: two letters


class Replayed(Value):
    """The lines after all acts; `sources` are the places of the printed lines that each is of."""

    lines: tuple[InvoiceLine, ...]
    sources: tuple[tuple[int, ...], ...]
    stale: tuple[int, ...] = ()  #: ids of acts that no longer apply


def split(
    session: Session, *, line_id: int, line_rev: int, parts: Sequence[Part], actor: Actor
) -> Answer:
    """One line becomes the parts, in their order; the first keeps its number."""
    line, shipment = _line(session, line_id, line_rev)
    review.may_correct(actor)
    if not 2 <= len(parts) <= MOST_PARTS:
        raise Refused(f"A line is split into two to {MOST_PARTS} parts. Nothing was changed.")
    if line.quantity is None or line.value is None:
        raise Refused(
            f"Line {line.number} has no quantity or no amount on record, so its parts cannot add "
            "up. Ask the shipper first; nothing was changed."
        )
    quantities = _shares([one.quantity for one in parts], line.quantity, "quantity", line)
    amounts = _shares([one.amount for one in parts], line.value, "amount", line)
    _to_the_cent(amounts, line.value)
    numbers = _free_numbers(session, shipment, len(parts) - 1)
    before = _printed(line)
    after = [
        _part(before, part, number, quantity, amount)
        for part, number, quantity, amount in zip(
            parts, (line.number, *numbers), quantities, amounts, strict=True
        )
    ]
    _carry_out(session, shipment, [line], after, actor)
    listed = ", ".join(str(one.lineNumber) for one in after)
    return Answer(text=f"Line {line.number} is now lines {listed}; they are classified anew.",
                  changed=True)  # fmt: skip


def merge(
    session: Session,
    *,
    shipment_id: int,
    lines: Sequence[tuple[int, int]],
    description: str,
    actor: Actor,
) -> Answer:
    """Several lines, each as (id, revision), become one under the lowest of their numbers."""
    review.may_correct(actor)
    if not 2 <= len(set(lines)) <= MOST_MERGED:
        raise Refused(f"Two to {MOST_MERGED} lines are merged at a time. Nothing was changed.")
    found = sorted(
        (_line(session, number, rev)[0] for number, rev in sorted(set(lines))),
        key=lambda one: one.number,
    )
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None or any(one.shipment_id != shipment_id for one in found):
        raise Refused("These lines are not of one shipment. Nothing was changed.")
    for what, values in (
        ("unit", {one.unit for one in found}),
        ("currency", {one.currency for one in found}),
        ("country of origin", {one.origin for one in found}),
    ):
        if len(values) > 1:
            named = " and ".join(sorted(str(value or "none") for value in values))
            raise Refused(f"These lines differ in {what} ({named}). Nothing was changed.")
    if any(one.quantity is None or one.value is None for one in found):
        raise Refused(
            "One of these lines has no quantity or no amount on record. Nothing was changed."
        )
    printed = [_printed(one) for one in found]
    first, hints = printed[0], {one.hsCodeHint for one in printed}
    quantity = sum((one.quantity or Decimal(0) for one in printed), Decimal(0))
    amount = sum((one.extendedValue or Decimal(0) for one in printed), Decimal(0))
    merged = first.model_copy(
        update={
            "description": description.strip() or first.description,
            "sku": first.sku if len({one.sku for one in printed}) == 1 else None,
            "hsCodeHint": first.hsCodeHint if len(hints) == 1 else None,
            "quantity": quantity,
            "extendedValue": amount,
            "unitPrice": _price([one.unitPrice for one in printed], quantity, amount),
        }
    )  # fmt: skip
    _carry_out(session, shipment, found, [merged], actor)
    listed = ", ".join(str(one.number) for one in found)
    return Answer(
        text=f"Lines {listed} are one line now, number {first.lineNumber}; it is classified anew.",
        changed=True,
    )


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
        standing = sorted(
            [*kept, *((one, sources) for one in act.after)], key=lambda one: one[0].lineNumber
        )
    return Replayed(
        lines=tuple(line for line, _ in standing),
        sources=tuple(sources for _, sources in standing),
        stale=tuple(stale),
    )


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
        listed = ", ".join(str(one.lineNumber) for one in act.before)
        flags.append(
            Flag(
                type="division_dropped",
                field=None,
                severity="review",
                message=f"{act.by_name} had divided line {listed} anew; the newest invoice says "
                "other things of it, so the page's own lines stand again.",
            )
        )
    return tuple(flags)


def notes(session: Session, shipment_id: int) -> dict[int, str]:
    """For each line that was made by a person: of what, and by whom. By line number."""
    found: dict[int, str] = {}
    for act in acts_of(session, shipment_id):
        was = "; ".join(
            f"line {one.lineNumber}: {_amount(one.quantity)} {one.unit or ''}".rstrip()
            + f", {_money(one.extendedValue)}"
            for one in act.before[:5]
        )
        verb = "Split" if len(act.after) > 1 else "Merged"
        for one in act.after:
            found[one.lineNumber] = f"{verb} by {act.by_name}; before, {was}"
    return found


# -- one act ------------------------------------------------------------------------------------


def _carry_out(
    session: Session,
    shipment: Shipment,
    lines: Sequence[LineItem],
    after: Sequence[InvoiceLine],
    actor: Actor,
) -> None:
    before = [_printed(one) for one in lines]
    confirmed = {one.number: one.code for one in lines if one.code}
    act = LineDivision(
        shipment_id=shipment.id or 0, before=before, after=list(after), by=actor.id,
        by_name=actor.name,
    )  # fmt: skip
    session.add(act)
    first = lines[0]
    for gone in lines[1:]:
        for made in session.exec(select(Classification).where(Classification.line_id == gone.id)):
            session.delete(made)
        session.flush()
        session.delete(gone)
    session.flush()
    for number, made_line in enumerate(after):
        line = first if number == 0 else _beside(first)
        _set(line, made_line)
        session.add(line)
    session.flush()
    audit.record(
        session,
        "lines_divided",
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
        "lines_before": [_words(one) for one in before],
        "lines_after": [_words(one) for one in after],
        "lost": [f"{number} ({code})" for number, code in confirmed.items()],
    }
    outbox.add(
        session,
        TellThread(
            shipment_id=shipment.id or 0, note="lines_divided", once=f"act-{act.id}", facts=facts
        ),
    )
    proposal.changed(session, shipment)


def _line(session: Session, line_id: int, line_rev: int) -> tuple[LineItem, Shipment]:
    line = session.get(LineItem, line_id, with_for_update=True)
    if line is None:
        raise Refused("A line is no longer part of the shipment. Nothing was changed.")
    shipment = session.get(Shipment, line.shipment_id, with_for_update=True)
    assert shipment is not None
    if shipment.state is not State.IN_REVIEW:
        raise Refused(f"Nothing was changed: {shipment.ref} is {states.words(shipment.state)}.")
    if line.rev != line_rev:
        raise Refused(
            f"Line {line.number} has changed since this window was opened. Nothing was changed; "
            "please open it again."
        )
    return line, shipment


def _shares(
    written: Sequence[str], whole: Decimal, what: str, line: LineItem
) -> tuple[Decimal, ...]:
    """The numbers of the parts; they come to the whole."""
    made = [_number(text, f"{what} of part {at}") for at, text in enumerate(written, start=1)]
    known = [one for one in made if one is not None]
    if made[-1] is None and len(known) == len(made) - 1:
        known.append(whole - sum(known, Decimal(0)))
    if len(known) != len(made):
        raise Refused(f"Only the last part may leave its {what} to us. Nothing was changed.")
    if any(one <= 0 for one in known):
        raise Refused(
            f"The {what} of every part must be more than nothing: line {line.number} has "
            f"{_amount(whole)} in all. Nothing was changed."
        )
    total = sum(known, Decimal(0))
    if total != whole:
        raise Refused(
            f"The parts come to {_amount(total)}, line {line.number} has {_amount(whole)}: its "
            f"{what} differs by {_amount(abs(total - whole))}. Nothing was changed."
        )
    return tuple(known)


def _to_the_cent(amounts: Sequence[Decimal], whole: Decimal) -> None:
    if whole == whole.quantize(_CENTS) and any(one != one.quantize(_CENTS) for one in amounts):
        raise Refused("An amount has more than two decimals. Nothing was changed.")


def _number(text: str, what: str) -> Decimal | None:
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


def _free_numbers(session: Session, shipment: Shipment, count: int) -> list[int]:
    """Numbers that no line has: not even one of the page that an earlier act has taken away."""
    taken = set(
        session.exec(select(LineItem.number).where(LineItem.shipment_id == shipment.id)).all()
    )
    for act in acts_of(session, shipment.id or 0):
        taken |= {one.lineNumber for one in (*act.before, *act.after)}
    first = max(taken, default=0) + 1
    return list(range(first, first + count))


def _printed(line: LineItem) -> InvoiceLine:
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


def _part(
    before: InvoiceLine, part: Part, number: int, quantity: Decimal, amount: Decimal
) -> InvoiceLine:
    facts: dict[str, Any] = {
        **before.model_dump(),
        "lineNumber": number,
        "description": part.description.strip() or before.description,
        "countryOfOrigin": part.origin.strip().upper() or before.countryOfOrigin,
        "quantity": quantity,
        "extendedValue": amount,
        "unitPrice": _price([before.unitPrice], quantity, amount),
    }
    try:
        return InvoiceLine.model_validate(facts)
    except ValidationError as exc:
        raise Refused(
            f"'{part.origin.strip()[:40]}' is no country (two letters, e.g. CN). Nothing was "
            "changed."
        ) from exc


def _price(prices: Sequence[Decimal | None], quantity: Decimal, amount: Decimal) -> Decimal | None:
    """The page's unit price where it still gives the amount; else it is not known."""
    only = prices[0]
    if only is None or len(set(prices)) > 1:
        return None
    return only if (only * quantity).quantize(_CENTS) == amount.quantize(_CENTS) else None


def _beside(line: LineItem) -> LineItem:
    return LineItem(
        shipment_id=line.shipment_id,
        number=0,
        rev=0,
        state=LineState.OPEN,
        unit=line.unit,
        currency=line.currency,
        document_id=line.document_id,
        duty_facts=line.duty_facts,
        confidence=dict(line.confidence),
        flags=list(line.flags),
    )


def _set(line: LineItem, made: InvoiceLine) -> None:
    line.number, line.rev, line.state = made.lineNumber, line.rev + 1, LineState.OPEN
    line.description, line.sku = made.description or "", made.sku
    line.quantity, line.unit_price, line.value = made.quantity, made.unitPrice, made.extendedValue
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
        f"{line.lineNumber} ({_amount(line.quantity)} {line.unit or ''}".rstrip()
        + f", {_money(line.extendedValue)})"
    )


def _money(value: Decimal | None) -> str:
    return "?" if value is None else f"{value:,.2f}"


def _amount(value: Decimal | None) -> str:
    return "?" if value is None else f"{value.normalize():,f}" if value else "0"
