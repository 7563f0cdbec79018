"""Editions of the denied-party list on disk: side by side, one in force, none ever lost.

A file is read as a whole before it is kept; one with fewer entries than the edition in force, or
without one of its lists, is refused unless a compliance officer accepts it. Coming into force is
one rename. What was read is checked by its sha256 each time that it is loaded.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, ValidationError

from knowledge import official
from knowledge.parties import csl
from knowledge.parties.csl import BadList
from knowledge.parties.entries import Entry, code_of
from knowledge.parties.lists import DeniedParties
from storage.columns import now
from storage.values import Value

SMALLER = 0.05  #: share of entries that may be missing in a new edition
STALE_HOURS = 72
_TOMORROW = timedelta(hours=26)  #: clocks differ, and so do zones
_WEEKEND = 5
_STOPPED = "nothing can be generated or filed. Run 'tidewaiter screening sync'."


class Smaller(BadList):
    """The file has much less in it than the edition in force: a person must look."""


class Edition(Value):
    """What is known of an edition without reading it."""

    label: str  #: "CSL 2026-11-21 (1f2e3d4c5b6a)"
    file: str
    sha256: str  #: of the list, unpacked
    entries: int
    names: int
    lists: dict[str, int]
    origin: str  #: an address, or the name of a local file
    as_of: AwareDatetime  #: when it was seen at its origin; a file's own date
    taken_at: AwareDatetime


def keep(
    store: Path, raw: bytes, *, origin: str, as_of: datetime, accept_smaller: bool = False
) -> tuple[Edition, bool]:
    """Put a list into force; gives it, and whether it is another than before.

    Raises `BadList` for what is no whole list and `Smaller` for one that lost entries; then what
    was in force stays in force.
    """
    if as_of > now() + _TOMORROW:
        raise BadList(f"The list is dated {as_of:%Y-%m-%d}, which is not yet: check the clock.")
    data = csl.unpacked(origin, raw)
    entries = csl.read(origin, data, official=True)
    digest = hashlib.sha256(data).hexdigest()
    before = latest(store)
    made = Edition(
        label=f"CSL {as_of:%Y-%m-%d} ({digest[:12]})",
        file=f"csl-{as_of:%Y%m%d}-{digest[:12]}.gz",
        sha256=digest,
        entries=len(entries),
        names=sum(len(one.names) for one in entries),
        lists=dict(sorted(Counter(_list_of(one) for one in entries).items())),
        origin=origin[:300],
        as_of=as_of,
        taken_at=now(),
    )
    if before is not None and before.sha256 == digest:
        # The same list, seen again: its name stays, so nothing is screened anew.
        same = made.model_copy(update={"label": before.label, "file": before.file})
        same = same if same.as_of >= before.as_of else before
        official.write(store / same.file, gzip.compress(data, mtime=0))  # it may be damaged
        _in_force(store, same)
        return same, False
    if before is not None and not accept_smaller:
        _not_smaller(before, made)
    store.mkdir(parents=True, exist_ok=True)
    official.write(store / made.file, gzip.compress(data, mtime=0))
    _in_force(store, made)
    return made, True


def current(store: Path) -> Edition | None:
    """The edition in force; None when none ever was. Raises `BadList` when it is damaged."""
    named = store / "current"
    try:
        pointer = named.read_text(encoding="utf-8").strip()
        return Edition.model_validate_json((store / pointer).read_bytes())
    except FileNotFoundError as exc:
        if ever(store):
            raise BadList(f"The denied-party list is gone from its folder: {_STOPPED}") from exc
        return None
    except (OSError, ValidationError, ValueError) as exc:
        raise BadList(f"The record of the denied-party list cannot be read: {_STOPPED}") from exc


def latest(store: Path) -> Edition | None:
    """The edition in force, or the last one that was, when what is in force is damaged."""
    try:
        return current(store)
    except BadList:
        there = kept(store)
        return there[-1] if there else None


def ever(store: Path) -> bool:
    """Whether a list was ever kept here."""
    return store.is_dir() and any(store.iterdir())


def kept(store: Path) -> list[Edition]:
    """Every edition there is, the oldest first."""
    found = []
    for path in sorted(store.glob("csl-*.json")):
        try:
            found.append(Edition.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue  # one that cannot be read is told by `current` if it matters
    return sorted(found, key=lambda one: one.taken_at)


def load(store: Path, edition: Edition) -> DeniedParties:
    """The entries of an edition; raises `BadList` when a byte of it has changed."""
    entries = csl.read(edition.label, verified(store, edition), official=True)
    return DeniedParties(edition=edition.label, entries=tuple(entries))


def verified(store: Path, edition: Edition) -> bytes:
    """The bytes of an edition as they were kept; raises `BadList` when one has changed."""
    try:
        data = csl.unpacked(edition.label, (store / edition.file).read_bytes())
    except (OSError, BadList) as exc:
        raise BadList(f"The file of {edition.label} cannot be read: {_STOPPED}") from exc
    if hashlib.sha256(data).hexdigest() != edition.sha256:
        raise BadList(f"The file of {edition.label} is damaged: {_STOPPED}")
    return data


def stale(as_of: datetime, *, hours: float, at: datetime) -> str | None:
    """A sentence when a list is older than so many hours; weekends do not count."""
    if as_of > at + _TOMORROW:
        return f"The denied-party list is dated {as_of:%Y-%m-%d}, not yet come: check the clock."
    aged = working_hours(as_of, at)
    if aged <= hours:
        return None
    return (
        f"The denied-party list is of {as_of:%Y-%m-%d %H:%M} UTC and older than {hours:g} working "
        f"hours: {_STOPPED}"
    )


def working_hours(start: datetime, end: datetime) -> float:
    """Hours between two moments, Saturdays and Sundays (UTC) left out."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return 0.0
    weeks, rest = divmod(end - start, timedelta(days=7))
    total = timedelta(days=5 * weeks)
    at = end - rest
    while at < end:
        midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1)
        until = min(midnight, end)
        if at.weekday() < _WEEKEND:
            total += until - at
        at = until
    return total.total_seconds() / 3600


def _in_force(store: Path, edition: Edition) -> None:
    official.enforce(
        store, edition.file.replace(".gz", ".json"), edition.model_dump_json(indent=1).encode()
    )


def _not_smaller(before: Edition, made: Edition) -> None:
    lost = sorted(set(before.lists) - set(made.lists))
    if lost:
        raise Smaller(
            f"The new list has nothing of {', '.join(lost)}, which {before.label} has. It was not "
            "put into force. If that is right, a compliance officer may accept it: "
            "--accept-smaller --by SLACK-USER."
        )
    if made.entries < before.entries * (1 - SMALLER):
        raise Smaller(
            f"The new list has {made.entries} entries, {before.label} has {before.entries}. It was "
            "not put into force. If that is right, a compliance officer may accept it: "
            "--accept-smaller --by SLACK-USER."
        )


def _list_of(entry: Entry) -> str:
    return code_of(entry.source) or entry.source
