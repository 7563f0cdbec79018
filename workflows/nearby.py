"""Open shipments that a mail without a known number may belong to: at most three, best first.

A number that differs by a sign or a prefix counts most, then a number that repeats over firms, then
the same sender or importer. The latter two are offered only where the mail has no number of its
own: a shipper's next shipment is not their last one. Another importer's shipment is never offered
(19 CFR 111.24). Nothing is attached here; a person clicks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from rapidfuzz.distance import OSA
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from knowledge.domains import firm_of
from storage import outbox
from storage.columns import now
from storage.models import Message, Reference, Shipment, State
from storage.values import Value
from workflows import intake
from workflows.effects import TellThread

MOST = 3
_RECENT = timedelta(days=120)
_LOOKED_AT = 2000  #: newest shipments that are compared
_SHORTEST = 6  #: signs of a number that may be near another
_WORDS = {
    "bill": "bill of lading",
    "container": "container",
    "invoice": "invoice",
    "purchase_order": "order",
    "booking": "booking",
    "entry": "entry",
}
_ATTACHABLE = (
    *intake.OPEN,
    State.BOOKED,
    State.CONFIRMED,
    State.SUBMITTED,
    State.ACCEPTED,
    State.HELD,
)


class Near(Value):
    """A shipment, and why it may be the one."""

    shipment_id: int
    ref: str
    score: int
    because: str


def suggest(session: Session, shipment: Shipment, message_id: int) -> None:
    """Offer what is near a shipment that its first mail has just begun; once, in its thread."""
    assert shipment.id is not None
    message = session.get(Message, message_id)
    if message is None or message.shipment_id != shipment.id or message.part_of is not None:
        return
    earlier = session.exec(
        select(Message.id).where(Message.shipment_id == shipment.id, col(Message.id) < message_id)
    ).first()
    if earlier is not None:
        return
    found = near(session, shipment, message.sender)
    if found:
        outbox.add(
            session,
            TellThread(
                shipment_id=shipment.id,
                note="nearby",
                once=f"message-{message_id}",
                facts={"near": [f"{one.ref}: {one.because}" for one in found]},
                offers=[one.shipment_id for one in found],
            ),
        )


def near(session: Session, shipment: Shipment, sender: str) -> list[Near]:
    """What may be meant, best first."""
    mine = _numbers(session, select(Shipment.id).where(Shipment.id == shipment.id)).get(
        shipment.id or 0, set()
    )
    nameless = not any(kind in ("bill", "container", "invoice") for kind, _ in mine)
    importer = shipment.importer_id or shipment.addressed_id
    others = _open(shipment)
    numbers = _numbers(session, others.with_only_columns(col(Shipment.id)))
    theirs = _written_by(session, sender, others) if nameless else set()
    found = []
    for other in session.exec(others):
        its_importer = other.importer_id or other.addressed_id
        if None not in (importer, its_importer) and importer != its_importer:
            continue
        reasons = list(_alike(mine, numbers.get(other.id or 0, set())))
        if other.id in theirs:
            reasons.append((30, f"{sender} wrote for it"))
        if nameless and importer is not None and importer == its_importer:
            reasons.append((20, "the same importer"))
        if reasons:
            best = sorted(reasons, reverse=True)
            found.append(
                Near(
                    shipment_id=other.id or 0,
                    ref=other.ref or "",
                    score=sum(points for points, _ in best),
                    because="; ".join(said for _, said in best[:2]),
                )
            )
    return sorted(found, key=lambda one: (-one.score, -one.shipment_id))[:MOST]


def _alike(mine: set[tuple[str, str]], theirs: set[tuple[str, str]]) -> Iterable[tuple[int, str]]:
    for kind, value in sorted(mine):
        for other_kind, other in sorted(theirs):
            if kind != other_kind or kind not in _WORDS:
                continue
            if value == other:
                yield 70 if kind in intake.STRONG else 50, f"the same {_WORDS[kind]} {value}"
            elif how := _close(value, other):
                yield 60, f"{_WORDS[kind]} {other} differs from {value} {how}"


def _close(one: str, other: str) -> str | None:
    """How two numbers are nearly the same, in words."""
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST:
        return None
    if len(long) - len(short) > 1 and (long.startswith(short) or long.endswith(short)):
        return f"by {long.removeprefix(short).removesuffix(short)}"
    if OSA.distance(one, other, score_cutoff=1) == 1:
        return "by one sign"
    return None


def _open(shipment: Shipment) -> SelectOfScalar[Shipment]:
    return (
        select(Shipment)
        .where(
            Shipment.id != shipment.id,
            col(Shipment.state).in_(_ATTACHABLE),
            or_(
                col(Shipment.created_at) > now() - _RECENT,
                col(Shipment.updated_at) > now() - _RECENT,
            ),
        )
        .order_by(col(Shipment.id).desc())
        .limit(_LOOKED_AT)
    )


def _numbers(session: Session, which: Any) -> dict[int, set[tuple[str, str]]]:
    """The numbers of these shipments, in one question."""
    found: dict[int, set[tuple[str, str]]] = {}
    rows = session.exec(
        select(Reference).where(
            col(Reference.shipment_id).in_(which), col(Reference.kind).in_(list(_WORDS))
        )
    )
    for row in rows:
        found.setdefault(row.shipment_id, set()).add((row.kind, row.value))
    return found


def _written_by(session: Session, sender: str, which: SelectOfScalar[Shipment]) -> set[int | None]:
    """Of these shipments those for which the sender's firm wrote."""
    firm = firm_of(sender)
    rows = session.exec(
        select(Message.shipment_id, Message.sender)
        .where(col(Message.shipment_id).in_(which.with_only_columns(col(Shipment.id))))
        .distinct()
    )
    return {number for number, wrote in rows if firm and firm_of(wrote) == firm}
