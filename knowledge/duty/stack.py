"""Which measures of chapter 99 apply to one line, and which of them gives way to which.

For each group the first row that fits is taken; then a group's duty is set aside where another
group's duty stands (`displacements.csv`). A row that depends on a fact nobody stated is asked
about. Amounts are `compute`'s work.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from knowledge.duty.book import BookLine
from knowledge.duty.line import DutyQuery
from knowledge.duty.measures import Day, Displacement, Measure

# The order in which an entry summary reports the headings of chapter 99 (CSMS 18-000624,
# 18-000657 and 39587858): Section 301, the IEEPA slot (Section 122 now stands in it, and the
# later Section 301 actions: inferred from a filed summary), Section 232, Section 201.
ORDER: tuple[str, ...] = (
    "s301",
    "s301_brazil",
    "s301_labor",
    "fentanyl",
    "brazil",
    "india",
    "reciprocal",
    "s122",
    "s232",
    "old_steel",
    "old_aluminum",
    "old_copper",
    "s201",
)
_FIFTEEN = Decimal(15)
_METAL_CHAPTERS = frozenset({"72", "73", "74", "76"})
_METALS = ("steel", "aluminum", "copper")
_CONTENT = {"steel_content": "steel", "aluminum_content": "aluminum", "copper_content": "copper"}
# Conditions that any goods could meet are not told of on every line.
_COMMON = frozenset({"donation", "informational_materials", "in_transit"})


class Facts:
    """What is known of a line: its lists, its footnotes, and what was stated or follows."""

    def __init__(self, query: DutyQuery, found: BookLine, day: Day, origin: str) -> None:
        self.query = query
        self.bare = found.bare
        self.headings = found.headings
        self.origin = origin
        self.lists = day.scopes.of(found.bare, day.on)
        self.barred = day.barred
        self.claims = query.claims | self._evident()

    def _evident(self) -> frozenset[str]:
        """Claims that follow from what was stated about preference and metals."""
        query, found = self.query, set()
        if query.programme in {"S", "S+"}:
            found.add("usmca")
        if "RU" in {self.origin, query.smelt_and_cast}:
            found.add("russian_aluminum")
        if self.metals:
            if self._made_in("US"):
                found.add("us_metal")
            if self.origin == "GB" and self._made_in("GB"):
                found.add("uk_metal")
            shares = [getattr(query, metal) for metal in self.metals]
            if None not in shares and self.bare[:2] not in _METAL_CHAPTERS:
                weight = sum(shares, Decimal(0))
                if weight < _FIFTEEN:
                    found.add("metal_below_15" if weight else "no_metal")
        return frozenset(found)

    @cached_property
    def metals(self) -> tuple[str, ...]:
        """The metals in the titles of the lists of note 16(c) that name these goods."""
        named = [one for one in self.lists if one.startswith("metal_")]
        return tuple(metal for metal in _METALS if any(metal in one for one in named))

    def _made_in(self, country: str) -> bool:
        query = self.query
        where = {
            "steel": query.melt_and_pour,
            "aluminum": query.smelt_and_cast,
            "copper": query.smelt_and_cast,
        }
        return all(where[metal] == country for metal in self.metals)

    def covers(self, measure: Measure) -> bool:
        """Whether the measure names these goods."""
        scope = measure.scope
        if scope == "all":
            return True
        if scope == "footnote":
            return (
                measure.heading in self.headings
                and f"not_{measure.heading}" not in self.lists
                and not any(
                    heading == measure.heading and self.bare.startswith(prefix)
                    for heading, prefix in self.barred
                )
            )
        if measure.lists:
            return not measure.lists.isdisjoint(self.lists)
        return self.bare.startswith(measure.codes)

    def settled(self, claim: str) -> bool:
        """Whether what was stated already answers whether the claim could be made."""
        query = self.query
        if claim in {"metal_below_15", "no_metal"}:
            known = [getattr(query, metal) for metal in self.metals]
            return (
                self.bare[:2] in _METAL_CHAPTERS
                or None not in known
                or sum((one for one in known if one is not None), Decimal(0)) >= _FIFTEEN
            )
        if claim == "russian_aluminum":
            return query.smelt_and_cast is not None or "aluminum" not in self.metals
        if claim in {"us_metal", "uk_metal"}:
            return query.melt_and_pour is not None or query.smelt_and_cast is not None
        return f"not_{claim}" in query.claims


class Taken(NamedTuple):
    """The measure that applies for a group, and what was set aside for it."""

    measure: Measure
    gives_way: tuple[tuple[Displacement, Measure], ...]  #: to these duties of other groups


class Stack(NamedTuple):
    """What applies to a line, in reporting order; or first a question about a fact."""

    taken: tuple[Taken, ...]
    ask: Measure | None


def stack(facts: Facts, day: Day) -> Stack:
    """The measures that apply."""
    chosen: dict[str, Measure] = {}
    for group in ORDER:
        for measure in day.groups.get(group, ()):
            if not measure.concerns(facts.origin) or not facts.covers(measure):
                continue
            if measure.ask and measure.ask not in facts.claims:
                if f"not_{measure.ask}" in facts.claims:
                    continue
                return Stack(taken=(), ask=measure)
            if measure.claims <= facts.claims:
                chosen[group] = measure
                break
    taken = []
    for group, measure in chosen.items():
        taken.append(Taken(measure, tuple(_gives_way(group, chosen, facts, day))))
    return Stack(taken=tuple(taken), ask=None)


def _gives_way(
    group: str, chosen: dict[str, Measure], facts: Facts, day: Day
) -> Iterable[tuple[Displacement, Measure]]:
    if chosen[group].kind not in {"add", "total", "unknown"}:
        return
    for rule in day.displacements.get(group, ()):
        by = chosen.get(rule.by)
        if by is None or (rule.origins and facts.origin not in rule.origins):
            continue
        stands = by.kind in {"add", "total"} or (by.kind == "exempt" and rule.by == "s232")
        if stands and not any(True for _ in _whole(rule.by, chosen, facts, day)):
            yield rule, by


def _whole(
    group: str, chosen: dict[str, Measure], facts: Facts, day: Day
) -> Iterable[tuple[Displacement, Measure]]:
    """Displacements that leave nothing of a group's duty."""
    return (
        (rule, by)
        for rule, by in _gives_way(group, chosen, facts, day)
        if by.basis not in _CONTENT or share(by, facts.query) is None
    )


