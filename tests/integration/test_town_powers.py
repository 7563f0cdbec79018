"""Powers of attorney from the card to the signature and back: SCENARIOS S2, in one process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, delete, select

from bot import people
from bot.sandbox.player import DANA, LUIS
from storage.columns import now
from storage.models import (
    AuditEvent,
    Document,
    Entry,
    Importer,
    Outbox,
    OutboxStatus,
    PowerOfAttorney,
    SignatureEnvelope,
)
from storage.powers import EnvelopeState, GrantorKind, Signatory
from tests.factories import invoice_csv, mail
from tests.town import Town
from workflows import signing
from workflows.signing import keep_signer
from workflows.states import Refused

pytestmark = pytest.mark.slow

RENEE = {"name": "Renee Voss", "title": "Managing member", "mail": "renee@kestrel.example"}


def without_power(town: Town, name: str = "Kestrel Outdoor LLC") -> None:
    with town.app.database.transaction() as session:
        importer = session.exec(select(Importer).where(Importer.name == name)).one()
        session.exec(delete(PowerOfAttorney).where(PowerOfAttorney.importer_id == importer.id))


def booked(town: Town) -> None:
    """A shipment of Kestrel is on a card, and there is no power of attorney."""
    without_power(town)
    town.send(mail(("invoice.csv", invoice_csv())))
    town.drain()


def card(town: Town) -> dict[str, Any]:
    found = town.hands.card("Kestrel Outdoor LLC")
    assert found is not None
    return found


def blockers(town: Town) -> str:
    """What the card says under "Before it can be filed"."""
    shown = [one for one in card(town)["blocks"] if one["block_id"].startswith("bl:")]
    return str(shown[0]["text"]["text"]) if shown else ""


def has_button(town: Town, action: str) -> bool:
    return any(one["action_id"] == action for one in town.hands.buttons(card(town)))


def thread(town: Town) -> list[str]:
    return [one["text"] for one in town.hands.thread(card(town))]


def note(town: Town, words: str) -> dict[str, Any]:
    found: dict[str, Any] = town.hands.wait(
        words,
        lambda: next((one for one in town.hands.thread(card(town)) if words in one["text"]), None),
    )
    return found


def typed(**values: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: {"value": {"type": "plain_text_input", "value": value}}
        for name, value in values.items()
        if name != "kind"
    }
    if "kind" in values:
        chosen = {"type": "static_select", "selected_option": {"value": values["kind"]}}
        made["kind"] = {"value": chosen}
    return made


def ask(town: Town, user: str = DANA, **changes: str) -> dict[str, Any]:
    """Press the button on the card and fill the window in."""
    town.hands.press(user, card(town), "poa_send")
    view = town.hands.modal(user, "poa_send")
    said = town.hands.submit(user, view, typed(**{**RENEE, "kind": "llc", **changes}))
    return said.get("body") or {}


def tick(town: Town, power: dict[str, Any], *names: str, note: str = "NV SOS E0042, active") -> Any:
    town.hands.press(DANA, power, "poa_check")
    view = town.hands.modal(DANA, "poa_check")
    boxes = {
        "type": "checkboxes",
        "selected_options": [{"value": one} for one in names],
    }
    values = {**typed(note=note), "checks": {"value": boxes}}
    return (town.hands.submit(DANA, view, values)).get("body") or {}


def key(town: Town) -> str:
    return str(town.rows(SignatureEnvelope)[-1].key)


def from_the_missing_power_to_the_checked_one(town: Town) -> None:
    booked(town)
    assert "There is no power of attorney of Kestrel Outdoor LLC on file" in blockers(town)
    assert ask(town) == {}
    town.drain()
    assert "It was sent to Renee Voss for signature" in blockers(town)
    assert not has_button(town, "poa_send")
    town.later("esign.remind")  # day 2
    town.hands.sign(key(town), name="Renee Voss")  # day 3
    town.look_at_signatures()
    assert "waits until a licensed broker has checked" in blockers(town)
    assert not has_button(town, "shipment_confirm")
    signed = note(town, "signed the power of attorney of Kestrel Outdoor LLC")
    assert tick(town, signed, "registration", "address", "authority") == {}
    town.drain()
    assert "power of attorney" not in blockers(town)
    assert "packing list is missing" in blockers(town)
    told = [one for one in thread(town) if "power of attorney" in one.lower()]
    marks = [re.search(r":[a-z_]+:", one).group() for one in told]
    assert marks == [":pencil:", ":bell:", ":lower_left_fountain_pen:", ":white_check_mark:"]
    power = town.rows(PowerOfAttorney)[-1]
    assert (power.signed_by, power.awaiting_check) == ("Renee Voss", False)
    assert [one.name for one in power.checks] == ["registration", "address", "authority"]
    assert town.app.blobs.read(power.document_sha256).startswith(b"%PDF-")
    assert town.app.blobs.read(power.certificate_sha256).startswith(b"%PDF-")
    kept = [one.sha256 for one in town.rows(Document) if one.filename.startswith("poa-")]
    assert kept == [power.document_sha256, power.certificate_sha256]
    assert not town.rows(Entry)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ops@transblue.example", "transblue.example is not known as Kestrel Outdoor LLC's own"),
        ("ha@lotusbags.example", "is where Ha Nguyen writes from"),
        ("desk@tidewaiter.test", "an address of our own firm"),
        ("receiving@northgate.example", "an address of Northgate Retail Inc."),
        ("renee", "is not a mail address"),
    ],
)
def test_a_signer_who_is_not_of_the_importer_is_refused_with_the_reason(
    town: Town, address: str, said: str
) -> None:
    booked(town)
    answer = ask(town, mail=address)
    assert said in answer["errors"]["mail"]
    assert not town.rows(SignatureEnvelope)
    assert town.hands.state()["signing"] == []


def test_a_forwarder_may_not_sign_for_the_client(town: Town) -> None:
    booked(town)
    answer = ask(town, title="Freight forwarder, on behalf of the client")
    assert "the importer of record signs itself (19 CFR 111.36(c)(3))" in str(answer)
    assert not town.rows(SignatureEnvelope)


def test_an_entry_writer_may_not_send_it(town: Town) -> None:
    booked(town)
    town.hands.press(LUIS, card(town), "poa_send")
    view = town.hands.modal(LUIS, "message")
    assert "Only a licensed broker can send a power of attorney" in str(view)


def test_there_are_never_two_open_requests_for_one_importer(town: Town) -> None:
    booked(town)
    old = card(town)
    assert ask(town) == {}
    town.hands.press(DANA, old, "poa_send")
    view = town.hands.modal(DANA, "message")
    assert "It was sent to Renee Voss already and is still open" in str(view)
    with pytest.raises(Refused, match="already and is still open"), _deciding(town) as session:
        signing.ask(
            session,
            importer_id=town.shipments()[0].importer_id,
            signatory=Signatory(**RENEE),
            kind=GrantorKind.LLC,
            shipment_id=None,
            actor=people.who(session, DANA),
            house=town.app.house,
        )
    with pytest.raises(IntegrityError), _deciding(town) as session:
        first = session.get(SignatureEnvelope, 1)
        facts = first.model_dump(exclude={"id", "key"})
        session.add(SignatureEnvelope(**{**facts, "form": first.form}, key="another"))
    assert len(town.rows(SignatureEnvelope)) == 1


def _deciding(town: Town) -> AbstractContextManager[Session]:
    return town.app.database.transaction()


def test_a_check_that_is_not_whole_leaves_the_blocker(town: Town) -> None:
    booked(town)
    ask(town)
    town.drain()
    town.hands.sign(key(town), name="Renee Voss")
    town.look_at_signatures()
    signed = note(town, "signed the power of attorney")
    answer = tick(town, signed, "registration")
    assert "Not ticked: Address" in str(answer)
    assert town.rows(PowerOfAttorney)[-1].awaiting_check


def test_what_was_declined_is_told_with_what_to_do_and_can_be_sent_again(town: Town) -> None:
    booked(town)
    ask(town)
    town.drain()
    town.hands.sign(key(town), signs=False, reason="we use another broker")
    town.look_at_signatures()
    told = note(town, "ended: declined")
    assert "we use another broker" in told["text"]
    assert "Call the importer" in told["text"]
    assert [one["action_id"] for one in town.hands.buttons(told)] == ["poa_send"]
    assert ask(town) == {}
    town.drain()
    assert [one.state for one in town.rows(SignatureEnvelope)] == [
        EnvelopeState.DECLINED,
        EnvelopeState.SENT,
    ]


def test_after_the_last_reminder_a_person_is_told_once(town: Town) -> None:
    booked(town)
    ask(town)
    town.drain()
    for _ in range(5):
        town.later("esign.remind")
    told = thread(town)
    assert len([one for one in told if "was reminded" in one]) == 3
    assert len([one for one in told if "Somebody must call" in one]) == 1
    assert town.hands.state()["signing"][0]["reminded"] == 3


def test_a_reminder_that_meets_a_signature_reminds_nobody(town: Town) -> None:
    booked(town)
    ask(town)
    town.drain()
    town.hands.sign(key(town), name="Renee Voss")
    town.later("esign.remind")
    assert not [one for one in thread(town) if "was reminded" in one]
    assert town.rows(PowerOfAttorney)[-1].awaiting_check


def test_a_request_goes_out_once_even_if_it_is_performed_twice(town: Town) -> None:
    booked(town)
    ask(town)
    from bot import jobs

    row = next(one for one in town.rows(Outbox) if one.kind == "esign.request")
    jobs.perform(row.id)
    with town.app.database.transaction() as session:  # the answer was lost
        again = session.get(Outbox, row.id)
        again.status, again.last_outcome = OutboxStatus.PENDING, "unknown"
        session.add(again)
        envelope = session.get(SignatureEnvelope, 1)
        envelope.state, envelope.reference = EnvelopeState.ASKED, None
        session.add(envelope)
    town.drain()
    assert len(town.hands.state()["signing"]) == 1
    assert len([one for one in thread(town) if "sent for signature" in one]) == 1


def test_one_that_ends_soon_is_told_in_the_thread_once(town: Town) -> None:
    with town.app.database.transaction() as session:
        for power in session.exec(select(PowerOfAttorney)):
            power.expires_on = now().date() + timedelta(days=20)
            session.add(power)
    town.send(mail(("invoice.csv", invoice_csv())))
    town.drain()
    from workflows import sign_hints

    for _ in range(2):
        with town.app.database.transaction() as session:
            sign_hints.look_at_all(session, house=town.app.house)
        town.drain()
    told = [one for one in thread(town) if "ends on" in one]
    assert len(told) == 1
    assert has_button(town, "poa_send")


def test_a_broker_who_does_not_accept_what_was_signed_says_why(town: Town) -> None:
    booked(town)
    ask(town)
    town.drain()
    town.hands.sign(key(town), name="Renee Voss")
    town.look_at_signatures()
    told = note(town, "signed the power of attorney")
    town.hands.press(DANA, told, "poa_refuse")
    view = town.hands.modal(DANA, "poa_refuse")
    town.hands.submit(DANA, view, typed(reason="The register names another manager."))
    town.drain()
    assert any("did not accept" in one and "another manager" in one for one in thread(town))
    assert has_button(town, "poa_send")
    said = [one.action for one in town.rows(AuditEvent)]
    assert "power_of_attorney_revoked" in said


class TestBySettings:
    """What an installation can choose."""

    @pytest.fixture
    def automatic(self, tmp_path: Path) -> Iterator[Town]:
        made = Town(tmp_path, esign={"automatic": True})
        yield made
        made.close()

    def test_it_goes_out_by_itself_to_the_signer_on_record(self, automatic: Town) -> None:
        with automatic.app.database.transaction() as session:
            importer = session.exec(
                select(Importer).where(Importer.name == "Kestrel Outdoor LLC")
            ).one()
            keep_signer(
                session,
                importer=importer,
                actor=people.who(session, DANA),
                signatory=Signatory(**RENEE),
                kind=GrantorKind.LLC,
            )
        booked(automatic)
        assert [one.asked_by for one in automatic.rows(SignatureEnvelope)] == ["system"]
        assert len(automatic.hands.state()["signing"]) == 1
        automatic.send(
            mail(
                ("pl.csv", b"PACKING LIST\nx"),
                message_id="<m2@x>",
                answers="<m1@lotusbags.example>",
            )
        )
        automatic.drain()
        assert len(automatic.rows(SignatureEnvelope)) == 1

    @pytest.fixture
    def mailing(self, tmp_path: Path) -> Iterator[Town]:
        made = Town(tmp_path, esign={"kind": "email"})
        yield made
        made.close()

    def test_a_scan_by_mail_counts_when_a_person_has_said_that_it_is_signed(
        self, mailing: Town
    ) -> None:
        booked(mailing)
        assert ask(mailing) == {}
        mailing.drain()
        form = next(
            one for one in mailing.hands.state()["mails"] if "please sign" in one["subject"]
        )
        assert form["to"] == ["renee@kestrel.example"]
        assert form["files"] == ["customs-power-of-attorney.pdf"]
        mailing.send(
            mail(
                ("scan.pdf", b"%PDF-1.4 unsigned"),
                sender="Renee Voss <renee@kestrel.example>",
                message_id="<r1@kestrel.example>",
                answers=form["messageId"],
            )
        )
        mailing.drain()
        mailing.hands.press(DANA, note(mailing, "sent *scan.pdf*"), "poa_unsigned")
        mailing.hands.wait("the answer", lambda: mailing.whispers(DANA))
        mailing.drain()
        assert "is not signed yet" in str(card(mailing))
        mailing.send(
            mail(
                ("signed.pdf", b"%PDF-1.4 signed by hand"),
                sender="Renee Voss <renee@kestrel.example>",
                message_id="<r2@kestrel.example>",
                answers=form["messageId"],
            )
        )
        mailing.drain()
        mailing.hands.press(DANA, note(mailing, "sent *signed.pdf*"), "poa_scan")
        view = mailing.hands.modal(DANA, "poa_scan")
        values = typed(signed_by="Renee Voss", signed_on="yesterday")
        assert "YYYY-MM-DD" in str(mailing.hands.submit(DANA, view, values))
        values = typed(signed_by="Renee Voss", signed_on=now().date().isoformat())
        assert not mailing.hands.submit(DANA, view, values).get("body")
        mailing.drain()
        signed = note(mailing, "signed the power of attorney")
        assert tick(mailing, signed, "registration", "address", "authority") == {}
        mailing.drain()
        power = mailing.rows(PowerOfAttorney)[-1]
        assert mailing.app.blobs.read(power.document_sha256) == b"%PDF-1.4 signed by hand"
        assert not power.awaiting_check
