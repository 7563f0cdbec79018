"""A tariff schedule in memory: its lines, how they hang together, and which edition it is.

Lines are found by their digits, listed by heading or six-digit group, and never invented: a
code that is not here is not valid in this edition. Reading files is `export.py`'s work and
`nomenclature.py`'s; deciding which line fits some goods is `suggest.py`'s.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal

from knowledge.tariff import codes
from storage.values import Value

SIX = 6


class ScheduleLine(Value):
    """One coded line. Units and rates are those of the eight-digit line when it has none."""

    code: str  #: with dots
    digits: Literal[4, 6, 8, 10]
    description: str  #: its own words
    path: tuple[str, ...]  #: from the heading's words down to its own
    units: tuple[str, ...] = ()
    general: str | None = None  #: column 1 general, as printed
    special: str | None = None
    other: str | None = None  #: column 2
    footnotes: tuple[str, ...] = ()
    leaf: bool = True  #: nothing more detailed stands below it in this edition
    edition: str

    @property
    def bare(self) -> str:
        return self.code.replace(".", "")

    @property
    def words(self) -> str:
        """The whole path as one text."""
        return ": ".join(self.path)


class Schedule:
    """All lines of one edition (or of one edition over another)."""

    def __init__(self, edition: str, lines: Iterable[ScheduleLine]) -> None:
        self.edition = edition
        self.lines: Sequence[ScheduleLine] = sorted(lines, key=lambda line: line.bare)
        self._by_digits = {line.bare: line for line in self.lines}
        self._keys = list(self._by_digits)

    @cached_property
    def leaves(self) -> Sequence[ScheduleLine]:
        """The lines that goods are entered under, without chapters 98 and 99."""
        return [line for line in self.lines if line.leaf and line.code[:2] not in {"98", "99"}]

    @cached_property
    def digits(self) -> int:
        """How many digits most leaves have: 10 for the HTSUS, 6 for the HS alone."""
        lengths = [line.digits for line in self.leaves]
        return max(set(lengths), key=lengths.count) if lengths else 0

    @cached_property
    def groups(self) -> dict[str, list[ScheduleLine]]:
        """Leaves by their first six digits."""
        found: dict[str, list[ScheduleLine]] = {}
        for line in self.leaves:
            found.setdefault(line.bare[:SIX], []).append(line)
        return found

    def find(self, code: str) -> ScheduleLine | None:
        """The line with this code, or None. A text that is no code is found nowhere."""
        try:
            bare = codes.digits(code)
        except codes.BadCode:
            return None
        # A six- or eight-digit subheading without further division prints with zeros: 9403.20.00.
        return self._by_digits.get(bare)

    def under(self, prefix: str, limit: int | None = None) -> list[ScheduleLine]:
        """The lines whose digits begin so, in order."""
        start = bisect_left(self._keys, prefix)
        found: list[ScheduleLine] = []
        for key in self._keys[start:]:
            if not key.startswith(prefix) or (limit is not None and len(found) >= limit):
                break
            found.append(self._by_digits[key])
        return found


def overlay(base: Schedule, extra: Schedule) -> Schedule:
    """`extra`'s lines wherever it knows a six-digit group, `base`'s everywhere else."""
    known = {line.bare[:SIX] for line in extra.lines if line.digits >= SIX}
    headings = {line.bare for line in extra.lines if line.digits < SIX}
    kept = [
        line for line in base.lines if line.bare[:SIX] not in known and line.bare not in headings
    ]
    return Schedule(f"{extra.edition}; else {base.edition}", [*kept, *extra.lines])
