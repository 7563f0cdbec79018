"""The sandbox's signing room: HTTP on loopback, idempotent by key.

It is a stand-in for learning and tests; nobody outside this machine is asked to sign.
"""

from __future__ import annotations

import base64
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from storage.powers import EnvelopeState
from workflows.ports import (
    Permanent,
    Requested,
    SignatureRequest,
    SignatureStatus,
    SignedDocuments,
    Transient,
)


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")

    state: EnvelopeState
    reason: str | None = None
    at: AwareDatetime | None = None
    signedBy: str | None = None  # noqa: N815 - the room's name


class SandboxSigner:
    """Speaks to the signing room under `base_url` (ending in /signing)."""

    name = "sandbox"

    def __init__(self, base_url: str, *, timeout: float = 10.0) -> None:
        # A proxy of the environment must not come between us and the loopback.
        self._client = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def request(self, request: SignatureRequest) -> Requested:
        answer = self._ask(
            "PUT",
            f"/envelopes/{request.key}",
            json={
                "signer": request.signatory.model_dump(),
                "grantor": request.grantor,
                "form": base64.b64encode(request.form).decode(),
                "subject": request.subject,
                "text": request.text,
            },
        )
        return Requested(reference=self._fact(answer, "reference"))

    def status(self, reference: str) -> SignatureStatus:
        answer = self._ask("GET", f"/envelopes/{reference}")
        try:
            told = _Told.model_validate_json(answer.content)
        except ValidationError as exc:
            raise Permanent("The signing room answered with something that is no status.") from exc
        return SignatureStatus(
            state=told.state, reason=told.reason, at=told.at, signed_by=told.signedBy
        )

    def documents(self, reference: str) -> SignedDocuments:
        return SignedDocuments(
            document=self._ask("GET", f"/envelopes/{reference}/signed").content,
            certificate=self._ask("GET", f"/envelopes/{reference}/certificate").content,
        )

    def remind(self, reference: str, request: SignatureRequest) -> Requested:
        self._ask("POST", f"/envelopes/{reference}/remind", json={"text": request.text})
        return Requested(reference=reference)

    def void(self, reference: str, reason: str, request: SignatureRequest) -> Requested:  # noqa: ARG002 - the room needs no letter
        self._ask("POST", f"/envelopes/{reference}/void", json={"reason": reason})
        return Requested(reference=reference)

    def check(self) -> str:
        return "sandbox"

    def _ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **kwargs)
        except httpx.ConnectError as exc:
            raise Transient("The signing room cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient("The signing room did not answer in time.", outcome="unknown") from exc
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(f"The signing room answered {answer.status_code}.", outcome="unknown")
        if answer.is_error:
            raise Permanent(f"The signing room refused: {answer.text[:300]}")
        return answer

    @staticmethod
    def _fact(answer: httpx.Response, name: str) -> str:
        try:
            return str(answer.json()[name])
        except (ValueError, KeyError, TypeError) as exc:
            raise Permanent("The signing room answered with something unknown.") from exc
