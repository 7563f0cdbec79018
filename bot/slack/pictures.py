"""The place on a page where a value was read, as a picture in a window.

Handed to the workspace as a file of the app's own, in no channel, so that it is seen also where
Slack cannot reach us and needs no sign-in of ours; deleted there after a quarter of an hour.
(Slack: "slack_file" of the image block; files.delete.)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from ingest import show
from storage import audit, outbox
from storage.blobs import Blobs, Damaged, Missing
from storage.columns import now
from storage.db import Database
from storage.models import Document
from storage.values import Actor
from workflows import offices
from workflows.effects import RemoveFile
from workflows.ports import Permanent, Place, Transient

STAYS = timedelta(minutes=15)
_AT_ONCE = 2  #: each picture is a process of its own
_ACROSS = 300.0  #: points of the page: a window is narrow, and the words must be read there


class Upload(Protocol):
    """How a file is handed over; gives its id."""

    def __call__(self, name: str, data: bytes, *, title: str, office: str = "") -> str: ...


class NoPicture(Exception):
    """Why there is none, in words for the person who asked."""


class Pictures:
    """Makes pictures of places and hands them over."""

    def __init__(self, *, database: Database, blobs: Blobs, upload: Callable[[], Upload]) -> None:
        self._database, self._blobs, self._upload = database, blobs, upload
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def of(self, place: Place, *, actor: Actor) -> str:
        """The workspace's id of the picture; raises `NoPicture`."""
        office = offices.office_of(actor.id)
        with self._database.snapshot() as session:
            row = session.get(Document, place.document)
        if row is None:
            raise NoPicture("This document is no longer there.")
        try:
            data = self._blobs.read(row.sha256)
        except (Missing, Damaged) as exc:
            raise NoPicture("The document cannot be read from the store.") from exc
        made = self._made(data, place)
        try:
            title = f"Page {place.page} of {row.filename}"
            file = self._upload()("place.png", made, title=title, office=office)
        except (Transient, Permanent) as exc:
            raise NoPicture("Slack did not take the picture; use the link.") from exc
        with self._database.transaction() as session:
            audit.record(
                session, "evidence_shown", actor=actor, shipment_id=row.shipment_id,
                document_id=row.id, page=place.page, file=file,
            )  # fmt: skip
            outbox.add(
                session, RemoveFile(file=offices.qualified(office, file)), run_at=now() + STAYS
            )
        return file

    def _made(self, data: bytes, place: Place) -> bytes:
        if not self._turns.acquire(timeout=20):
            raise NoPicture("Too many pictures are being made; try again in a minute.")
        try:
            made = show.place(data, page=place.page, box=place.box, across=_ACROSS)
        finally:
            self._turns.release()
        if made is None:
            raise NoPicture("No picture can be made of this page. Open the document.")
        return made
