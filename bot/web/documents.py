"""Documents behind signed links that expire: for the desk, which says who it is, and for outside.

    GET /documents/{token}   asks who you are; a Slack channel is not an access list
    GET /sent/{token}        what we sent to a consignee, a carrier or a role of the playbook

Each opening is on record with who it was. A link of one kind is none of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from itsdangerous import BadSignature, SignatureExpired
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.web import holds
from bot.web.session import asking
from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Document
from storage.values import SYSTEM, Actor

if TYPE_CHECKING:
    from bot.compose import App

SECONDS = 30 * 24 * 3600
_SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


def routes(app: App) -> list[BaseRoute]:
    """Where the links lead."""

    def document(request: Request, actor: Actor) -> Response:
        return _document(app, request.path_params["token"], actor)

    async def sent(request: Request) -> Response:
        return await run_in_threadpool(_sent, app, request.path_params["token"])

    return [
        Route("/documents/{token}", asking(app, document)),
        Route("/sent/{token}", sent),
    ]


def _document(app: App, token: str, actor: Actor) -> Response:
    try:
        asked = app.links.loads(token, max_age=SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Open it from the card again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    return given(app, asked, actor)


def _sent(app: App, token: str) -> Response:
    try:
        asked = app.sent_links.loads(token, max_age=SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Please ask who sent it for it.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    about = asked if isinstance(asked, dict) else {}
    if "hold" in about:
        return holds.given(app, about["hold"], SYSTEM)
    return given(app, about.get("document"), SYSTEM)


def given(app: App, document_id: object, actor: Actor) -> Response:
    """The document, and the opening on record."""
    if not isinstance(document_id, int):
        return PlainTextResponse("This link is not one to a document.", 404)
    with app.database.snapshot() as session:
        row = session.get(Document, document_id)
    if row is None:
        return PlainTextResponse("This document is no longer there.", 404)
    try:
        data = app.blobs.read(row.sha256)
    except (Missing, Damaged):
        return PlainTextResponse("The document cannot be read from the store.", 500)
    with app.database.transaction() as session:
        audit.record(
            session, "document_opened", actor=actor, shipment_id=row.shipment_id,
            document_id=row.id, sent_outside=actor is SYSTEM,
        )  # fmt: skip
    kind = row.content_type if row.content_type in _SHOWN_INLINE else "application/octet-stream"
    if row.filename.casefold().endswith(".pdf") and data.startswith(b"%PDF-"):
        kind = "application/pdf"
    way = "inline" if kind in _SHOWN_INLINE else "attachment"
    return Response(
        data,
        media_type=kind,
        headers={
            "Content-Disposition": f"{way}; filename*=UTF-8''{quote(row.filename)}",
            # A document from outside may be anything; the browser shall neither guess nor run it.
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "Cache-Control": "private, no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
