"""The rates of one edition of the schedule, as the duty needs them: small, and quick to open.

A whole export takes seconds to check; this is what `tariff sync` keeps of it beside the file:
code, units, the three rate columns and the chapter 99 headings that the footnotes name. Which
edition serves a day is chosen here too, and said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from knowledge import official
from knowledge.duty import measures
from knowledge.duty.measures import CountryRate
from knowledge.tariff import codes
from knowledge.tariff.schedule import Schedule

_FORM = 1
_NAMED = re.compile(r"\b(99\d\d\.\d\d\.\d\d)\b")
_EDITION = re.compile(r"^HTSUS (\d{4}) (?:basic edition|revision (\d{1,2}))$")
_FETCHED = re.compile(r"^HTSUS \d{4} fetched (\d{4}-\d{2}-\d{2})$")
_ORDINARY = 97
_AFTER_ALL = 1000  # no year has as many revisions
_EIGHT, _TEN = 8, 10


class BookLine(NamedTuple):
    """What one tariff line says about duty. Rates are inherited from the eight-digit line."""

    code: str  #: with dots
    units: tuple[str, ...]
    general: str | None
    special: str | None
    other: str | None
    headings: frozenset[str]  #: of chapter 99, from its footnotes or those of the line above
    leaf: bool

    @property
    def bare(self) -> str:
        return self.code.replace(".", "")


_Kept = list[Any]  # a line as the file keeps it: words by their number


class Book:
    """One edition. Lines of a kept file are typed when they are first asked for."""

    def __init__(
        self,
        edition: str,
        lines: Iterable[BookLine] = (),
        countries: Sequence[CountryRate] = (),
        lists: Mapping[str, Sequence[str]] | None = None,
        *,
        partial: bool = False,
        kept: tuple[Mapping[str, _Kept], Sequence[str | None]] = ({}, ()),
    ) -> None:
        self.edition = edition
        self.partial = partial  #: an extract: a line that is missing says nothing
        self.countries = tuple(countries)
        self.lists = lists  #: of its own chapter 99 text, when that was synced along
        self._lines = {line.bare: line for line in lines}
        self._kept, self._words = kept

    @property
    def lines(self) -> list[BookLine]:
        found = (self.find(bare) for bare in (*self._lines, *self._kept))
        return [line for line in found if line is not None]

    def find(self, bare: str) -> BookLine | None:
        """The line with these digits."""
        line = self._lines.get(bare)
        if line is None and (row := self._kept.get(bare)) is not None:
            line = self._lines[bare] = _typed(bare, row, self._words)
        return line

    def below(self, bare: str) -> list[BookLine]:
        """The lines that goods of this subheading are entered under."""
        found = (self.find(one) for one in {**self._lines, **self._kept} if one.startswith(bare))
        return sorted(line for line in found if line is not None and line.leaf)


def _typed(bare: str, row: _Kept, words: Sequence[str | None]) -> BookLine:
    units, general, special, other, headings, leaf = row
    return BookLine(
        code=codes.dotted(bare),
        units=tuple(str(words[one]) for one in units),
        general=words[general],
        special=words[special],
        other=words[other],
        headings=frozenset(str(words[one]) for one in headings),
        leaf=bool(leaf),
    )


class Unusable(ValueError):
    """The kept file is not a book. Syncing the edition again makes it anew."""


def of(
    schedule: Schedule, lists: Mapping[str, Sequence[str]] | None = None, *, partial: bool = False
) -> Book:
    """The book of a schedule, with the lists of its chapter 99 where its text is at hand."""
    from knowledge.duty.build import countries  # noqa: PLC0415 - the build imports the tables

    notes = {line.bare: frozenset(_NAMED.findall(" ".join(line.footnotes)))
             for line in schedule.lines}  # fmt: skip
    lines = [
        BookLine(
            code=line.code,
            units=line.units,
            general=line.general,
            special=line.special,
            other=line.other,
            headings=_inherited(notes[line.bare], notes.get(line.bare[:_EIGHT], frozenset())),
            leaf=line.leaf,
        )
        for line in schedule.lines
        if line.digits >= _EIGHT and int(line.code[:2]) <= _ORDINARY + 1
    ]
    return Book(schedule.edition, lines, countries(schedule), lists, partial=partial)


def _inherited(own: frozenset[str], above: frozenset[str]) -> frozenset[str]:
    """A ten-digit footnote to a Section 301 duty stands instead of the eight-digit one."""
    duties = {one for one in own if _is_301(one)}
    return own | frozenset(one for one in above if not (duties and _is_301(one)))


def _is_301(heading: str) -> bool:
    return heading.startswith(("9903.88.0", "9903.88.1", "9903.91."))


def keep(book: Book, path: Path) -> None:
    """Write the book, whole or not at all."""
    words: dict[str, int] = {}

    def number(text: str | None) -> int:
        return -1 if text is None else words.setdefault(text, len(words))

    rows = {
        line.bare: [
            [number(unit) for unit in line.units],
            number(line.general),
            number(line.special),
            number(line.other),
            sorted(number(one) for one in line.headings),
            int(line.leaf),
        ]
        for line in book.lines
    }
    data = {
        "form": _FORM,
        "edition": book.edition,
        "words": list(words),
        "lines": rows,
        "countries": [one.model_dump(mode="json") for one in book.countries],
        "lists": book.lists,
    }
    write(path, data)


def write(path: Path, data: object) -> None:
    """Write a value as JSON, whole or not at all."""
    official.write(path, json.dumps(data, separators=(",", ":")).encode())


@lru_cache(maxsize=8)
def open_kept(path: Path) -> Book:
    """The book in this file; raises `Unusable`."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["form"] != _FORM:
            raise Unusable(f"{path.name}: written by another version; run tariff sync again.")
        words: list[str | None] = [*data["words"], None]
        rows: dict[str, _Kept] = data["lines"]
        for bare, row in list(rows.items())[:1]:
            _typed(bare, row, words)
        countries = [CountryRate.model_validate(one) for one in data["countries"]]
        edition, lists = str(data["edition"]), data["lists"]
    except (
        OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError,
    ) as exc:  # fmt: skip
        if isinstance(exc, Unusable):
            raise
        raise Unusable(f"{path.name}: damaged ({str(exc)[:80]}); run tariff sync again.") from exc
    return Book(edition, (), countries, lists, kept=(rows, words))


