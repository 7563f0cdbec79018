"""The windows of powers of attorney: send one for signature, check who signed, mark a scan."""

from __future__ import annotations

from datetime import date
from typing import Any

from slack_bolt import App
from sqlmodel import Session

from bot.slack import modals, windows
from bot.slack.answers import Decide, Desk, Place, run, whisper
from bot.slack.mrkdwn import cut
from bot.slack.payloads import Payload, given, of_action
from prompts import slack_escape as esc
from storage.columns import now
from storage.models import Document, Importer, PowerOfAttorney, Shipment
from storage.powers import CHECKS, GrantorKind, Signatory, Signing
from storage.values import Actor
from workflows import poa, scans, signed, signing
from workflows.review import Answer
from workflows.states import Refused

NAME, TITLE, MAIL, KIND = "name", "title", "mail", "kind"
BOXES, NOTE, SIGNED_BY, SIGNED_ON = "checks", "note", "signed_by", "signed_on"
_KINDS = {
    GrantorKind.LLC: "Limited liability company",
    GrantorKind.CORPORATION: "Corporation",
    GrantorKind.PARTNERSHIP: "Partnership",
    GrantorKind.INDIVIDUAL: "Individual",
}


def register(app: App, desk: Desk) -> None:
    """Attach the listeners of these windows."""
    app.action("poa_send")(windows.opening(desk, "Send for signature", _send_window))
    app.action("poa_check")(windows.opening(desk, "Check who signed", _check_window))
    app.action("poa_refuse")(windows.opening(desk, "Do not accept", _refuse_window))
    app.action("poa_scan")(windows.opening(desk, "It is signed", _scan_window))

    @app.action("poa_unsigned")
    def _unsigned(ack: Any, body: dict[str, Any], client: Any) -> None:
        ack()
        clicked = Place.of(body)

        def decide(session: Session, actor: Actor) -> Answer:
            return scans.mark_unsigned(session, document_id=given(of_action(body).i), actor=actor)

        text, _ = run(desk, clicked.user, decide, clicked=clicked)
        whisper(client, clicked.channel, clicked.user, text)

    app.view("poa_send")(windows.submitting(desk, _send, MAIL))
    app.view("poa_check")(windows.submitting(desk, _check, NOTE))
    app.view("poa_refuse")(windows.submitting(desk, _refuse, modals.REASON))
    app.view("poa_scan")(windows.submitting(desk, _scan, SIGNED_ON))


def _send_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    poa.only_a_broker(actor, "send a power of attorney for signature")
    shipment, importer = _importer(session, at)
    if envelope := poa.open_envelope(session, importer):
        raise Refused(f"It was sent to {envelope.signer_name} already and is still open.")
    known = importer.signing or Signing()
    who = known.signatory or Signatory(name="", title="", mail="")
    options = [_option(kind.value, label) for kind, label in _KINDS.items()]
    kind: dict[str, Any] = {"type": "static_select", "action_id": "value", "options": options}
    if known.kind is not None:
        kind["initial_option"] = _option(known.kind.value, _KINDS[known.kind])
    blocks = [
        modals.text(
            f"*{esc(importer.name)}* appoints us. The signer must have the authority at the "
            "importer of record itself; a forwarder cannot sign (19 CFR 111.36(c)(3))."
        ),
        _input(NAME, "Who signs", _line(who.name)),
        _input(TITLE, "In which capacity, e.g. managing member", _line(who.title)),
        _input(MAIL, "The signer's own mail address", _line(who.mail)),
        _input(KIND, "The importer is", kind),
    ]
    where = at.model_copy(update={"s": shipment.id, "i": None})
    return modals.form("poa_send", "Send for signature", "Send", where, blocks)


