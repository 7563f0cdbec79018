"""DocuSign eSignature REST v2.1: an envelope from our PDF, or from a template of the account.

Source: the eSignature REST API reference (Envelopes: create, get, update, listStatusChanges;
EnvelopeDocuments: get; eventNotification with HMAC). An outcome that is not known is looked up
by our own custom field before anything is repeated. The vendor's SDK is not used here: it proves
the shape of our test server instead.
"""

from __future__ import annotations

import base64
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from storage.mail import one_line
from storage.powers import EnvelopeState
from workflows.ports import (
    Permanent,
    Requested,
    SignatureRequest,
    SignatureStatus,
    SignedDocuments,
    Transient,
)
from workflows.signers.grant import JwtGrant

KEY_FIELD = "tidewaiterKey"
ROLE = "Grantor"  #: the role of the signer in a template of the account
EVENTS = (
    "envelope-sent",
    "envelope-delivered",
    "envelope-completed",
    "envelope-declined",
    "envelope-voided",
    "recipient-autoresponded",
)
_MOST_BYTES = 25_000_000
_EXPIRE_DAYS = 60
_LONGEST_SUBJECT = 100
_ENDED = frozenset({"ENVELOPE_CANNOT_VOID_INVALID_STATE", "ENVELOPE_INVALID_STATUS"})
_STATES = {
    "created": EnvelopeState.SENT,
    "sent": EnvelopeState.SENT,
    "delivered": EnvelopeState.DELIVERED,
    "signed": EnvelopeState.DELIVERED,
    "completed": EnvelopeState.COMPLETED,
    "declined": EnvelopeState.DECLINED,
    "voided": EnvelopeState.VOIDED,
    "deleted": EnvelopeState.VOIDED,
}


