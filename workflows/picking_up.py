"""The handlers of the carrier's errand: asked to collect, told not to, missed by its people.

Each can run twice: the Message-ID and the idempotency key follow from the effect.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import Session, select

from prompts import letter
from storage.canonical import canonical
from storage.mail import Attachment, OutgoingMail
from storage.models import Document, Entry, OutgoingMessage, Pickup, Shipment
from storage.outbox import Claimed
from workflows import delivery, notice_forms, notices, post
from workflows.effects import EscalatePickup, OrderPickup, WithdrawPickup
from workflows.mailing import nothing
from workflows.ports import House, OnHold, Permanent, Ports, Transient
from workflows.post import Record


def order_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = OrderPickup.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row, shipment = _errand(session, effect)
        carrier = delivery.carrier_of(row, ports.house)
        if row.requested_at is not None or carrier is None:
            return nothing
        if delivery.overtaken(session, row, turn=effect.turn, carrier=effect.carrier):
            return nothing  # the later request goes to the other carrier
        if why := delivery.stopped(session, shipment):
            raise OnHold(why)
        paper = delivery.order_document(session, effect.shipment_id)
        order = session.get(Document, paper.document_id) if paper and paper.document_id else None
        facts = _pickup_facts(session, row, shipment, ports.house)
    if order is None:
        raise Transient("The delivery order is not set yet.", retry_after=2)
    data = ports.blobs.read(order.sha256)
    note: Record = nothing
    facts |= {"carrier": carrier.name, "file": order.filename}
    if carrier.url is not None:
        about = {
            "deliveryOrder": {
                "file": order.filename, "sha256": order.sha256,
                "url": ports.house.outside_link(order.id or 0),
            },
        }  # fmt: skip
        to = _call(ports, carrier.url, "pickup.request", effect.key(), facts, about)
    else:
        file = Attachment(name=order.filename, content_type="application/pdf", data=data)
        mail = _letter(ports, "pickup", carrier.mail, shipment, effect.key(), facts)
        mail = mail.model_copy(update={"attachments": (file,)})
        note = post.deliver(ports, mail, kind="pickup", shipment_id=effect.shipment_id, quiet=True)
        to = mail.to[0]

    name = effect.carrier or row.carrier

    def record(session: Session) -> None:
        note(session)
        delivery.requested(
            session, pickup_id=effect.pickup_id, turn=effect.turn, to=to, carrier=name,
            house=ports.house,
        )  # fmt: skip

    return record


def withdraw_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = WithdrawPickup.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row, shipment = _errand(session, effect)
        name = effect.carrier or row.carrier or ""
        carrier = ports.house.delivery.carrier.get(name)
        if carrier is None:
            raise Permanent(f"{name} is not in the terms of delivery any more: call them.")
        facts = _pickup_facts(session, row, shipment, ports.house)
        facts |= {"carrier": carrier.name, "instead": effect.instead}
        request = OrderPickup(
            shipment_id=effect.shipment_id, pickup_id=effect.pickup_id, turn=effect.turn
        )
        asked = session.exec(
            select(OutgoingMessage.message_id).where(OutgoingMessage.key == request.key())
        ).first()
    note: Record = nothing
    if carrier.url is not None:
        about = {"withdraws": request.key()}
        to, note = (
            _call(ports, carrier.url, "pickup.withdrawn", effect.key(), facts, about),
            nothing,
        )
    else:
        mail = _letter(ports, "pickup_withdrawn", carrier.mail, shipment, effect.key(), facts)
        mail = mail.model_copy(
            update={"in_reply_to": asked, "references": (asked,) if asked else ()}
        )
        note = post.deliver(
            ports, mail, kind="pickup_withdrawn", shipment_id=effect.shipment_id, quiet=True
        )
        to = mail.to[0]

    def record(session: Session) -> None:
        note(session)
        delivery.withdrawn(
            session, pickup_id=effect.pickup_id, turn=effect.turn, to=to, carrier=name,
            instead=effect.instead,
        )  # fmt: skip

    return record


def escalate_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = EscalatePickup.model_validate(claimed.payload)
    return lambda session: delivery.escalate(
        session, pickup_id=effect.pickup_id, turn=effect.turn, house=ports.house
    )


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    OrderPickup.kind: order_pickup,
    WithdrawPickup.kind: withdraw_pickup,
    EscalatePickup.kind: escalate_pickup,
}


def _errand(session: Session, effect: OrderPickup | WithdrawPickup) -> tuple[Pickup, Shipment]:
    row = session.get(Pickup, effect.pickup_id)
    shipment = session.get(Shipment, effect.shipment_id)
    assert row is not None
    assert shipment is not None
    return row, shipment


def _call(
    ports: Ports, url: str, what: str, key: str, facts: dict[str, Any], about: dict[str, Any]
) -> str:
    """Tell a carrier that has an address for machines; gives what it answered."""
    if ports.webhook is None:
        raise Permanent("This installation sends no webhooks.")
    body = {"type": what, "id": key, **_json(facts), **about}
    return ports.webhook.deliver(url, canonical(body), key=key)


def _letter(
    ports: Ports, name: str, to: str | None, shipment: Shipment, key: str, facts: dict[str, Any]
) -> OutgoingMail:
    assert to is not None  # a carrier has an address of one kind or the other
    facts = facts | {"boxes": notice_forms.boxes(facts)}
    made = letter.write(name, language="en", **facts)
    return OutgoingMail(
        key=key,
        to=(to,),
        subject=letter.subject(name, language="en", **facts),
        text=made.text,
        html=made.html,
        reply_to=ports.house.address_for(shipment.ref or ""),
    )


def _pickup_facts(
    session: Session, row: Pickup, shipment: Shipment, house: House
) -> dict[str, Any]:
    entry = session.get(Entry, row.entry_id)
    assert entry is not None
    told = notices.facts(session, shipment, entry, house)
    free = notices.free_time_of(session, shipment, house)
    kept = ("ref", "entry", "released_at", "bill", "containers", "vessel", "port", "terminal",
            "requirements", "firm")  # fmt: skip
    party = shipment.parties.shipTo if shipment.parties.shipTo.name else shipment.parties.consignee
    return {
        **{name: told[name] for name in kept},
        "deliver_to": ", ".join(one for one in (party.name, party.address) if one) or None,
        "last_free_day": free.last_free_day,
        "boxes": told.get("boxes", []),
        "hours": f"{house.pickup_hours:g}",
        "link": house.pickup_link(row.id or 0, row.carrier) if house.pickup_link else None,
    }


def _json(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
