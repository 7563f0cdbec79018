"""A person sets the cells of a goods line right, adds a line that was not read, or takes one out.

What the page says is kept (`line_acts`); and the reader learns the shipper's columns from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from sqlmodel import Session, col, func, select

from knowledge import reference
from storage import outbox
from storage.models import LineItem, Shipment
from storage.values import Actor, InvoiceLine, TaughtLine
from workflows import line_acts, review
from workflows.effects import LearnCorrection
from workflows.review import Answer, EditableField
from workflows.states import Refused

LABELS: dict[str, str] = {
    "description": "Goods",
    "sku": "Article number",
    "quantity": "Quantity",
    "unit": "Unit (e.g. PCS, KG)",
    "unitPrice": "Unit price",
    "extendedValue": "Amount of the line",
    "countryOfOrigin": "Country of origin (two letters)",
    "hsCodeHint": "The shipper's tariff number",
}
LONGEST = {"description": 1000, "sku": 100, "unit": 20}
"""Letters of the words of a line."""
_FIGURES = 30  # letters


def path_of(place: int, field: str) -> str:
    """The path of a field of the line at this place of the shipment, counted from 0."""
    return f"lineItems[{place}].{field}"


def editable(session: Session, line: LineItem) -> list[EditableField]:
    """The fields of a line, each with what was read and where."""
    shipment = session.get(Shipment, line.shipment_id)
    assert shipment is not None
    place = session.exec(
        select(func.count()).where(
            LineItem.shipment_id == line.shipment_id, col(LineItem.number) < line.number
        )
    ).one()
    stands = line_acts.as_printed(line)
    said = {field: getattr(stands, field) for field in LABELS}
    return [
        review.field_of(
            session,
            shipment,
            path_of(place, field),
            label,
            value=None if said[field] is None else _written(said[field]),
            confidence=line.confidence.get(field),
            longest=LONGEST.get(field, _FIGURES),
        )
        for field, label in LABELS.items()
    ]


def empty() -> list[EditableField]:
    """The fields of a line that was not read."""
    return [
        EditableField(
            path=path_of(0, field),
            label=label,
            value=None,
            confidence=None,
            longest=LONGEST.get(field, _FIGURES),
        )
        for field, label in LABELS.items()
    ]


def correct(
    session: Session, *, line_id: int, line_rev: int, says: Mapping[str, str], actor: Actor
) -> Answer:
    """The line as a person wrote it, by field; a field that is not named stays as it is."""
    review.may_correct(actor)
    line, shipment = line_acts.open_line(session, line_id, line_rev)
    before = line_acts.as_printed(line)
    after = _understood(before, says)
    changed = tuple(one for one in LABELS if getattr(before, one) != getattr(after, one))
    if not changed:
        return Answer(text="Nothing was changed.", changed=False)
    line_acts.carry_out(session, shipment, [line], [after], actor)
    _teach(session, shipment, after, changed, actor)
    listed = ", ".join(line_acts.FIELDS[one] for one in changed)
    return Answer(text=f"Line {line.number} was set right: {listed}.", changed=True)


def add(session: Session, *, shipment_id: int, says: Mapping[str, str], actor: Actor) -> Answer:
    """A line of goods that no document was read to have."""
    review.may_correct(actor)
    shipment = _shipment(session, shipment_id)
    (number,) = line_acts.free_numbers(session, shipment, 1)
    made = _understood(InvoiceLine(lineNumber=number), says)
    if not made.description or made.quantity is None or made.extendedValue is None:
        raise Refused("A line needs its goods, a quantity and an amount. Nothing was changed.")
    line_acts.carry_out(session, shipment, [], [made], actor)
    changed = tuple(one for one in LABELS if getattr(made, one) is not None)
    _teach(session, shipment, made, changed, actor)
    return Answer(text=f"Line {number} was added; it is classified now.", changed=True)


def take_out(session: Session, *, line_id: int, line_rev: int, actor: Actor) -> Answer:
    """What was read as a line of goods is none: a sum, a charge, a note."""
    review.may_correct(actor)
    line, shipment = line_acts.open_line(session, line_id, line_rev)
    number = line.number
    line_acts.carry_out(session, shipment, [line], [], actor)
    return Answer(text=f"Line {number} was taken out.", changed=True)


def _shipment(session: Session, shipment_id: int) -> Shipment:
    shipment = session.get(Shipment, shipment_id, with_for_update=True)
    if shipment is None:
        raise Refused("This shipment is not known.")
    line_acts.in_review(shipment)
    return shipment


def _understood(before: InvoiceLine, says: Mapping[str, str]) -> InvoiceLine:
    """The line with what was written; what is no such value is refused with its name."""
    made = {field: _READ.get(field, _words)(field, text) for field, text in says.items()}
    return InvoiceLine.model_validate(before.model_dump() | made)


def _words(field: str, text: str) -> str | None:
    words = " ".join(text.split())
    if len(words) > LONGEST[field]:
        raise Refused(f"{LABELS[field]}: at most {LONGEST[field]} letters. Nothing was changed.")
    return words or None


def _unit(field: str, text: str) -> str | None:
    words = _words(field, text)
    return words.upper() if words else None


def _figure(field: str, text: str) -> Decimal | None:
    made = line_acts.number_of(text, line_acts.FIELDS[field])
    if made is not None and made < 0:
        raise Refused(f"{LABELS[field]}: it cannot be less than nothing. Nothing was changed.")
    return made


def _country(field: str, text: str) -> str | None:
    code = text.strip().upper()
    if code and (len(code) != 2 or reference.country_name(code) is None):
        raise Refused(
            f"{LABELS[field]}: '{text.strip()[:40]}' is no country's code, such as CN. Nothing was "
            "changed."
        )
    return code or None


def _hint(field: str, text: str) -> str | None:
    digits = "".join(one for one in text if one not in " .-")
    if digits and not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 12):
        raise Refused(f"{LABELS[field]} has 4 to 12 digits. Nothing was changed.")
    return digits or None


_READ: dict[str, Callable[[str, str], Decimal | str | None]] = {
    "quantity": _figure,
    "unit": _unit,
    "unitPrice": _figure,
    "extendedValue": _figure,
    "countryOfOrigin": _country,
    "hsCodeHint": _hint,
}


def _teach(
    session: Session, shipment: Shipment, line: InvoiceLine, changed: tuple[str, ...], actor: Actor
) -> None:
    values = {
        field: _written(value)
        for field in LABELS
        if (value := getattr(line, field)) is not None
    }  # fmt: skip
    outbox.add(
        session,
        LearnCorrection(
            shipment_id=shipment.id or 0,
            rev=shipment.card_rev,
            changes={},
            lines=(TaughtLine(values=values, changed=changed),),
            by=actor.name,
        ),
    )


def _written(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
