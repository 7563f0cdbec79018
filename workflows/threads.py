"""Which shipment a thread is about: that of its card, or of a card that was lost before it."""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from storage.models import Shipment, ThreadMessage

_BEFORE = "card_before"


def shipment_of(session: Session, channel: str, ts: str) -> Shipment | None:
    """The shipment whose card stands, or once stood, at this place."""
    standing = session.exec(
        select(Shipment).where(Shipment.card_channel == channel, Shipment.card_ts == ts)
    ).first()
    if standing is not None:
        return standing
    before = session.exec(
        select(ThreadMessage.shipment_id).where(
            ThreadMessage.kind == _BEFORE,
            ThreadMessage.channel == channel,
            ThreadMessage.ts == ts,
        )
    ).first()
    return session.get(Shipment, before) if before is not None else None


def remember(session: Session, shipment: Shipment) -> None:
    """The card at its place is lost: what is said in its thread still finds the shipment."""
    if shipment.card_channel is None or shipment.card_ts is None or shipment.id is None:
        return
    count = session.exec(
        select(func.count())
        .select_from(ThreadMessage)
        .where(ThreadMessage.shipment_id == shipment.id, col(ThreadMessage.kind) == _BEFORE)
    ).one()
    session.add(
        ThreadMessage(
            shipment_id=shipment.id, kind=_BEFORE, part=count, channel=shipment.card_channel,
            ts=shipment.card_ts, shown="",
        )
    )  # fmt: skip
