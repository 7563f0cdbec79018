"""The base duty of a line: column 1 general, a preference that was claimed, or column 2.

A preference is never assumed: it is taken when it is claimed, printed for the line, alive on
the day and open to the origin; otherwise the claim is refused with the reason.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from knowledge import reference
from knowledge.duty import rates
from knowledge.duty.book import BookLine
from knowledge.duty.line import DutyQuery, Refusal
from knowledge.duty.measures import COLUMN_TWO, Day
from knowledge.duty.programmes import Programme, programmes
from storage.values import DutyLine, Money

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


class Base(NamedTuple):
    """The base duty as a layer, exact before rounding, and what else depends on it."""

    layer: DutyLine
    exact: Decimal | None
    programme: Programme | None


def usd(amount: Decimal) -> Money:
    """Dollars and cents, half a cent upwards."""
    return Money(amount=amount.quantize(CENT, ROUND_HALF_UP), currency="USD")


def base(
    query: DutyQuery, found: BookLine, day: Day, *, origin: str, value: Decimal, edition: str
) -> Base:
    """The base duty; raises `Refusal` for a preference that cannot be claimed."""
    programme, printed, authority, heading = None, found.general, "MFN", found.code
    source = "column 1 general"
    if origin in COLUMN_TWO:
        if query.programme is not None:
            raise Refusal(
                f"line {query.number}: goods of {origin} are entered under column 2; no "
                "preference can be claimed for them."
            )
        authority, printed, source = "Column 2", found.other, "general note 3(b)"
        for measure in day.groups.get("column2", ()):
            if measure.concerns(origin) and measure.heading in found.headings:
                printed, source = f"{measure.rate}%", f"{measure.heading}: {measure.source}"
                authority = f"{measure.authority} {measure.heading}"
    elif query.programme is not None:
        programme = claimable(query.programme, query, day.on)
        printed = _special(query, found, programme)
        authority = f"{programme.name} ({programme.spi})"
        source = programme.source
    rate = rates.parse(printed)
    layer = DutyLine(
        authority=authority,
        heading=heading,
        rate=printed or "unknown",
        basis=usd(value),
        amount=None,
        edition=edition,
        line=query.number,
        source=source,
        condition=_preferences_open(found, origin, day.on) if programme is None else None,
    )
    if rate is None:
        needs = f"line {query.number}: a person must read the rate “{printed or 'none printed'}”"
        return Base(layer.model_copy(update={"needs": needs}), None, programme)
    due = rates.charge(
        rate, value=value, quantity=query.quantity, unit=query.unit, parts=query.parts
    )
    if isinstance(due, rates.Uncharged):
        _refuse_other_unit(query, rate)
        needs = f"line {query.number}: {due.needs}"
        return Base(layer.model_copy(update={"needs": needs}), None, programme)
    return Base(layer.model_copy(update={"amount": usd(due)}), due, programme)


def _refuse_other_unit(query: DutyQuery, rate: rates.Rate) -> None:
    """A quantity that was given in a unit of another kind is a slip, not a question."""
    wanted = [one.unit for one in rate.per_unit if one.of is None and one.unit not in query.parts]
    if query.quantity is None or not wanted:
        return
    if all(reference.convert(query.quantity, query.unit, to=unit) is None for unit in wanted):
        raise Refusal(
            f"line {query.number}: the rate “{rate.text}” needs the quantity in "
            f"{' and '.join(wanted)}, not in {query.unit or 'an unnamed unit'}."
        )


def claimable(spi: str, query: DutyQuery, on: date) -> Programme:
    """The programme, if it is alive on the day and open to the origin; else `Refusal`."""
    claimed, where = programmes().get(spi), f"line {query.number}"
    if claimed is None:
        raise Refusal(f"{where}: “{query.preference}” is no programme of the special column.")
    if not claimed.live(on):
        raise Refusal(
            f"{where}: {claimed.name} ({claimed.spi}) was not in force on {on} "
            f"({claimed.source}); claim nothing or another programme."
        )
    if not claimed.serves(query.origin or ""):
        raise Refusal(
            f"{where}: goods of {query.origin} cannot claim {claimed.name} ({claimed.spi})."
        )
    return claimed


def _special(query: DutyQuery, found: BookLine, programme: Programme) -> str | None:
    printed = rates.preferences(found.special)
    where = f"line {query.number}: {found.code}"
    if printed is None:
        raise Refusal(f"{where}: the special column “{found.special}” needs a person.")
    for one in printed:
        if programme.spi in one.programmes:
            return one.rate.text
    general = rates.parse(found.general)
    if general is not None and general.free:
        # Nothing to lower: the programme still spares the fee and some measures.
        return found.general
    raise Refusal(f"{where} prints no rate for {programme.name} ({programme.spi}).")


def _preferences_open(found: BookLine, origin: str, on: date) -> str | None:
    """Which preference this origin could claim here, for the broker to consider."""
    general = rates.parse(found.general)
    if not found.special or (general is not None and general.free):
        return None
    known = programmes()
    hints = [
        f"{known[spi].name} ({spi}): {one.rate.text}"
        for one in rates.preferences(found.special) or ()
        for spi in one.programmes
        if spi in known
        and origin in known[spi].countries
        and known[spi].live(on)
        and not known[spi].condition
    ]
    return f"if claimed, {'; '.join(hints)}" if hints else None
