"""The rulings of CBP that this installation has: fetched page by page, kept, asked about.

A search goes on at the page where it stopped; a finished one is asked again only after a while,
and then only until it meets what is known. Each page is kept in a transaction of its own, so
that a crash repeats one page at most.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlmodel import Session, col, func, select

from knowledge.tariff.cross import LONGEST_TERM, Collection, Cross
from knowledge.tariff.precedents import Precedent, Precedents
from storage.columns import now
from storage.models import Ruling, RulingCursor
from storage.values import Value
from workflows.states import Refused

MOST_PAGES = 200
REST = timedelta(days=7)

Transaction = Callable[[], AbstractContextManager[Session]]
Told = Callable[[int, int | None], None]


class Fetched(Value):
    """What one run brought."""

    term: str
    pages: int
    new: int
    changed: int
    known: int
    finished: bool
    total: int | None
    odd: tuple[str, ...] = ()
    rested: bool = False  #: it was finished not long ago, so nobody was asked


def sync(
    transaction: Transaction,
    cross: Cross,
    *,
    term: str,
    collection: Collection = "ALL",
    most_pages: int = 20,
    again: bool = False,
    told: Told | None = None,
) -> Fetched:
    """Fetch the rulings of a search, going on where the last run stopped."""
    term = " ".join(term.split())
    if not term or len(term) > LONGEST_TERM:
        raise Refused(f"Give a term of 1 to {LONGEST_TERM} characters to search rulings for.")
    most_pages = max(1, min(most_pages, MOST_PAGES))
    with transaction() as session:
        cursor = _cursor(session, term, collection)
        fresh = cursor.finished_at is not None and now() - cursor.finished_at < REST
        if fresh and not again:
            return Fetched(
                term=term,
                pages=0,
                new=0,
                changed=0,
                known=0,
                finished=True,
                total=cursor.total,
                rested=True,
            )
        # A finished search begins anew: what is newer comes first and ends at what is known.
        renewing = cursor.finished_at is not None and not again
        number = 1 if cursor.finished_at is not None else cursor.next_page
        cursor.finished_at, cursor.next_page = None, number
        session.add(cursor)
    counts = {"new": 0, "changed": 0, "known": 0}
    odd: list[str] = []
    pages, finished, total = 0, False, None
    while pages < most_pages and not finished:
        page = cross.page(term, collection=collection, number=number)
        pages, number, total = pages + 1, number + 1, page.total
        odd += page.odd
        with transaction() as session:
            kept = [_keep(session, one) for one in page.rulings]
            for what in kept:
                counts[what] += 1
            seen = (number - 1) * cross.page_size
            finished = page.rows < cross.page_size or (total is not None and seen >= total)
            finished = finished or (renewing and set(kept) == {"known"})
            cursor = _cursor(session, term, collection)
            cursor.next_page, cursor.total, cursor.updated_at = number, total, now()
            cursor.finished_at = now() if finished else None
            session.add(cursor)
        if told is not None:
            told(sum(counts.values()), total)
    return Fetched(
        term=term, pages=pages, finished=finished, total=total, odd=tuple(odd[:20]), **counts
    )


class Library:
    """The rulings as an index, made anew when there are others."""

    def __init__(self) -> None:
        self._stamp: tuple[object, ...] = ()
        self._made = Precedents(())

    def of(self, session: Session) -> Precedents:
        """The index over all rulings on hand."""
        stamp = tuple(
            session.exec(select(func.count(col(Ruling.id)), func.max(Ruling.fetched_at))).one()
        )
        if stamp != self._stamp:
            rows = session.exec(select(Ruling).order_by(col(Ruling.id)))
            self._made = Precedents([as_precedent(row) for row in rows])
            self._stamp = stamp
        return self._made


def as_precedent(row: Ruling) -> Precedent:
    return Precedent(
        number=row.number,
        on=row.issued_on,
        collection=row.collection,
        subject=row.subject,
        categories=row.categories,
        tariffs=tuple(row.tariffs),
        url=row.url,
        revoked_by=tuple(row.revoked_by),
        modified_by=tuple(row.modified_by),
        revoked=row.revoked,
    )


def status(session: Session) -> tuple[int, int, list[RulingCursor]]:
    """How many rulings there are, how many of them revoked, and the searches."""
    count = session.exec(select(func.count(col(Ruling.id)))).one()
    gone = session.exec(
        select(func.count(col(Ruling.id))).where(col(Ruling.revoked).is_(other=True))
    ).one()
    searches = session.exec(select(RulingCursor).order_by(RulingCursor.term)).all()
    return count, gone, list(searches)


def _cursor(session: Session, term: str, collection: str) -> RulingCursor:
    found = session.exec(
        select(RulingCursor).where(RulingCursor.term == term, RulingCursor.collection == collection)
    ).first()
    return found or RulingCursor(term=term, collection=collection)


def _keep(session: Session, one: Precedent) -> str:
    row = session.exec(select(Ruling).where(Ruling.number == one.number)).first()
    if row is not None and as_precedent(row) == one:
        return "known"
    what = "new" if row is None else "changed"
    row = row or Ruling(number=one.number, subject=one.subject, url=one.url)
    row.issued_on, row.collection, row.subject = one.on, one.collection, one.subject
    row.categories, row.tariffs, row.url = one.categories, list(one.tariffs), one.url
    row.revoked_by, row.modified_by = list(one.revoked_by), list(one.modified_by)
    row.revoked, row.fetched_at = one.revoked, now()
    session.add(row)
    session.flush()
    return what