class _Recipient(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = ""
    status: str = ""
    declinedReason: str | None = None  # noqa: N815 - DocuSign's names
    autoRespondedReason: str | None = None  # noqa: N815


class _Recipients(BaseModel):
    model_config = ConfigDict(extra="ignore")

    signers: list[_Recipient] = Field(default=[], max_length=50)


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore")

    envelopeId: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")  # noqa: N815
    status: str
    voidedReason: str | None = None  # noqa: N815
    completedDateTime: AwareDatetime | None = None  # noqa: N815
    statusChangedDateTime: AwareDatetime | None = None  # noqa: N815
    recipients: _Recipients = _Recipients()


class DocuSignSigner:
    """One account. `base_url` ends in /restapi, e.g. https://demo.docusign.net/restapi."""

    name = "docusign"

    def __init__(
        self,
        *,
        base_url: str,
        account_id: str,
        integration_key: str,
        user_id: str,
        private_key: bytes,
        oauth_host: str | None = None,
        template_id: str | None = None,
        notify_url: str | None = None,
        trust: Path | None = None,
        timeout: float = 30.0,
    ) -> None:
        context = ssl.create_default_context(cafile=str(trust) if trust else None)
        self._client = httpx.Client(timeout=timeout, verify=context)
        self._account = f"{base_url.rstrip('/')}/v2.1/accounts/{account_id}"
        self._template, self._notify = template_id, notify_url
        self._grant = JwtGrant(
            self._client,
            oauth_host=oauth_host or login_host(base_url),
            integration_key=integration_key,
            user_id=user_id,
            private_key=private_key,
        )

    def close(self) -> None:
        self._client.close()

    def request(self, request: SignatureRequest) -> Requested:
        if request.again and (known := self._find(request.key)):
            return Requested(reference=known)
        answer = self._ask("POST", "/envelopes", json=self._definition(request))
        return Requested(reference=_read(answer).envelopeId)

    def status(self, reference: str) -> SignatureStatus:
        answer = self._ask("GET", f"/envelopes/{reference}", params={"include": "recipients"})
        envelope = _read(answer)
        signers = envelope.recipients.signers
        state = _STATES.get(envelope.status.casefold())
        if state is None:
            raise Permanent(f"DocuSign gave a status that is not known: {envelope.status[:50]}")
        reason = envelope.voidedReason
        if state is EnvelopeState.DECLINED:
            reason = next((one.declinedReason for one in signers if one.declinedReason), None)
        elif state is EnvelopeState.VOIDED and "expired" in (reason or "").casefold():
            state = EnvelopeState.EXPIRED
        elif state is EnvelopeState.SENT and any(
            one.status.casefold() == "autoresponded" for one in signers
        ):
            state = EnvelopeState.BOUNCED
            reason = next(
                (one.autoRespondedReason for one in signers if one.autoRespondedReason),
                "The mail to the signer came back.",
            )
        return SignatureStatus(
            state=state,
            reason=one_line(reason)[:500] if reason else None,
            at=envelope.completedDateTime or envelope.statusChangedDateTime,
            signed_by=signers[0].name or None if signers else None,
        )

    def documents(self, reference: str) -> SignedDocuments:
        return SignedDocuments(
            document=self._pdf(f"/envelopes/{reference}/documents/combined", certificate="false"),
            certificate=self._pdf(f"/envelopes/{reference}/documents/certificate"),
        )

    def remind(self, reference: str, request: SignatureRequest) -> Requested:  # noqa: ARG002 - DocuSign writes the mail
        self._ask("PUT", f"/envelopes/{reference}", params={"resend_envelope": "true"}, json={})
        return Requested(reference=reference)

    def void(self, reference: str, reason: str, request: SignatureRequest) -> Requested:  # noqa: ARG002 - DocuSign writes the mail
        self._ask(
            "PUT",
            f"/envelopes/{reference}",
            json={"status": "voided", "voidedReason": one_line(reason)[:200]},
            fine=_ENDED,
        )
        return Requested(reference=reference)

    def check(self) -> str:
        answer = self._ask("GET", "")
        try:
            called = str(answer.json()["accountName"])
        except (ValueError, KeyError, TypeError) as exc:
            raise Permanent("DocuSign did not tell whose account it is.") from exc
        return f"account {called[:100]}"

    def _find(self, key: str) -> str | None:
        since = datetime.now(UTC) - timedelta(days=_EXPIRE_DAYS)
        answer = self._ask(
            "GET",
            "/envelopes",
            params={
                "from_date": since.isoformat(),
                "custom_field": f"{KEY_FIELD}={key}",
                "count": "2",
            },
        )
        try:
            found = answer.json().get("envelopes") or []
            return _Envelope.model_validate(found[0]).envelopeId if found else None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as exc:
            raise Transient("DocuSign answered with something that is no list.") from exc

    def _definition(self, request: SignatureRequest) -> dict[str, Any]:
        who = request.signatory
        made: dict[str, Any] = {
            "status": "sent",
            "emailSubject": one_line(request.subject)[:_LONGEST_SUBJECT],
            "emailBlurb": request.text[:10_000],
            "customFields": {
                "textCustomFields": [
                    {"name": KEY_FIELD, "value": request.key, "show": "false", "required": "false"}
                ]
            },
            "notification": {
                "useAccountDefaults": "false",
                "expirations": {
                    "expireEnabled": "true",
                    "expireAfter": str(_EXPIRE_DAYS),
                    "expireWarn": "0",
                },
            },
        }
        if self._notify is not None:
            made["eventNotification"] = {
                "url": self._notify,
                "requireAcknowledgment": "true",
                "loggingEnabled": "true",
                "includeHMAC": "true",
                "deliveryMode": "SIM",
                "events": list(EVENTS),
                "eventData": {"version": "restv2.1", "includeData": ["recipients"]},
            }
        if self._template is not None:
            texts = [{"tabLabel": name, "value": value} for name, value in request.fields.items()]
            role = {
                "roleName": ROLE,
                "name": who.name,
                "email": who.mail,
                "tabs": {"textTabs": texts},
            }
            return {**made, "templateId": self._template, "templateRoles": [role]}
        place = {"anchorUnits": "pixels", "anchorXOffset": "4", "anchorYOffset": "0"}
        signer = {
            "name": who.name,
            "email": who.mail,
            "recipientId": "1",
            "routingOrder": "1",
            "tabs": {
                "signHereTabs": [{"anchorString": "\\s1\\", **place}],
                "dateSignedTabs": [{"anchorString": "\\d1\\", **place}],
            },
        }
        document = {
            "documentBase64": base64.b64encode(request.form).decode(),
            "name": f"Customs power of attorney of {one_line(request.grantor)[:60]}",
            "fileExtension": "pdf",
            "documentId": "1",
        }
        return {**made, "documents": [document], "recipients": {"signers": [signer]}}

    def _pdf(self, path: str, **params: str) -> bytes:
        answer = self._ask("GET", path, headers={"Accept": "application/pdf"}, params=params)
        if not answer.content.startswith(b"%PDF-") or len(answer.content) > _MOST_BYTES:
            raise Permanent("DocuSign gave something that is no PDF of a fair size.")
        return answer.content

    def _ask(
        self, method: str, path: str, *, fine: frozenset[str] = frozenset(), **kwargs: Any
    ) -> httpx.Response:
        answer = self._send(method, path, **kwargs)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # The token may have been taken back before its time: once more with a fresh one.
            self._grant.forget()
            answer = self._send(method, path, **kwargs)
        reading = method == "GET"
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise Transient("DocuSign asks us to slow down.", retry_after=_wait(answer))
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(
                f"DocuSign answered {answer.status_code}.",
                outcome="not_done" if reading else "unknown",
            )
        if answer.is_success:
            return answer
        code, message = _error(answer)
        if code in fine:
            return answer
        raise Permanent(f"DocuSign refused: {message} ({code or answer.status_code}).")

    def _send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {
            "Accept": "application/json",
            **kwargs.pop("headers", {}),
            "Authorization": f"Bearer {self._grant.token()}",
        }
        try:
            return self._client.request(method, self._account + path, headers=headers, **kwargs)
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise Transient("DocuSign cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient(
                "DocuSign did not answer in time.",
                outcome="not_done" if method == "GET" else "unknown",
            ) from exc


def login_host(base_url: str) -> str:
    """Where tokens come from: the developer environment has a login of its own."""
    host = urlsplit(base_url).hostname or ""
    return "account-d.docusign.com" if host.startswith("demo") else "account.docusign.com"


def _read(answer: httpx.Response) -> _Envelope:
    try:
        return _Envelope.model_validate_json(answer.content)
    except ValidationError as exc:
        # It may have taken an envelope that we could not read: look before repeating.
        raise Transient("DocuSign answered with something unknown.", outcome="unknown") from exc


def _error(answer: httpx.Response) -> tuple[str, str]:
    try:
        told = answer.json()
        return str(told.get("errorCode", ""))[:80], one_line(str(told.get("message", "")))[:300]
    except (ValueError, AttributeError):
        return "", one_line(answer.text)[:200]


def _wait(answer: httpx.Response) -> float:
    """Seconds: the limit is per hour, and its end is told as seconds since 1970."""
    try:
        return min(max(float(answer.headers["X-RateLimit-Reset"]) - time.time(), 1.0), 3600.0)
    except (KeyError, ValueError):
        return 60.0
