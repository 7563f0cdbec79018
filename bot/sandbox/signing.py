"""A signing room: forms wait here until the sandbox's person signs or declines, on a page.

Idempotent by key. The signed document is the form itself with the name written on its line, and
a certificate says who signed when; both are plainly marked as the sandbox's. Memory on disk.
"""

from __future__ import annotations

import base64
import binascii
import ctypes
import io
import json
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.config import SandboxConfig
from bot.sandbox.workspace import SlackError, Workspace, load_json, save_json
from storage.columns import now
from workflows.papers.render import preview

_MOST_BYTES = 10_000_000
_PAGE = Path(__file__).with_name("page")
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_OPEN = ("sent", "delivered")
_PDFIUM = threading.Lock()  # the library is not made for threads


class SigningRoom:
    """All forms that were sent for signature."""

    def __init__(self, config: SandboxConfig, workspace: Workspace) -> None:
        self._config, self._workspace = config, workspace
        self._lock = threading.RLock()
        self._place = config.state_dir / "signing.json"
        self.envelopes: dict[str, dict[str, Any]] = load_json(self._place)

    def routes(self) -> list[Route]:
        at = "/signing/envelopes/{key}"
        return [
            Route(at, self.put, methods=["PUT"]),
            Route(at, self.status, methods=["GET"]),
            Route(at + "/form", self.form),
            Route(at + "/picture", self.picture),
            Route(at + "/signed", self.signed),
            Route(at + "/certificate", self.certificate),
            Route(at + "/remind", self.remind, methods=["POST"]),
            Route(at + "/void", self.void, methods=["POST"]),
            Route("/sign/{key}", self.page),
        ]

    def shown(self) -> list[dict[str, Any]]:
        """What the sandbox's page lists."""
        return [
            {name: one[name] for name in ("key", "state", "signer", "grantor", "reminded")}
            for one in self.envelopes.values()
        ]

    async def put(self, request: Request) -> Response:
        body = await request.body()
        key = request.path_params["key"]
        try:
            if len(body) > _MOST_BYTES:
                raise ValueError("the form is too large")
            asked = json.loads(body)
            form = base64.b64decode(asked["form"], validate=True)
            if not form.startswith(b"%PDF-"):
                raise ValueError("the form is no PDF")
            signer = {name: str(asked["signer"][name])[:200] for name in ("name", "title", "mail")}
            grantor, text = str(asked["grantor"])[:300], str(asked["text"])[:20_000]
        except (ValueError, KeyError, TypeError, binascii.Error) as exc:
            return _error(400, f"The request is not valid: {exc}")
        with self._lock:
            known = self.envelopes.get(key)
            if known is None:
                self.envelopes[key] = {
                    "key": key,
                    "state": "sent",
                    "signer": signer,
                    "grantor": grantor,
                    "text": text,
                    "form": asked["form"],
                    "reason": None,
                    "signedBy": None,
                    "at": now().isoformat(),
                    "reminded": 0,
                }
                self._keep()
            elif known["form"] != asked["form"] or known["signer"] != signer:
                return _error(409, "Something else was sent under this key.")
        return JSONResponse({"reference": key}, 200 if known else 201)

    async def status(self, request: Request) -> Response:
        one = self.envelopes.get(request.path_params["key"])
        if one is None:
            return _error(404, "No such form.")
        return JSONResponse({name: one[name] for name in ("state", "reason", "at", "signedBy")})

    async def form(self, request: Request) -> Response:
        one = self.envelopes.get(request.path_params["key"])
        if one is None:
            return _error(404, "No such form.")
        return _pdf(base64.b64decode(one["form"]))

    async def picture(self, request: Request) -> Response:
        """The paper as it stands, for a page in any browser."""
        one = self.envelopes.get(request.path_params["key"])
        if one is None:
            return _error(404, "No such form.")
        return Response(await run_in_threadpool(_picture, one), media_type="image/png")

    async def signed(self, request: Request) -> Response:
        return await self._paper(request, _written)

    async def certificate(self, request: Request) -> Response:
        return await self._paper(request, _certificate)

    async def remind(self, request: Request) -> Response:
        return self._change(
            request.path_params["key"], lambda one: one.update(reminded=one["reminded"] + 1)
        )

    async def void(self, request: Request) -> Response:
        try:
            reason = str(json.loads(await request.body())["reason"])[:300]
        except (ValueError, KeyError, TypeError):
            return _error(400, "A reason is needed.")
        return self._change(
            request.path_params["key"], lambda one: one.update(state="voided", reason=reason)
        )

    async def page(self, request: Request) -> Response:
        """The signer's page; opening it counts as having seen the form."""
        one = self.envelopes.get(request.path_params["key"])
        if one is None:
            return _error(404, "No such form.")
        if one["state"] == "sent":
            self._change(one["key"], lambda it: it.update(state="delivered"))
        return FileResponse(_PAGE / "sign.html", headers={"Content-Security-Policy": _POLICY})

    def decide(self, key: str, *, name: str, signs: bool, reason: str = "") -> None:
        """What the signer does on the page."""
        with self._lock:
            one = self.envelopes.get(key)
            if one is None or one["state"] not in _OPEN:
                raise SlackError("this form no longer waits for a signature")
            if signs and name.strip().casefold() != one["signer"]["name"].casefold():
                raise SlackError(
                    f"type your name as it stands on the form: {one['signer']['name']}"
                )
            if signs:
                one.update(state="completed", signedBy=one["signer"]["name"])
            else:
                one.update(state="declined", reason=reason.strip()[:300] or "no reason given")
            one["at"] = now().isoformat()
            self._keep()

    async def _paper(self, request: Request, make: Any) -> Response:
        one = self.envelopes.get(request.path_params["key"])
        if one is None or one["state"] != "completed":
            return _error(404, "There is no signed form.")
        return _pdf(await run_in_threadpool(make, one))

    def _change(self, key: str, change: Any) -> Response:
        with self._lock:
            one = self.envelopes.get(key)
            if one is None:
                return _error(404, "No such form.")
            if one["state"] in _OPEN:
                change(one)
                self._keep()
        return JSONResponse({"ok": True})

    def _keep(self) -> None:
        save_json(self._place, self.envelopes)
        with self._workspace.lock:
            self._workspace.touch()


