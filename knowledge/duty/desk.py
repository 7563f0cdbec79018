"""The duty desk of an installation: the editions on hand, the rates of exchange, one door.

Books of editions are kept beside the exports that `tariff sync` stores, and made anew when one
is missing. Nothing is fetched here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from knowledge.duty import book, compute, rate_files
from knowledge.duty.book import Book, Shelf
from knowledge.duty.compute import EntryDuty, LineDuty
from knowledge.duty.exchange import Converted, Rates, Unknown
from knowledge.duty.line import DutyQuery
from knowledge.duty.measures import COVERED_TO
from knowledge.tariff import export, sync
from storage.values import Money

_FOLDER = "duty"


class DutyDesk:
    """What a line costs, by the editions and rates that this installation has."""

    def __init__(self, shelf: Shelf, rates: Rates | None = None) -> None:
        self.shelf = shelf
        self.rates = rates

    def entry(
        self, lines: Sequence[DutyQuery], *, on: date, by_sea: bool, informal: bool = False
    ) -> EntryDuty:
        """The duty of an entry; a line that cannot be computed is refused."""
        return compute.entry(lines, on=on, by_sea=by_sea, shelf=self.shelf, informal=informal)

    def estimate(self, lines: Sequence[DutyQuery], *, on: date, by_sea: bool) -> EntryDuty:
        """As `entry`; past the last day covered, the law as it stood then, and it says so."""
        if on <= COVERED_TO:
            return self.entry(lines, on=on, by_sea=by_sea)
        made = self.entry(lines, on=COVERED_TO, by_sea=by_sea)
        told = (
            f"Computed as the law stood on {COVERED_TO}: later measures and the fees of a new "
            "fiscal year are not on file."
        )
        return made.model_copy(update={"advisories": (told, *made.advisories), "total": None})

    def line(self, query: DutyQuery, *, on: date) -> LineDuty:
        """The duty of one line, by the same rule as `estimate`."""
        return compute.line(query, on=min(on, COVERED_TO), shelf=self.shelf)

    def metals(self, query: DutyQuery, *, on: date) -> tuple[str, ...]:
        """The metals for which Section 232 asks where they were melted or smelted."""
        return compute.metals(query, on=min(on, COVERED_TO), shelf=self.shelf)

    def units(self, code: str) -> tuple[str, ...]:
        """The units in which the schedule wants the quantity of this line reported."""
        bare = code.replace(".", "")
        for one in self.shelf.at(COVERED_TO)[0]:
            line = one.find(bare)
            if line is not None:
                return line.units
        return ()

    def dollars(self, money: Money, *, exported: date | None) -> Converted | Unknown:
        """The amount in US dollars by the rate of the day of exportation (19 CFR 159.32)."""
        if exported is None and money.currency != "USD":
            return Unknown(needs="the date of exportation, for the rate of exchange")
        rates = self.rates or Rates.of(())
        return rates.convert(money, exported=exported or date.min)


def open_desk(
    *, store: Path, named: Path | None = None, extract: Path | None = None, rates: Path | None
) -> DutyDesk:
    """The desk over the synced editions, or the export `named`, or the extract alone."""
    books: list[tuple[str, Path | Book]] = []
    for name in sync.editions(store):
        file = store / name
        books.append((export.edition_of(file), kept(file, store / _FOLDER)))
    if named is not None and named.resolve().parent != store.resolve():
        books.append((export.edition_of(named), kept(named, store / _FOLDER)))
    if not books and extract is not None:
        small = book.of(export.load(extract), partial=True)
        books.append((small.edition, small))
    return DutyDesk(Shelf(books), rate_files.load(rates) if rates is not None else None)


def kept(file: Path, folder: Path, lists: Mapping[str, Sequence[str]] | None = None) -> Path:
    """The kept book of an export, made when there is none of this very file.

    `lists` are those of its chapter 99; they are kept beside the book and serve again when it
    must be made anew. Raises `BadExport`.
    """
    name = file.name.split(".")[0]
    path, beside = folder / f"{name}.{_mark(file)}.book.json", folder / f"{name}.lists.json"
    if lists is None and path.exists():
        try:
            book.open_kept(path)
        except book.Unusable:
            pass  # Written by another version, or damaged: made anew from the export.
        else:
            return path
    made = export.load(file)
    folder.mkdir(parents=True, exist_ok=True)
    if lists is not None:
        book.write(beside, {one: list(codes) for one, codes in lists.items()})
    elif beside.exists():
        lists = json.loads(beside.read_text(encoding="utf-8"))
    book.keep(book.of(made, lists), path)
    book.open_kept.cache_clear()
    return path


def _mark(file: Path) -> str:
    """Tells two files of one name apart, and a file from what it was before."""
    try:
        about = file.stat()
    except FileNotFoundError:
        return "gone"
    told = f"{file.resolve()} {about.st_size} {about.st_mtime_ns}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]
