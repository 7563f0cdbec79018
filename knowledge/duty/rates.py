"""The rate columns of the schedule as typed rates, and what a rate makes of a line.

Words that cannot be read are no rate (None), and a rate that wants more than the value and the
quantity says what to ask. Nothing here guesses an input or looks up another line: what "the
applicable subheading" charges is the caller's to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from knowledge import reference
from knowledge.duty import special
from knowledge.duty.special import Percent, PerUnit
from storage.values import Value

__all__ = [
    "APPLICABLE",
    "DEGREES",
    "PerUnit",
    "Percent",
    "Preference",
    "Rate",
    "Sliding",
    "Uncharged",
    "charge",
    "parse",
    "preferences",
    "question",
]

APPLICABLE = "applicable duty"
"""The part that `charge` takes for "the duty provided in the applicable subheading"."""
DEGREES = "degrees"
"""The part that `charge` takes for a sugar's polarity."""

_NONE: Mapping[str, Decimal] = MappingProxyType({})
_HUNDRED = Decimal(100)
_POLARITY = "the polarity in sugar degrees"
_SUBHEADING = "the duty of the applicable subheading"

_PER_KG = rf"({special.NUMBER}) ?¢ ?/kg"
_SLIDING = re.compile(
    rf"{_PER_KG} less {_PER_KG} for each degree under ([0-9]{{1,3}}) degrees "
    rf"\(and fractions of a degree in proportion\) but not less (?:than )?{_PER_KG}",
    re.ASCII,
)
# No condition that could hide an amount: "Free, plus 5%" is not free.
_FREE = re.compile(
    r"free(?:, ((?:under|for|if|when|subject to) [^%¢$]+)| ?\((see [^%¢$]+)\))?", re.IGNORECASE
)
_APPLICABLE = re.compile(
    r"the duty (?:rate )?provided (?:for )?in ?"
    r"(?:the applicable subheading|such subheading|(subheadings? [0-9][0-9., or]*[0-9]))"
    r"(?: ?(?:\+|plus) ?(.+)| ?minus ?([^+]+))?",
    re.IGNORECASE | re.ASCII,
)
# Compared without blanks and hyphens: the export breaks words at old line ends.
_REFERENCE = re.compile(
    r"(?:nochange$|therate(?:ofduty)?(?:applicable|provided)|thedutyrateprovidedfororiginating"
    r"|adutyupon|adutyequal|aduty\(inlieu|see(?:additional)?(?:u\.s\.note)?[0-9])"
)


class Sliding(Value):
    """Sugar: dollars per kg that fall with each degree of polarity below a hundred."""

    full: Decimal
    step: Decimal  #: less for each degree
    under: Decimal  #: the degrees at which the full amount is due
    at_least: Decimal


class Rate(Value):
    """A rate: the sum of percentages and amounts per unit, or what stands in their place."""

    text: str
    kind: Literal[
        "free", "ad_valorem", "specific", "compound", "sliding", "reference", "applicable"
    ]
    percents: tuple[Percent, ...] = ()
    per_unit: tuple[PerUnit, ...] = ()
    sliding: Sliding | None = None
    condition: str | None = None  #: the words that limit it, for a person
    at_most: str | None = None  #: a duty that this one may not exceed
    sign: Literal[1, -1] = 1  #: whether "applicable" has the rest added or taken off

    @property
    def free(self) -> bool:
        return self.kind == "free"

    @property
    def percent(self) -> Decimal:
        """What is due on the whole value."""
        return sum((one.percent for one in self.percents if one.on is None), Decimal(0))


class Preference(Value):
    """A rate of the special column."""

    rate: Rate
    programmes: tuple[str, ...]  #: "AU", "A*", "S+"; empty when the cell names none


class Uncharged(Value):
    """No amount, and what is missing for one."""

    needs: str


def parse(text: str | None) -> Rate | None:
    """The typed rate, or None when the words cannot be read."""
    words = special.clean(text) if text is not None else None
    return _read(words) if words else None


def preferences(text: str | None) -> tuple[Preference, ...] | None:
    """The rates of the special column: none for a blank cell, None when one cannot be read."""
    words = special.clean(text or "")
    if words is None:
        return None
    return _read_special(words) if words else ()


def question(rate: Rate) -> str | None:
    """What a person has to say beside the value and the quantities; None when nothing."""
    asked = list(dict.fromkeys(_questions(rate)))
    if len(asked) < 3:
        return " and ".join(asked) or None
    return f"{', '.join(asked[:-1])}, and {asked[-1]}"


