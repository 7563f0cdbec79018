"""Where the sources of a shipment contradict each other: before a paper is made of either.

Compared are counts of packages of one kind, weights, totals of one currency and quantities of
lines, between order, booking, packing list, invoice and bill of lading. Nothing is judged: both
figures are shown with their sources, and a person decides.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from storage.models.paper import Claim
from storage.values import InvoiceLine, Totals, Value
from workflows.papers import words
from workflows.papers.dossier import package_unit

_WEIGHT_SLACK = Decimal("0.005")
_PACKAGES = re.compile(r"^\s*([\d,]{1,12})\s*([A-Za-z]{1,20})?\s*$")
_STATED = ("order", "booking")


class Source(Value):
    """One source with what it says."""

    name: str
    document_id: int | None = None
    totals: Totals = Totals()
    lines: tuple[InvoiceLine, ...] = ()
    money: bool = False  #: its total is a price


class Conflict(Value):
    """One fact with the figures that do not agree."""

    field: str
    title: str
    claims: tuple[Claim, ...]

    @property
    def key(self) -> str:
        """The fact and what is said of it, whoever says it: other figures are another conflict."""
        said = sorted({claim.value for claim in self.claims})
        return hashlib.sha256("\n".join([self.field, *said]).encode()).hexdigest()[:32]


def stated(facts: Mapping[str, str]) -> list[Source]:
    """What people stated of the order and the booking (`order.packages` = "12 pallets")."""
    found = []
    for name in _STATED:
        said = _PACKAGES.match(facts.get(f"{name}.packages", ""))
        total = _number(facts.get(f"{name}.total"))
        prefix = f"{name}.quantity."
        lines = [
            InvoiceLine(lineNumber=int(path.removeprefix(prefix)), quantity=_number(value))
            for path, value in facts.items()
            if path.startswith(prefix)
        ]
        if said or total is not None or lines:
            totals = Totals(
                packages=int(said[1].replace(",", "")) if said else None,
                packageUnit=said[2] if said else None,
                total=total,
            )
            title = f"{'Purchase order' if name == 'order' else 'Booking'} (stated)"
            found.append(Source(name=title, totals=totals, lines=tuple(lines), money=True))
    return found


def conflicts(sources: Sequence[Source]) -> list[Conflict]:
    """Every fact of which two sources say different things."""
    return [
        *_packages(sources),
        *_weights(sources),
        *_totals(sources),
        *_quantities(sources),
    ]


def _packages(sources: Sequence[Source]) -> Iterator[Conflict]:
    kinds: dict[str, list[Claim]] = {}
    for one in sources:
        if one.totals.packages is not None:
            unit = package_unit(one.totals.packageUnit)
            kinds.setdefault(unit, []).append(_claim(one, str(one.totals.packages)))
    for unit, claims in kinds.items():
        yield from _differ(f"packages.{unit}", f"{unit.capitalize()}s", claims)


def _weights(sources: Sequence[Source]) -> Iterator[Conflict]:
    for field, name, title in (
        ("gross", "grossWeightKg", "Gross weight in kg"),
        ("net", "netWeightKg", "Net weight in kg"),
    ):
        said = [(one, getattr(one.totals, name)) for one in sources]
        known = [(one, weight) for one, weight in said if weight is not None]
        weights = [weight for _, weight in known]
        # Scales and roundings differ by a little; more than that is another cargo.
        if weights and max(weights) - min(weights) > max(weights) * _WEIGHT_SLACK:
            claims = [_claim(one, str(weight)) for one, weight in known]
            yield Conflict(field=field, title=title, claims=tuple(claims))


def _totals(sources: Sequence[Source]) -> Iterator[Conflict]:
    claims = [
        _claim(one, str(one.totals.total))
        for one in sources
        if one.money and one.totals.total is not None
    ]
    yield from _differ("total", "Total value", claims)


def _quantities(sources: Sequence[Source]) -> Iterator[Conflict]:
    """Lines are the same goods by their article number, else by their words, else by number."""
    basis = next((one for one in sources if one.money and _worded(one.lines)), None)
    if basis is None:
        return
    for line in basis.lines:
        claims = [_claim(basis, str(line.quantity))] if line.quantity is not None else []
        for other in sources:
            if other is basis:
                continue
            match = _same(line, basis.lines, other.lines)
            if match is not None and match.quantity is not None and _comparable(line, match):
                claims.append(_claim(other, str(match.quantity)))
        title = f"Quantity of line {line.lineNumber}"
        yield from _differ(f"quantity.{line.lineNumber}", title, claims)


def _same(
    line: InvoiceLine, own: Sequence[InvoiceLine], lines: Sequence[InvoiceLine]
) -> InvoiceLine | None:
    for key in (_sku, _words):
        mark = key(line)
        if mark and sum(1 for one in own if key(one) == mark) == 1:
            found = [one for one in lines if key(one) == mark]
            if len(found) == 1:
                return found[0]
    if not _worded(lines):
        return next((one for one in lines if one.lineNumber == line.lineNumber), None)
    return None


def _comparable(one: InvoiceLine, other: InvoiceLine) -> bool:
    return not one.unit or not other.unit or package_unit(one.unit) == package_unit(other.unit)


def _worded(lines: Iterable[InvoiceLine]) -> bool:
    return any(one.description or one.sku for one in lines)


def _sku(line: InvoiceLine) -> str:
    return re.sub(r"[^a-z0-9]", "", (line.sku or "").casefold())


def _words(line: InvoiceLine) -> str:
    return " ".join(re.findall(r"\w+", (line.description or "").casefold()))


def _differ(field: str, title: str, claims: Sequence[Claim]) -> Iterator[Conflict]:
    if len({_number(claim.value) for claim in claims}) > 1:
        yield Conflict(field=field, title=title, claims=tuple(claims))


def _claim(source: Source, value: str) -> Claim:
    number = _number(value)
    plain = words.number(number) if number is not None else value
    return Claim(source=source.name, value=(plain or value).replace(",", ""),
                 document_id=source.document_id)  # fmt: skip


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal((text or "").replace(",", ""))
    except InvalidOperation:
        return None
