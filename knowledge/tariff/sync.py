"""Keeps the editions of the schedule: fetched or taken from a file, checked, then in force.

An edition is written beside the others and becomes the current one by replacing a one-line
file; whatever goes wrong before that, the previous edition stays in force.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import httpx

from knowledge.tariff import export
from knowledge.tariff.schedule import Schedule

_CURRENT = "current"
_GZIP = b"\x1f\x8b"


def current(store: Path) -> Path | None:
    """The export that is in force, or None when none was ever synced."""
    try:
        named = store / (store / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return named if named.is_file() else None


def editions(store: Path) -> list[str]:
    """All editions that are kept."""
    return sorted(path.name for path in store.glob("hts_*.json*")) if store.is_dir() else []


def from_file(path: Path, store: Path) -> Schedule:
    """Take a local export (gz too) into force; raises `export.BadExport` and changes nothing."""
    schedule = export.load(path, whole=True)
    _keep(path.read_bytes(), schedule.edition, store)
    return schedule


def from_source(
    url: str, store: Path, *, edition: str, progress: Callable[[int], None] | None = None
) -> Schedule:
    """Fetch the current release from the official export and take it into force."""
    data = bytearray()
    try:
        with httpx.stream("GET", url, timeout=60, follow_redirects=True) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > export.MAX_BYTES:
                    raise export.BadExport("The download is larger than an export can be.")
                if progress is not None:
                    progress(len(data))
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise export.BadExport(
            f"The export could not be fetched ({exc}). Download it yourself and name the file."
        ) from exc
    schedule = export.parse(bytes(data), name="download", edition=edition, whole=True)
    _keep(bytes(data), edition, store)
    return schedule


def _keep(data: bytes, edition: str, store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    name = "hts_" + re.sub(r"[^a-z0-9]+", "_", edition.lower().removeprefix("htsus")).strip("_")
    target = store / f"{name}.json{'.gz' if data.startswith(_GZIP) else ''}"
    _replace(target, data)
    _replace(store / _CURRENT, target.name.encode())


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