def _written(one: dict[str, Any]) -> bytes:
    """The form with the name on the line; the marks in the form say where that is."""
    at = datetime.fromisoformat(one["at"])
    with _PDFIUM:
        document = pdfium.PdfDocument(base64.b64decode(one["form"]))
        for page in document:
            texts = page.get_textpage()
            for mark, words, size in (
                ("\\s1\\", one["signedBy"], 17.0),
                ("\\d1\\", f"{at:%Y-%m-%d %H:%M} UTC", 11.0),
            ):
                found = texts.search(mark).get_next()
                if found is not None:
                    left, bottom, *_ = texts.get_charbox(found[0])
                    _write(document, page, words, (left, bottom - 8), size)
            page.gen_content()
        return _saved(document)


def _picture(one: dict[str, Any]) -> bytes:
    paper = _written(one) if one["state"] == "completed" else base64.b64decode(one["form"])
    with _PDFIUM:
        return preview(paper)


def _certificate(one: dict[str, Any]) -> bytes:
    """A page that says who signed what, when."""
    lines = (
        ("Certificate of completion (sandbox signing room)", 16.0),
        (f"Form: {one['key']}", 11.0),
        (f"Grantor: {one['grantor']}", 11.0),
        (f"Signer: {one['signedBy']}, {one['signer']['title']}, {one['signer']['mail']}", 11.0),
        (f"Completed: {one['at']}", 11.0),
        ("No real person has signed: this is a stand-in for learning and tests.", 9.0),
    )
    with _PDFIUM:
        document = pdfium.PdfDocument.new()
        page = document.new_page(612, 792)
        for number, (words, size) in enumerate(lines):
            _write(document, page, words, (60, 700 - 26 * number), size)
        page.gen_content()
        return _saved(document)


def _write(
    document: pdfium.PdfDocument,
    page: pdfium.PdfPage,
    words: str,
    at: tuple[float, float],
    size: float,
) -> None:
    made = pdfium_c.FPDFPageObj_NewTextObj(document, b"Times-Italic", size)
    encoded = (words.encode("latin-1", "replace").decode("latin-1") + "\0").encode("utf-16-le")
    held = ctypes.create_string_buffer(encoded)
    pdfium_c.FPDFText_SetText(made, ctypes.cast(held, pdfium_c.FPDF_WIDESTRING))
    pdfium_c.FPDFPageObj_Transform(made, 1, 0, 0, 1, *at)
    pdfium_c.FPDFPage_InsertObject(page, made)


def _saved(document: pdfium.PdfDocument) -> bytes:
    held = io.BytesIO()
    document.save(held)
    document.close()
    return held.getvalue()


def _pdf(data: bytes) -> Response:
    return Response(
        data, media_type="application/pdf", headers={"X-Content-Type-Options": "nosniff"}
    )


def _error(status: int, said: str) -> Response:
    return JSONResponse({"error": said}, status)
