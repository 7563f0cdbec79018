"""Entry numbers from managed ranges: in order, without gaps, never twice (19 CFR 142.3a).

A number is taken in the transaction that makes its entry, so that one is used or not taken at
all. The sandbox opens a range by itself after the numbers that older versions gave; for real
filing somebody records the range that the filer reserved for this installation.
"""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from storage import apart, audit, outbox
from storage.columns import now
from storage.entry_number import BadEntryNumber, format_entry_number, parse
from storage.models import Entry, EntryNumberRange, Importer
from storage.values import SYSTEM, Actor, Value
from workflows.effects import TellOps
from workflows.ports import House
from workflows.states import Refused

_MOST = 9_999_999


class RangeStatus(Value):
    """How a range stands, for people."""

    id: int
    filer: str
    first: str
    last: str
    next: str | None  #: None when all are given
    given: int
    left: int
    importer: str | None
    gaps: tuple[str, ...]  #: numbers that were passed over without an entry: must be empty
    low: bool


def add(
    session: Session,
    *,
    filer: str,
    first: int,
    last: int,
    actor: Actor,
    warn_left: int = 100,
    importer: Importer | None = None,
) -> EntryNumberRange:
    """Record a range; refuses one that meets another or numbers that were given already."""
    filer = filer.strip().upper()
    try:
        format_entry_number(filer, first)
        format_entry_number(filer, last)
    except BadEntryNumber as exc:
        raise Refused(f"{exc} Nothing was recorded.") from None
    if last < first:
        raise Refused("A range ends at or after its first number. Nothing was recorded.")
    _owner(session, filer, importer)
    other = session.exec(
        select(EntryNumberRange).where(
            EntryNumberRange.filer == filer,
            col(EntryNumberRange.first) <= last,
            col(EntryNumberRange.last) >= first,
        )
    ).first()
    if other is not None:
        raise Refused(
            f"The range meets {filer} {other.first:07d} to {other.last:07d}, which is on record. "
            "Nothing was recorded."
        )
    used = [one for one in _given(session, filer) if first <= one <= last]
    if used:
        raise Refused(
            f"{format_entry_number(filer, used[0])} of it was given already; begin after "
            f"{max(used):07d}. Nothing was recorded."
        )
    made = EntryNumberRange(
        filer=filer,
        first=first,
        last=last,
        next=first,
        warn_left=warn_left,
        importer_id=importer.id if importer else None,
        added_by=actor.id,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        "entry_numbers_added",
        actor=actor,
        filer=filer,
        first=format_entry_number(filer, first),
        last=format_entry_number(filer, last),
        importer_id=made.importer_id,
    )
    return made


def take(session: Session, *, filer: str, house: House) -> str:
    """The next number of this filer; it belongs to the entry of this very transaction."""
    row = _open_range(session, filer)
    if row is None and house.gateway == "sandbox":
        row = _opened_by_itself(session, filer, house)
    if row is None:
        raise Refused(none_left(filer))
    number, row.next = row.next, row.next + 1
    session.add(row)
    left = _left(session, filer)
    if left < row.warn_left and row.warned_at is None:
        row.warned_at = now()
        outbox.add(
            session,
            TellOps(note="entry_numbers_low", once=f"range-{row.id}",
                    facts={"filer": filer, "left": left}),
        )  # fmt: skip
    session.flush()
    return format_entry_number(filer, number)


def problem(session: Session, *, filer: str, house: House) -> str | None:
    """Why no entry can get a number, or None."""
    if house.gateway == "sandbox" or _open_range(session, filer, lock=False) is not None:
        return None
    return none_left(filer)


def none_left(filer: str) -> str:
    return (
        f"There are no entry numbers for the filer code {filer}: record a range with "
        f"'tidewaiter entry-numbers add --filer {filer} --first N --last N'."
    )


def status(session: Session) -> list[RangeStatus]:
    """Every range with what was given and what is left."""
    found = []
    for row in session.exec(select(EntryNumberRange).order_by(col(EntryNumberRange.id))):
        there = set(_given(session, row.filer))
        gaps = [one for one in range(row.first, row.next) if one not in there]
        owner = session.get(Importer, row.importer_id) if row.importer_id else None
        left = row.last - row.next + 1
        found.append(
            RangeStatus(
                id=row.id or 0,
                filer=row.filer,
                first=format_entry_number(row.filer, row.first),
                last=format_entry_number(row.filer, row.last),
                next=format_entry_number(row.filer, row.next) if left > 0 else None,
                given=row.next - row.first,
                left=left,
                importer=owner.name if owner else None,
                gaps=tuple(format_entry_number(row.filer, one) for one in gaps[:100]),
                low=left < row.warn_left,
            )
        )
    return found


def _open_range(session: Session, filer: str, *, lock: bool = True) -> EntryNumberRange | None:
    wanted = (
        select(EntryNumberRange)
        .where(EntryNumberRange.filer == filer, EntryNumberRange.next <= EntryNumberRange.last)
        .order_by(col(EntryNumberRange.id))
        .limit(1)
    )
    return session.exec(wanted.with_for_update() if lock else wanted).first()


def _opened_by_itself(session: Session, filer: str, house: House) -> EntryNumberRange:
    """For the sandbox: everything after what was given, and after where it was told to begin."""
    first = max([house.entry_numbers_from, *_given(session, filer)]) + 1
    ends = session.exec(
        select(func.max(EntryNumberRange.last)).where(EntryNumberRange.filer == filer)
    ).one()
    return add(session, filer=filer, first=max(first, (ends or 0) + 1), last=_MOST, actor=SYSTEM)


def _given(session: Session, filer: str) -> list[int]:
    """The numbers of this filer that entries have."""
    wanted = select(Entry.number).where(col(Entry.number).startswith(f"{filer}-"))
    rows = session.exec(wanted, execution_options=apart.house_wide()).all()
    return [parse(one)[1] for one in rows if one is not None]


def _left(session: Session, filer: str) -> int:
    rows = session.exec(select(EntryNumberRange).where(EntryNumberRange.filer == filer)).all()
    return sum(max(0, row.last - row.next + 1) for row in rows)


def _owner(session: Session, filer: str, importer: Importer | None) -> None:
    """An importer's own filer code is nobody else's."""
    owner = session.exec(select(Importer).where(Importer.filer_code == filer)).first()
    if owner is not None and (importer is None or importer.id != owner.id):
        raise Refused(f"{filer} is the filer code of {owner.name}: only it files under it.")
    if importer is not None and owner is None:
        raise Refused(f"{importer.name} has no filer code {filer} on record. Nothing was recorded.")
