"""The package of a hold behind a signed link that expires, and who opened it on record.

In Slack the link asks who you are; to the roles of the playbook one goes by mail that does not
(`documents.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from itsdangerous import BadSignature, SignatureExpired
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.session import asking
from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Entry, Hold
from storage.values import Actor

if TYPE_CHECKING:
    from bot.compose import App

SECONDS = 7 * 24 * 3600


def route(app: App) -> Route:
    """Where the links lead."""

    def package(request: Request, actor: Actor) -> Response:
        return _package(app, request.path_params["token"], actor)

    return Route("/holds/{token}", asking(app, package))


def _package(app: App, token: str, actor: Actor) -> Response:
    try:
        asked = app.links.loads(token, max_age=SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Ask for the package again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    return given(app, asked.get("hold") if isinstance(asked, dict) else None, actor)


def given(app: App, hold_id: object, actor: Actor) -> Response:
    """The package, and the opening on record."""
    if not isinstance(hold_id, int):
        return PlainTextResponse("This link is not one to a hold.", 404)
    with app.database.snapshot() as session:
        hold = session.get(Hold, hold_id)
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
            session, "hold_package_opened", actor=actor, shipment_id=hold.shipment_id,
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
