"""The pages of a document with a box around each value that was read, behind a signed link.

The boxes are those of the reading that the card rests on, coloured by confidence. A page is drawn
when it is looked at, in a process of its own; the link expires, and each look is in the audit.
"""

from __future__ import annotations

import html
import threading
from typing import TYPE_CHECKING

from itsdangerous import BadSignature, SignatureExpired
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.web.evidence import SECONDS
from bot.web.session import asking
from ingest import show
from storage import audit
from storage.blobs import Damaged, Missing
from storage.models import Document
from storage.values import Actor

if TYPE_CHECKING:
    from bot.compose import App

_AT_ONCE = 2  #: each picture is a process of its own
_MOST = 60  # pages shown under each other
_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px sans-serif;margin:1.5em;background:#eee}}b{{padding:0 .4em;color:#fff}}
img{{display:block;width:100%;max-width:1100px;margin:1em 0;background:#fff;
min-height:20em}}</style>
<h1>{title}</h1><p>Each box is a value that was read, with how sure it is:
<b style="background:#00823c">0.90 and more</b> <b style="background:#dc8c00">from 0.85</b>
<b style="background:#c81e1e">below: please check</b></p>{pages}{more}</html>"""


def routes(app: App) -> list[Route]:
    """Where the links lead: the list of pages, and each page."""
    turns = threading.BoundedSemaphore(_AT_ONCE)

    def pages(request: Request, _actor: Actor) -> Response:
        return _pages(app, request.path_params["token"])

    def page(request: Request, actor: Actor) -> Response:
        token, number = request.path_params["token"], request.path_params["number"]
        return _page(app, token, number, turns, actor)

    return [
        Route("/drawn/{token}", asking(app, pages)),
        Route("/drawn/{token}/{number:int}", asking(app, page)),
    ]


def _document(app: App, token: str) -> Document | Response:
    try:
        number = app.drawn_links.loads(token, max_age=SECONDS)
    except SignatureExpired:
        return PlainTextResponse("This link has expired. Open it from the card again.", 410)
    except BadSignature:
        return PlainTextResponse("This link is not valid.", 404)
    with app.database.snapshot() as session:
        row = session.get(Document, number)
    if row is None or row.reading is None:
        return PlainTextResponse("Nothing was read from this document.", 404)
    return row


def _pages(app: App, token: str) -> Response:
    row = _document(app, token)
    if isinstance(row, Response):
        return row
    assert row.reading is not None
    first, count = row.reading.firstPage, row.reading.pages
    shown = "".join(
        f'<img loading="lazy" alt="page {at}" src="{html.escape(token)}/{at}">'
        for at in range(first, first + min(count, _MOST))
    )
    more = "" if count <= _MOST else f"<p>{count - _MOST} more pages: open the document.</p>"
    return HTMLResponse(
        _PAGE.format(title=html.escape(row.title), pages=shown, more=more),
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "private, no-store",
        },
    )


def _page(
    app: App, token: str, number: int, turns: threading.BoundedSemaphore, actor: Actor
) -> Response:
    row = _document(app, token)
    if isinstance(row, Response):
        return row
    assert row.reading is not None
    first = row.reading.firstPage
    if not first <= number < first + row.reading.pages:
        return PlainTextResponse("This document does not have this page.", 404)
    try:
        data = app.blobs.read(row.sha256)
    except (Missing, Damaged):
        return PlainTextResponse("The document cannot be read from the store.", 500)
    if not turns.acquire(timeout=60):
        return PlainTextResponse("Too many pictures are being made; try again in a minute.", 503)
    try:
        made = show.page(data, row.reading, number=number)
    finally:
        turns.release()
    if made is None:
        return PlainTextResponse("No picture can be made of this page. Open the document.", 422)
    with app.database.transaction() as session:
        audit.record(
            session, "drawn_page_opened", actor=actor, shipment_id=row.shipment_id,
            document_id=row.id, page=number,
        )  # fmt: skip
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return Response(made, media_type="image/png", headers=headers)
