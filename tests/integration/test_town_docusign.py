"""DocuSign in the story: Connect's messages, true, false, twice and out of order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web import esign
from storage.models import Entry, Outbox, PowerOfAttorney, SignatureEnvelope, SigningEvent
from storage.powers import EnvelopeState
from tests.integration.test_town_powers import (
    ask,
    blockers,
    booked,
    has_button,
    note,
    thread,
    tick,
)
from tests.servers.docusign import ACCOUNT, CONNECT_KEY, INTEGRATION, USER, Docusign
from tests.town import Town

pytestmark = pytest.mark.slow


@pytest.fixture
def docusign(tmp_path: Path) -> Iterator[Docusign]:
    made = Docusign(tmp_path)
    yield made
    made.close()


@pytest.fixture
def city(tmp_path: Path, docusign: Docusign) -> Iterator[Town]:
    """The town with DocuSign in place of the signing room."""
    key = tmp_path / "rsa.pem"
    key.write_bytes(docusign.private_key)
    made = Town(
        tmp_path,
        esign={
            "kind": "docusign",
            "base_url": docusign.base_url,
            "account_id": ACCOUNT,
            "integration_key": INTEGRATION,
            "user_id": USER,
            "private_key_file": key,
            "oauth_host": docusign.host,
            "trust": docusign.certificate,
            "connect_keys": ["an older key", CONNECT_KEY],
        },
    )
    yield made
    made.close()


def asked(city: Town) -> str:
    """The envelope of Kestrel's power of attorney, under way."""
    booked(city)
    assert ask(city) == {}
    city.drain()
    reference = city.rows(SignatureEnvelope)[-1].reference
    assert reference
    return str(reference)


def tell(city: Town, raw: bytes, *keys: str, **headers: str) -> httpx.Response:
    signed = {**Docusign.signatures(raw, *keys), **headers}
    return httpx.post(
        f"{city.app.settings.public_url}/esign/docusign",
        content=raw,
        headers={"Content-Type": "application/json", **signed},
    )


