"""The duty of a line and of an entry: base, measures of chapter 99, fees. Pure, exact, dated.

Every amount is a layer with its heading, rate, basis, edition and source, in the order in which
an entry summary reports them: chapter 98, chapter 99 in its slots, and last the number of
chapters 1-97, which carries the value. A layer whose input is missing has no amount and says
what it needs; a total over such a layer is None. What cannot be computed at all is refused.

Rounding: each layer and each fee to the cent, half a cent upwards; totals are sums of what was
rounded, so that they agree with what is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from knowledge.duty import base, fees, finding
from knowledge.duty.base import Base, usd
from knowledge.duty.book import Book, BookLine, Shelf
from knowledge.duty.finding import NO_SCHEDULE
from knowledge.duty.layers import layers_of
from knowledge.duty.line import DutyQuery, Refusal, check
from knowledge.duty.measures import Day, Tables, with_edition
from knowledge.duty.stack import Facts, Taken, stack
from storage.values import DutyLine, Money, Value

IEEPA_REFUND = (
    "IEEPA duties were struck down on 2026-02-20 and ended on 2026-02-24 (CSMS 67834313): what "
    "was paid on this entry may be refundable; look at liquidation and the protest period."
)
SECOND_HAND = (
    "From 2026-07-22 on the measures rest on second-hand reports of later revisions of chapter 99."
)
OLD_METALS = (
    "Before 2026-04-06 steel and aluminum derivatives paid Section 232 duty on their metal. Those "
    "lists are on file only in part (note 19 as printed in 2026; old note 16 is not): check."
)
METALS_II = (
    "From 2026-06-08 on, note 16(c)(xi) (PP 11032) lists further steel derivatives: that list is "
    "not on file."
)
_LATER = date(2026, 7, 22)
_METALS_II = date(2026, 6, 8)
_METALS_I = date(2026, 4, 6)
_METALS_FROM = date(2025, 3, 12)
_HUNDRED = Decimal(100)
_ON_VALUE_ADDED = ("9802.00.40", "9802.00.50", "9802.00.60", "9802.00.80")
_IEEPA = frozenset({"fentanyl", "reciprocal", "brazil", "india"})


class LineDuty(Value):
    """The duty of one line."""

    number: int
    code: str | None
    layers: tuple[DutyLine, ...] = ()  #: in reporting order
    total: Money | None = None  #: None while a layer has no amount
    advisories: tuple[str, ...] = ()
    refusal: str | None = None  #: why there is nothing to compute, and what is needed
    mpf_exempt: bool = False

    @property
    def reading_order(self) -> tuple[DutyLine, ...]:
        """As a person reads it: the base duty first, then what is laid on top."""
        return (*self.layers[-1:], *self.layers[:-1])


class EntryDuty(Value):
    """The duty and the fees of an entry; `advisories` belong beside any total."""

    lines: tuple[LineDuty, ...]
    duty: Money | None
    mpf: DutyLine | None
    hmf: DutyLine | None
    total: Money | None
    advisories: tuple[str, ...]

    @property
    def refusals(self) -> tuple[str, ...]:
        return tuple(line.refusal for line in self.lines if line.refusal is not None)

    @property
    def layers(self) -> tuple[DutyLine, ...]:
        """All layers: line by line, then the fees."""
        own = [layer for line in self.lines for layer in line.layers]
        return (*own, *(fee for fee in (self.mpf, self.hmf) if fee is not None))


def entry(
    lines: Sequence[DutyQuery],
    *,
    on: date,
    by_sea: bool,
    shelf: Shelf,
    informal: bool = False,
) -> EntryDuty:
    """The estimate for an entry made on this day; a line that cannot be computed is refused."""
    advisories: list[str] = []
    books, said = shelf.at(on)
    done = [_kept_line(_Asked(line, on, tuple(books))) for line in lines]
    advisories += [*([said] if said is not None else []), *_dated(on)]
    totals = [line.total for line in done]
    known = [total.amount for total in totals if total is not None]
    duty = usd(sum(known, Decimal(0))) if lines and len(known) == len(totals) else None
    mpf = fees.mpf_layer(_dutiable(lines, done), on=on, informal=informal) if lines else None
    hmf = fees.hmf_layer(_dutiable(lines), on=on) if lines and by_sea else None
    parts = [duty, *(fee.amount for fee in (mpf, hmf) if fee is not None)]
    amounts = [part.amount for part in parts if part is not None]
    return EntryDuty(
        lines=tuple(done),
        duty=duty,
        mpf=mpf,
        hmf=hmf,
        total=usd(sum(amounts, Decimal(0))) if lines and len(amounts) == len(parts) else None,
        advisories=tuple(advisories),
    )


def line(query: DutyQuery, *, on: date, shelf: Shelf) -> LineDuty:
    """The duty of one line by itself."""
    return _kept_line(_Asked(query, on, tuple(shelf.at(on)[0])))


def metals(query: DutyQuery, *, on: date, shelf: Shelf) -> tuple[str, ...]:
    """The metals in the lists of chapter 99 that name these goods; none for what is refused."""
    books = shelf.at(on)[0]
    try:
        check(query)
        book, found = finding.find(query, books)
    except Refusal:
        return ()
    assert query.origin is not None
    return Facts(query, found, _tables_of(book).on(on), query.origin).metals


class _Asked:
    """What the duty of a line follows from, as a key: a card asks for the same lines again."""

    def __init__(self, query: DutyQuery, on: date, books: tuple[Book, ...]) -> None:
        self.query, self.on, self.books = query, on, books
        facts = (value for name, value in query if name != "parts")
        self._key = (*facts, tuple(query.parts.items()), on, books)
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key == other._key


@lru_cache(maxsize=20_000)
def _kept_line(asked: _Asked) -> LineDuty:
    """The duty of a line; the same question has the same answer."""
    return _line(asked.query, on=asked.on, books=asked.books)


def _line(query: DutyQuery, *, on: date, books: Sequence[Book]) -> LineDuty:
    try:
        if not books:
            raise Refusal(f"line {query.number}: {NO_SCHEDULE}.")
        check(query)
        finding.check_day(on, query.number)
        book, found = finding.find(query, books)
        finding.check_chapter98(query, book, on)
        return _solve(query, found, _tables_of(book).on(on), book.edition)
    except Refusal as exc:
        return _refused(query, str(exc))


def _refused(query: DutyQuery, why: str) -> LineDuty:
    return LineDuty(number=query.number, code=query.code, refusal=why)


@lru_cache(maxsize=8)
def _tables_of(book: Book) -> Tables:
    return with_edition(countries_printed=book.countries, lists=book.lists)


def _solve(query: DutyQuery, found: BookLine, day: Day, edition: str) -> LineDuty:
    """The layers; where a fact is missing, both answers are tried before a person is asked."""
    assert query.origin is not None
    assert query.value is not None
    facts = Facts(query, found, day, query.origin)
    standing = stack(facts, day)
    if standing.ask is None:
        return _sum(query, found, day, facts, standing.taken, edition)
    ask = standing.ask
    with_it, without = (
        _solve(query.model_copy(update={"claims": query.claims | {claim}}), found, day, edition)
        for claim in (ask.ask, f"not_{ask.ask}")
    )
    if with_it.total is not None and with_it.total == without.total:
        told = f"The same duty is due whether or not {ask.when}."
        return without.model_copy(update={"advisories": (*without.advisories, told)})
    open_layer = DutyLine(
        authority=ask.authority,
        heading=ask.heading,
        rate=f"{ask.rate}%",
        basis=usd(query.value),
        amount=None,
        edition=edition,
        needs=(
            f"line {query.number}: whether {ask.when} (claim {ask.ask} or not_{ask.ask}): "
            f"{_said(with_it)} if so, {_said(without)} if not"
        ),
        line=query.number,
        source=ask.source,
    )
    return without.model_copy(update={"layers": (open_layer, *without.layers), "total": None})


def _said(answer: LineDuty) -> str:
    return str(answer.total) if answer.total is not None else "a total that needs more"


def _sum(
    query: DutyQuery,
    found: BookLine,
    day: Day,
    facts: Facts,
    taken: tuple[Taken, ...],
    edition: str,
) -> LineDuty:
    value, first = _chapter98(query, edition)
    ground = base.base(query, found, day, origin=facts.origin, value=value, edition=edition)
    layers: list[DutyLine] = list(first)
    spared = query.chapter98 is not None and query.chapter98 not in _ON_VALUE_ADDED
    if spared:
        freed = ground.layer.model_copy(
            update={"amount": usd(Decimal(0)), "rate": "Free", "basis": usd(Decimal(0)),
                    "needs": None, "condition": None}
        )  # fmt: skip
        return _done(query, [*layers, freed], ground, ())
    for one in taken:
        layers += layers_of(one, query, facts, day, ground, value, edition)
    return _done(query, [*layers, ground.layer], ground, _advice(taken, day, found))


def _done(
    query: DutyQuery, layers: list[DutyLine], ground: Base, advisories: tuple[str, ...]
) -> LineDuty:
    amounts = [layer.amount.amount for layer in layers if layer.amount is not None]
    assert query.value is not None
    deposits = tuple(
        f"{case} at {rate}%: a cash deposit of {usd(query.value * rate / _HUNDRED)}, not in the "
        "total; whether the order covers the goods, and its rate today, a person must say."
        for case, rate in query.orders
    )
    return LineDuty(
        number=query.number,
        code=query.code,
        layers=tuple(layers),
        total=usd(sum(amounts, Decimal(0))) if len(amounts) == len(layers) else None,
        advisories=(*advisories, *deposits),
        mpf_exempt=(ground.programme is not None and ground.programme.mpf_exempt)
        or query.chapter98 is not None,
    )


def _chapter98(query: DutyQuery, edition: str) -> tuple[Decimal, list[DutyLine]]:
    """The value that duty falls on, and the layer that reports a claim of chapter 98."""
    assert query.value is not None
    if query.chapter98 is None:
        return query.value, []
    where = f"line {query.number}"
    taken_out = query.value
    if query.chapter98 in _ON_VALUE_ADDED:
        if query.exempt_value is None:
            raise Refusal(f"{where}: {query.chapter98} needs the value that it takes out of duty.")
        taken_out = query.exempt_value
    layer = DutyLine(
        authority="Chapter 98",
        heading=query.chapter98,
        rate="Free",
        basis=usd(taken_out),
        amount=usd(Decimal(0)),
        edition=edition,
        line=query.number,
        source="HTSUS chapter 98",
    )
    return query.value - taken_out, [layer]


def _advice(taken: tuple[Taken, ...], day: Day, found: BookLine) -> tuple[str, ...]:
    groups = {one.measure.group for one in taken if one.measure.kind in {"add", "total"}}
    told = [IEEPA_REFUND] if groups & _IEEPA else []
    if day.on >= _METALS_II and "s232" not in groups and found.code[:2] in _METAL_GOODS:
        told.append(METALS_II)
    if _METALS_FROM <= day.on < _METALS_I and "s232" not in groups:
        told.append(OLD_METALS)
    return tuple(told)


_METAL_GOODS = frozenset({"73", "82", "83", "84", "85", "86", "87", "90", "94"})


def _dated(on: date) -> list[str]:
    told = ["Antidumping and countervailing duties are not in the total: check the orders."]
    return [*told, SECOND_HAND] if on >= _LATER else told


def _dutiable(lines: Sequence[DutyQuery], done: Sequence[LineDuty] = ()) -> Decimal | None:
    """The value that a fee falls on: of all lines, or of those that no programme exempts."""
    exempt = {line.number for line in done if line.mpf_exempt}
    values = [line.value for line in lines if line.number not in exempt]
    if any(value is None or value <= 0 for value in values):
        return None
    return sum((value for value in values if value is not None), Decimal(0))
