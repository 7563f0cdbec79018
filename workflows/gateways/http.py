"""A filer's HTTP interface: idempotent by key, asked before anything is repeated.

    PUT  {base}/entries/{key}         the packet; `Idempotency-Key` is the key -> reference
    GET  {base}/entries/{key}         what is known under the key, or 404      -> reference
    GET  {base}/entries/{key}/status  what became of it                        -> events
    POST {base}/entries/{key}/respond an answer with documents; its own Idempotency-Key

Each request carries a bearer token, or a signature over what is sent:
`X-Tidewaiter-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, t.METHOD.path.body)>`. Answers
are bounded in size and time; redirects are not followed, for a filing must not wander off.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from knowledge import dispositions
from storage.canonical import canonical
from storage.values import Reported
from workflows.gateways.catair import answers
from workflows.ports import Parcel, ParcelFile, Permanent, Receipt, Transient

_KNOWN = frozenset({"received", "accepted", "rejected", "held", "released", "exam", "lifted"})
_MAX_EVENTS = 1000
_MAX_RECORDS = 500
_MAX_ANSWER = 2_000_000
_BUSY = frozenset({408, 425, 429})
_LONGEST_WAIT = 600.0


class Told(BaseModel):
    """An event as the other side writes it."""

    model_config = ConfigDict(extra="ignore")

    code: str
    rawCode: str  # noqa: N815 - the interface's name
    record: str = ""  #: whose code it is: AMS, SO60, SO70
    agency: str = ""  #: of SO70: FDA, EPA, ...
    reason: str = ""
    at: AwareDatetime
    reference: str | None = None
    records: list[str] = []  #: AX or SX records, where the filer passes them on


_TOLD = TypeAdapter(list[Told])


class HttpGateway:
    """Speaks to a filer's interface under `base_url`."""

    can_be_asked = True

    def __init__(
        self,
        base_url: str,
        *,
        name: str = "http",
        timeout: float = 20.0,
        token: str | None = None,
        secret: str | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.name = name
        self._secret = secret.encode() if secret else None
        self._base = urlsplit(base_url).path.rstrip("/")
        verify: Any = True
        if ca_file is not None:
            verify = httpx.create_ssl_context(verify=str(ca_file))
        # A proxy of the environment must not come between us and the filer.
        self._client = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            trust_env=False,
            follow_redirects=False,
            verify=verify,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def close(self) -> None:
        self._client.close()

    def find(self, key: str) -> Receipt | None:
        status, answer = self._ask("GET", f"/entries/{_quoted(key)}", missing=True)
        if status == httpx.codes.NOT_FOUND:
            return None
        return Receipt(reference=_fact(answer, "reference"))

    def submit(self, parcel: Parcel) -> Receipt:
        _, answer = self._ask(
            "PUT",
            f"/entries/{_quoted(parcel.key)}",
            body={
                "kind": parcel.kind,
                "entryNumber": parcel.number,
                "filing": parcel.packet,
                "sha256": parcel.sha256,
                "records": {one.name: one.data.decode("ascii") for one in parcel.texts},
            },
            key=parcel.key,
        )
        try:
            return Receipt(reference=_fact(answer, "reference"))
        except Permanent as exc:
            # It answered "done" and not what: it may have it.
            raise Permanent(str(exc), outcome="unknown") from exc

    def status(self, key: str) -> list[Reported]:
        status, answer = self._ask("GET", f"/entries/{_quoted(key)}/status", missing=True)
        if status == httpx.codes.NOT_FOUND:
            return []  # e.g. filed by hand: nothing is known under this key
        try:
            told = _TOLD.validate_python(_json(answer)["events"][:_MAX_EVENTS])
        except (ValidationError, ValueError, KeyError, TypeError) as exc:
            raise Permanent("The authority answered with something that is no status.") from exc
        return [reported(one) for one in told]

    def respond(self, key: str, text: str, documents: Sequence[ParcelFile]) -> None:
        files = [
            {"file": one.name, "sha256": one.sha256, "data": base64.b64encode(one.data).decode()}
            for one in documents
        ]
        body = {"text": text, "documents": files}
        mark = hashlib.sha256(canonical(body)).hexdigest()[:16]
        self._ask("POST", f"/entries/{_quoted(key)}/respond", body=body, key=f"{key}-{mark}")

    def check(self) -> str:
        """Whether the other side answers and lets us in, for `doctor`."""
        self.find("tidewaiter-doctor")
        return f"{self._client.base_url} answers"

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        missing: bool = False,
    ) -> tuple[int, bytes]:
        data = canonical(body) if body is not None else b""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        if self._secret is not None:
            stamp = str(int(time.time()))
            headers["X-Tidewaiter-Signature"] = (
                f"t={stamp},v1={signature(self._secret, stamp, method, self._base + path, data)}"
            )
        try:
            with self._client.stream(method, path, content=data, headers=headers) as answer:
                status, told = answer.status_code, _bounded(answer)
                wait = answer.headers.get("Retry-After", "")
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise Transient("The authority cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient("The authority did not answer in time.", outcome="unknown") from exc
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(
                f"The authority answered {status}.",
                outcome="unknown" if method != "GET" else "not_done",
            )
        if status in _BUSY:
            seconds = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else None
            raise Transient(f"The authority is busy ({status}).", retry_after=seconds)
        if missing and status == httpx.codes.NOT_FOUND:
            return status, told
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Permanent(f"The authority does not let us in ({status}): check the credentials.")
        if not 200 <= status < 300:
            raise Permanent(f"The authority refused: {told[:300].decode('utf-8', 'replace')}")
        return status, told


def signature(secret: bytes, stamp: str, method: str, path: str, body: bytes) -> str:
    """The signature of one request, as the other side computes it."""
    signed = b".".join([stamp.encode(), method.encode(), path.encode(), body])
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def reported(one: Told) -> Reported:
    """An event as a status; what an authority's records refuse is said with its line."""
    said = answers.rejection(one.records[:_MAX_RECORDS]) if one.code == "rejected" else None
    reason = " ".join(part for part in (one.reason, said) if part)
    record, raw = one.record[:10].upper(), one.rawCode[:40]
    code = one.code if one.code in _KNOWN else "unknown"
    if code == "unknown" and dispositions.bearing(record, raw) == "lift":
        code = "lifted"
    elif dispositions.contradicts(code, record, raw):
        reason = f"{code.capitalize()}, with a code that says the opposite. {reason}"
        code = "unknown"  # a person looks: a hold's code releases nothing
    if record == dispositions.AGENCY:
        # Its own number says what an agency means, whatever the filer calls it.
        means = dispositions.of_agency(raw)
        opposite = code == "unknown" and one.code in _KNOWN
        opposite |= means == "proceed" and code in ("held", "exam", "rejected")
        code = "unknown" if opposite else means or "unknown"
        raw = f"{one.agency.strip().upper()[:10]} {raw}".strip()
    return Reported(
        code=code,
        record=record,
        raw_code=raw,
        reason=reason[:1000],
        at=one.at,
        reference=one.reference,
    )


def _bounded(answer: httpx.Response) -> bytes:
    found = b""
    for part in answer.iter_bytes():
        found += part
        if len(found) > _MAX_ANSWER:
            raise Permanent("The authority's answer is too large to be one.", outcome="unknown")
    return found


def _json(answer: bytes) -> Any:
    return json.loads(answer)


def _fact(answer: bytes, name: str) -> str:
    try:
        found = _json(answer)[name]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Permanent("The authority answered with something that is no receipt.") from exc
    if not isinstance(found, str) or not 0 < len(found) <= 200:
        raise Permanent("The authority answered with something that is no receipt.")
    return found


def _quoted(key: str) -> str:
    return quote(key, safe="")