def share(measure: Measure, query: DutyQuery) -> Decimal | None:
    """The stated part of the value, in per cent, that a duty on content falls on."""
    metal = _CONTENT.get(measure.basis)
    return getattr(query, metal) if metal is not None else None


def conditions(measure: Measure, facts: Facts, day: Day) -> str | None:
    """What would change the duty of a measure, in words, for the goods that it speaks of."""
    told = []
    above = takewhile(lambda other: other is not measure, day.groups[measure.group])
    for other in above:
        if (
            not other.claims
            or not other.concerns(facts.origin)
            or other.claims & _COMMON
            or other.claims <= facts.claims
            or any(facts.settled(claim) for claim in other.claims - facts.claims)
            or not _worth_telling(other, facts)
            or not facts.covers(other)
        ):
            continue
        what = {"add": f"{other.rate}%", "total": f"{other.rate}% in all"}.get(other.kind, "0.00")
        told.append(f"if {other.when} under {other.heading}: {what}")
    return "; ".join(told) or None


def _worth_telling(other: Measure, facts: Facts) -> bool:
    if other.heading in {"9903.88.69", "9903.88.70"}:
        # The footnote marks the lines of which some goods are excluded.
        return other.heading in facts.headings
    return other.scope != "all" or bool(other.origins)