class Shelf:
    """The editions on hand, and which of them speaks for a day."""

    def __init__(self, books: Iterable[tuple[str, Path | Book]]) -> None:
        self._books = sorted(books, key=lambda one: _order(one[0]))

    @property
    def editions(self) -> list[str]:
        return [edition for edition, _ in self._books]

    def at(self, on: date) -> tuple[list[Book], str | None]:
        """The books for a day, best first, and a sentence when its own edition is not on hand.

        Then a line that the nearest older edition does not print yet may stand in the next one.
        """
        if not self._books:
            return [], None
        # A revision may be good from a day before the one that it follows was printed: the
        # highest of those that are in force counts.
        best = max(
            (at for at, one in enumerate(self._books) if _effective(one[0]) <= on), default=0
        )
        edition = self._books[best][0]
        meant = _in_force(on)
        if meant is None or meant == edition or _newer(edition, meant, on):
            return [self._open(best)], None
        said = (
            f"{on}: {meant} was in force; it is not on hand, so base rates and footnotes are "
            f"those of {edition}."
        )
        return [self._open(at) for at in (best, best + 1) if at < len(self._books)], said

    def _open(self, at: int) -> Book:
        kept = self._books[at][1]
        return open_kept(kept) if isinstance(kept, Path) else kept


def _effective(edition: str) -> date:
    """Since when its rates are good; of an unlisted revision, not before those listed under it."""
    listed = measures.tables().revisions
    if edition in listed:
        return listed[edition].effective
    if fetched := _FETCHED.match(edition):
        return date.fromisoformat(fetched[1])
    number = _number(edition)
    below = [row.effective for row in listed.values() if _number(row.edition) < number]
    # An extract, or what names no edition, comes last; an edition before the tables comes first.
    return max(below, default=date.min if any(number) else date.max)


def _newer(edition: str, meant: str, on: date) -> bool:
    """Whether an edition that the tables do not list may be the one of the day, or is none."""
    listed, since = measures.tables().revisions, _effective(edition)
    if edition in listed:
        return False
    return since == date.max or listed[meant].effective <= since <= on


def _number(edition: str) -> tuple[int, int]:
    """(2026, 10) of "HTSUS 2026 revision 10"; (0, 0) of what is no edition of the HTSUS."""
    match = _EDITION.match(edition)
    return (int(match[1]), int(match[2] or 0)) if match else (0, 0)


def _order(edition: str) -> tuple[int, int, date]:
    """Editions in the order of their revisions; what names none by its day, after all others."""
    if fetched := _FETCHED.match(edition):
        day = date.fromisoformat(fetched[1])
        return (day.year, _AFTER_ALL, day)
    number = _number(edition)
    return (*number, date.min) if any(number) else (date.max.year, _AFTER_ALL, date.max)


def _in_force(on: date) -> str | None:
    rows = [row for row in measures.tables().revisions.values() if row.effective <= on]
    newest = max(rows, key=lambda row: _number(row.edition), default=None)
    return newest.edition if newest is not None else None
