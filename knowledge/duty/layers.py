"""One measure that applies to a line, as layers: heading, rate, basis, amount, source.

A duty on content falls on the stated part of the value; a total takes what the base leaves; what
gives way is reported with the heading that says so. Which measures apply is `stack`'s work.
"""

from __future__ import annotations

from decimal import Decimal

from knowledge.duty.base import Base, usd
from knowledge.duty.line import DutyQuery
from knowledge.duty.measures import Day, Measure
from knowledge.duty.stack import Facts, Taken, conditions, share
from storage.values import DutyLine

_FULL_VALUE_232 = "9802.00.60"
_HUNDRED = Decimal(100)


def layers_of(
    taken: Taken,
    query: DutyQuery,
    facts: Facts,
    day: Day,
    ground: Base,
    value: Decimal,
    edition: str,
) -> list[DutyLine]:
    """The layers of one measure: what gives way, then what is charged, spared or asked."""
    measure = taken.measure
    on = _basis(measure, query, value)
    found = []
    for rule, by in taken.gives_way:
        part = share(by, query)
        away = on if part is None or on is None else min(on, on * part / _HUNDRED)
        if rule.heading:
            found.append(_layer(rule.heading, measure, query, edition, basis=away,
                                rate="gives way", source=rule.source))  # fmt: skip
        on = on - away if on is not None and away is not None else None
        if on == 0:
            return found[:1]
    told = conditions(measure, facts, day)
    if measure.kind in {"exempt", "skip"}:
        return [_layer(measure.heading, measure, query, edition, basis=on, rate="no duty")]
    if measure.kind == "unknown":
        return [*found, _open(measure, query, edition, f"line {query.number}: {measure.when}")]
    if on is None:
        needs = f"line {query.number}: the non-US content in US dollars"
        return [*found, _open(measure, query, edition, needs)]
    assert measure.rate is not None
    heading, due = measure.heading, on * measure.rate / _HUNDRED
    rate = f"{measure.rate}%"
    if measure.kind == "total":
        if ground.exact is None:
            return [*found, _open(measure, query, edition, f"line {query.number}: the base duty")]
        rate = f"{measure.rate}% in all"
        due -= ground.exact
        if due <= 0:
            heading, due, rate = measure.heading_above, Decimal(0), "no duty"
    if measure.basis != "value" and share(measure, query) is None and on == value:
        metal = measure.basis.removesuffix("_content").replace("_", " ")
        assumed = f"the value of the {metal} is not stated: the whole value is charged"
        told = assumed if told is None else f"{assumed}; {told}"
    return [*found, _layer(heading, measure, query, edition, basis=on, rate=rate, due=due,
                           condition=told)]  # fmt: skip


def _basis(measure: Measure, query: DutyQuery, value: Decimal) -> Decimal | None:
    assert query.value is not None
    if measure.basis == "non_us_content":
        return query.non_us_content
    if query.chapter98 == _FULL_VALUE_232 and measure.group.startswith(("s232", "old_")):
        value = query.value
    part = share(measure, query)
    return value if part is None else value * part / _HUNDRED


def _layer(
    heading: str,
    measure: Measure,
    query: DutyQuery,
    edition: str,
    *,
    basis: Decimal | None,
    rate: str,
    due: Decimal = Decimal(0),
    condition: str | None = None,
    source: str | None = None,
) -> DutyLine:
    return DutyLine(
        authority=measure.authority,
        heading=heading,
        rate=rate,
        basis=usd(basis) if basis is not None else None,
        amount=usd(due),
        edition=edition,
        line=query.number,
        source=source or measure.source,
        condition=condition,
    )


def _open(measure: Measure, query: DutyQuery, edition: str, needs: str) -> DutyLine:
    return DutyLine(
        authority=measure.authority,
        heading=measure.heading,
        rate=f"{measure.rate}%" if measure.rate is not None else "unknown",
        basis=None,
        amount=None,
        edition=edition,
        needs=needs,
        line=query.number,
        source=measure.source,
    )
