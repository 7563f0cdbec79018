"""The test server has DocuSign's shape: the vendor's own client works with it, and reads ours."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.servers.docusign import ACCOUNT, INTEGRATION, USER, Docusign
from workflows.ports import SignatureRequest
from workflows.signers.docusign import DocuSignSigner

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the vendor's package, at its import
    import docusign_esign as vendor
    from docusign_esign.client.configuration import Configuration

FORM = b"%PDF-1.7 form \\s1\\ \\d1\\"


@pytest.fixture
def docusign(tmp_path: Path) -> Iterator[Docusign]:
    made = Docusign(tmp_path)
    yield made
    made.close()


@pytest.fixture
def client(docusign: Docusign, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    trust = Configuration()
    trust.ssl_ca_cert = str(docusign.certificate)
    monkeypatch.setattr("docusign_esign.client.api_client.Configuration", lambda: trust)
    made = vendor.ApiClient(host=docusign.base_url, oauth_host_name=docusign.host)
    yield made
    made.rest_client.pool_manager.clear()


def logged_in(client: Any, docusign: Docusign) -> Any:
    token = client.request_jwt_user_token(
        client_id=INTEGRATION,
        user_id=USER,
        oauth_host_name=docusign.host,
        private_key_bytes=docusign.private_key,
        expires_in=3600,
        scopes=["signature", "impersonation"],
    )
    assert token.token_type == "Bearer"
    return vendor.EnvelopesApi(client)


def definition() -> Any:
    signer = vendor.Signer(
        email="renee@kestrel.example",
        name="Renee Voss",
        recipient_id="1",
        tabs=vendor.Tabs(sign_here_tabs=[vendor.SignHere(anchor_string="\\s1\\")]),
    )
    return vendor.EnvelopeDefinition(
        status="sent",
        email_subject="Please sign",
        documents=[
            vendor.Document(
                document_base64=base64.b64encode(FORM).decode(),
                name="POA",
                file_extension="pdf",
                document_id="1",
            )
        ],
        recipients=vendor.Recipients(signers=[signer]),
        custom_fields=vendor.CustomFields(
            text_custom_fields=[vendor.TextCustomField(name="tidewaiterKey", value="k1")]
        ),
    )


def test_the_vendors_client_logs_in_sends_looks_and_fetches(
    docusign: Docusign, client: Any
) -> None:
    api = logged_in(client, docusign)
    made = api.create_envelope(ACCOUNT, envelope_definition=definition())
    assert (made.status, len(made.envelope_id)) == ("sent", 36)
    docusign.sign(made.envelope_id)
    seen = api.get_envelope(ACCOUNT, made.envelope_id, include="recipients")
    assert seen.status == "completed"
    assert seen.recipients.signers[0].name == "Renee Voss"
    assert api.get_document(ACCOUNT, "combined", made.envelope_id).startswith(FORM)
    found = api.list_status_changes(
        ACCOUNT, from_date="2026-01-01", custom_field="tidewaiterKey=k1"
    )
    assert [one.envelope_id for one in found.envelopes] == [made.envelope_id]
    none = api.list_status_changes(ACCOUNT, from_date="2026-01-01", custom_field="tidewaiterKey=k2")
    assert not none.envelopes


def test_the_vendors_client_is_refused_as_the_service_would(
    docusign: Docusign, client: Any
) -> None:
    api = logged_in(client, docusign)
    wrong = definition()
    wrong.recipients = None
    with pytest.raises(vendor.ApiException) as told:
        api.create_envelope(ACCOUNT, envelope_definition=wrong)
    assert told.value.status == 400
    docusign.tokens.clear()
    with pytest.raises(vendor.ApiException) as told:
        api.create_envelope(ACCOUNT, envelope_definition=definition())
    assert told.value.status == 401


@pytest.mark.parametrize("template", [None, "8f0e-template"])
def test_the_vendors_client_understands_every_word_that_we_send(
    docusign: Docusign, client: Any, asked: SignatureRequest, template: str | None
) -> None:
    """What its models do not know would be lost on the way through them."""
    ours = DocuSignSigner(
        base_url=docusign.base_url,
        account_id=ACCOUNT,
        integration_key=INTEGRATION,
        user_id=USER,
        private_key=docusign.private_key,
        template_id=template,
        notify_url="https://desk.example/esign/docusign",
    )
    body = ours._definition(asked)
    ours.close()
    read = client.deserialize(SimpleNamespace(data=json.dumps(body)), "EnvelopeDefinition")
    assert client.sanitize_for_serialization(read) == body


@pytest.fixture
def asked() -> SignatureRequest:
    from storage.powers import Signatory

    return SignatureRequest(
        key="poa-1-1-aaaa",
        signatory=Signatory(
            name="Renee Voss", title="Managing member", mail="renee@kestrel.example"
        ),
        grantor="Kestrel Outdoor LLC",
        form=FORM,
        subject="Please sign",
        text="Dear Renee",
        html="<p>Dear Renee</p>",
        reply_to="intake@tidewaiter.test",
        fields={"grantor": "Kestrel Outdoor LLC"},
    )
