"""Content-addressed bytes: the name of a blob is the sha256 of what is in it.

A folder by default, anything that fsspec reaches (S3 and its like) by URL. A blob is written
once and never changed; a read checks that it still is what its name says.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

import fsspec


class Missing(Exception):
    """No blob has this name."""


class Damaged(Exception):
    """The bytes are not what the name says: the store needs attention."""


class Blobs:
    """Bytes by sha256 under one URL, fanned out over folders."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._local = Path(self._root) if "file" in self._files.protocol else None

    def put(self, data: bytes) -> str:
        """Keep the bytes, durably, and give their name. The same bytes are kept once."""
        name = hashlib.sha256(data).hexdigest()
        if not self.has(name):
            if self._local is not None:
                _write_durably(self._local / _place(name), data)
            else:
                self._files.pipe_file(f"{self._root}/{_place(name)}", data)
        return name

    def has(self, name: str) -> bool:
        return bool(self._files.exists(f"{self._root}/{_place(name)}"))

    def read(self, name: str) -> bytes:
        """The bytes; raises `Missing`, or `Damaged` when they are not the ones put in."""
        try:
            data: bytes = self._files.cat_file(f"{self._root}/{_place(name)}")
        except FileNotFoundError as exc:
            raise Missing(name) from exc
        if hashlib.sha256(data).hexdigest() != name:
            raise Damaged(name)
        return data

    def remove(self, name: str) -> None:
        """Forget the bytes, when nothing names them any more. Twice is once."""
        with contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{_place(name)}")


def _place(name: str) -> str:
    return f"{name[:2]}/{name[2:4]}/{name}"


def _write_durably(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Without this the rename can be lost with the power, and with it the only copy.
        os.fsync(folder)
    finally:
        os.close(folder)
