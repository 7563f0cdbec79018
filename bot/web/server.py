"""The web process. Links to documents are signed and expire; a Slack channel is no access list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.slack.app import build_app
from bot.slack.serve import events_route
from bot.web import (
    documents,
    drawn,
    esign,
    evidence,
    figures,
    filings,
    holds,
    pickups,
    signin,
    slack_install,
    statuses,
)
from bot.web.bookings import flexport_route
from storage.models import Document

if TYPE_CHECKING:
    from bot.compose import App


def build(app: App) -> Starlette:
    """The web application of this installation."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def ready(_request: Request) -> Response:
        state = await run_in_threadpool(_readiness, app)
        return JSONResponse(state, status_code=200 if state["ok"] else 503)

    routes: list[BaseRoute] = [
        Route("/healthz", alive),
        Route("/readyz", ready),
        *documents.routes(app),
        *signin.routes(app),
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