def charge(
    rate: Rate,
    *,
    value: Decimal,
    quantity: Decimal | None,
    unit: str | None,
    parts: Mapping[str, Decimal] = _NONE,
) -> Decimal | Uncharged:
    """Exact US dollars, unrounded, or what is missing.

    `parts` answers the questions: dollars under `Percent.on`, `Rate.at_most` and `APPLICABLE`;
    quantities under `PerUnit.of`, under the unit where the goods need a second one, and `DEGREES`.
    """
    if rate.kind == "reference":
        return Uncharged(needs=_pointer(rate))
    known = {name: one for name, one in parts.items() if one.is_finite() and one >= 0}
    # Zero or less is a slip of the invoice, and no reason for no duty.
    stated = quantity if quantity is not None and quantity.is_finite() and quantity > 0 else None
    missing: list[str] = []

    def part(name: str, ask: str) -> Decimal:
        if name not in known:
            missing.append(ask)
        return known.get(name, Decimal(0))

    def goods_in(wanted: str) -> Decimal:
        found = reference.convert(stated, unit, to=wanted)
        return part(wanted, f"the quantity in {wanted}") if found is None else found

    due = Decimal(0)
    if rate.percent and value.is_finite() and value > 0:
        due += rate.percent * value / _HUNDRED
    elif rate.percent:
        missing.append("the value")
    for share in rate.percents:
        if share.on is not None:
            due += share.percent * part(share.on, _asked_value(share.on)) / _HUNDRED
    for one in rate.per_unit:
        many = part(one.of, _asked_quantity(one)) if one.of else goods_in(one.unit)
        due += one.amount * many
    if rate.sliding is not None:
        due += _per_kg(rate.sliding, part(DEGREES, _POLARITY)) * goods_in("kg")
    if rate.at_most is not None:
        due = min(due, part(rate.at_most, f"the {rate.at_most}"))
    if rate.kind == "applicable":
        due = max(part(APPLICABLE, _SUBHEADING) + rate.sign * due, Decimal(0))
    return Uncharged(needs=", ".join(dict.fromkeys(missing))) if missing else due


@lru_cache(maxsize=8192)
def _read(words: str) -> Rate | None:
    plain = words.rstrip(".")
    if match := _FREE.fullmatch(plain):
        return Rate(text=words, kind="free", condition=match[1] or match[2])
    if match := _SLIDING.fullmatch(plain):
        full, step, under, at_least = (Decimal(one) for one in match.groups())
        slide = Sliding(
            full=full / _HUNDRED, step=step / _HUNDRED, under=under, at_least=at_least / _HUNDRED
        )
        return Rate(text=words, kind="sliding", sliding=slide)
    if match := _APPLICABLE.fullmatch(plain):
        named = Rate(
            text=words,
            kind="applicable",
            condition=match[1],
            sign=-1 if match[3] else 1,
        )
        terms = match[2] or match[3]
        return _with_terms(named, terms) if terms else named
    if _REFERENCE.match(re.sub(r"[\s-]", "", plain).casefold()):
        return Rate(text=words, kind="reference")
    return _with_terms(Rate(text=words, kind="compound"), plain)


@lru_cache(maxsize=4096)
def _read_special(words: str) -> tuple[Preference, ...] | None:
    groups = special.groups(words)
    if groups is None:
        return None
    found: list[Preference] = []
    for text, programmes in groups:
        rate = _read(text)
        if rate is None:
            return None
        found.append(Preference(rate=rate, programmes=programmes))
    return tuple(found)


def _with_terms(rate: Rate, plain: str) -> Rate | None:
    """The rate with the terms of its sum, or None when one of them is not understood."""
    percents: list[Percent] = []
    per_unit: list[PerUnit] = []
    total, _, limit = plain.partition(", but if ")
    when, _, at_most = limit.partition(" the total duty shall not exceed the ")
    if limit and not at_most:
        return None
    for written in total.split("+"):
        one = special.term(written.strip().removeprefix("a duty of "))
        if one is None:
            return None
        if isinstance(one, Percent):
            percents.append(one)
        else:
            per_unit.append(one)
    kind = rate.kind
    if kind == "compound" and not (percents and per_unit):
        kind = "ad_valorem" if percents else "specific"
    found: dict[str, object] = {
        "kind": kind,
        "percents": tuple(percents),
        "per_unit": tuple(per_unit),
    }
    if limit:
        found |= {"condition": f"if {when}", "at_most": at_most}
    return rate.model_copy(update=found)


def _per_kg(slide: Sliding, degrees: Decimal) -> Decimal:
    short = max(slide.under - degrees, Decimal(0))
    return max(slide.full - slide.step * short, slide.at_least)


def _questions(rate: Rate) -> list[str]:
    if rate.kind == "reference":
        return [_pointer(rate)]
    asked = [_SUBHEADING] if rate.kind == "applicable" else []
    asked += [_asked_value(one.on) for one in rate.percents if one.on is not None]
    asked += [_asked_quantity(one) for one in rate.per_unit if one.of is not None]
    if rate.sliding is not None:
        asked.append(_POLARITY)
    if rate.at_most is not None:
        asked.append(f"the {rate.at_most} ({rate.condition})")
    return asked


def _pointer(rate: Rate) -> str:
    return f"the rate that these words point to: “{rate.text}”"


def _asked_value(part: str) -> str:
    if part.startswith(("cost ", "fair retail value")):
        return f"the {part}"
    return f"the value of the {part}"


def _asked_quantity(one: PerUnit) -> str:
    if one.unit in {"jewel", "no."}:
        return f"the number of {one.of}"
    if one.of is not None and one.of.startswith("including "):
        return f"the weight in {one.unit}, {one.of}"
    if one.of == "clean kg":
        return "the clean weight in kg"
    return f"the {one.of} in {one.unit}"
