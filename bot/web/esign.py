"""DocuSign Connect's messages: `POST /esign/docusign`. A message is a hint, never the truth.

Believed is only what bears an HMAC of one of our keys over the very bytes (Connect: "Validate
that the payload came from DocuSign"; headers X-DocuSign-Signature-1 to -N). What a message says
is looked up at the service before anything follows; a repeat is recorded and has no effect.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.logs import logger
from workflows import connect

if TYPE_CHECKING:
    from bot.compose import App

MOST_BYTES = 2_000_000
_HEADER = re.compile(r"^x-docusign-signature-\d{1,3}$")
_MOST_SIGNATURES = 100
_NAME = r"^[A-Za-z0-9_-]{1,100}$"


class _Data(BaseModel):
    model_config = ConfigDict(extra="ignore")

    accountId: str = Field(default="", max_length=100)  # noqa: N815 - DocuSign's names
    envelopeId: str = Field(pattern=_NAME)  # noqa: N815


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    event: str = Field(pattern=_NAME)
    generatedDateTime: str = Field(min_length=1, max_length=64)  # noqa: N815
    data: _Data


def route(app: App) -> Route:
    """The address that is named in the envelopes' eventNotification."""
    keys = [one.get_secret_value().encode() for one in app.settings.esign.connect_keys]

    async def endpoint(request: Request) -> Response:
        raw = await _bounded(request)
        if raw is None:
            return JSONResponse({"error": "The message is too large."}, 413)
        if not signed(raw, request.headers, keys):
            logger().warning("connect_refused", bytes=len(raw))
            return JSONResponse({"error": "The signature is not valid."}, 401)
        try:
            message = _Message.model_validate_json(raw)
        except ValidationError:
            return JSONResponse({"error": "The message is not understood."}, 400)
        if message.data.accountId != (app.settings.esign.account_id or ""):
            return JSONResponse({"error": "Another account's message."}, 400)
        said = await run_in_threadpool(_take, app, message, raw)
        return JSONResponse({"ok": True, "effect": said})

    return Route("/esign/docusign", endpoint, methods=["POST"])


def signed(raw: bytes, headers: Mapping[str, str], keys: Iterable[bytes]) -> bool:
    """Whether any signature is ours over these bytes; all are compared, in constant time."""
    given: list[bytes] = []
    for name, value in headers.items():
        if _HEADER.match(name.casefold()) and len(given) < _MOST_SIGNATURES:
            try:
                given.append(base64.b64decode(value, validate=True))
            except (binascii.Error, ValueError):
                continue
    found = False
    for key in keys:
        right = hmac.digest(key, raw, hashlib.sha256)
        for one in given:
            found |= hmac.compare_digest(right, one)
    return found


def _take(app: App, message: _Message, raw: bytes) -> str:
    sha256 = app.blobs.put(raw)

    def record() -> str:
        with app.database.transaction() as session:
            return connect.take(
                session,
                reference=message.data.envelopeId,
                event=message.event,
                generated_at=message.generatedDateTime,
                raw_sha256=sha256,
            )

    try:
        return record()
    except IntegrityError:
        return record()  # the same message came twice at once: this one is the repeat


async def _bounded(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)
