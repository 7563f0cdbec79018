"""The figures of the operation, from facts that were recorded: pure, each with its definition.

A figure says of how many it was made. Below `ENOUGH` it is shown and called too few: nobody shall
decide by it. Nothing is claimed that was not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from pydantic import AwareDatetime

from storage.values import Value

ENOUGH = 20
CALM = timedelta(hours=24)
_CENT = Decimal("0.01")


class HoldTaken(Value):
    """A hold of a shipment; `hours` is None while it stands."""

    kind: str
    hours: float | None = None


class Case(Value):
    """What was recorded of one shipment, as far as figures need it."""

    ref: str
    importer: str = "unknown"
    lane: str = "unknown"
    began_at: AwareDatetime
    ready_at: AwareDatetime | None = None  #: a licensed broker confirmed it
    filed_at: AwareDatetime | None = None
    arrives_on: date | None = None
    holds: tuple[HoldTaken, ...] = ()
    documents: int = 0
    corrected: int = 0  #: fields that a person set right
    codes: int = 0  #: confirmations of codes for which candidates were offered
    first_choice: int = 0  #: of these, how many were the first candidate
    demurrage: Decimal | None = None  #: by the recorded terms, once the goods have left
    compared: bool = False  #: in shadow mode, with what people filed
    agreed: bool = False


class Figure(Value):
    """One figure. `value` is None when there is nothing to make it of."""

    name: str
    title: str
    value: Decimal | None
    unit: str  #: hours, percent, per document, USD
    of: int  #: how many it was made of
    what: str  #: of what `of` counts
    definition: str

    @property
    def too_few(self) -> bool:
        return self.of < ENOUGH

    @property
    def shown(self) -> str:
        if self.value is None:
            return "–"
        sign = {"percent": " %", "hours": " h", "USD": " USD"}.get(self.unit, f" {self.unit}")
        return f"{self.value}{sign}"


def figures(cases: Sequence[Case]) -> list[Figure]:
    """All figures of these shipments."""
    filed = [one for one in cases if one.filed_at is not None]
    known = [one for one in filed if one.arrives_on is not None]
    documents = sum(one.documents for one in cases)
    codes = sum(one.codes for one in cases)
    left = [one.demurrage for one in cases if one.demurrage is not None]
    compared = [one for one in cases if one.compared]
    made = [
        _hours(
            "booking_to_ready", "Booking to ready", cases, lambda one: (one.began_at, one.ready_at),
            "Median time from the first booking or mail of a shipment to its confirmation by a "
            "licensed broker with the gate open.",
        ),
        _hours(
            "ready_to_filed", "Ready to filed", cases, lambda one: (one.ready_at, one.filed_at),
            "Median time from that confirmation to the moment at which the gateway, or a broker "
            "by hand, had filed the entry.",
        ),
        _share(
            "filed_calmly", "Filed without a last-minute scramble",
            sum(_calm(one) for one in known), len(known), "filed entries with a known arrival",
            "Share of filed entries that were filed at least 24 hours before the day of the "
            "expected arrival began (UTC). Entries without a known arrival are left out.",
        ),
        _share(
            "hold_rate", "Hold rate", sum(bool(one.holds) for one in filed), len(filed),
            "filed entries",
            "Share of filed entries on which an authority placed at least one hold.",
        ),
        *_holds(cases),
        Figure(
            name="corrected_per_document", title="Fields corrected per document",
            value=_ratio(sum(one.corrected for one in cases), documents), unit="per document",
            of=documents, what="documents from outside",
            definition="Fields that a person set right after reading, divided by the documents "
            "that came.",
        ),
        _share(
            "first_candidate", "First candidate accepted",
            sum(one.first_choice for one in cases), codes, "confirmed lines with candidates",
            "Share of confirmed lines whose confirmed code was the first one that was offered.",
        ),
        Figure(
            name="demurrage", title="Demurrage per shipment",
            value=_money(sum(left, Decimal(0)) / len(left)) if left else None, unit="USD",
            of=len(left), what="shipments that left a terminal with recorded terms",
            definition="Mean demurrage by the recorded tariff from the last free day to the "
            "out-gate, all containers. Shipments without terms are left out.",
        ),
    ]  # fmt: skip
    if compared:
        made.append(
            _share(
                "shadow_agreement", "Shadow mode: agreement",
                sum(one.agreed for one in compared), len(compared), "compared entries",
                "Share of entries in shadow mode whose prepared packet agreed in every compared "
                "field, code and duty with what people filed.",
            )
        )  # fmt: skip
    return made


def avoided(before: Sequence[Case], after: Sequence[Case]) -> Figure:
    """Demurrage avoided since a date, against the mean before it."""
    was = [one.demurrage for one in before if one.demurrage is not None]
    now = [one.demurrage for one in after if one.demurrage is not None]
    value = None
    if was and now:
        mean = sum(was, Decimal(0)) / len(was)
        value = _money(mean * len(now) - sum(now, Decimal(0)))
    return Figure(
        name="demurrage_avoided", title="Demurrage avoided", value=value, unit="USD",
        of=min(len(was), len(now)), what="shipments with terms, in the smaller of both periods",
        definition="What the shipments after the date would have cost at the mean of those before "
        "it, less what they did cost. It says nothing about the cause of the difference.",
    )  # fmt: skip


def split(cases: Sequence[Case], on: date) -> tuple[list[Case], list[Case]]:
    """The shipments that began before this day (UTC), and the others."""
    before = [one for one in cases if one.began_at.date() < on]
    return before, [one for one in cases if one.began_at.date() >= on]


def by_month(
    cases: Sequence[Case], name: str, *, most: int = 12
) -> list[tuple[str, Decimal | None, int]]:
    """One figure month by month: (2026-11, value, of how many), oldest first."""
    months = sorted({f"{one.began_at:%Y-%m}" for one in cases})[-most:]
    found = []
    for month in months:
        own = [one for one in cases if f"{one.began_at:%Y-%m}" == month]
        figure = next(one for one in figures(own) if one.name == name)
        found.append((month, figure.value, figure.of))
    return found


def groups(cases: Sequence[Case], by: Callable[[Case], str]) -> list[tuple[str, list[Case]]]:
    """The shipments of each importer or lane, largest first."""
    names = {by(one) for one in cases}
    made = [(name, [one for one in cases if by(one) == name]) for name in names]
    return sorted(made, key=lambda one: (-len(one[1]), one[0]))


def _holds(cases: Sequence[Case]) -> list[Figure]:
    taken = [hold for one in cases for hold in one.holds]
    made = []
    for kind in sorted({one.kind for one in taken}):
        ended = [one.hours for one in taken if one.kind == kind and one.hours is not None]
        standing = sum(one.kind == kind and one.hours is None for one in taken)
        still = f" {standing} of this kind still stand and are not in it." if standing else ""
        made.append(
            Figure(
                name=f"hold_hours_{kind}", title=f"Time to resolve: {kind.replace('_', ' ')}",
                value=_tenth(median(ended)) if ended else None, unit="hours", of=len(ended),
                what="holds that ended",
                definition=f"Median time from the placing of a hold to its end.{still}",
            )
        )  # fmt: skip
    return made


def _calm(one: Case) -> bool:
    assert one.filed_at is not None
    assert one.arrives_on is not None
    day = datetime.combine(one.arrives_on, datetime.min.time(), one.filed_at.tzinfo)
    return day - one.filed_at >= CALM


def _hours(
    name: str,
    title: str,
    cases: Sequence[Case],
    ends: Callable[[Case], tuple[datetime | None, datetime | None]],
    definition: str,
) -> Figure:
    found = [
        (end - begin).total_seconds() / 3600
        for begin, end in map(ends, cases)
        if begin is not None and end is not None
    ]
    value = _tenth(median(found)) if found else None
    return Figure(
        name=name, title=title, value=value, unit="hours", of=len(found), what="shipments",
        definition=definition,
    )  # fmt: skip


def _share(name: str, title: str, part: int, whole: int, what: str, definition: str) -> Figure:
    value = _tenth(100 * part / whole) if whole else None
    return Figure(
        name=name, title=title, value=value, unit="percent", of=whole, what=what,
        definition=definition,
    )  # fmt: skip


def _tenth(value: float) -> Decimal:
    return Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _ratio(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(_CENT, ROUND_HALF_UP) if whole else None


def _money(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
