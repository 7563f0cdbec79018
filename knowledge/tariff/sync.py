"""Keeps the editions of the schedule: fetched or taken from a file, checked, then in force.

Four steps: `take` or `fetch` gives a checked edition, `put` lays it aside on disk, `admit`
stands it beside the others, and `enforce` makes it the current one by replacing a one-line file.
Whatever goes wrong before that, and a process that dies there, the previous edition stays in
force. No edition is ever deleted or overwritten by another one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urljoin

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from knowledge import official
from knowledge.tariff import export
from knowledge.tariff.schedule import Schedule
from storage.values import Value

_GZIP = b"\x1f\x8b"
_ABOUT = "about.json"
_CHECKED = "checked"
_ASIDE = "incoming"
_RELEASE_BYTES = 100_000
_RELEASE = re.compile(r"^(20\d\d)\s*HTS\s*(Basic|Rev(?:ision)?\s*(\d{1,2}))[a-z]*$", re.IGNORECASE)

current = official.current
"""The export that is in force, or None when none was ever synced."""


class Busy(RuntimeError):
    """Another sync is at work. Nothing was done."""


class NotReached(export.BadExport):
    """The publisher did not answer. Later it may."""


class Kept(Value):
    """What is known of an edition that is kept."""

    edition: str
    sha256: str
    lines: int
    source: str  #: the address or the file's name
    taken_at: AwareDatetime


_ABOUTS = TypeAdapter(dict[str, Kept])


@dataclass(frozen=True)
class Incoming:
    """An edition that was checked and is not kept yet."""

    data: bytes
    schedule: Schedule
    source: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def editions(store: Path) -> list[str]:
    """The files of all editions that are kept."""
    return sorted(path.name for path in store.glob("hts_*.json*")) if store.is_dir() else []


def take(path: Path) -> Incoming:
    """A local export (gz too), checked; raises `export.BadExport`."""
    schedule = export.load(path, whole=True)
    return Incoming(path.read_bytes(), schedule, path.name)


def fetch(url: str, *, on: date, progress: official.Progress | None = None) -> Incoming:
    """The current release from the official export, checked; raises `export.BadExport`.

    The export does not say which revision it is; the address beside it does (`currentRelease`).
    It is asked before and after, so that a release of that minute is not given a wrong name.
    """
    before = release(url)
    try:
        data = official.fetch(url, most=export.MAX_BYTES, progress=progress)
    except official.NotFetched as exc:
        raise NotReached(
            f"The export could not be fetched ({exc}). Nothing was changed; try again later, or "
            "download it yourself and name the file with --from."
        ) from exc
    named = before if before is not None and before == release(url) else None
    edition = named or f"HTSUS {on:%Y} fetched {on}"
    return Incoming(data, export.parse(data, name="the download", edition=edition, whole=True), url)


def release(url: str) -> str | None:
    """The edition that the publisher's `currentRelease` names, or None when it cannot be said."""
    try:
        raw = official.fetch(urljoin(url, "currentRelease"), most=_RELEASE_BYTES)
        told = json.loads(raw)
    except (official.NotFetched, ValueError):
        return None
    name = told.get("name") if isinstance(told, dict) else told
    found = _RELEASE.match(name) if isinstance(name, str) else None
    if found is None:
        return None
    return f"HTSUS {found[1]} " + (f"revision {int(found[3])}" if found[3] else "basic edition")


def put(incoming: Incoming, store: Path) -> Path:
    """Lay an edition down on disk, aside: nothing uses it before `admit`."""
    aside = store / _ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    for left in aside.glob("*hts_*.json*"):
        left.unlink()  # of a sync that died
    told = re.sub(r"[^a-z0-9]+", "_", incoming.schedule.edition.lower().removeprefix("htsus"))
    end = ".json.gz" if incoming.data.startswith(_GZIP) else ".json"
    name, number = f"hts_{told.strip('_')}{end}", 1
    # One name, other bytes: the publisher mended a revision. Both stay, the newer one numbered.
    while (store / name).exists() and (store / name).read_bytes() != incoming.data:
        number += 1
        name = f"hts_{told.strip('_')}.{number}{end}"
    official.write(aside / name, incoming.data)
    return aside / name


def admit(path: Path, incoming: Incoming, store: Path) -> Path:
    """Stand an edition that was laid aside beside the others."""
    kept = Kept(
        edition=incoming.schedule.edition,
        sha256=incoming.sha256,
        lines=len(incoming.schedule.leaves),
        source=incoming.source,
        taken_at=datetime.now(UTC),
    )
    official.write(store / _ABOUT, _ABOUTS.dump_json({**about(store), path.name: kept}, indent=1))
    return path.replace(store / path.name)


def enforce(path: Path) -> None:
    """Put a kept edition in force, whole or not at all."""
    official.point(path.parent, path.name)
    checked(path.parent)


def checked(store: Path) -> None:
    """Remember that the publisher was asked today."""
    official.write(store / _CHECKED, datetime.now(UTC).isoformat().encode())


def last_checked(store: Path) -> datetime | None:
    """When the publisher was last asked, or an edition last taken."""
    try:
        return datetime.fromisoformat((store / _CHECKED).read_text("utf-8").strip())
    except (FileNotFoundError, ValueError):
        return None


def about(store: Path) -> dict[str, Kept]:
    """What is known of the kept editions, by file; those of older versions have no entry."""
    try:
        return _ABOUTS.validate_json((store / _ABOUT).read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}


def same_as_current(incoming: Incoming, store: Path) -> bool:
    """Whether this very edition is in force already."""
    there = current(store)
    if there is None:
        return False
    raw = there.read_bytes()
    return raw == incoming.data and export.edition_of(there) == incoming.schedule.edition


def find(store: Path, named: str) -> Path:
    """The kept edition that somebody means: a file, "current", or words of its name."""
    path = Path(named)
    if path.is_file():
        return path
    there = current(store)
    if named == "current" and there is not None:
        return there
    wanted = _words(named)
    kept = [store / name for name in editions(store)]
    found = [one for one in kept if wanted and wanted <= _words(export.edition_of(one))]
    exact = [one for one in found if _words(export.edition_of(one)) - {"htsus"} == wanted]
    found = exact or found
    if len(found) == 1:
        return found[0]
    listed = "; ".join(export.edition_of(one) for one in kept) or "none"
    raise export.BadExport(
        f"“{named[:60]}” names {'no' if not found else 'more than one'} edition and is no file. "
        f"Kept are: {listed}."
    )


@contextmanager
def alone(store: Path) -> Iterator[None]:
    """Hold the store: one sync at a time. The system frees it when the process dies."""
    store.mkdir(parents=True, exist_ok=True)
    with (store / "sync.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("Another tariff sync is at work; nothing was done.") from None
        yield


def from_file(path: Path, store: Path) -> Schedule:
    """Take a local export into force in one step."""
    incoming = take(path)
    enforce(admit(put(incoming, store), incoming, store))
    return incoming.schedule


def _words(text: str) -> set[str]:
    plain = re.sub(r"(?i)\brev(?:ision)?[\s._-]*(\d+)", r" revision \1 ", text)
    return set(re.findall(r"[a-z]+|\d+", plain.lower()))
