"""The packet of an entry behind a signed link: as JSON or as records, for filing by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itsdangerous import BadSignature, SignatureExpired
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.session import asking
from storage import audit
from storage.models import Entry
from storage.values import Actor, Role
from workflows import submitting
from workflows.gateways import packet as packets
from workflows.gateways.catair import write

if TYPE_CHECKING:
    from bot.compose import App

_SECONDS = 7 * 24 * 3600
_MAY = (Role.LICENSED_BROKER, Role.ENTRY_WRITER, Role.COMPLIANCE)


def route(app: App) -> Route:
    """Where the links lead."""

    def filing(request: Request, actor: Actor) -> Response:
        return _filing(app, request.path_params["token"], actor)

    return Route("/filings/{token}", asking(app, filing, roles=_MAY))


def _filing(app: App, token: str, actor: Actor) -> Response:
    try:
        asked = app.links.loads(token, max_age=_SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Open it from the thread again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    if not isinstance(asked, dict):
        return PlainTextResponse("This link is not one to a filing.", 404)
    with app.database.snapshot() as session:
        entry = session.exec(select(Entry).where(Entry.key == str(asked.get("key")))).first()
    if entry is None:
        return PlainTextResponse("This entry is no longer there.", 404)
    with app.database.transaction() as session:
        audit.record(
            session, "filing_opened", actor=actor, shipment_id=entry.shipment_id,
            entry=entry.number, form=asked.get("form"),
        )  # fmt: skip
    return _shown(entry, str(asked.get("form")))


def _shown(entry: Entry, form: str) -> Response:
    if form == "packet":
        return _text(packets.written(entry.filing), "application/json")
    found = next((one for one in submitting.texts(entry) if one.kind == form), None)
    if found is not None:
        return _text(found.data, "text/plain; charset=us-ascii")
    made = packets.read(entry.filing)
    missing = write.open_amounts(made) if made is not None else []
    why = "\n".join(f"- {one}" for one in missing) or "- a value has no place in its record"
    return PlainTextResponse(f"These records cannot be written yet:\n{why}\n", 409)


def _text(data: Any, kind: str) -> Response:
    return Response(
        data,
        media_type=kind,
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
