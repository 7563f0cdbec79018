"""`tidewaiter duty`: the duty of an entry as JSON or as a table.

What the computation refuses is in the answer under its line, and ends the command with 2.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.duty_input import BadEntry, EntryIn, LineIn, PriceIn
from knowledge.duty import explain, whatif
from knowledge.duty.compute import EntryDuty
from knowledge.duty.desk import DutyDesk
from knowledge.duty.exchange import Unknown
from knowledge.duty.line import DutyQuery
from knowledge.duty.spread import over_lines
from knowledge.duty.value import CustomsValue, Discount, Price, customs_value
from knowledge.duty.whatif import Alternative, Change
from storage.values import DutyLine, Money

_BY_SEA = frozenset({"ocean", "sea", "vessel"})


def answer(entry: EntryIn, desk: DutyDesk) -> tuple[dict[str, Any], EntryDuty]:
    """The duty, in the shape of the command's contract, and as values."""
    queries, missing = _queries(entry, desk)
    valued = _valued(entry)
    spread = over_lines(valued, goods=_goods(entry), dollars=[one.value for one in queries])
    queries = [
        query.model_copy(update={"value": value})
        for query, value in zip(queries, spread, strict=True)
    ]
    made = desk.entry(
        queries,
        on=entry.entry_date,
        by_sea=entry.transport.casefold() in _BY_SEA,
        informal=entry.informal,
    )
    origins = {query.number: query.origin for query in queries}
    lines = [
        {
            "number": line.number,
            "hts": line.code,
            "origin": origins[line.number],
            "layers": [_layer(layer) for layer in line.layers],
            "readerOrder": [layer.heading for layer in line.reading_order],
            "advisories": [*missing.get(line.number, ()), *line.advisories],
            "total": _number(line.total),
            "refusal": line.refusal,
            "explanation": explain.paragraph(line, origin=origins[line.number]),
        }
        for line in made.lines
    ]
    changes = [
        _alternative(one)
        for query in queries
        for one in whatif.alternatives(
            query, _changes(entry, query), on=entry.entry_date, shelf=desk.shelf
        )
    ]
    return {
        "entryDate": entry.entry_date.isoformat(),
        "lines": lines,
        "duty": _number(made.duty),
        "mpf": _number(made.mpf.amount if made.mpf else None),
        "hmf": _number(made.hmf.amount if made.hmf else None),
        "fees": [_layer(fee) for fee in (made.mpf, made.hmf) if fee is not None],
        "total": _number(made.total),
        "advisories": list(made.advisories),
        "refusals": list(made.refusals),
        "entrySummary": [
            {**row.model_dump(), "entered_value": _plain(row.entered_value),
             "duty": _plain(row.duty)}
            for row in explain.summary(made)
        ],
        **({"customsValue": _value(valued)} if valued is not None else {}),
        **({"whatIf": changes} if changes else {}),
    }, made  # fmt: skip


def report(made: EntryDuty) -> list[str]:
    """The answer for people: the table of the entry summary, then a paragraph for each line."""
    told = [explain.table(explain.summary(made)), ""]
    told += [explain.paragraph(line) for line in made.lines]
    total = f"Duty {made.duty}, with fees {made.total}." if made.total else "No total can be said."
    return [*told, "", total, *made.advisories]


def _queries(entry: EntryIn, desk: DutyDesk) -> tuple[list[DutyQuery], dict[int, tuple[str, ...]]]:
    found, missing = [], {}
    for at, line in enumerate(entry.lines, start=1):
        number = line.number or at
        value, told = _dollars(line, entry, desk)
        missing[number] = told
        found.append(
            DutyQuery(
                number=number,
                code=line.hts,
                value=value,
                origin=_country(line.origin),
                quantity=line.quantity,
                unit=line.unit,
                steel=line.steel_percent,
                aluminum=line.aluminum_percent,
                copper=line.copper_percent,
                melt_and_pour=_country(line.country_of_melt_and_pour),
                smelt_and_cast=_country(line.country_of_smelt_and_cast),
                preference=line.preference,
                claims=frozenset(line.claims),
                parts=line.parts,
                non_us_content=line.non_us_content,
                chapter98=line.chapter98,
                exempt_value=line.exempt_value,
                orders=tuple((one.case, one.rate) for one in line.adcvd),
            )
        )
    return found, missing


