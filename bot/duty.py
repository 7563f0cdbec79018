"""`tidewaiter duty`: an entry as JSON in, its duty as JSON or as a table out.

The input is checked here, every number exact (no float between the file and the computation).
What the computation refuses is in the answer under its line, and ends the command with 2.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from knowledge.duty import explain, whatif
from knowledge.duty.compute import EntryDuty
from knowledge.duty.desk import DutyDesk
from knowledge.duty.exchange import Unknown
from knowledge.duty.line import DutyQuery
from knowledge.duty.whatif import Alternative, Change
from storage.values import DutyLine, Money

MAX_BYTES = 8 * 1024 * 1024
MAX_LINES = 10_000
_SHORT = Annotated[str, Field(max_length=60)]
_Number = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=24)]


class BadEntry(ValueError):
    """The input is no entry. The message says what to change."""


class _Edge(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class LineIn(_Edge):
    """One line as it is stated."""

    number: int | None = Field(default=None, ge=1, le=99_999)
    hts: _SHORT | None = None
    origin: _SHORT | None = None
    value: _Number | None = None
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    quantity: _Number | None = None
    unit: _SHORT | None = None
    steel_percent: _Number | None = None
    aluminum_percent: _Number | None = None
    copper_percent: _Number | None = None
    country_of_melt_and_pour: _SHORT | None = None
    country_of_smelt_and_cast: _SHORT | None = None
    preference: _SHORT | None = None
    claims: list[_SHORT] = Field(default=[], max_length=20)
    parts: dict[_SHORT, _Number] = Field(default={}, max_length=10)
    non_us_content: _Number | None = None
    chapter98: _SHORT | None = None
    exempt_value: _Number | None = None


class EntryIn(_Edge):
    """An entry as it is stated."""

    entry_date: date
    export_date: date | None = None
    transport: Literal["ocean", "air", "rail", "truck", "mail", "other"] = "other"
    informal: bool = False
    lines: list[LineIn] = Field(min_length=1, max_length=MAX_LINES)
    what_if: list[ChangeIn] = Field(default=[], max_length=20)


class ChangeIn(_Edge):
    """One alternative to compute for a line."""

    line: int = 1
    hts: _SHORT | None = None
    origin: _SHORT | None = None
    entry_date: date | None = None
    preference: _SHORT | None = None
    claims: list[_SHORT] = Field(default=[], max_length=20)


def read(path: Path) -> EntryIn:
    """The entry in a file; raises `BadEntry`."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise BadEntry(f"{path.name}: it cannot be read ({exc.strerror}).") from exc
    return parse(raw, name=path.name)


def parse(raw: bytes, *, name: str) -> EntryIn:
    """The entry in these bytes of JSON."""
    if len(raw) > MAX_BYTES:
        raise BadEntry(f"{name}: larger than {MAX_BYTES >> 20} MB; send fewer lines at a time.")
    try:
        return EntryIn.model_validate(json.loads(raw, parse_float=Decimal))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadEntry(f"{name}: not JSON ({str(exc)[:80]}).") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the entry"
        raise BadEntry(f"{name}: {where[:80]}: {first['msg']}.") from exc


def answer(entry: EntryIn, desk: DutyDesk) -> tuple[dict[str, Any], EntryDuty]:
    """The duty, in the shape of the command's contract, and as values."""
    queries, missing = _queries(entry, desk)
    made = desk.entry(
        queries, on=entry.entry_date, by_sea=entry.transport == "ocean", informal=entry.informal
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


EntryIn.model_rebuild()
