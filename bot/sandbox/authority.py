"""A customs authority that accepts, holds, refuses and releases, by scenario and by hand.

Filing is idempotent by key: the same filing again gives the same receipt, another filing under
the same key is refused. Its memory is on disk.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.sandbox.config import SandboxConfig
from bot.sandbox.workspace import Workspace, load_json, save_json
from storage.entry_number import BadEntryNumber, parse

_MOST_BYTES = 5_000_000
_EVENTS = {
    "accept": ("accepted", "AE", "Entry accepted"),
    "release": ("released", "1C", "Released by CBP; One USG message received"),
    "hold": (
        "held",
        "5H",
        "Entry processing hold: CBP requests the packing list and origin evidence",
    ),
    # One for each kind of hold, in words as customs and filers use them.
    "hold_documents": ("held", "5H", "Entry processing hold: documents required, packing list"),
    "hold_value": (
        "held",
        "1H",
        "CBP Form 28 dated 2026-05-05: related party, proof of payment, assists",
    ),
    "hold_classification": (
        "held",
        "1H",
        "CBP Form 28 dated 2026-05-05: tariff classification of line 1",
    ),
    "hold_exam": ("exam", "1A", "Intensive examination required, transfer to CES"),
    "hold_adcvd": ("held", "1H", "Antidumping case number required: A-570-979"),
    "hold_restricted": ("held", "3H", "Notice of detention dated 2026-05-05, UFLPA"),
    "lift": ("lifted", "LIFT", "The hold is lifted"),
    "reject": ("rejected", "RJ", "Entry summary data rejected: value element does not agree"),
}


class Authority:
    """All entries that were filed here."""

    def __init__(self, config: SandboxConfig, workspace: Workspace) -> None:
        self._config, self._workspace = config, workspace
        self._lock = threading.RLock()
        self._place = config.state_dir / "authority.json"
        self.entries: dict[str, dict[str, Any]] = load_json(self._place)
        self.away = False
        self.submissions = 0

    def routes(self) -> list[Route]:
        return [
            Route("/authority/entries/{key}", self.submit, methods=["PUT"]),
            Route("/authority/entries/{key}", self.find, methods=["GET"]),
            Route("/authority/entries/{key}/status", self.status, methods=["GET"]),
            Route("/authority/entries/{key}/respond", self.respond, methods=["POST"]),
        ]

    async def submit(self, request: Request) -> Response:
        if self.away:
            return _error(503, "The authority is not available.")
        key = request.path_params["key"]
        body = await request.body()
        if request.headers.get("idempotency-key") != key:
            return _error(400, "The Idempotency-Key header must be the key of the entry.")
        try:
            if len(body) > _MOST_BYTES:
                raise ValueError("the filing is too large")
            asked = json.loads(body)
            number, filing = str(asked["entryNumber"]), asked["filing"]
            export = asked.get("kind") == "export"
            if not export:
                parse(number)
            if not filing["lines"] or not filing["importerOfRecord"]:
                raise ValueError("a filing has lines and an importer of record")
            if not isinstance(filing.get("transport") or {}, dict):
                raise TypeError("transport is an object")
        except (BadEntryNumber, ValueError, KeyError, TypeError) as exc:
            return _error(400, f"The filing is not valid: {exc}")
        with self._lock:
            self.submissions += 1
            known = self.entries.get(key)
            if known is not None:
                if known["filing"] != filing or known["entryNumber"] != number:
                    return _error(409, "Another filing was made under this key.")
                return JSONResponse({"reference": known["reference"]})
            entry = {
                "key": key,
                "entryNumber": number,
                "filing": filing,
                "reference": f"SBX-{len(self.entries) + 1:06d}",
                "export": export,
                "filedAt": time.time(),
                "scenario": self._scenario(filing),
                "events": [],
                "answers": [],
            }
            self.entries[key] = entry
            self._keep()
        return JSONResponse({"reference": entry["reference"]}, 201)

    async def find(self, request: Request) -> Response:
        if self.away:
            return _error(503, "The authority is not available.")
        entry = self.entries.get(request.path_params["key"])
        if entry is None:
            return _error(404, "No such entry.")
        return JSONResponse({"reference": entry["reference"], "entryNumber": entry["entryNumber"]})

    async def status(self, request: Request) -> Response:
        if self.away:
            return _error(503, "The authority is not available.")
        entry = self.entries.get(request.path_params["key"])
        if entry is None:
            return _error(404, "No such entry.")
        self.advance()
        return JSONResponse({"events": entry["events"]})

    async def respond(self, request: Request) -> Response:
        if self.away:
            return _error(503, "The authority is not available.")
        entry = self.entries.get(request.path_params["key"])
        if entry is None:
            return _error(404, "No such entry.")
        body = await request.body()
        try:
            answer = json.loads(body) if len(body) <= _MOST_BYTES else None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            return _error(400, "An answer is an object with a text and documents.")
        with self._lock:
            entry["answers"].append(answer)
            self._keep()
        return JSONResponse({"ok": True})

    def advance(self) -> None:
        """Let the scenarios go on as far as the time has come."""
        with self._lock:
            for entry in self.entries.values():
                if entry["scenario"] == "silent":
                    continue
                age = time.time() - entry["filedAt"]
                said = [event["code"] for event in entry["events"]]
                if not said and age >= self._config.accept_after:
                    self.tell(entry["key"], "accept")
                elif (
                    said == ["accepted"]
                    and not entry.get("export")
                    and age >= self._config.release_after
                ):
                    following = {"hold": "hold", "reject": "reject"}.get(
                        entry["scenario"], "release"
                    )
                    self.tell(entry["key"], following)

    def tell(self, key: str, event: str, reason: str | None = None) -> None:
        """Add a status to an entry; KeyError for an unknown entry or event."""
        code, raw, words = _EVENTS[event]
        moment = datetime.now(UTC)
        with self._lock:
            entry = self.entries[key]
            if entry.get("export") and event == "accept":
                words = "EEI accepted"
                number = list(self.entries).index(key) + 1
                reference = f"X{moment:%Y%m%d}{number:06d}"
            else:
                reference = entry["reference"]
            self.entries[key]["events"].append(
                {
                    "code": code,
                    "rawCode": raw,
                    "reason": reason or words,
                    "at": moment.isoformat(),
                    "reference": reference,
                }
            )
            self._keep()

    def _scenario(self, filing: dict[str, Any]) -> str:
        moved = filing.get("transport") or {}
        bills = f"{moved.get('masterBill')} {moved.get('houseBill')}"
        return next((name for part, name in self._config.scenarios if part in bills), "clean")

    def _keep(self) -> None:
        save_json(self._place, self.entries)
        with self._workspace.lock:
            self._workspace.touch()


def _error(status: int, text: str) -> JSONResponse:
    return JSONResponse({"error": text}, status)
