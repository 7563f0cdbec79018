"""Files that people put into a shipment's thread: fetched, checked as a mail's, kept, read.

The check of kind and for viruses is the door's (`ingest/door.py`): a file that may not be opened is
kept and shown as held. Nothing is decided here.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from typing import Protocol

from sqlmodel import Session, select

from ingest.door import Door
from storage import outbox
from storage.blobs import Blobs
from storage.models import Person, Shipment
from storage.outbox import Claimed
from storage.values import Actor
from workflows import intake
from workflows.effects import TakeFile, TellThread
from workflows.handlers import Handler
from workflows.intake import File
from workflows.ports import Permanent, Ports
from workflows.post import Record


class Fetch(Protocol):
    """How the bytes of a shared file are had: its name and bytes, at most so many."""

    def __call__(self, file: str, *, most: int) -> tuple[str, bytes]: ...


class Shared:
    """Performs `TakeFile`."""

    def __init__(
        self, *, fetch: Callable[[], Fetch], blobs: Blobs, door: Callable[[], Door], most: int
    ) -> None:
        self._fetch, self._blobs, self._door, self._most = fetch, blobs, door, most

    @property
    def table(self) -> dict[str, Handler]:
        """The effect that is performed here."""
        return {TakeFile.kind: self.perform}

    def perform(self, _ports: Ports, claimed: Claimed) -> Record:
        """Fetch, check, keep; the record attaches it and tells the thread."""
        effect = TakeFile.model_validate(claimed.payload)
        try:
            name, data = self._bytes(effect)
        except Permanent as exc:
            return _told(effect, name=effect.file, outcome="refused", why=str(exc))
        held = self._door().held(name, data)
        file = File(
            filename=name,
            content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            size=len(data),
            sha256=self._blobs.put(data),
            held=held.words if held else None,
            because=held.because if held else "held",
        )

        def record(session: Session) -> None:
            actor = _actor(session, effect.user)
            outcome = intake.hand_in(
                session, shipment_id=effect.shipment_id, file=file, actor=actor
            )
            why = file.held or ""
            _told(effect, name=name, outcome=outcome, why=why)(session)

        return record

    def _bytes(self, effect: TakeFile) -> tuple[str, bytes]:
        if effect.words is not None:
            mark = hashlib.sha256(effect.file.encode()).hexdigest()[:8]
            return f"message-{mark}.txt", effect.words.encode()
        name, data = self._fetch()(effect.file, most=self._most)
        if not data:
            raise Permanent(f"{name} is empty.")
        return name[:200], data


def _told(effect: TakeFile, *, name: str, outcome: str, why: str) -> Record:
    def record(session: Session) -> None:
        actor = _actor(session, effect.user)
        shipment = session.get(Shipment, effect.shipment_id)
        if shipment is None:
            return
        outbox.add(
            session,
            TellThread(
                shipment_id=effect.shipment_id,
                note="file_taken",
                once=effect.file,
                facts={"who": actor.name, "file": name, "outcome": outcome, "why": why},
            ),
        )

    return record


def _actor(session: Session, user: str) -> Actor:
    person = session.exec(select(Person).where(Person.slack_user == user)).one()
    return Actor(id=user, name=person.name, role=person.role, licence=person.licence)
