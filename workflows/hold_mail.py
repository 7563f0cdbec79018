"""Telling of a hold outside the thread: mails by role, text messages, the channel of the few."""

from __future__ import annotations

from typing import Any

from prompts import letter, render
from storage.mail import OutgoingMail
from storage.models import Entry, Hold, Shipment
from storage.outbox import Claimed
from workflows import hold_alarms, notices, playbook, post
from workflows.hold_effects import MailHold, MailHoldOutside, TellFew, TextHold
from workflows.mailing import nothing
from workflows.ports import Permanent, Ports
from workflows.post import Record
from workflows.views import NoteButton, NoteView


def mail_hold(ports: Ports, claimed: Claimed) -> Record:
    """One role's mail. Few words to outsiders: what to do, not what the goods are worth."""
    effect = MailHold.model_validate(claimed.payload)
    to = ports.house.holds.mail_of(effect.who)
    facts = _facts(ports, effect.hold_id)
    if facts is None or not to:
        return nothing
    outside = effect.who in playbook.OUTSIDERS
    name = "hold_outside" if outside else "hold_alert"
    made = letter.write(name, language="en", who=effect.who, **facts)
    mail = OutgoingMail(
        key=effect.key(),
        to=to,
        subject=letter.subject(name, language="en", who=effect.who, **facts),
        text=made.text,
        html=made.html,
        reply_to=to[0] if facts["few"] else ports.house.address_for(str(facts["ref"])),
    )
    # Of a hold for few eyes not even the shipment's history of mails tells.
    shipment_id = None if facts["few"] else effect.shipment_id
    return post.deliver(
        ports, mail, kind="hold", shipment_id=shipment_id, refusal_is_an_outcome=True,
        quiet=not outside,
    )  # fmt: skip


def text_hold(ports: Ports, claimed: Claimed) -> Record:
    """A text message: no values, no codes of goods, no client (19 CFR 111.24)."""
    effect = TextHold.model_validate(claimed.payload)
    facts = _facts(ports, effect.hold_id)
    if facts is None or ports.texter is None:
        return nothing
    kind = "see the broker" if facts["few"] else facts["kind"]
    text = render("holds/text", ref=facts["ref"], kind=kind, port=facts["port"], link=facts["link"])
    ports.texter.send(key=effect.key(), to=effect.who, text=text)
    return nothing


def tell_few(ports: Ports, claimed: Claimed) -> Record:
    """The whole of a hold, where few read it, with the buttons to take and clear it."""
    effect = TellFew.model_validate(claimed.payload)
    facts = _facts(ports, effect.hold_id)
    if facts is None:
        return nothing
    channel = ports.house.compliance_channel or ports.house.ops_channel
    if claimed.last_outcome == "unknown" and ports.chat.find(channel, claimed.key):
        return nothing
    note = NoteView(
        text=render(f"slack/{effect.note}", **{**facts, "to": "principal and counsel"}),
        buttons=(
            NoteButton(action="hold_ack", label="I have it", target=effect.hold_id),
            NoteButton(action="hold_clear", label="Clear…", target=effect.hold_id),
            NoteButton(action="hold_close", label="Close…", target=effect.hold_id),
        ),
    )
    ports.chat.post(channel, note, key=claimed.key)
    return nothing


def _facts(ports: Ports, hold_id: int) -> dict[str, Any] | None:
    with ports.snapshot() as session:
        hold = session.get(Hold, hold_id)
        if hold is None:
            return None
        shipment, entry = session.get(Shipment, hold.shipment_id), session.get(Entry, hold.entry_id)
        if shipment is None or entry is None:
            raise Permanent("The entry of the hold is not in the database.")
        free = notices.free_time_of(session, shipment, ports.house)
        known = str(free.last_free_day or "not known")
        return {**_said(ports, hold, shipment, entry), "last_free_day": known}


def _said(ports: Ports, hold: Hold, shipment: Shipment, entry: Entry) -> dict[str, Any]:
    link = ports.house.hold_sent_link
    filed = entry.filing.get("lines", ())
    inner = hold.inner_by
    return {
        **hold_alarms.facts(shipment, entry, hold),
        "ref": shipment.ref or "?",
        "importer": shipment.parties.importer.name or "not known",
        "bill": shipment.transport.houseBill or shipment.transport.masterBill or "not known",
        "lines": [
            f"{one.get('number')}: {one.get('hts') or 'no code'} "
            f"{str(one.get('description') or '')[:40]}, {one.get('enteredValue') or '?'} USD"
            for one in filed
        ][:20],
        "total": str(entry.filing.get("total") or "not computed"),
        "placed": f"{hold.placed_at:%Y-%m-%d %H:%M} UTC",
        "inner": f"{inner:%Y-%m-%d %H:%M} UTC" if inner else "not set",
        "link": link(hold.id) if link and hold.id else "not configured",
        "few": playbook.play(hold.kind).few,
        "firm": ports.house.firm,
        "exam": hold.exam or "kind not stated",
        "case": hold.case_number or "not known",
        "minutes": 0,
        "packages": str(shipment.totals.packages or "not stated"),
        "weight": str(shipment.totals.grossWeightKg or "not stated"),
        "broker": entry.confirmed_name,
    }


TABLE = {
    MailHold.kind: mail_hold,
    MailHoldOutside.kind: mail_hold,
    TextHold.kind: text_hold,
    TellFew.kind: tell_few,
}
