"""The webhook by which a filer tells statuses: `POST /statuses`.

    X-Tidewaiter-Signature: t=<seconds>,v1=<hex HMAC-SHA256(secret, "t.POST./statuses." + body)>
    {"events": [{"entry": number or key, "code", "rawCode", "record", "reason", "at"}]}

The signature is over the raw bytes and a time of the last five minutes, compared in constant
time, before anything is parsed. 200 is said only when all of it is stored; a repeat is 200 too.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from itertools import count
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.logs import logger
from workflows import receipts
from workflows.gateways.http import Told, reported, signature
from workflows.receipts import Brought

if TYPE_CHECKING:
    from bot.compose import App

MOST_BYTES = 1_000_000
_PATH = "/statuses"
_OLDEST = 300  # seconds
_TRIES = 4
_refused = count(1)


class _Event(Told):
    entry: str = Field(min_length=1, max_length=120)


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")

    events: list[_Event] = Field(min_length=1, max_length=500)


def route(app: App) -> Route:
    """The route for filers' statuses."""
    secret = app.settings.gateway.webhook_secret

    async def receive(request: Request) -> Response:
        if secret is None:
            return PlainTextResponse("status webhooks are not configured here", status_code=404)
        raw = bytearray()
        async for piece in request.stream():
            raw += piece
            if len(raw) > MOST_BYTES:
                return PlainTextResponse("too large", status_code=413)
        given = request.headers.get("X-Tidewaiter-Signature", "")
        if not genuine(bytes(raw), given, secret=secret.get_secret_value()):
            logger().warning("status_signature_refused", count=next(_refused), bytes=len(raw))
            return PlainTextResponse("the signature is not right", status_code=401)
        return await run_in_threadpool(_stored, app, bytes(raw))

    return Route(_PATH, receive, methods=["POST"])


def genuine(raw: bytes, given: str, *, secret: str, at: float | None = None) -> bool:
    """Whether the filer signed these very bytes, lately."""
    told = dict(part.strip().partition("=")[::2] for part in given.split(","))
    stamp = told.get("t", "")
    moment = time.time() if at is None else at
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        return False
    if abs(moment - int(stamp)) > _OLDEST:
        return False
    right = signature(secret.encode(), stamp, "POST", _PATH, raw)
    return hmac.compare_digest(told.get("v1", "").encode("latin-1", "replace"), right.encode())


def _stored(app: App, raw: bytes) -> Response:
    try:
        body = _Body.model_validate_json(raw)
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        why = f"Nothing was taken: {where or 'the body'}: {first['msg']}"
        return JSONResponse({"ok": False, "why": why}, status_code=422)
    sha256 = hashlib.sha256(raw).hexdigest()
    app.blobs.put(raw)
    brought = [Brought(entry=one.entry, report=reported(one)) for one in body.events]
    for attempt in range(_TRIES):
        try:
            with app.database.transaction() as session:
                counts = receipts.take(session, brought, sha256=sha256, house=app.house)
        except (IntegrityError, StaleDataError, OperationalError):
            if attempt == _TRIES - 1:
                raise
            continue  # somebody told or decided the same at this moment: now it is known
        return JSONResponse({"ok": True, **counts})
    raise AssertionError("unreachable")
