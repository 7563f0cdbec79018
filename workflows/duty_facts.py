"""What a person states for the duty: preferences, claims, metals, answers about the price.

A statement changes the estimate and nothing else; it is audited with what stood before. Who may
state it is who may correct a field: a claim still counts only when a broker files it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, select

from knowledge.duty import facts
from storage import audit
from storage.models import LineItem, Shipment
from storage.values import Actor, Value
from workflows import estimate, proposal, review
from workflows.ports import House
from workflows.review import Answer
from workflows.states import Refused

PRICE = "price"
"""The key of the answers about the price, beside the numbers of lines."""


class DutyView(Value):
    """What the duty window shows."""

    ref: str
    table: str  #: the rows of the entry summary, in columns
    paragraphs: tuple[str, ...]  #: one for each line
    total: str
    advisories: tuple[str, ...]
    questions: tuple[str, ...]  #: for the importer's side
    price: str  #: the answers so far, as they are written
    lines: tuple[tuple[int, str, str], ...]  #: number, goods, facts as they are written


def view(session: Session, *, shipment_id: int, house: House) -> DutyView:
    """The duty of a shipment as it stands."""
    shipment = _shipment(session, shipment_id)
    made = estimate.of(session, shipment, house.duty)
    lines = _lines(session, shipment_id)
    valued = estimate.value_of(shipment, lines)
    words = estimate.words(made)
    return DutyView(
        ref=shipment.ref or str(shipment_id),
        table=words.table,
        paragraphs=words.paragraphs,
        total=words.total,
        advisories=made.advisories,
        questions=valued.questions if valued is not None else (),
        price=facts.written_value(shipment.value_facts),
        lines=tuple(
            (line.number, line.description, facts.written_line(line.duty_facts)) for line in lines
        ),
    )


def state(
    session: Session, *, shipment_id: int, written: Mapping[str, str], actor: Actor
) -> Answer:
    """Keep what was written, by line number or under `PRICE`.

    Words that are not understood are `Refused`, and then nothing is kept.
    """
    shipment = _shipment(session, shipment_id)
    review.may_correct(actor)
    changed: dict[str, dict[str, str]] = {}
    for line in _lines(session, shipment_id):
        text = written.get(str(line.number))
        before = facts.written_line(line.duty_facts)
        if text is None or text.strip() == before:
            continue
        try:
            line.duty_facts = facts.line_facts(text)
        except facts.BadFacts as exc:
            raise Refused(f"Line {line.number}: {exc}") from exc
        session.add(line)
        changed[f"line {line.number}"] = {
            "before": before,
            "after": facts.written_line(line.duty_facts),
        }
    text, before = written.get(PRICE), facts.written_value(shipment.value_facts)
    if text is not None and text.strip() != before:
        try:
            shipment.value_facts = facts.value_facts(text)
        except facts.BadFacts as exc:
            raise Refused(f"The price: {exc}") from exc
        changed[PRICE] = {"before": before, "after": facts.written_value(shipment.value_facts)}
    if not changed:
        return Answer(text="Nothing was changed.", changed=False)
    session.add(shipment)
    audit.record(session, "duty_facts_stated", actor=actor, shipment_id=shipment_id, facts=changed)
    proposal.changed(session, shipment)
    return Answer(text=f"Stated for the duty: {', '.join(changed)}.", changed=True)


def _shipment(session: Session, shipment_id: int) -> Shipment:
    shipment = session.get(Shipment, shipment_id)
    if shipment is None:
        raise Refused("This shipment is not known.")
    return shipment


def _lines(session: Session, shipment_id: int) -> list[LineItem]:
    return list(
        session.exec(
            select(LineItem)
            .where(LineItem.shipment_id == shipment_id)
            .order_by(col(LineItem.number))
        )
    )
