"""The web process. Links to documents are signed and expire; a Slack channel is no access list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn
from itsdangerous import BadSignature, SignatureExpired
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.slack.app import build_app
from bot.slack.serve import events_route
from bot.web import (
    drawn,
    esign,
    evidence,
    figures,
    filings,
    holds,
    pickups,
    slack_install,
    statuses,
)
from bot.web.bookings import flexport_route
from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Document
from storage.values import SYSTEM

if TYPE_CHECKING:
    from bot.compose import App

LINK_SECONDS = 30 * 24 * 3600
_SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})


def build(app: App) -> Starlette:
    """The web application of this installation."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        state = await run_in_threadpool(_readiness, app)
        return JSONResponse(state, status_code=200 if state["ok"] else 503)

    async def document(request: Request) -> Response:
        return await run_in_threadpool(_document, app, request.path_params["token"])

    routes: list[BaseRoute] = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        Route("/documents/{token}", document),
        flexport_route(app),
        esign.route(app),
        filings.route(app),
        statuses.route(app),
        holds.route(app),
        evidence.route(app),
        *drawn.routes(app),
        *pickups.routes(app),
        *figures.routes(app),
        *slack_install.routes(app),
    ]
    if app.signing_secret is not None:
        bolt = build_app(
            token=app.installations or app.slack_token,
            api_url=app.slack_api,
            signing_secret=app.signing_secret,
            desk=app.slack_desk,
        )
        routes.append(events_route(bolt))
    return Starlette(routes=routes)


def serve(app: App) -> None:
    """Run until told to stop."""
    uvicorn.run(
        build(app),
        host=app.settings.web.host,
        port=app.settings.web.port,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


def _readiness(app: App) -> dict[str, object]:
    try:
        with app.database.snapshot() as session:
            session.get(Document, 0)
        database = True
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        database = False
    # Without Redis everything is still accepted and kept; it only waits for the clock.
    return {"ok": database, "database": database, "redis": app.relay.ping()}


def _document(app: App, token: str) -> Response:
    try:
        document_id = app.links.loads(token, max_age=LINK_SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Open it from the card again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
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
            session,
            "document_opened",
            actor=SYSTEM,
            shipment_id=row.shipment_id,
            document_id=row.id,
        )
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
        },
    )
