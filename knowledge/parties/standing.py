"""The list in force, looked up anew each time: another edition needs no restart, a lost one stops.

It fails closed: with no list, a damaged or a stale one, `problem` says why in words and `frozen`
raises. There is no setting for it. The demonstration list stands in only where no list of one's own
was ever named or kept, and is never an official one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from knowledge.parties import editions
from knowledge.parties.csl import BadList
from knowledge.parties.editions import Edition
from knowledge.parties.likeness import ALGORITHM
from knowledge.parties.lists import DEMO_LIST, Asked, ListScreener, load
from storage.columns import now
from storage.values import ScreeningHit

NO_EDITION = "no list"


@dataclass(frozen=True)
class _Found:
    """What stands on disk: a mark that changes with it, and how to load it."""

    mark: tuple[object, ...]
    edition: str
    official: bool
    as_of: datetime | None
    make: Callable[[], ListScreener]
    check: Callable[[], None]


class StandingScreener:
    """Asks the edition that is in force now."""

    algorithm = ALGORITHM

    def __init__(
        self,
        store: Path,
        *,
        named: Path | None = None,
        stale_hours: float = editions.STALE_HOURS,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store, self._named = store, named
        self._hours, self._clock = stale_hours, clock
        self._lock = threading.Lock()
        self._checked: tuple[object, ...] | None = None
        self._loaded: tuple[tuple[object, ...], ListScreener | BadList] | None = None

    @property
    def edition(self) -> str:
        """The name of the edition in force, also of one that is stale."""
        try:
            return self._find().edition
        except BadList:
            return NO_EDITION

    @property
    def official(self) -> bool:
        try:
            return self._find().official
        except BadList:
            return False

    @property
    def problem(self) -> str | None:
        """Why nobody can be screened now, in words; None when all is well.

        It does not load a kept edition, whose bytes were checked when it was kept: a process that
        only asks whether it may go on needs none.
        """
        try:
            found = self._find()
            self._refuse_stale(found)
            found.check()
            with self._lock:
                loaded = self._loaded
            if loaded is not None and loaded[0] == found.mark and isinstance(loaded[1], BadList):
                return str(loaded[1])
        except BadList as exc:
            return str(exc)
        return None

    def warm(self) -> None:
        """Load the edition in force now, and not within somebody's transaction."""
        with contextlib.suppress(BadList):
            self.frozen()

    def frozen(self) -> ListScreener:
        """The edition in force, for as long as the caller holds it; raises `BadList`."""
        found = self._find()
        self._refuse_stale(found)
        with self._lock:
            if self._loaded is None or self._loaded[0] != found.mark:
                self._loaded = (found.mark, _made(found))
            made = self._loaded[1]
        if isinstance(made, BadList):
            raise made
        return made

    def hits(
        self,
        name: str,
        country: str | None,
        *,
        address: str | None = None,
        kind: Asked = "party",
    ) -> Sequence[ScreeningHit]:
        """As `ListScreener.hits`; raises `BadList` when nobody can be screened."""
        return self.frozen().hits(name, country, address=address, kind=kind)

    def _refuse_stale(self, found: _Found) -> None:
        if found.as_of is not None and (
            old := editions.stale(found.as_of, hours=self._hours, at=self._clock())
        ):
            raise BadList(old)

    def _check(self, mark: tuple[object, ...], edition: Edition) -> None:
        """The bytes of a kept edition, once for each change of its file."""
        if self._checked == mark:
            return
        editions.verified(self._store, edition)
        self._checked = mark

    def _find(self) -> _Found:
        if self._named is not None:
            return self._file(self._named, official=True)
        edition = editions.current(self._store)
        if edition is None:
            return self._file(DEMO_LIST, official=False)
        try:
            there = (self._store / edition.file).stat()
        except OSError as exc:
            raise BadList(
                f"The file of {edition.label} is gone: nothing can be generated or filed. Run "
                "'tidewaiter screening sync'."
            ) from exc
        mark = (edition.label, edition.sha256, there.st_mtime_ns, there.st_size, there.st_ino)
        return _Found(
            mark=mark,
            edition=edition.label,
            official=True,
            as_of=edition.as_of,
            make=lambda: ListScreener(editions.load(self._store, edition), official=True),
            check=lambda: self._check(mark, edition),
        )

    def _file(self, path: Path, *, official: bool) -> _Found:
        try:
            there = path.stat()
        except OSError as exc:
            raise BadList(
                f"There is no denied-party list at {path}: nothing can be generated or filed."
            ) from exc
        taken = datetime.fromtimestamp(there.st_mtime, UTC)
        mark = (str(path), there.st_mtime_ns, there.st_size, there.st_ino)
        known = self._loaded[1] if self._loaded and self._loaded[0] == mark else None
        made = known if isinstance(known, ListScreener) else None
        return _Found(
            mark=mark,
            edition=made.edition if made else self._labelled(mark, path, official=official),
            official=official,
            as_of=taken if official else None,
            make=lambda: ListScreener(load(path), official=official),
            check=lambda: None,
        )

    def _labelled(self, mark: tuple[object, ...], path: Path, *, official: bool) -> str:
        """A file of its own is named by its digest, so it must be read to be named."""
        with self._lock:
            if self._loaded is None or self._loaded[0] != mark:
                made: ListScreener | BadList
                try:
                    made = ListScreener(load(path), official=official)
                except BadList as exc:
                    made = exc
                self._loaded = (mark, made)
            loaded = self._loaded[1]
        if isinstance(loaded, BadList):
            raise loaded
        return loaded.edition


def _made(found: _Found) -> ListScreener | BadList:
    try:
        made = found.make()
    except BadList as exc:
        return exc
    made.prepare()
    return made
