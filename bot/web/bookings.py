"""The webhook that a booking source calls: `POST /bookings/flexport`.

The signature is over the raw bytes, compared in constant time, before anything is parsed
(https://apidocs.flexport.com, Webhook Endpoints). A bad one is 401 and leaves nothing but a
counted line in the log. 200 is said only when the delivery is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.logs import logger
from workflows.booked import webhooks
from workflows.outgoing.flexport import NotFlexport

if TYPE_CHECKING:
    from bot.compose import App

MOST_BYTES = 1_000_000
_refused = count(1)


def flexport_route(app: App, path: str = "/bookings/flexport") -> Route:
    """The route for Flexport's webhooks."""
    settings = app.settings.tms
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""

    async def receive(request: Request) -> Response:
        if not secret:
            return PlainTextResponse("webhooks are not configured here", status_code=404)
        raw = bytearray()
        async for piece in request.stream():
            raw += piece
            if len(raw) > MOST_BYTES:
                return PlainTextResponse("too large", status_code=413)
        if not genuine(bytes(raw), request.headers, secret=secret, sha1=settings.accept_sha1):
            logger().warning("booking_signature_refused", count=next(_refused), bytes=len(raw))
            return PlainTextResponse("the signature is not right", status_code=401)
        return await run_in_threadpool(_stored, app, bytes(raw))

    return Route(path, receive, methods=["POST"])


def genuine(raw: bytes, headers: Headers, *, secret: str, sha1: bool) -> bool:
    """Whether the source signed these very bytes; SHA-1 counts only where it is allowed."""
    given = headers.get("X-Hub-Signature-256")
    if given is not None:
        return _same(given, "sha256", raw, secret)
    given = headers.get("X-Hub-Signature")
    return sha1 and given is not None and _same(given, "sha1", raw, secret)


def _same(given: str, how: str, raw: bytes, secret: str) -> bool:
    right = f"{how}={hmac.new(secret.encode(), raw, how).hexdigest()}"
    return hmac.compare_digest(given.strip().lower().encode("latin-1", "replace"), right.encode())


def _stored(app: App, raw: bytes) -> Response:
    sha256 = hashlib.sha256(raw).hexdigest()
    app.blobs.put(raw)
    try:
        event = webhooks.parse(raw)
    except NotFlexport as exc:
        with app.database.transaction() as session:
            webhooks.refuse(session, sha256=sha256, why=str(exc))
        return JSONResponse({"ok": False, "why": str(exc)}, status_code=422)
    for last in (False, True):
        try:
            with app.database.transaction() as session:
                receipt = webhooks.take(session, event, sha256=sha256, house=app.house)
        except IntegrityError:
            if last:
                raise
            continue  # the same event at the same moment: now it is a repeat
        return JSONResponse({"ok": True, "outcome": receipt.outcome})
    raise AssertionError("unreachable")
