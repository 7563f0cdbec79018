"""Keeps the editions of the schedule: fetched or taken from a file, checked, then in force.

An edition is written beside the others and becomes the current one by replacing a one-line
file; whatever goes wrong before that, the previous edition stays in force.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from knowledge import official
from knowledge.tariff import export
from knowledge.tariff.schedule import Schedule

_GZIP = b"\x1f\x8b"


current = official.current
"""The export that is in force, or None when none was ever synced."""


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
    try:
        data = official.fetch(url, most=export.MAX_BYTES, progress=progress)
    except official.NotFetched as exc:
        raise export.BadExport(
            f"The export could not be fetched ({exc}). Download it yourself and name the file."
        ) from exc
    schedule = export.parse(data, name="download", edition=edition, whole=True)
    _keep(data, edition, store)
    return schedule


def _keep(data: bytes, edition: str, store: Path) -> None:
    name = "hts_" + re.sub(r"[^a-z0-9]+", "_", edition.lower().removeprefix("htsus")).strip("_")
    official.enforce(store, f"{name}.json{'.gz' if data.startswith(_GZIP) else ''}", data)
