"""Text messages, by a signed webhook to whichever service sends them.

    POST {url}  {"key", "to": role, "text"}   Idempotency-Key: key
    X-Tidewaiter-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, "t.POST.path." + body)>

Who has which number is the service's to know: here there are only roles.
"""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import httpx

from workflows.gateways.http import signature
from workflows.ports import Permanent, Transient

_BUSY = (408, 425, 429)


class TextWebhook:
    """Posts to one address; an answer of 2xx is done, the same key twice is one message."""

    def __init__(self, url: str, secret: str, *, timeout: float = 10.0) -> None:
        self._url, self._secret = url, secret.encode()
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def close(self) -> None:
        self._client.close()

    def send(self, *, key: str, to: str, text: str) -> None:
        """Hand one message over. Raises `Transient` or `Permanent`."""
        body = json.dumps({"key": key, "to": to, "text": text}, sort_keys=True).encode()
        stamp = str(int(time.time()))
        path = urlsplit(self._url).path or "/"
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-Tidewaiter-Signature": f"t={stamp},v1="
            + signature(self._secret, stamp, "POST", path, body),
        }
        try:
            status = self._client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as exc:
            # The key makes a repeat harmless, so it does not matter where it broke.
            raise Transient(f"The text service did not answer: {type(exc).__name__}.") from exc
        if status >= 500 or status in _BUSY:
            raise Transient(f"The text service answered {status}.")
        if not 200 <= status < 300:
            raise Permanent(f"The text service refused the message ({status}).")
