"""What an importer's confirmed goods say about a new line beside a code: conflicts, dead codes.

Pure: it looks at the rows that it is given, and those are of one importer only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge.tariff.diff import successors, told
from knowledge.tariff.schedule import Schedule
from knowledge.tariff.suggest import Confirmed, LineQuery
from knowledge.tariff.texts import tokens

Alive = Callable[[str], bool]


def folded(text: str) -> str:
    """A description for comparison: case and blanks away."""
    return " ".join(text.casefold().split())


def alike(one: str, other: str) -> bool:
    """The same article number for quite different words is not the same goods."""
    first, second = set(tokens(one)), set(tokens(other))
    return bool(first & second) and len(first & second) >= 0.5 * min(len(first), len(second))


def about(query: LineQuery, rows: Sequence[Confirmed]) -> list[Confirmed]:
    """The confirmed goods that have the line's description, or its article number."""
    wanted = folded(query.description)
    if not wanted:
        return []
    return [
        row
        for row in rows
        if folded(row.description) == wanted
        or (query.sku and row.sku == query.sku and alike(row.description, query.description))
    ]


def exact(query: LineQuery, rows: Sequence[Confirmed]) -> list[Confirmed]:
    """Those of them that have both."""
    return [row for row in rows if query.sku and row.sku == query.sku]


def conflict(rows: Sequence[Confirmed]) -> str | None:
    """A sentence when the same goods are confirmed under two codes, with both, else None."""
    newest: dict[str, Confirmed] = {}
    for row in sorted(rows, key=lambda row: row.on):
        newest[row.code] = row
    if len(newest) < 2:
        return None
    said = " and ".join(
        f"{row.code} by {row.by} on {row.on}{f' (SKU {row.sku})' if row.sku else ''}"
        for row in sorted(newest.values(), key=lambda row: row.on, reverse=True)
    )
    return f"These goods are confirmed under {len(newest)} codes: {said}."


def dead(rows: Sequence[Confirmed], schedule: Schedule, alive: Alive) -> list[str]:
    """A sentence for each confirmed code that the schedule no longer has."""
    return [
        f"{row.code}, confirmed by {row.by} on {row.on} for these goods ({row.edition}), is not a "
        f"line of {schedule.edition}. Nearest now: "
        f"{told(successors(row.code, schedule, text=row.description))}."
        for row in rows
        if not alive(row.code)
    ]
