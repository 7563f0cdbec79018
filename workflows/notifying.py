"""The handlers of releases: notices in each form, and the request to the carrier.

Like all handlers each can run twice: a notice that was sent stays sent, the Message-ID, the
idempotency key and the file's name follow from the notice.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from prompts import letter
from storage.blobs import Damaged, Missing
from storage.canonical import canonical
from storage.mail import Attachment, OutgoingMail
from storage.models import ConsigneeNotice, Document, Entry, OutgoingMessage, Pickup, Shipment
from storage.notices import mail_route
from storage.outbox import Claimed
from workflows import correspondents, delivery, notice_forms, notices, post, release
from workflows.effects import (
    EscalatePickup,
    NotifyByFile,
    NotifyByWebhook,
    NotifyConsignee,
    OrderPickup,
    WithdrawPickup,
)
from workflows.mailing import nothing
from workflows.ports import House, OnHold, Permanent, Ports, Transient
from workflows.post import Record

_MOST_BYTES = 8_000_000  #: of attachments; larger ones are named in the mail and can be asked for
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def by_mail(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyConsignee.model_validate(claimed.payload)
    if effect.notice_id is None:
        return _of_older_version(ports, effect)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        shipment = _may_go(session, notice)
        language = correspondents.language_of(session, shipment)
    attached = _attached(ports, notice)
    mail, language = notice_forms.mail(
        notice,
        before,
        language=language,
        reply_to=ports.house.address_for(str(notice.facts.get("ref") or "")),
        key=effect.key(),
        attached=tuple(one.name for one in attached),
    )
    mail = mail.model_copy(update={"attachments": attached})
    # The thread hears of it in release's own words.
    note = post.deliver(
        ports, mail, kind="release", shipment_id=effect.shipment_id, language=language, quiet=True
    )
    return _told(ports, notice, mail.message_id, note)


def by_webhook(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyByWebhook.model_validate(claimed.payload)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        _may_go(session, notice)
    if ports.webhook is None:
        raise Permanent("This installation sends no webhooks.")
    body = notice_forms.message(notice, before, ports.house.document_link)
    answer = ports.webhook.deliver(str(notice.route.url), body, key=notice_forms.key_of(notice))
    return _told(ports, notice, answer)


def by_file(ports: Ports, claimed: Claimed) -> Record:
    effect = NotifyByFile.model_validate(claimed.payload)
    with ports.snapshot() as session:
        notice, before = _notice(session, effect.notice_id)
        if notice.sent_at is not None:
            return nothing
        _may_go(session, notice)
    if ports.drop is None:
        raise Permanent("This installation puts no files on servers.")
    name = notice_forms.file_name(notice)
    papers = _attached(ports, notice)
    if papers:
        # Before the file that names them: who finds that finds these.
        ports.drop.place(notice.route, f"{name}.zip", _zipped(papers))
    ports.drop.place(notice.route, f"{name}.edi", notice_forms.edi(notice, before))
    return _told(ports, notice, f"{name}.edi")


def order_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = OrderPickup.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row = session.get(Pickup, effect.pickup_id)
        shipment = session.get(Shipment, effect.shipment_id)
        assert row is not None
        assert shipment is not None
        carrier = delivery.carrier_of(row, ports.house)
        if row.requested_at is not None or carrier is None:
            return nothing
        if why := delivery.stopped(session, shipment):
            raise OnHold(why)
        paper = delivery.order_document(session, effect.shipment_id)
        order = session.get(Document, paper.document_id) if paper and paper.document_id else None
        facts = _pickup_facts(session, row, shipment, ports.house)
    if order is None:
        raise Transient("The delivery order is not set yet.", retry_after=2)
    data = ports.blobs.read(order.sha256)
    facts |= {"carrier": carrier.name, "file": order.filename}
    if carrier.url is not None:
        if ports.webhook is None:
            raise Permanent("This installation sends no webhooks.")
        body = {
            "type": "pickup.request", "id": effect.key(), **_json(facts),
            "deliveryOrder": {
                "file": order.filename, "sha256": order.sha256,
                "url": ports.house.document_link(order.id or 0),
            },
        }  # fmt: skip
        to = ports.webhook.deliver(carrier.url, canonical(body), key=effect.key())
        note: Record = nothing
    else:
        assert carrier.mail is not None
        made = letter.write("pickup", language="en", **facts)
        mail = OutgoingMail(
            key=effect.key(),
            to=(carrier.mail,),
            subject=letter.subject("pickup", language="en", **facts),
            text=made.text,
            html=made.html,
            reply_to=ports.house.address_for(shipment.ref or ""),
            attachments=(
                Attachment(name=order.filename, content_type="application/pdf", data=data),
            ),
        )
        note = post.deliver(ports, mail, kind="pickup", shipment_id=effect.shipment_id, quiet=True)
        to = carrier.mail

    def record(session: Session) -> None:
        note(session)
        delivery.requested(
            session, pickup_id=effect.pickup_id, turn=effect.turn, to=to, house=ports.house
        )

    return record


def withdraw_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = WithdrawPickup.model_validate(claimed.payload)
    with ports.snapshot() as session:
        row = session.get(Pickup, effect.pickup_id)
        shipment = session.get(Shipment, effect.shipment_id)
        assert row is not None
        assert shipment is not None
        carrier = delivery.carrier_of(row, ports.house)
        if carrier is None:
            raise Permanent(f"{row.carrier} is not in the terms of delivery any more: call them.")
        facts = _pickup_facts(session, row, shipment, ports.house) | {"carrier": carrier.name}
        asked = session.exec(
            select(OutgoingMessage.message_id)
            .where(
                OutgoingMessage.shipment_id == effect.shipment_id, OutgoingMessage.kind == "pickup"
            )
            .order_by(col(OutgoingMessage.id).desc())
        ).first()
    note: Record = nothing
    if carrier.url is not None:
        if ports.webhook is None:
            raise Permanent("This installation sends no webhooks.")
        request = OrderPickup(
            shipment_id=effect.shipment_id, pickup_id=effect.pickup_id, turn=effect.turn
        )
        body = {
            "type": "pickup.withdrawn", "id": effect.key(), "withdraws": request.key(),
            **_json(facts),
        }  # fmt: skip
        to = ports.webhook.deliver(carrier.url, canonical(body), key=effect.key())
    else:
        assert carrier.mail is not None
        made = letter.write("pickup_withdrawn", language="en", **facts)
        mail = OutgoingMail(
            key=effect.key(),
            to=(carrier.mail,),
            subject=letter.subject("pickup_withdrawn", language="en", **facts),
            text=made.text,
            html=made.html,
            reply_to=ports.house.address_for(shipment.ref or ""),
            in_reply_to=asked,
            references=(asked,) if asked else (),
        )
        note = post.deliver(
            ports, mail, kind="pickup_withdrawn", shipment_id=effect.shipment_id, quiet=True
        )
        to = carrier.mail

    def record(session: Session) -> None:
        note(session)
        delivery.withdrawn(session, pickup_id=effect.pickup_id, turn=effect.turn, to=to)

    return record


def escalate_pickup(ports: Ports, claimed: Claimed) -> Record:
    effect = EscalatePickup.model_validate(claimed.payload)
    return lambda session: delivery.escalate(
        session, pickup_id=effect.pickup_id, turn=effect.turn, house=ports.house
    )


TABLE: dict[str, Callable[[Ports, Claimed], Record]] = {
    NotifyConsignee.kind: by_mail,
    NotifyByWebhook.kind: by_webhook,
    NotifyByFile.kind: by_file,
    OrderPickup.kind: order_pickup,
    WithdrawPickup.kind: withdraw_pickup,
    EscalatePickup.kind: escalate_pickup,
}


def _of_older_version(ports: Ports, effect: NotifyConsignee) -> Record:
    """What an older version asked for before its notices had rows: the row is made now."""

    def record(session: Session) -> None:
        entry = session.get(Entry, effect.entry_id)
        shipment = session.get(Shipment, effect.shipment_id)
        assert entry is not None
        assert shipment is not None
        to = release.address_of(session, shipment)
        if to is not None and notices.newest(session, effect.entry_id, to) is None:
            release.send(
                session, entry, mail_route(to),
                facts=notices.facts(session, shipment, entry, ports.house), number=1,
            )  # fmt: skip

    return record


def _notice(session: Session, notice_id: int) -> tuple[ConsigneeNotice, ConsigneeNotice | None]:
    notice = session.get(ConsigneeNotice, notice_id)
    if notice is None:
        raise Permanent("The notice is not in the database.")
    return notice, notices.before(session, notice)


def _may_go(session: Session, notice: ConsigneeNotice) -> Shipment:
    """The shipment of this notice. A "go" waits while a hold stands: nobody drives in vain."""
    shipment = session.get(Shipment, notice.shipment_id)
    assert shipment is not None
    if not notice.facts.get("recalled") and (why := delivery.stopped(session, shipment)):
        raise OnHold(why)
    return shipment


def _told(ports: Ports, notice: ConsigneeNotice, reference: str, note: Record = nothing) -> Record:
    def record(session: Session) -> None:
        note(session)
        release.notified(session, notice, reference=reference, house=ports.house)

    return record


def _attached(ports: Ports, notice: ConsigneeNotice) -> tuple[Attachment, ...]:
    """The release documents as far as they can be read and are not too large together."""
    found: list[Attachment] = []
    left = _MOST_BYTES
    with ports.snapshot() as session:
        ids = [one["id"] for one in notice.facts.get("documents", [])]
        rows = session.exec(
            select(Document).where(col(Document.id).in_(ids)).order_by(col(Document.id))
        ).all()
    for one in rows:
        if one.size > left:
            continue
        try:
            data = ports.blobs.read(one.sha256)
        except (Missing, Damaged):
            continue  # the card names a document that cannot be read
        left -= len(data)
        found.append(Attachment(name=one.filename, content_type=_kind(one), data=data))
    return tuple(found)


def _kind(one: Document) -> str:
    plain = "/" in one.content_type and not one.content_type.startswith(("multipart", "message"))
    return one.content_type if plain else "application/octet-stream"


def _zipped(papers: tuple[Attachment, ...]) -> bytes:
    """The same papers give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(papers, start=1):
            safe = "".join(c if c.isalnum() or c in "-_. " else "-" for c in one.name)
            archive.writestr(zipfile.ZipInfo(f"{number:02}-{safe}", _LONG_AGO), one.data)
    return made.getvalue()


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
        "hours": f"{house.pickup_hours:g}",
        "link": house.pickup_link(row.id or 0) if house.pickup_link else None,
    }


def _json(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
    }
