"""How far a mailbox was taken in, in a small file that a power cut leaves whole.

A UID means something only together with its UIDVALIDITY (RFC 3501 2.3.1.1): when the server
gives a new one, all numbers are new and the reading starts over. The file may be behind what
was spooled, never ahead of it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ingest.mailbox.trouble import NeedsAPerson
from storage.values import Value

Old = Literal["all", "unseen", "unseen_or_since"]


class Cursor(Value):
    """The place in a mailbox."""

    mailbox: str
    uidvalidity: int
    uid: int = 0  #: everything up to here was spooled, or left and told
    old_below: int = 1  #: below this UID only what `old` says is taken; from here on everything
    old: Old = "unseen"
    begun: date  #: when the mailbox was first watched
    marking: tuple[int, ...] = ()  #: spooled, perhaps not yet flagged or moved
    left: int = 0  #: how many were not taken and stayed in the mailbox


class CursorFile:
    """Where a cursor is kept."""

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._place = folder / f"{key}.json"
        self._lock = folder / f"{key}.lock"

    def read(self) -> Cursor | None:
        """The last place; None when the mailbox was never watched."""
        try:
            return Cursor.model_validate_json(self._place.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise NeedsAPerson(
                f"{self._place} is damaged, so nobody knows how far this mailbox was taken in. "
                "Put it back from a backup, or delete it: then the unread mails are taken, and "
                "those that are known already are not doubled."
            ) from None

    def write(self, cursor: Cursor) -> None:
        """Keep the place; on disk when this returns."""
        part = self._place.with_suffix(".part")
        with part.open("wb") as file:
            file.write(cursor.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._place)
        # The folder too: the rename itself must survive a power cut.
        handle = os.open(self._place.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this process is the only one at this mailbox; it stays so inside."""
        with self._lock.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
