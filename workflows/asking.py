"""The question to the shipper that a person may send as it is, or write anew: prepared, not sent.

It names what is missing of the documents, what in them does not agree, and the facts that would
decide between tariff codes. Nothing goes out here; `workflows.answering.ask` sends what a person
decided to send.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session, col, select

from knowledge import hold_items, orders
from prompts import letter
from storage.models import LineItem, LineState, Shipment, State
from storage.values import Value
from workflows import adcvd, answering, correspondents, holds, missing, proposal
from workflows.booked import weaving
from workflows.ports import House
from workflows.states import Refused

LONGEST = 2900  #: signs: an input of a window has room for 3000
_ASKED = frozenset({"missing", "conflict", "weights", weaving.CONFLICT})
_MOST_FLAGS, _MOST_LINES, _MOST_FACTS = 6, 6, 2
_OVER = (State.BOOKED, State.CANCELLED, State.CLOSED)


class Prepared(Value):
    """What the window is filled with."""

    ref: str
    to: tuple[str, ...]  #: the first is proposed
    question: str


def possible(shipment: Shipment) -> bool:
    """Whether there is anybody to ask, and anything to ask for."""
    return shipment.state not in _OVER


def prepare(session: Session, *, shipment_id: int, house: House) -> Prepared:
    """Whom to ask, and what."""
    shipment = session.get(Shipment, shipment_id)
    if shipment is None or not possible(shipment):
        raise Refused("There is nobody to ask about this shipment now.")
    lacks = (
        missing.from_shipper(session, shipment, house=house)
        if shipment.state in answering.OPEN
        else []
    )
    told = [
        flag.message.replace(weaving.ASK, "Which is right?")
        for flag in shipment.flags
        if flag.type in _ASKED and flag.severity != "info" and not _said_already(flag.field)
    ]
    made = letter.write(
        "question_prepared",
        language=correspondents.language_of(session, shipment),
        missing=lacks,
        flags=told[:_MOST_FLAGS],
        **_held(session, shipment),
        facts=[*_covered(session, shipment), *_facts(session, shipment_id)],
    )
    return Prepared(
        ref=shipment.ref or "",
        to=tuple(correspondents.contacts(session, shipment)),
        question=made.text[:LONGEST],
    )


def _held(session: Session, shipment: Shipment) -> dict[str, object]:
    """What customs asks for in a hold that stands, and by when we need it."""
    standing = [
        (hold, hold_items.asked(hold.reason))
        for hold in holds.open_holds(session, shipment.id or 0)
        if hold.kind == "documents"
    ]
    wanted = dict.fromkeys(one.label for _, items in standing for one in items)
    clocks = [hold.inner_by for hold, items in standing if items and hold.inner_by]
    by = f"{min(clocks):%Y-%m-%d %H:%M} UTC" if clocks else ""
    return {"asked": list(wanted), "by": by}


def _said_already(field: str | None) -> bool:
    return field == "lineItems"  # the invoice itself is asked for


def _covered(session: Session, shipment: Shipment) -> Iterable[str]:
    """What decides whether an antidumping order covers a line, and the UFLPA file where asked."""
    stands = adcvd.standing(session, shipment)
    if shipment.state is not State.IN_REVIEW or stands.entry_type is not None:
        return
    asked = stands.asked[:_MOST_LINES]
    for one in asked:
        what = "; ".join(sorted({order.asks for order in one.orders}))
        yield f"{one.number} ({one.goods[:80]}): {what}?"
    if adcvd.any_polysilicon(asked):
        yield f"The file about forced labor (UFLPA): {'; '.join(orders.UFLPA_FILE)}."


def _facts(session: Session, shipment_id: int) -> Iterable[str]:
    """The facts that would decide the code of a line that nobody has decided."""
    lines = session.exec(
        select(LineItem)
        .where(LineItem.shipment_id == shipment_id, LineItem.state == LineState.OPEN)
        .order_by(col(LineItem.number))
    ).all()
    count = 0
    for line in lines:
        offered = proposal.candidates_of(session, line)
        facts = list(offered.missing_facts[:_MOST_FACTS]) if offered else []
        if facts and count < _MOST_LINES:
            count += 1
            yield f"{line.number} ({line.description[:80]}): {' '.join(facts)}"
