"""A partner's system that takes signed messages: a consignee's ERP, or a carrier's dispatch."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.town import Thread, free_port


class Partner:
    """Checks each signature with `secret`; the first `busy` messages are answered 503."""

    def __init__(self, *, busy: int = 0) -> None:
        self.secret = ""
        self.busy = busy
        self.tries = 0
        self.taken: dict[str, dict[str, Any]] = {}  #: by idempotency key
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/in?tenant=7"
        self._thread = Thread(Starlette(routes=[Route("/in", self._take, methods=["POST"])]), self.port)

    def close(self) -> None:
        self._thread.close()

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.tries += 1
        told = dict(one.split("=", 1) for one in request.headers["x-tidewaiter-signature"].split(","))
        signed = f"{told['t']}.POST./in?tenant=7.".encode() + body
        right = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, told["v1"]) or abs(time.time() - int(told["t"])) > 300:
            return PlainTextResponse("bad signature", 401)
        if self.tries <= self.busy:
            return PlainTextResponse("come again", 503)
        self.taken.setdefault(request.headers["idempotency-key"], json.loads(body))
        return PlainTextResponse("ok")
