"""The carrier's page behind a signed link: give the appointment, hand in the proof of delivery.

    GET  /pickups/{token}         what is to be collected, with a form
    POST /pickups/{token}         the appointment: a form's date and time, or JSON {"at": ISO 8601}
    PUT  /pickups/{token}/proof   the proof of delivery, one PDF

The link is the carrier's right to say so; it expires. A time without a zone is the port's own.
"""

from __future__ import annotations

import html
import json
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from itsdangerous import BadSignature, SignatureExpired
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from storage.models import Pickup, Shipment
from workflows import carrier_mail, collecting, delivery
from workflows.states import Refused

if TYPE_CHECKING:
    from bot.compose import App

_SECONDS = 60 * 24 * 3600
_MOST_FORM = 10_000
_MOST_PROOF = 10_000_000
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class _Bad(Exception):
    """What was sent is not an answer; the text is for the carrier."""


def routes(app: App) -> list[BaseRoute]:
    """Where the links lead."""

    async def page(request: Request) -> Response:
        return await run_in_threadpool(_page, app, request.path_params["token"], None)

    async def appoint(request: Request) -> Response:
        raw = await _body(request, _MOST_FORM)
        if raw is None:
            return PlainTextResponse("That is too large.", 413)
        kind = request.headers.get("content-type", "")
        return await run_in_threadpool(_appoint, app, request.path_params["token"], raw, kind)

    async def proof(request: Request) -> Response:
        raw = await _body(request, _MOST_PROOF)
        if raw is None:
            return PlainTextResponse("That is too large: 10 MB are the most.", 413)
        return await run_in_threadpool(_proof, app, request.path_params["token"], raw)

    return [
        Route("/pickups/{token}", page),
        Route("/pickups/{token}", appoint, methods=["POST"]),
        Route("/pickups/{token}/proof", proof, methods=["PUT"]),
    ]


async def _body(request: Request, most: int) -> bytes | None:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > most:
            return None
    return bytes(raw)


def _which(app: App, token: str) -> tuple[int, str | None] | Response:
    """The pickup of this link, and the carrier that it was given to."""
    try:
        found = app.pickup_links.loads(token, max_age=_SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Please answer by mail.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    match found:
        case [int() as pickup_id, str() | None as carrier]:
            return pickup_id, carrier
        case int():  # of a request before links named their carrier
            return found, None
    return PlainTextResponse("This link is not valid.", 404)


def _appoint(app: App, token: str, raw: bytes, kind: str) -> Response:
    found = _which(app, token)
    if isinstance(found, Response):
        return found
    as_json = kind.startswith("application/json")
    try:
        with app.database.transaction() as session:
            row, shipment, name = _known(app, session, *found)
            at = _moment(raw, as_json=as_json, port=shipment.transport.portOfDischarge)
            said = collecting.appoint(
                session, pickup_id=row.id or 0, at=at, by=name, way="link",
                actor=collecting.carrier_actor(name), house=app.house,
            )  # fmt: skip
    except (_Bad, Refused) as exc:
        if as_json:
            return JSONResponse({"error": str(exc)}, 409 if isinstance(exc, Refused) else 400)
        return _page(app, token, str(exc))
    return JSONResponse({"recorded": at.isoformat()}) if as_json else _page(app, token, said)


def _proof(app: App, token: str, raw: bytes) -> Response:
    found = _which(app, token)
    if isinstance(found, Response):
        return found
    if not raw.startswith(b"%PDF-"):
        return PlainTextResponse("A proof of delivery is one PDF. Nothing was stored.", 415)
    sha256 = app.blobs.put(raw)
    try:
        with app.database.transaction() as session:
            row, shipment, name = _known(app, session, *found)
            document = collecting.proof_file(
                row.shipment_id, name=f"{shipment.ref}-proof-of-delivery.pdf", sha256=sha256,
                size=len(raw),
            )  # fmt: skip
            said = collecting.proof(
                session, pickup_id=row.id or 0, document=document, at=None, by=name,
                actor=collecting.carrier_actor(name),
            )  # fmt: skip
    except (_Bad, Refused) as exc:
        return JSONResponse({"error": str(exc)}, 409)
    return JSONResponse({"stored": sha256, "said": said}, 201)


def _known(
    app: App, session: Session, pickup_id: int, asked: str | None
) -> tuple[Pickup, Shipment, str]:
    row = session.get(Pickup, pickup_id)
    carrier = delivery.carrier_of(row, app.house) if row is not None else None
    shipment = session.get(Shipment, row.shipment_id) if row is not None else None
    if row is None or shipment is None or carrier is None or asked not in (None, row.carrier):
        raise _Bad("This pickup is no longer yours. Please ask the broker.")
    return row, shipment, carrier.name


def _moment(raw: bytes, *, as_json: bool, port: str | None) -> datetime:
    zone = carrier_mail.zone_of(port)
    try:
        if as_json:
            told = datetime.fromisoformat(str(json.loads(raw)["at"]))
        else:
            form = parse_qs(raw.decode(), max_num_fields=10)
            told = datetime.combine(
                date.fromisoformat(form["date"][0]), time.fromisoformat(form["time"][0])
            )
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Bad("Please give the day and the time. Nothing was recorded.") from None
    return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)


def _page(app: App, token: str, said: str | None) -> Response:
    found = _which(app, token)
    if isinstance(found, Response):
        return found
    with app.database.snapshot() as session:
        row = session.get(Pickup, found[0])
        shipment = session.get(Shipment, row.shipment_id) if row else None
        if row is None or shipment is None:
            return PlainTextResponse("This pickup is no longer there.", 404)
        if found[1] not in (None, row.carrier):
            return PlainTextResponse("This pickup is no longer yours: please do not collect.", 410)
        zone = carrier_mail.zone_of(shipment.transport.portOfDischarge)
        known = row.appointment_at.astimezone(zone) if row.appointment_at else None
        facts = [
            ("Shipment", shipment.ref),
            ("Container", ", ".join(shipment.transport.containers)),
            ("Bill of lading", shipment.transport.houseBill or shipment.transport.masterBill),
            ("Port", shipment.transport.portOfDischarge),
            ("Appointment", f"{known:%Y-%m-%d %H:%M} ({zone.key})" if known else "not given yet"),
        ]
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts
        if value
    )
    note = f"<p role=status>{html.escape(said)}</p>" if said else ""
    return HTMLResponse(
        _PAGE.format(rows=rows, note=note, zone=html.escape(zone.key)), headers=_HEADERS
    )


_PAGE = """<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width">
<title>Pickup request</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;
color:#1d2733}}
th{{text-align:left;padding:.2rem 1.5rem .2rem 0;color:#5a6b7b;font-weight:500;vertical-align:top}}
form{{margin-top:1.5rem}}input,button{{font:inherit;padding:.4rem .6rem;margin-right:.5rem}}
button{{background:#0b5c7d;color:#fff;border:0;border-radius:4px}}
[role=status]{{background:#e8f3ee;border-left:4px solid #2b7a56;padding:.6rem 1rem}}
</style><h1>Pickup request</h1>{note}<table>{rows}</table>
<form method=post><label>Appointment <input type=date name=date required></label>
<label><input type=time name=time required aria-label="time at the port"></label>
<button>Confirm</button><br><small>The time of the port ({zone}).</small></form></html>"""
