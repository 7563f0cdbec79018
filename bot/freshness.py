"""Takes a new edition of the tariff into use without a restart.

A process that runs holds the schedule in memory; `tariff sync` may put another one in force at
any moment. What is made here looks, every few seconds and only when it is asked something,
whether the edition in force is another one, and opens that. While a new one cannot be opened the
old one serves on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

from bot.logs import logger
from knowledge.duty.book import Shelf
from knowledge.duty.desk import DutyDesk
from knowledge.duty.exchange import Rates
from knowledge.tariff import Lookup, Schedule, ScheduleLine

PATIENCE = 2.0  # seconds between two looks

_T = TypeVar("_T")


class Fresh(Generic[_T]):
    """Something made from files, made anew when they are others."""

    def __init__(
        self, mark: Callable[[], Hashable], make: Callable[[], _T], *, patience: float = PATIENCE
    ) -> None:
        self._mark, self._make, self._patience = mark, make, patience
        self._lock = threading.Lock()
        self._seen: Hashable = mark()
        self._made = make()
        self._looked = time.monotonic()

    def get(self) -> _T:
        """What there is now."""
        if time.monotonic() - self._looked < self._patience:
            return self._made
        with self._lock:
            if time.monotonic() - self._looked < self._patience:
                return self._made
            found = self._mark()
            if found != self._seen:
                try:
                    self._made = self._make()
                except (OSError, ValueError) as exc:
                    logger().warning("edition_not_opened", error=str(exc)[:200])
                else:
                    logger().info("edition_opened")
                self._seen = found
            self._looked = time.monotonic()
            return self._made


def mark_of(path: Path | None) -> Hashable:
    """Tells a file from another one, and from what it was before."""
    if path is None:
        return None
    try:
        about = path.stat()
    except FileNotFoundError:
        return (str(path), "gone")
    return (str(path), about.st_size, about.st_mtime_ns)


class LiveLookup(Lookup):
    """The schedule in force now."""

    def __init__(self, fresh: Fresh[Lookup]) -> None:
        self._fresh = fresh

    @property
    def schedule(self) -> Schedule:  # type: ignore[override]  # read-only here
        return self._fresh.get().schedule

    @property
    def edition(self) -> str:  # type: ignore[override]
        return self._fresh.get().edition

    def find(self, code: str) -> ScheduleLine | None:
        return self._fresh.get().find(code)

    def search(self, text: str, limit: int = 30) -> list[ScheduleLine]:
        return self._fresh.get().search(text, limit)


class LiveDutyDesk(DutyDesk):
    """The duty over the editions and rates that are there now."""

    def __init__(self, fresh: Fresh[DutyDesk]) -> None:
        self._fresh = fresh

    @property
    def shelf(self) -> Shelf:  # type: ignore[override]
        return self._fresh.get().shelf

    @property
    def rates(self) -> Rates | None:  # type: ignore[override]
        return self._fresh.get().rates
