"""Files from official places: fetched within bounds, kept whole, one of them in force.

A folder keeps every edition and a one-line file `current` that names the one in force; whatever
goes wrong before that line is replaced, what was in force stays. What a file means is for the
module that asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, and of how many when the sender says so."""

_CURRENT = "current"
_SECONDS = 60


class NotFetched(Exception):
    """There is no such file to be had. The message says why."""


def fetch(url: str, *, most: int, progress: Progress | None = None) -> bytes:
    """The bytes at an address; raises `NotFetched`, also for more than `most` bytes."""
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=_SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            length = answer.headers.get("Content-Length", "")
            # Of a compressed answer the length is not that of its content.
            plain = length.isdigit() and "Content-Encoding" not in answer.headers
            total = int(length) if plain else None
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > most:
                    raise NotFetched(f"it is larger than {most >> 20} MB")
                if progress is not None:
                    progress(len(data), total)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise NotFetched((str(exc).splitlines() or [type(exc).__name__])[0][:200]) from exc
    return bytes(data)


def current(store: Path) -> Path | None:
    """The file that is in force, or None when none ever was."""
    try:
        named = store / (store / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return named if named.is_file() else None


def enforce(store: Path, name: str, data: bytes) -> Path:
    """Keep a file beside the others and put it in force."""
    store.mkdir(parents=True, exist_ok=True)
    write(store / name, data)
    point(store, name)
    return store / name


def point(store: Path, name: str) -> None:
    """Put a kept file in force."""
    write(store / _CURRENT, name.encode())


def write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
