"""The folder into which another system drops files of bookings.

A file counts when it has not changed for a moment and has no name of a file in the making. It
is taken once by its bytes, then moved to `taken/` or `refused/` with a note of what became of
it. Links and folders are left alone.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.logs import logger
from ingest import bookings
from workflows.booked import importing

if TYPE_CHECKING:
    from bot.compose import App

SETTLED = 2.0  # seconds without a change
_KINDS = frozenset({".csv", ".xlsx", ".xls", ".ods", ".txt", ".tsv"})
_MOST = 20  # files in one round


def sweep(app: App, *, settled: float = SETTLED) -> list[str]:
    """Take what waits in the drop folder; gives a line for each file."""
    folder = app.settings.bookings.drop_folder
    if folder is None:
        return []
    place = folder.expanduser()
    if not place.is_dir():
        raise NotADirectoryError(f"{place}: there is no such folder to drop bookings in.")
    waiting = sorted(
        entry.path
        for entry in os.scandir(place)
        if entry.is_file(follow_symlinks=False)
        and not entry.name.startswith(".")
        and Path(entry.name).suffix.casefold() in _KINDS
        and time.time() - entry.stat(follow_symlinks=False).st_mtime >= settled
    )
    return [_take(app, place, Path(path)) for path in waiting[:_MOST]]


def take_file(app: App, path: Path) -> tuple[bool, list[str]]:
    """Take one file; whether anything of it is good, and what became of it, in lines."""
    size = path.stat().st_size
    if size > bookings.LARGEST:
        why = f"{path.name} is larger than {bookings.LARGEST // 1_000_000} MB: please split it."
        return False, [why]
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        table = bookings.read(path.name, data)
    except bookings.NoTable as exc:
        importing.refuse(app.database.transaction, name=path.name, sha256=sha256, why=str(exc))
        return False, [str(exc)]
    app.blobs.put(data)
    made = importing.take(
        app.database.transaction,
        name=path.name,
        sha256=sha256,
        rows=table.rows,
        errors=[(one.row, one.problem) for one in table.errors],
        house=app.house,
    )
    if made.before:
        return True, [f"{path.name} was {made.before}: nothing was done."]
    lines = [f"row {at}: {ref} {outcome} ({named})" for at, named, ref, outcome in made.rows]
    lines += [f"row {one.row}: not taken: {one.problem}" for one in table.errors]
    if table.unknown:
        lines.append(f"columns that were left out: {', '.join(table.unknown[:20])}")
    return bool(table.rows), lines


def _take(app: App, place: Path, path: Path) -> str:
    good, lines = take_file(app, path)
    target = place / ("taken" if good else "refused")
    target.mkdir(exist_ok=True)
    moved = target / path.name
    if moved.exists():
        moved = target / f"{path.stem}-{time.time_ns()}{path.suffix}"
    moved.with_name(f"{moved.name}.result.txt").write_text("\n".join(lines) + "\n", "utf-8")
    path.rename(moved)
    logger().info("bookings_dropped", file=path.name, taken=good, lines=len(lines))
    return f"{path.name}: {lines[0] if lines else 'no rows'}"
