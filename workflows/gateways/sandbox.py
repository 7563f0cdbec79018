"""The gateway to the sandbox authority: HTTP on loopback, idempotent by key.

It is a stand-in for learning and tests; it never reaches a real authority.
"""

from __future__ import annotations

from typing import Any, Literal

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from storage.values import Reported
from workflows.ports import Permanent, Receipt, Transient

_KNOWN = frozenset({"accepted", "rejected", "held", "released", "exam"})
_MAX_EVENTS = 1000


class _Told(BaseModel):
    """An event as the authority writes it."""

    model_config = ConfigDict(extra="ignore")

    code: str
    rawCode: str  # noqa: N815 - the authority's name
    reason: str = ""
    at: AwareDatetime
    reference: str | None = None


_TOLD = TypeAdapter(list[_Told])


class SandboxGateway:
    """Speaks to the sandbox authority under `base_url` (ending in /authority)."""

    name = "sandbox"

    def __init__(self, base_url: str, *, timeout: float = 10.0) -> None:
        # A proxy of the environment must not come between us and the loopback.
        self._client = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def find(self, key: str) -> Receipt | None:
        answer = self._ask("GET", f"/entries/{key}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return Receipt(reference=self._fact(answer, "reference"))

    def submit(self, key: str, entry_number: str, filing: dict[str, Any]) -> Receipt:
        answer = self._ask(
            "PUT",
            f"/entries/{key}",
            json={"entryNumber": entry_number, "filing": filing},
            headers={"Idempotency-Key": key},
        )
        return Receipt(reference=self._fact(answer, "reference"))

    def status(self, key: str) -> list[Reported]:
        answer = self._ask("GET", f"/entries/{key}/status")
        try:
            told = _TOLD.validate_python(answer.json()["events"][:_MAX_EVENTS])
        except (ValidationError, ValueError, KeyError, TypeError) as exc:
            raise Permanent("The authority answered with something that is no status.") from exc
        return [
            Reported(
                code=_code(one.code),
                raw_code=one.rawCode[:40],
                reason=one.reason[:1000],
                at=one.at,
                reference=one.reference,
            )
            for one in told
        ]

    def respond(self, key: str, text: str, documents: list[str]) -> None:
        self._ask("POST", f"/entries/{key}/respond", json={"text": text, "documents": documents})

    def _ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **kwargs)
        except httpx.ConnectError as exc:
            raise Transient("The authority cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient("The authority did not answer in time.", outcome="unknown") from exc
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(
                f"The authority answered {answer.status_code}.",
                outcome="unknown" if method != "GET" else "not_done",
            )
        missing = answer.status_code == httpx.codes.NOT_FOUND and method == "GET"
        if answer.is_error and not missing:
            raise Permanent(f"The authority refused: {answer.text[:300]}")
        return answer

    @staticmethod
    def _fact(answer: httpx.Response, name: str) -> str:
        try:
            return str(answer.json()[name])
        except (ValueError, KeyError, TypeError) as exc:
            raise Permanent("The authority answered with something that is no receipt.") from exc


def _code(
    told: str,
) -> Literal["accepted", "rejected", "held", "released", "exam", "unknown"]:
    return told if told in _KNOWN else "unknown"  # type: ignore[return-value]
