"""Signed messages to systems of consignees and carriers, by HTTP.

    POST {url}    JSON, with `Idempotency-Key` and `X-Tidewaiter-Signature`:
                  t=<seconds>,v1=<hex HMAC-SHA256(secret, t.POST.path.body)>

Each address has a secret of its own, which follows from the installation's secret: it stands in
no database, and `tidewaiter release routes` shows it to be given to the other side. A repeat
carries the same key. Redirects are not followed; answers are bounded in size and time.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlsplit

import httpx

from workflows.gateways.http import signature
from workflows.ports import Permanent, Transient

_MAX_ANSWER = 64_000
_BUSY = frozenset({408, 425, 429})
_LONGEST_WAIT = 3600.0


def secret_for(installation: str, url: str) -> str:
    """The secret of one address, as hex."""
    return hmac.new(installation.encode(), f"webhook {url}".encode(), hashlib.sha256).hexdigest()


class SignedWebhook:
    """Delivers with secrets that follow from `secret`."""

    def __init__(self, secret: str, *, timeout: float = 20.0) -> None:
        self._secret = secret
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            trust_env=False,
            follow_redirects=False,
        )

    def close(self) -> None:
        self._client.close()

    def deliver(self, url: str, body: bytes, *, key: str) -> str:
        """Post it; gives the status that was answered."""
        parts = urlsplit(url)
        path = parts.path or "/"
        path += f"?{parts.query}" if parts.query else ""
        stamp = str(int(time.time()))
        signed = signature(secret_for(self._secret, url).encode(), stamp, "POST", path, body)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Tidewaiter-Signature": f"t={stamp},v1={signed}",
        }
        where = parts.hostname or "the receiver"
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as answer:
                told = _bounded(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            raise Transient(f"{where} cannot be reached.") from exc
        except httpx.HTTPError as exc:
            raise Transient(f"{where} did not answer in time.", outcome="unknown") from exc
        status = answer.status_code
        if answer.is_success:
            return f"{status} from {where}"
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Transient(f"{where} answered {status}.", outcome="unknown")
        if status in _BUSY:
            wait = answer.headers.get("Retry-After", "")
            seconds = min(float(wait), _LONGEST_WAIT) if wait.isdecimal() else None
            raise Transient(f"{where} is busy ({status}).", retry_after=seconds)
        raise Permanent(
            f"{where} refused the message ({status}): {told[:200].decode('utf-8', 'replace')}"
        )


def _bounded(answer: httpx.Response) -> bytes:
    """The beginning of the answer: more of it says nothing more."""
    found = b""
    for part in answer.iter_bytes():
        found += part
        if len(found) >= _MAX_ANSWER:
            break
    return found[:_MAX_ANSWER]