def _send(desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    who = Signatory(
        name=modals.typed(view, NAME).strip(),
        title=modals.typed(view, TITLE).strip(),
        mail=modals.typed(view, MAIL).strip(),
    )
    kind = modals.typed(view, KIND)

    def decide(session: Session, actor: Actor) -> Answer:
        _, importer = _importer(session, at)
        assert importer.id is not None
        if not kind:
            raise Refused("Please say what the importer is. Nothing was sent.")
        signing.ask(
            session,
            importer_id=importer.id,
            signatory=who,
            kind=GrantorKind(kind),
            shipment_id=given(at.s),
            actor=actor,
            house=desk.house,
        )
        return Answer(text=f"The power of attorney goes to {who.name} ({who.mail}).", changed=True)

    return decide


def _check_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    poa.only_a_broker(actor, "check a power of attorney")
    power = _power(session, at)
    blocks = [
        modals.text(
            f"*{esc(power.grantor_name or '')}*: signed by {esc(power.signed_by)} "
            f"({esc(power.signer_title or 'capacity not stated')}) on {power.signed_on}. Tick what "
            "you have looked at yourself."
        ),
        _input(
            BOXES,
            "Looked at",
            {
                "type": "checkboxes",
                "action_id": "value",
                "options": [_option(name, cut(label, 75)) for name, label in CHECKS],
            },
            optional=True,  # a missing tick is answered in words, not by Slack
        ),
        _input(
            NOTE,
            "What you looked at, e.g. the state's register and its number",
            {
                "type": "plain_text_input",
                "action_id": "value",
                "multiline": True,
                "max_length": 1000,
            },
        ),
    ]
    return modals.form("poa_check", "Check who signed", "It counts", at, blocks)


def _check(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    power = given(at.i)
    return lambda session, actor: signed.verify(
        session,
        power_id=power,
        ticked=modals.ticked(view, BOXES),
        note=modals.typed(view, NOTE),
        actor=actor,
    )


def _refuse_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    poa.only_a_broker(actor, "refuse a power of attorney")
    power = _power(session, at)
    said = modals.text(f"*{esc(power.grantor_name or '')}*, signed by {esc(power.signed_by)}")
    reason = _input(modals.REASON, "Why is it not accepted?", _line("", most=1000))
    return modals.form("poa_refuse", "Do not accept", "Do not accept", at, [said, reason])


def _refuse(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    power = given(at.i)
    return lambda session, actor: signed.refuse(
        session, power_id=power, reason=modals.typed(view, modals.REASON), actor=actor
    )


def _scan_window(session: Session, actor: Actor, at: Payload) -> dict[str, Any]:
    poa.only_a_broker(actor, "say that a power of attorney is signed")
    document = session.get(Document, given(at.i))
    shipment = session.get(Shipment, document.shipment_id) if document else None
    importer = (
        session.get(Importer, shipment.importer_id) if shipment and shipment.importer_id else None
    )
    envelope = poa.open_envelope(session, importer) if importer else None
    if document is None or envelope is None:
        raise Refused("No request for a signature is open for this document any more.")
    blocks = [
        modals.text(f"*{esc(document.filename)}*: you have seen the signature on it."),
        _input(SIGNED_BY, "Who signed", _line(envelope.signer_name)),
        _input(SIGNED_ON, "On which day (YYYY-MM-DD)", _line(now().date().isoformat())),
    ]
    return modals.form("poa_scan", "It is signed", "Record", at, blocks)


def _scan(_desk: Desk, at: Payload, view: dict[str, Any]) -> Decide:
    document = given(at.i)
    written = modals.typed(view, SIGNED_ON).strip()

    def decide(session: Session, actor: Actor) -> Answer:
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise Refused("A date is written YYYY-MM-DD. Nothing was recorded.") from None
        return scans.mark_signed(
            session,
            document_id=document,
            signed_by=modals.typed(view, SIGNED_BY),
            signed_on=day,
            actor=actor,
        )

    return decide


def _importer(session: Session, at: Payload) -> tuple[Shipment, Importer]:
    shipment = session.get(Shipment, given(at.s if at.s is not None else at.i))
    if shipment is None or shipment.importer_id is None:
        raise Refused("The importer of this shipment is not known: correct its name first.")
    importer = session.get(Importer, shipment.importer_id)
    assert importer is not None
    return shipment, importer


def _power(session: Session, at: Payload) -> PowerOfAttorney:
    power = session.get(PowerOfAttorney, given(at.i))
    if power is None or power.revoked_on is not None or not power.awaiting_check:
        raise Refused("This power of attorney no longer waits for a check.")
    return power


def _input(
    block: str, label: str, element: dict[str, Any], *, optional: bool = False
) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "label": modals.plain(label),
        "element": element,
        "optional": optional,
    }


def _line(value: str, *, most: int = 150) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": most,
    }
    return {**made, "initial_value": value} if value else made


def _option(value: str, label: str) -> dict[str, Any]:
    return {"text": modals.plain(label), "value": value}