def test_from_the_booking_to_the_checked_signature(city: Town, docusign: Docusign) -> None:
    envelope = asked(city)
    city.later("esign.remind")  # day 2
    assert docusign.resent == [envelope]
    docusign.sign(envelope)  # day 3
    raw = docusign.message(envelope, "envelope-completed")
    refused = tell(city, raw, "somebody else's key")
    assert (refused.status_code, city.rows(SigningEvent)) == (401, [])
    answers = [tell(city, raw, CONNECT_KEY) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    city.drain()
    rows = city.rows(SigningEvent)
    assert [(one.duplicate_of, one.effect) for one in rows] == [
        (None, "fetch"),
        (rows[0].id, "repeated: nothing"),
    ]
    assert city.app.blobs.read(rows[0].raw_sha256) == raw
    assert len([one for one in city.rows(Outbox) if one.kind == "esign.documents"]) == 1
    powers = [one for one in city.rows(PowerOfAttorney) if one.envelope_id]
    assert len(powers) == 1
    assert b"signed by Renee Voss" in city.app.blobs.read(powers[0].document_sha256)
    assert b"certificate of" in city.app.blobs.read(powers[0].certificate_sha256)
    assert "waits until a licensed broker has checked" in blockers(city)
    assert not has_button(city, "shipment_confirm")
    signed = note(city, "signed the power of attorney")
    assert tick(city, signed, "registration", "address", "authority") == {}
    city.drain()
    assert "power of attorney" not in blockers(city)
    assert "packing list is missing" in blockers(city)
    assert len([one for one in thread(city) if "power of attorney" in one.lower()]) == 4
    assert not city.rows(Entry)


def test_messages_out_of_order_and_about_others_change_nothing(
    city: Town, docusign: Docusign
) -> None:
    envelope = asked(city)
    docusign.sign(envelope)
    tell(city, docusign.message(envelope, "envelope-completed"), CONNECT_KEY)
    city.drain()
    tell(
        city,
        docusign.message(envelope, "envelope-delivered", at="2026-01-01T00:00:00Z"),
        CONNECT_KEY,
    )
    other = docusign.message("5b1d0000-0000-4000-8000-000000000000", "envelope-completed")
    assert tell(city, other, CONNECT_KEY).json()["effect"] == "no request of ours: nothing"
    city.drain()
    assert city.rows(SignatureEnvelope)[-1].state is EnvelopeState.SIGNED
    assert len([one for one in city.rows(PowerOfAttorney) if one.envelope_id]) == 1


def test_a_message_that_says_completed_before_the_service_does_is_only_a_hint(
    city: Town, docusign: Docusign
) -> None:
    envelope = asked(city)
    tell(city, docusign.message(envelope, "envelope-completed"), CONNECT_KEY)
    city.drain()
    assert not [one for one in city.rows(PowerOfAttorney) if one.envelope_id]
    docusign.sign(envelope)
    city.later("esign.documents")
    assert [one.awaiting_check for one in city.rows(PowerOfAttorney) if one.envelope_id] == [True]


@pytest.mark.parametrize(
    ("hand", "event", "said"),
    [
        ("decline", "envelope-declined", "ended: declined"),
        ("expire", "envelope-voided", "ended: expired"),
        ("bounce", "recipient-autoresponded", "ended: bounced"),
    ],
)
def test_each_bad_end_is_told_in_the_thread_with_a_button(
    city: Town, docusign: Docusign, hand: str, event: str, said: str
) -> None:
    envelope = asked(city)
    getattr(docusign, hand)(envelope, *(["not ours"] if hand == "decline" else []))
    assert tell(city, docusign.message(envelope, event), CONNECT_KEY).json()["effect"] == "look"
    city.drain()
    told = note(city, said)
    assert [one["action_id"] for one in city.hands.buttons(told)] == ["poa_send"]
    assert has_button(city, "poa_send")


def test_without_any_message_the_clock_finds_out(city: Town, docusign: Docusign) -> None:
    docusign.sign(asked(city))
    city.look_at_signatures()
    assert city.rows(SignatureEnvelope)[-1].state is EnvelopeState.SIGNED


def test_a_lost_answer_makes_no_second_envelope(city: Town, docusign: Docusign) -> None:
    docusign.answers.append("lost")
    booked(city)
    ask(city)
    city.drain()
    city.later("esign.request")
    assert len(docusign.envelopes) == 1
    assert city.rows(SignatureEnvelope)[-1].reference in docusign.envelopes


def test_a_request_that_is_taken_back_is_voided_there(city: Town, docusign: Docusign) -> None:
    envelope = asked(city)
    from bot import people
    from bot.sandbox.player import DANA
    from workflows import signing

    with city.app.database.transaction() as session:
        actor = people.who(session, DANA)
        signing.take_back(session, envelope_id=1, reason="wrong signer", actor=actor)
    city.drain()
    assert docusign.envelopes[envelope]["status"] == "voided"
    assert docusign.envelopes[envelope]["voidedReason"] == "wrong signer"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"{}" * 1_500_000, 413),
        (json.dumps({"event": "x", "generatedDateTime": "t", "data": {"envelopeId": "../../a"}}).encode(), 400),
        (json.dumps({"event": "x", "generatedDateTime": "t", "data": {"accountId": "other", "envelopeId": "a"}}).encode(), 400),
    ],
)  # fmt: skip
def test_a_signed_message_that_is_not_understood_changes_nothing(
    city: Town, raw: bytes, status: int
) -> None:
    assert tell(city, raw, CONNECT_KEY).status_code == status
    assert city.rows(SigningEvent) == []


class TestHmac:
    """Which signatures are believed."""

    RAW = b'{"event":"envelope-completed"}'

    def header(self, key: bytes = b"k", raw: bytes = RAW) -> str:
        return base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode()

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-DocuSign-Signature-1": ""},
            {"X-DocuSign-Signature-1": "not base64!"},
            {"X-DocuSign-Signature-1": "ünïcode"},
            {"X-DocuSign-Signature": "AAAA"},
            {"X-DocuSign-Signature-1": base64.b64encode(b"\0" * 32).decode()},
        ],
    )
    def test_what_bears_no_right_signature_is_refused(self, headers: dict[str, str]) -> None:
        assert not esign.signed(self.RAW, headers, [b"k"])

    def test_any_of_several_signatures_and_keys_is_enough(self) -> None:
        headers: dict[str, Any] = {
            "X-DocuSign-Signature-1": self.header(b"other"),
            "x-docusign-signature-2": self.header(),
        }
        assert esign.signed(self.RAW, headers, [b"new", b"k"])
        assert not esign.signed(self.RAW + b" ", headers, [b"new", b"k"])
        assert not esign.signed(self.RAW, headers, [])

    def test_the_vector_of_another_implementation(self) -> None:
        """openssl dgst -sha256 -hmac "k" -binary | base64"""
        headers = {"X-DocuSign-Signature-1": OPENSSL}
        assert esign.signed(self.RAW, headers, [b"k"])


OPENSSL = "zVlDwOGXjn6B2Lkbf0u0LyZr0xPnJcbO0xHNgGlZlZg="
