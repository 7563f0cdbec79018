"""A line of the invoice becomes several, or several become one: the broker's act, never ours.

The parts come to exactly what the line says, in quantity and to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from storage.models import LineItem, Shipment
from storage.values import Actor, InvoiceLine, Value
from workflows import line_acts, review
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


def split(
    session: Session, *, line_id: int, line_rev: int, parts: Sequence[Part], actor: Actor
) -> Answer:
    """One line becomes the parts, in their order; the first keeps its number."""
    line, shipment = line_acts.open_line(session, line_id, line_rev)
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
    numbers = line_acts.free_numbers(session, shipment, len(parts) - 1)
    before = line_acts.as_printed(line)
    after = [
        _part(before, part, number, quantity, amount)
        for part, number, quantity, amount in zip(
            parts, (line.number, *numbers), quantities, amounts, strict=True
        )
    ]
    line_acts.carry_out(session, shipment, [line], after, actor)
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
        (line_acts.open_line(session, number, rev)[0] for number, rev in sorted(set(lines))),
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
    printed = [line_acts.as_printed(one) for one in found]
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
    line_acts.carry_out(session, shipment, found, [merged], actor)
    listed = ", ".join(str(one.number) for one in found)
    return Answer(
        text=f"Lines {listed} are one line now, number {first.lineNumber}; it is classified anew.",
        changed=True,
    )


def _shares(
    written: Sequence[str], whole: Decimal, what: str, line: LineItem
) -> tuple[Decimal, ...]:
    """The numbers of the parts; they come to the whole."""
    made = [
        line_acts.number_of(text, f"{what} of part {at}")
        for at, text in enumerate(written, start=1)
    ]
    known = [one for one in made if one is not None]
    if made[-1] is None and len(known) == len(made) - 1:
        known.append(whole - sum(known, Decimal(0)))
    if len(known) != len(made):
        raise Refused(f"Only the last part may leave its {what} to us. Nothing was changed.")
    if any(one <= 0 for one in known):
        raise Refused(
            f"The {what} of every part must be more than nothing: line {line.number} has "
            f"{line_acts.in_words(whole)} in all. Nothing was changed."
        )
    total = sum(known, Decimal(0))
    if total != whole:
        raise Refused(
            f"The parts come to {line_acts.in_words(total)}, line {line.number} has "
            f"{line_acts.in_words(whole)}: its {what} differs by "
            f"{line_acts.in_words(abs(total - whole))}. Nothing was changed."
        )
    return tuple(known)


def _to_the_cent(amounts: Sequence[Decimal], whole: Decimal) -> None:
    if whole == whole.quantize(_CENTS) and any(one != one.quantize(_CENTS) for one in amounts):
        raise Refused("An amount has more than two decimals. Nothing was changed.")


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
