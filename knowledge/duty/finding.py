"""Which line of which edition is meant, on a day that the tables cover; else a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from knowledge.duty import base
from knowledge.duty.book import Book, BookLine
from knowledge.duty.line import DutyQuery, Refusal
from knowledge.duty.measures import COVERED_FROM, COVERED_TO
from knowledge.tariff import codes

NO_SCHEDULE = "duty needs the HTSUS: run tariff sync"
_HAITI = "9820"


def check_day(on: date, number: int) -> None:
    """Refuse a day that the tables do not cover."""
    if on < COVERED_FROM:
        raise Refusal(f"line {number}: {on} is before the tables begin ({COVERED_FROM}).")
    if on > COVERED_TO:
        raise Refusal(
            f"line {number}: the tables were kept up to {COVERED_TO}; for {on} they must first be "
            "brought up to date (run tariff sync, and update Tidewaiter)."
        )


def check_chapter98(query: DutyQuery, book: Book, on: date) -> None:
    """Refuse a claim of chapter 98 that cannot be made."""
    claimed = query.chapter98
    if claimed is None:
        return
    if claimed.startswith(_HAITI):
        base.claimable(_HAITI, query, on)
    if claimed.startswith("98") and book.partial:
        return
    if not claimed.startswith("98") or book.find(claimed.replace(".", "")) is None:
        raise Refusal(
            f"line {query.number}: {claimed} is no heading of chapter 98 in the {book.edition}."
        )


def find(query: DutyQuery, books: Sequence[Book]) -> tuple[Book, BookLine]:
    """The line, in the first of the books that has it; refuse what is none."""
    where = f"line {query.number}"
    if query.code is None:
        raise Refusal(f"{where}: a tariff number is needed.")
    try:
        bare = codes.digits(query.code)
    except codes.BadCode as exc:
        raise Refusal(f"{where}: {exc}") from exc
    for book in books:
        found = book.find(bare)
        if found is not None and found.leaf:
            return book, found
    below = books[0].below(bare)
    if below:
        shown = ", ".join(one.code for one in below[:6])
        raise Refusal(
            f"{where}: {codes.dotted(bare)} has {len(bare)} digits and is divided further; "
            f"choose one of {shown}{' and others' if len(below) > 6 else ''}."
        )
    if books[0].partial:
        raise Refusal(
            f"{where}: {codes.dotted(bare)} is not in the {books[0].edition}: {NO_SCHEDULE}."
        )
    raise Refusal(f"{where}: {codes.dotted(bare)} is not a line of the {books[0].edition}.")
