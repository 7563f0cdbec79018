"""Whether the archive still is what it was: the audit chain, every original, every seal.

It reads and tells; it mends nothing. Each finding is a sentence that names the thing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from sqlmodel import Session, col, select

from storage import audit
from storage.blobs import Blobs, Damaged, Missing
from storage.models import AuditEvent, Document, Message, Shipment

_BATCH = 500

Snapshot = Callable[[], AbstractContextManager[Session]]
Progress = Callable[[int], None]


def check(snapshot: Snapshot, blobs: Blobs, *, progress: Progress | None = None) -> Iterator[str]:
    """A sentence for everything that is not as it was; nothing when all is whole."""
    with snapshot() as session:
        yield from audit.verify(session)
    done = 0
    last = 0
    while True:
        with snapshot() as session:
            batch = session.exec(
                select(Shipment)
                .where(col(Shipment.id) > last)
                .order_by(col(Shipment.id))
                .limit(_BATCH)
            ).all()
            ids = [one.id for one in batch if one.id is not None]
            named = _named(session, ids)
            hashes = _hashes(session, [one.id for one in batch if one.manifest_sha256 and one.id])
        if not batch:
            return
        last = ids[-1]
        for shipment in batch:
            assert shipment.id is not None
            for what, sha256 in named.get(shipment.id, ()):
                yield from _whole(blobs, shipment.ref, what, sha256)
            if shipment.manifest_sha256:
                yield from _seal(blobs, shipment, named, hashes.get(shipment.id, set()))
            done += 1
            if progress is not None:
                progress(done)


def _named(session: Session, ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    documents = select(Document.shipment_id, Document.filename, Document.sha256)
    for key, name, sha256 in session.exec(documents.where(col(Document.shipment_id).in_(ids))):
        found.setdefault(key, []).append((name, sha256))
    mails = select(Message.shipment_id, Message.received_at, Message.sender, Message.raw_sha256)
    for owner, at, sender, sha256 in session.exec(mails.where(col(Message.shipment_id).in_(ids))):
        if owner is not None:
            found.setdefault(owner, []).append((f"the mail of {at.date()} from {sender}", sha256))
    return found


def _hashes(session: Session, ids: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    rows = session.exec(
        select(AuditEvent.shipment_id, AuditEvent.hash).where(col(AuditEvent.shipment_id).in_(ids))
    )
    for shipment_id, digest in rows:
        if shipment_id is not None:
            found.setdefault(shipment_id, set()).add(digest)
    return found


def _whole(blobs: Blobs, ref: str | None, what: str, sha256: str) -> Iterator[str]:
    try:
        blobs.read(sha256)
    except Missing:
        yield f"{ref}: {what} is missing from the store (sha256 {sha256})."
    except Damaged:
        yield f"{ref}: {what} was changed in the store (sha256 {sha256} no longer fits)."


def _seal(
    blobs: Blobs,
    shipment: Shipment,
    named: dict[int, list[tuple[str, str]]],
    hashes: set[str],
) -> Iterator[str]:
    assert shipment.manifest_sha256 is not None
    assert shipment.id is not None
    try:
        sealed: dict[str, Any] = json.loads(blobs.read(shipment.manifest_sha256))
    except Missing:
        yield f"{shipment.ref}: its sealed manifest is missing from the store."
        return
    except (Damaged, ValueError):
        yield f"{shipment.ref}: its sealed manifest was changed in the store."
        return
    there = {sha256 for _, sha256 in named.get(shipment.id, ())}
    for one in [*sealed.get("documents", ()), *sealed.get("mails", ())]:
        if one["sha256"] not in there:
            called = one.get("file") or one.get("messageId")
            yield f"{shipment.ref}: {called} was sealed in its file and is no longer there."
    for event in sealed.get("audit", ()):
        if event["hash"] not in hashes:
            yield f"{shipment.ref}: the sealed decision '{event['action']}' is no longer there."
