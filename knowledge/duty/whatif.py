"""What the duty would be if one fact were another: origin, code, date, preference, a claim.

Each alternative is computed anew by the same rules; nothing is approximated, and an alternative
that cannot be computed says why, like the line itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from knowledge.duty import compute
from knowledge.duty.book import Shelf
from knowledge.duty.compute import LineDuty
from knowledge.duty.line import DutyQuery
from storage.values import Money, Value


class Change(Value):
    """One fact that is another. What is None stays as it is."""

    code: str | None = None
    origin: str | None = None
    on: date | None = None
    preference: str | None = None
    claims: frozenset[str] = frozenset()

    def __str__(self) -> str:
        told = [
            ("code", self.code),
            ("origin", self.origin),
            ("entered", self.on),
            ("preference", self.preference),
            ("claimed", ", ".join(sorted(self.claims)) or None),
        ]
        return "; ".join(f"{name} {value}" for name, value in told if value is not None)


class Alternative(Value):
    """A change, the duty that would be due, and by how much it differs."""

    change: Change
    duty: LineDuty
    difference: Money | None  #: against the line as it stands; None when either has no total


def alternatives(
    query: DutyQuery, changes: Sequence[Change], *, on: date, shelf: Shelf
) -> tuple[Alternative, ...]:
    """The line under each change."""
    stands = compute.line(query, on=on, shelf=shelf)
    found = []
    for change in changes:
        update: dict[str, Any] = {
            name: getattr(change, name)
            for name in ("code", "origin", "preference")
            if getattr(change, name) is not None
        }
        if change.claims:
            update["claims"] = query.claims | change.claims
        other = compute.line(query.model_copy(update=update), on=change.on or on, shelf=shelf)
        found.append(Alternative(change=change, duty=other, difference=_difference(stands, other)))
    return tuple(found)


def _difference(stands: LineDuty, other: LineDuty) -> Money | None:
    if stands.total is None or other.total is None:
        return None
    return Money(amount=other.total.amount - stands.total.amount, currency="USD")
