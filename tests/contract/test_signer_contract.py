"""What every way to have something signed must do, asked of each adapter and its real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from storage.powers import EnvelopeState, Signatory
from tests.servers.docusign import ACCOUNT, INTEGRATION, USER, Docusign
from tests.town import Town
from workflows.ports import Permanent, SignatureRequest, Signer, Transient
from workflows.signers.docusign import DocuSignSigner, login_host
from workflows.signers.mail import MailSigner
from workflows.signers.sandbox import SandboxSigner

FORM = b"%PDF-1.7 form"
ASKED = SignatureRequest(
    key="poa-1-1-aaaa",
    signatory=Signatory(name="Renee Voss", title="Managing member", mail="renee@kestrel.example"),
    grantor="Kestrel Outdoor LLC",
    form=FORM,
    subject="Please sign: customs power of attorney of Kestrel Outdoor LLC",
    text="Dear Renee Voss",
    html="<p>Dear Renee Voss</p>",
    reply_to="intake+SHP-2026-000001@tidewaiter.test",
    fields={"grantor": "Kestrel Outdoor LLC", "title": "Managing member"},
)


def adapter(server: Docusign, **changes: Any) -> DocuSignSigner:
    facts: dict[str, Any] = {
        "base_url": server.base_url,
        "account_id": ACCOUNT,
        "integration_key": INTEGRATION,
        "user_id": USER,
        "private_key": server.private_key,
        "oauth_host": server.host,
        "trust": server.certificate,
        "notify_url": "https://desk.example/esign/docusign",
        "timeout": 10,
    }
    return DocuSignSigner(**{**facts, **changes})


@pytest.fixture
def docusign(tmp_path: Path) -> Iterator[Docusign]:
    made = Docusign(tmp_path)
    yield made
    made.close()


class Contract:
    """The tests; each class below brings `signer`, `sign` (its signer's hands) and `count`."""

    def test_a_request_is_under_way_afterwards(
        self, signer: Signer, count: Callable[[], int]
    ) -> None:
        reference = signer.request(ASKED).reference
        assert reference
        assert signer.status(reference).state is EnvelopeState.SENT
        assert count() == 1

    def test_a_reminder_and_taking_back_find_the_request(self, signer: Signer) -> None:
        reference = signer.request(ASKED).reference
        again = ASKED.model_copy(update={"key": f"{ASKED.key}-1"})
        assert signer.remind(reference, again).reference == reference
        void = ASKED.model_copy(update={"key": f"{ASKED.key}-void"})
        assert signer.void(reference, "no longer needed", void).reference == reference

    def test_the_doctor_is_let_in_and_nothing_is_sent(
        self, signer: Signer, count: Callable[[], int]
    ) -> None:
        assert signer.check()
        assert count() == 0

    def test_what_nobody_signed_has_no_documents(self, signer: Signer) -> None:
        reference = signer.request(ASKED).reference
        if signer.name == "docusign":  # it has always a combined document; its state decides
            assert signer.status(reference).state is not EnvelopeState.COMPLETED
            return
        with pytest.raises(Permanent):
            signer.documents(reference)


class Service(Contract):
    """A service that knows what it was asked, and tells when it is signed."""

    def test_an_unknown_outcome_is_looked_up_and_not_repeated(
        self, signer: Signer, count: Callable[[], int]
    ) -> None:
        first = signer.request(ASKED)
        again = signer.request(ASKED.model_copy(update={"again": True}))
        assert (again.reference, count()) == (first.reference, 1)

    def test_what_was_signed_is_given_back_with_a_certificate(
        self, signer: Signer, sign: Callable[[str], None]
    ) -> None:
        reference = signer.request(ASKED).reference
        sign(reference)
        status = signer.status(reference)
        assert (status.state, status.signed_by) == (EnvelopeState.COMPLETED, "Renee Voss")
        assert status.at is not None
        papers = signer.documents(reference)
        assert papers.document.startswith(b"%PDF-")
        assert papers.certificate is not None
        assert papers.certificate.startswith(b"%PDF-")

    def test_what_was_taken_back_is_voided_with_its_reason(self, signer: Signer) -> None:
        reference = signer.request(ASKED).reference
        signer.void(reference, "no longer needed", ASKED)
        status = signer.status(reference)
        assert (status.state, status.reason) == (EnvelopeState.VOIDED, "no longer needed")

    def test_taking_back_what_has_ended_is_no_fault(
        self, signer: Signer, sign: Callable[[str], None]
    ) -> None:
        reference = signer.request(ASKED).reference
        sign(reference)
        signer.void(reference, "too late", ASKED)
        assert signer.status(reference).state is EnvelopeState.COMPLETED

    def test_a_request_that_is_not_known_is_for_a_person(self, signer: Signer) -> None:
        with pytest.raises(Permanent):
            signer.status("3c0ffee0-0000")


class TestDocuSign(Service):
    @pytest.fixture
    def signer(self, docusign: Docusign) -> Iterator[DocuSignSigner]:
        made = adapter(docusign)
        yield made
        made.close()

    @pytest.fixture
    def sign(self, docusign: Docusign) -> Callable[[str], None]:
        return docusign.sign

    @pytest.fixture
    def count(self, docusign: Docusign) -> Callable[[], int]:
        return lambda: len(docusign.envelopes)

    def test_the_envelope_says_whom_what_and_where_to_tell(
        self, signer: DocuSignSigner, docusign: Docusign
    ) -> None:
        made = docusign.envelopes[signer.request(ASKED).reference]
        (who,) = made["recipients"]["signers"]
        assert (who["name"], who["email"]) == ("Renee Voss", "renee@kestrel.example")
        assert who["tabs"]["signHereTabs"][0]["anchorString"] == "\\s1\\"
        told = made["eventNotification"]
        assert told["url"] == "https://desk.example/esign/docusign"
        assert told["includeHMAC"] == "true"
        assert "envelope-completed" in told["events"]

    def test_a_template_of_the_account_is_filled_in(self, docusign: Docusign) -> None:
        signer = adapter(docusign, template_id="t-1")
        made = docusign.envelopes[signer.request(ASKED).reference]
        signer.close()
        assert made["templateId"] == "t-1"
        assert "documents" not in made
        texts = made["templateRoles"][0]["tabs"]["textTabs"]
        assert {"tabLabel": "grantor", "value": "Kestrel Outdoor LLC"} in texts

    def test_a_lost_answer_is_unknown_and_found_by_our_own_field(
        self, signer: DocuSignSigner, docusign: Docusign
    ) -> None:
        for fault in ("lost", "garbage"):
            docusign.envelopes.clear()
            docusign.answers.append(fault)
            with pytest.raises(Transient) as told:
                signer.request(ASKED)
            assert told.value.outcome == "unknown"
            known = signer.request(ASKED.model_copy(update={"again": True}))
            assert list(docusign.envelopes) == [known.reference]

    def test_the_token_is_kept_and_renewed(self, docusign: Docusign) -> None:
        signer = adapter(docusign)
        reference = signer.request(ASKED).reference
        signer.status(reference)
        assert docusign.requests.count("token") == 1
        docusign.tokens.clear()  # taken back before its time
        signer.status(reference)
        assert docusign.requests.count("token") == 2
        docusign.seconds = 1  # shorter than the margin: asked for each time
        docusign.tokens.clear()
        signer.status(reference)
        signer.status(reference)
        assert docusign.requests.count("token") == 4
        signer.close()

    @pytest.mark.parametrize(
        ("hand", "state", "reason"),
        [
            (lambda s, e: s.open(e), EnvelopeState.DELIVERED, None),
            (lambda s, e: s.decline(e, "not me"), EnvelopeState.DECLINED, "not me"),
            (lambda s, e: s.bounce(e), EnvelopeState.BOUNCED, "The mail to the signer came back."),
            (lambda s, e: s.expire(e), EnvelopeState.EXPIRED, "Envelope has expired."),
        ],
    )
    def test_each_end_has_its_name_and_reason(
        self,
        signer: DocuSignSigner,
        docusign: Docusign,
        hand: Callable[[Docusign, str], None],
        state: EnvelopeState,
        reason: str | None,
    ) -> None:
        reference = signer.request(ASKED).reference
        hand(docusign, reference)
        status = signer.status(reference)
        assert (status.state, status.reason) == (state, reason)

    def test_a_reminder_sends_their_mail_again(
        self, signer: DocuSignSigner, docusign: Docusign
    ) -> None:
        reference = signer.request(ASKED).reference
        signer.remind(reference, ASKED)
        assert docusign.resent == [reference]

    def test_being_told_to_slow_down_is_a_reason_to_wait_that_long(
        self, signer: DocuSignSigner, docusign: Docusign
    ) -> None:
        reset = {"X-RateLimit-Reset": str(int(time.time()) + 300)}
        docusign.answers.append(("before", 429, reset))
        with pytest.raises(Transient) as told:
            signer.request(ASKED)
        assert told.value.outcome == "not_done"
        assert 200 < (told.value.retry_after or 0) <= 300

    def test_a_user_who_has_not_consented_is_told_what_to_do(self, docusign: Docusign) -> None:
        docusign.consented = False
        signer = adapter(docusign)
        for asked in (lambda: signer.request(ASKED), signer.check):
            with pytest.raises(Permanent, match=r"oauth/auth\?response_type=code"):
                asked()
        signer.close()

    def test_a_refusal_is_told_in_the_services_words(self, signer: DocuSignSigner) -> None:
        nobody = Signatory(name="", title="x", mail="x@y.example")
        with pytest.raises(Permanent, match="a signer has name, email and recipientId"):
            signer.request(ASKED.model_copy(update={"signatory": nobody}))

    def test_another_key_than_an_rsa_key_is_named_as_such(self, docusign: Docusign) -> None:
        curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        for key in (b"no key", curve):
            signer = adapter(docusign, private_key=key)
            with pytest.raises(Permanent, match="PRIVATE_KEY_FILE"):
                signer.request(ASKED)
            signer.close()

    def test_garbage_for_a_status_is_a_reason_to_wait(
        self, signer: DocuSignSigner, docusign: Docusign
    ) -> None:
        reference = signer.request(ASKED).reference
        docusign.answers.append("<html>maintenance</html>")
        with pytest.raises(Transient):
            signer.status(reference)

    def test_nobody_listening_means_that_nothing_was_done(self, docusign: Docusign) -> None:
        signer = adapter(docusign, base_url="https://localhost:9/restapi")
        with pytest.raises(Transient) as told:
            signer.request(ASKED)
        assert told.value.outcome == "not_done"
        signer.close()

    def test_the_developer_environment_has_its_own_login(self) -> None:
        assert login_host("https://demo.docusign.net/restapi") == "account-d.docusign.com"
        assert login_host("https://na4.docusign.net/restapi") == "account.docusign.com"


class TestSandbox(Service):
    @pytest.fixture
    def signer(self, town: Town) -> Iterator[SandboxSigner]:
        made = SandboxSigner(f"{town.app.settings.sandbox_url}/signing", timeout=5)
        yield made
        made.close()

    @pytest.fixture
    def sign(self, town: Town) -> Callable[[str], None]:
        return lambda reference: town.hands.sign(reference, name="renee voss")

    @pytest.fixture
    def count(self, town: Town) -> Callable[[], int]:
        return lambda: len(town.sandbox.signing.envelopes)

    @pytest.fixture(autouse=True)
    def _a_real_form(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from storage.powers import Form
        from workflows import poa_form

        form = poa_form.pdf(
            Form(
                grantor="Kestrel Outdoor LLC",
                kind=None,
                address="",
                number=None,
                state=None,
                signer="Renee Voss",
                title="Managing member",
                broker="H&P",
                filer_code="QZ7",
                made_on="2026-11-21",
                reference="poa-1-1-aaaa",
            )
        )
        monkeypatch.setitem(globals(), "ASKED", ASKED.model_copy(update={"form": form}))

    def test_another_form_under_the_same_key_is_refused(self, signer: SandboxSigner) -> None:
        signer.request(ASKED)
        with pytest.raises(Permanent, match="Something else"):
            signer.request(ASKED.model_copy(update={"form": b"%PDF-1.7 other"}))

    def test_a_form_that_is_no_pdf_is_refused(self, signer: SandboxSigner) -> None:
        with pytest.raises(Permanent, match="no PDF"):
            signer.request(ASKED.model_copy(update={"form": b"MZ"}))


class TestMail(Contract):
    @pytest.fixture
    def signer(self, town: Town) -> MailSigner:
        return MailSigner(town.app.ports.mailer)

    @pytest.fixture
    def count(self, town: Town) -> Callable[[], int]:
        return lambda: len(town.hands.state()["mails"])

    def test_the_form_is_attached_and_answers_come_to_the_shipment(
        self, signer: MailSigner, town: Town
    ) -> None:
        made = signer.request(ASKED)
        (mail,) = town.hands.state()["mails"]
        assert mail["to"] == ["renee@kestrel.example"]
        assert mail["files"] == ["customs-power-of-attorney.pdf"]
        assert made.mail is not None
        assert made.mail.reply_to == "intake+SHP-2026-000001@tidewaiter.test"

    def test_a_reminder_stands_in_the_thread_of_the_first_mail(self, signer: MailSigner) -> None:
        first = signer.request(ASKED)
        again = signer.remind(first.reference, ASKED.model_copy(update={"key": f"{ASKED.key}-1"}))
        assert again.mail is not None
        assert first.mail is not None
        assert again.mail.in_reply_to == first.mail.message_id
        assert again.mail.message_id != first.mail.message_id
