"""The adapter to a Flexport-like API: list, read, and tell back over REST with a bearer token.

The source has no endpoint for a customs status, so it goes into the shipment's metadata (PATCH)
and its document is uploaded. Links to further pages are followed on our own configured address
only: an answer cannot send our token elsewhere. https://apidocs.flexport.com, v2.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from storage.booking import Booking
from storage.columns import now
from workflows.outgoing import flexport
from workflows.ports import Permanent, Transient
from workflows.tms import Clearance, Listed, TmsFile, TmsPage

LARGEST = 20_000_000  # bytes of one answer
_MOST_ROWS = 1000
_LONGEST_WAIT = 3600.0
_BUSY = frozenset({408, 425, 429})


class FlexportTms:
    """Speaks to `base_url` with `token`."""

    name = flexport.SOURCE

    def __init__(self, base_url: str, token: str, *, timeout: float = 20.0) -> None:
        self._base = base_url.rstrip("/")
        self._client = httpx.Client(
            timeout=timeout,
            # A redirect would carry our token to wherever it points.
            follow_redirects=False,
            trust_env=False,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        )

    def close(self) -> None:
        self._client.close()

    def pull(self, cursor: str | None) -> TmsPage:
        """A page of the list of shipments; `cursor` is what an earlier page gave."""
        page = _rows(self._json("GET", cursor or "/shipments"))
        rows, following = page
        found, problems = [], []
        for row in rows:
            try:
                external, version, live = flexport.listed(row)
            except flexport.NotFlexport as exc:
                problems.append(str(exc))
                continue
            found.append(Listed(external_id=external, version=version, live=live))
        if rows and not found:
            raise Permanent(f"The list of shipments has no shipments in it: {problems[0]}")
        return TmsPage(listed=tuple(found), cursor=_cursor(following), problems=tuple(problems))

    def fetch(self, external_id: str) -> Booking:
        """One shipment with its legs and containers."""
        told = self._json("GET", f"/shipments/{external_id}")
        legs = self._further(f"/shipment_legs?f.shipment.id={external_id}")
        boxes = self._further(f"/ocean/shipment_containers?f.shipment.id={external_id}")
        try:
            return flexport.booking(_data(told), legs, boxes)
        except flexport.NotFlexport as exc:
            raise Permanent(f"What came as shipment {external_id} is none: {exc}") from exc

    def write_back(
        self, external_id: str, clearance: Clearance, *, key: str, files: Sequence[TmsFile]
    ) -> None:
        """Tell the shipment's standing; the same key again changes nothing."""
        for file in files:
            self._upload(external_id, file, key=key)
        facts = {
            "customs_status": clearance.standing,
            "customs_entry_number": clearance.entry or "",
            "customs_status_at": clearance.at.astimezone(UTC).isoformat(timespec="seconds"),
            "customs_status_reason": clearance.reason,
            "customs_broker": clearance.broker,
        }
        self._json(
            "PATCH",
            f"/shipments/{external_id}",
            body={"metadata": facts},
            headers={"Idempotency-Key": key},
        )

    def _upload(self, external_id: str, file: TmsFile, *, key: str) -> None:
        there = self._further(f"/documents?f.shipment.id={external_id}")
        if any(isinstance(one, dict) and one.get("file_name") == file.name for one in there):
            return  # an earlier attempt got through
        self._json(
            "POST",
            "/documents",
            body={
                "shipment_id": external_id,
                "document_type": file.kind,
                "file_name": file.name,
                "file": base64.b64encode(file.data).decode(),
            },
            headers={"Idempotency-Key": f"{key}-{file.name}"},
        )

    def _further(self, path: str) -> list[Any]:
        """Rows that belong to a shipment; a source without that list has none of them."""
        try:
            return _rows(self._json("GET", path))[0]
        except _NotThere:
            return []

    def _json(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        read_only = method == "GET"
        try:
            with self._client.stream(
                method, self._base + path, json=body, headers=headers
            ) as answer:
                raw = _bounded(answer)
        except httpx.ConnectError as exc:
            raise Transient("The booking source cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient(
                f"The booking source did not answer as it should ({type(exc).__name__}).",
                outcome="not_done" if read_only else "unknown",
            ) from exc
        _check(answer, raw, path, read_only=read_only)
        if not raw and not read_only:
            return {}
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as exc:
            raise Permanent(
                f"The booking source answered {path} with something that is no JSON."
            ) from exc


class _NotThere(Permanent):
    """The source has no such thing."""


def _bounded(answer: httpx.Response) -> bytes:
    raw = bytearray()
    for piece in answer.iter_bytes():
        raw += piece
        if len(raw) > LARGEST:
            raise Permanent(f"The booking source's answer is larger than {LARGEST} bytes.")
    return bytes(raw)


def _check(answer: httpx.Response, raw: bytes, path: str, *, read_only: bool) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in _BUSY:
        raise Transient(
            f"The booking source is busy ({status}).", retry_after=_wait(answer, default=30.0)
        )
    if status >= 500:
        raise Transient(
            f"The booking source answered {status}.",
            outcome="not_done" if read_only else "unknown",
            retry_after=_wait(answer, default=None),
        )
    if status in (401, 403):
        raise Permanent(
            f"The booking source refused our token ({status}): check TIDEWAITER_TMS__TOKEN."
        )
    if status == 404 or answer.is_redirect:
        # Some sources redirect to their front page for what they do not have.
        raise _NotThere(f"The booking source has nothing at {path} ({status}).")
    raise Permanent(
        f"The booking source refused {path} ({status}): {raw[:200].decode('utf-8', 'replace')}"
    )


def _wait(answer: httpx.Response, *, default: float | None) -> float | None:
    """Seconds that the source asks us to wait (RFC 9110 10.2.3: seconds or a date)."""
    told = answer.headers.get("Retry-After", "")
    if told.isascii() and told.isdecimal():
        return min(float(told), _LONGEST_WAIT)
    try:
        at: datetime = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return default
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now()).total_seconds()
    return min(max(seconds, 1.0), _LONGEST_WAIT)


def _data(told: Any) -> Any:
    """What stands in the envelope; some sources send none."""
    return told["data"] if isinstance(told, dict) and "data" in told else told


def _rows(told: Any) -> tuple[list[Any], str | None]:
    inner = _data(told)
    following = inner.get("next") if isinstance(inner, dict) else None
    rows = inner.get("data") if isinstance(inner, dict) else inner
    if not isinstance(rows, list):
        raise Permanent("The booking source answered with something that is no list.")
    return rows[:_MOST_ROWS], following if isinstance(following, str) else None


def _cursor(following: str | None) -> str | None:
    """Of the link to the next page only the path and the query: the host is ours to say."""
    if not following:
        return None
    parts = urlsplit(following)
    place = parts.path[parts.path.find("/shipments") :] if "/shipments" in parts.path else ""
    if not place or len(following) > 2000:
        raise Permanent("The booking source's link to the next page leads to no list of shipments.")
    return f"{place}?{parts.query}" if parts.query else place
