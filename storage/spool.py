"""Durable inbox for raw mail.

A name returned by `put` is on disk, power cut or not. Nothing here parses mail: a broken
message must be as safe as a good one. A mail that cannot be taken in is counted, and put
aside where a person finds it; it is never thrown away.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime

from storage.values import Value

_NAME = re.compile(r"^\d{8}T\d{6}\.\d{6}-[0-9a-f]{16}$")
_SPARE = 64 * 1024 * 1024  # bytes that must stay free on the disk
_HEAD_LIMIT = 1_000_000


class Envelope(Value):
    """Who handed the mail over, as SMTP (or IMAP) told it."""

    peer: str = ""
    ip: str = ""  #: of the peer; empty when it is not known (a fetched mailbox, an older spool)
    helo: str = ""
    mail_from: str = ""
    rcpt_to: tuple[str, ...] = ()
    received_at: AwareDatetime


class Spooled(Value):
    """A mail as it was accepted."""

    raw: bytes
    envelope: Envelope


class TooBig(OSError):
    """The mail is larger than this installation takes."""


class Spool:
    """Mails in files: `new` waits, `done` was taken in, `bad` needs a person."""

    def __init__(self, root: Path, *, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        for folder in ("tmp", "new", "done", "bad"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def put(self, raw: bytes, envelope: Envelope) -> str:
        """Keep a mail; when this returns it is safe. Any trouble with the disk is an OSError."""
        if len(raw) > self._max_bytes:
            raise TooBig(f"{len(raw)} bytes, at most {self._max_bytes}")
        if shutil.disk_usage(self._root).free < _SPARE + 2 * len(raw):
            raise OSError("the disk of the mail spool is nearly full")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(8)}"
        part = self._root / "tmp" / name
        try:
            with part.open("xb") as file:
                file.write(envelope.model_dump_json().encode() + b"\n")
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            part.rename(self._root / "new" / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        # fsync the folder too: without it the rename can be lost with the power, after we
        # have told the sender 250.
        _sync(self._root / "new")
        return name

    def read(self, name: str) -> Spooled:
        """A waiting mail; FileNotFoundError when it is no longer waiting."""
        with self._place("new", name).open("rb") as file:
            head = file.readline(_HEAD_LIMIT)
            return Spooled(envelope=Envelope.model_validate_json(head), raw=file.read())

    def waiting(self) -> list[str]:
        """The names of waiting mails, oldest first."""
        return sorted(entry.name for entry in os.scandir(self._root / "new") if entry.is_file())

    def attempt(self, name: str) -> int:
        """Count a failed attempt to take the mail in; gives how many there were."""
        place = self._beside("tmp", name, "attempts")
        count = (int(place.read_text() or 0) if place.exists() else 0) + 1
        place.write_text(str(count))
        return count

    def done(self, name: str) -> None:
        """The mail is recorded and its bytes are blobs; this copy stays until `sweep`."""
        self._move(name, "done")

    def bad(self, name: str, reason: str) -> None:
        """Put a mail aside that could not be taken in, with the reason beside it."""
        self._beside("bad", name, "reason").write_text(reason)
        self._move(name, "bad")

    def replay(self, name: str) -> bool:
        """Let a mail that was done or put aside wait again; False when there is none."""
        for folder in ("bad", "done"):
            there = self._place(folder, name)
            if there.exists():
                there.rename(self._place("new", name))
                _sync(self._root / "new")
                return True
        return False

    def put_aside(self) -> list[str]:
        """The names of mails that need a person."""
        return sorted(
            entry.name for entry in os.scandir(self._root / "bad") if _NAME.match(entry.name)
        )

    def sweep(self, *, older_than: datetime) -> int:
        """Delete copies of mails that were taken in before; gives how many."""
        gone = 0
        for entry in os.scandir(self._root / "done"):
            if entry.is_file() and entry.stat().st_mtime < older_than.timestamp():
                Path(entry.path).unlink(missing_ok=True)
                gone += 1
        return gone

    def _move(self, name: str, folder: str) -> None:
        try:
            self._place("new", name).rename(self._place(folder, name))
        except FileNotFoundError:
            return  # an earlier attempt moved it
        _sync(self._root / folder)
        self._beside("tmp", name, "attempts").unlink(missing_ok=True)

    def _place(self, folder: str, name: str) -> Path:
        if not _NAME.match(name):
            raise FileNotFoundError(name)  # a name of ours has nothing in it to climb with
        return self._root / folder / name

    def _beside(self, folder: str, name: str, what: str) -> Path:
        return self._place(folder, name).with_name(f"{name}.{what}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