def _country(code: str | None) -> str | None:
    return code.strip().upper() or None if code is not None else None


def _dollars(
    line: LineIn, entry: EntryIn, desk: DutyDesk
) -> tuple[Decimal | None, tuple[str, ...]]:
    if line.value is None or line.currency == "USD":
        return line.value, ()
    made = desk.dollars(
        Money(amount=line.value, currency=line.currency), exported=entry.export_date
    )
    if isinstance(made, Unknown):
        return None, (f"{line.currency}: {made.needs}",)
    told = f"{line.currency} {line.value} at {made.rate} ({made.rule}) is {made.usd}"
    return made.usd.amount, (told, *([made.note] if made.note else ()))


def _goods(entry: EntryIn) -> Decimal | None:
    """What the lines come to, when all of them have a value in one currency."""
    values = [line.value for line in entry.lines if line.value is not None]
    alike = len({line.currency for line in entry.lines}) == 1
    return sum(values, Decimal(0)) if alike and len(values) == len(entry.lines) else None


def _valued(entry: EntryIn) -> CustomsValue | None:
    goods = _goods(entry)
    stated = entry.price
    if stated is None:
        return None
    amount = stated.amount if stated.amount is not None else goods
    if amount is None:
        raise BadEntry("price: give its amount, or give every line a value in one currency.")
    currency = entry.lines[0].currency

    def money(amount: Decimal | None) -> Money | None:
        return Money(amount=amount, currency=currency) if amount is not None else None

    named = PriceIn.model_fields.keys() - {"amount", "incoterm", "actual", "discounts"}
    facts: dict[str, Any] = {
        name: money(getattr(stated, name)) for name in named if name != "related_parties"
    }
    return customs_value(
        Price(
            amount=Money(amount=amount, currency=currency),
            incoterm=stated.incoterm,
            actual=stated.actual,
            related_parties=stated.related_parties,
            discounts=tuple(
                Discount(amount=Money(amount=one.amount, currency=currency), when=one.when)
                for one in stated.discounts
            ),
            **facts,
        )
    )


def _value(made: CustomsValue) -> dict[str, Any]:
    return {
        "value": _number(made.value),
        "currency": made.value.currency if made.value else None,
        "steps": [
            {**step.model_dump(exclude={"amount"}), "amount": _number(step.amount)}
            for step in made.steps
        ],
        "questions": list(made.questions),
        "flags": [flag.model_dump() for flag in made.flags],
    }


def _changes(entry: EntryIn, query: DutyQuery) -> list[Change]:
    return [
        Change(
            code=one.hts,
            origin=_country(one.origin),
            on=one.entry_date,
            preference=one.preference,
            claims=frozenset(one.claims),
        )
        for one in entry.what_if
        if one.line == query.number
    ]


def _alternative(one: Alternative) -> dict[str, Any]:
    return {
        "line": one.duty.number,
        "change": str(one.change),
        "total": _number(one.duty.total),
        "difference": _number(one.difference),
        "layers": [_layer(layer) for layer in one.duty.layers],
        "refusal": one.duty.refusal,
    }


def _layer(layer: DutyLine) -> dict[str, Any]:
    return {
        "authority": layer.authority,
        "heading": layer.heading,
        "rate": layer.rate,
        "basis": _number(layer.basis),
        "amount": _number(layer.amount),
        "edition": layer.edition,
        "source": layer.source,
        "condition": layer.condition,
        "needs": layer.needs,
    }


def _number(money: Money | None) -> float | int | None:
    return _plain(money.amount) if money is not None else None


def _plain(amount: Decimal | None) -> float | int | None:
    """A JSON number; cents survive the way through a float, which no sum is made of."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
