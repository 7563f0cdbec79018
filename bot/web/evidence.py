"""The place on a page where a value was read, as a picture behind a signed link that expires.

Slack would have to fetch a picture in a window from us and keep it on its own servers; a link shows
it to who clicks, also where Slack cannot reach us, and each opening is in the audit.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, SignatureExpired
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.session import asking
from ingest import show
from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Document
from storage.values import Actor
from workflows.ports import Place

if TYPE_CHECKING:
    from bot.compose import App

SECONDS = 7 * 24 * 3600
_AT_ONCE = 2  #: each picture is a process of its own


def route(app: App) -> Route:
    """Where the links lead."""
    turns = threading.BoundedSemaphore(_AT_ONCE)

    def evidence(request: Request, actor: Actor) -> Response:
        return _evidence(app, request.path_params["token"], turns, actor)

    return Route("/evidence/{token}", asking(app, evidence))


def _evidence(app: App, token: str, turns: threading.BoundedSemaphore, actor: Actor) -> Response:
    try:
        place = Place.model_validate(app.evidence_links.loads(token, max_age=SECONDS))
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Open the window again.", 410)
    except (BadSignature, ValidationError):
        return PlainTextResponse("This link is not valid.", 404)
    with app.database.snapshot() as session:
        row = session.get(Document, place.document)
    if row is None:
        return PlainTextResponse("This document is no longer there.", 404)
    try:
        data = app.blobs.read(row.sha256)
    except (Missing, Damaged):
        return PlainTextResponse("The document cannot be read from the store.", 500)
    if not turns.acquire(timeout=20):
        return PlainTextResponse("Too many pictures are being made; try again in a minute.", 503)
    try:
        made = show.place(data, page=place.page, box=place.box)
    finally:
        turns.release()
    if made is None:
        return PlainTextResponse("No picture can be made of this page. Open the document.", 422)
    with app.database.transaction() as session:
        audit.record(
            session, "evidence_opened", actor=actor, shipment_id=row.shipment_id,
            document_id=row.id, page=place.page,
        )  # fmt: skip
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return Response(made, media_type="image/png", headers=headers)
