"""Files in the filer's status folder that are about no entry of ours: found, kept, told once.

A poll asks for the files of the entry that it is about, so nobody would ever look at the rest: a
number with a typing error, an entry that somebody filed elsewhere, a file of another client.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from storage import outbox
from storage.columns import now
from storage.models import Entry, Export, StatusReceipt
from storage.outbox import Claimed
from workflows import receipts
from workflows.effects import ReadStrays
from workflows.mailing import nothing
from workflows.ports import Ports, StatusFolder
from workflows.post import Record

_MOST = 50  # of one look; the next look takes the next ones
_CHUNK = 500


def schedule(session: Session, *, gateway: str) -> None:
    """Look once an hour, where statuses come as files."""
    if gateway == "sftp":
        outbox.add(session, ReadStrays(hour=f"{now():%Y%m%d%H}"))


def look(ports: Ports, claimed: Claimed) -> Record:
    """The handler of `ReadStrays`."""
    ReadStrays.model_validate(claimed.payload)
    folder = ports.gateway
    if not isinstance(folder, StatusFolder):
        return nothing
    files = folder.status_files()
    with ports.snapshot() as session:
        ours = _ours(session, [key for _, key in files])
        kept = _kept(session, [name for name, _ in files])
    strays = [name for name, key in files if key not in ours and _short(name) not in kept]
    read = [(name, *folder.status_file(name)) for name in strays[:_MOST]]
    found = [(name, ports.blobs.put(data), report) for name, data, report in read]

    def record(session: Session) -> None:
        for name, sha256, report in found:
            receipts.stray(
                session, source="file", number=_short(name), report=report, sha256=sha256,
                whom="a file on the filer's server",
            )  # fmt: skip

    return record


TABLE = {ReadStrays.kind: look}


def _ours(session: Session, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(keys), _CHUNK):
        some = keys[at : at + _CHUNK]
        found.update(session.exec(select(Entry.key).where(col(Entry.key).in_(some))))
        exports = session.exec(select(Export).where(col(Export.key).in_(some)))
        found.update(one.key for one in exports if one.key is not None)
    return found


def _kept(session: Session, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(names), _CHUNK):
        some = [_short(one) for one in names[at : at + _CHUNK]]
        found.update(
            session.exec(
                select(StatusReceipt.number).where(
                    StatusReceipt.source == "file", col(StatusReceipt.number).in_(some)
                )
            )
        )
    return found


def _short(name: str) -> str:
    """As a receipt keeps it: long names by their end, where they differ."""
    return name[-60:]
