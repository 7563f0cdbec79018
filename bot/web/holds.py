"""The package of a hold behind a signed link that expires. Each opening is in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from itsdangerous import BadSignature, SignatureExpired
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Entry, Hold
from storage.values import SYSTEM

if TYPE_CHECKING:
    from bot.compose import App

SECONDS = 7 * 24 * 3600


def route(app: App) -> Route:
    """Where the links lead."""

    async def package(request: Request) -> Response:
        return await run_in_threadpool(_package, app, request.path_params["token"])

    return Route("/holds/{token}", package)


def _package(app: App, token: str) -> Response:
    try:
        asked = app.links.loads(token, max_age=SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Ask for the package again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    if not isinstance(asked, dict) or not isinstance(asked.get("hold"), int):
        return PlainTextResponse("This link is not one to a hold.", 404)
    with app.database.snapshot() as session:
        hold = session.get(Hold, asked["hold"])
        entry = session.get(Entry, hold.entry_id) if hold else None
    if hold is None or entry is None:
        return PlainTextResponse("This hold is no longer there.", 404)
    if hold.package_sha256 is None:
        return PlainTextResponse("The package is being made; try again in a minute.", 503)
    try:
        data = app.blobs.read(hold.package_sha256)
    except (Missing, Damaged):
        return PlainTextResponse("The package cannot be read from the store.", 500)
    with app.database.transaction() as session:
        audit.record(
            session, "hold_package_opened", actor=SYSTEM, shipment_id=hold.shipment_id,
            hold_id=hold.id, sha256=hold.package_sha256,
        )  # fmt: skip
    name = f"hold-{hold.code}-{entry.number}-v{hold.package_version}.zip"
    return Response(
        data,
        media_type="application/zip",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
