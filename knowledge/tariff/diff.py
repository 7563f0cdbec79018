"""What changed between two editions of the schedule, and what became of a code that died.

Only the two texts are compared: why a line changed, the publisher's change record says. A
successor is a proposal for a broker, never a new code for anybody's goods by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from rapidfuzz import fuzz

from knowledge.tariff import codes
from knowledge.tariff.schedule import Schedule, ScheduleLine
from storage.values import Value

MOST_SUCCESSORS = 3
_ALIKE = 0.9  # of two texts under one parent that are one line with a new number
_EIGHT = 8
_LEAST = 0.35

What = Literal["renumbered", "redescribed", "rerated", "units", "footnotes"]
_RATES = ("general", "special", "other")


class Line(Value):
    """A line that came or went."""

    code: str
    description: str
    rate: str | None = None


class Change(Value):
    """A line that stayed, with what it said before and says now."""

    what: What
    code: str
    new_code: str | None = None  #: of a renumbered line
    before: str
    after: str


class Successor(Value):
    """A line that goods of a dead code could be entered under now."""

    code: str
    description: str
    score: float
    because: str


class Diff(Value):
    """All differences between two editions."""

    old: str
    new: str
    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    changes: tuple[Change, ...]

    def of(self, what: What) -> list[Change]:
        return [one for one in self.changes if one.what == what]

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.changes)


def diff(old: Schedule, new: Schedule) -> Diff:
    """Compare two editions line by line."""
    before = {line.bare: line for line in old.lines}
    after = {line.bare: line for line in new.lines}
    gone = [line for bare, line in before.items() if bare not in after]
    come = [line for bare, line in after.items() if bare not in before]
    moved = _moved(gone, come)
    there = {one.bare for one in moved.values()}
    changes = [
        Change(
            what="renumbered",
            code=before[bare].code,
            new_code=line.code,
            before=before[bare].words,
            after=line.words,
        )
        for bare, line in moved.items()
    ]
    pairs = [(line, after[bare]) for bare, line in before.items() if bare in after]
    pairs += [(before[bare], line) for bare, line in moved.items()]
    changes += _redescribed(pairs)
    changes += _rerated(pairs)
    for one, other in pairs:
        if _units(one) != _units(other):
            changes.append(_change("units", one, ", ".join(one.units), ", ".join(other.units)))
        if set(one.footnotes) != set(other.footnotes):
            said = (" ".join(one.footnotes), " ".join(other.footnotes))
            changes.append(_change("footnotes", one, *said))
    return Diff(
        old=old.edition,
        new=new.edition,
        added=tuple(_line(one) for one in come if one.bare not in there),
        removed=tuple(_line(one) for one in gone if one.bare not in moved),
        changes=tuple(changes),
    )


def successors(
    code: str, new: Schedule, *, old: Schedule | None = None, text: str = ""
) -> list[Successor]:
    """Lines of `new` in place of a code that it no longer has, most alike first.

    What the dead line said in `old` is compared; without it the goods' own description, `text`.
    """
    bare = codes.lenient(code)
    if bare is None:
        return []
    line = old.find(bare) if old is not None else None
    said = line.words if line is not None else text
    near = _near(bare, new)
    if line is not None:
        near = {**{one.bare: one for one in _same_words(line, new)}, **near}
    found = []
    for one in near.values():
        alike = _ratio(said, one.words) if said else 0.0
        kinship, why = _kinship(bare, one.bare)
        found.append(
            Successor(
                code=one.code,
                description=one.words[:300],
                score=round(0.65 * alike + kinship, 2),
                because="has the same words" if line and _same(line, one) else why,
            )
        )
    found.sort(key=lambda one: (-one.score, one.code))
    return [one for one in found if one.score >= _LEAST][:MOST_SUCCESSORS]


def told(found: Sequence[Successor]) -> str:
    """The successors in a few words."""
    if not found:
        return "no line of its heading resembles it: classify it anew"
    return "; ".join(f"{one.code} ({one.description[-60:].strip()})" for one in found)


def _near(bare: str, new: Schedule) -> dict[str, ScheduleLine]:
    """The leaves that stand nearest: of its eight digits, else six, else its heading."""
    for length in (8, 6, 4):
        found = [one for one in new.under(bare[:length]) if one.leaf]
        if found:
            return {one.bare: one for one in found}
    return {}


def _same_words(line: ScheduleLine, new: Schedule) -> list[ScheduleLine]:
    heading = new.under(line.bare[:2])
    return [one for one in heading if one.leaf and _same(line, one)]


def _kinship(bare: str, other: str) -> tuple[float, str]:
    for length, worth, why in (
        (8, 0.35, "divides the same eight-digit line"),
        (6, 0.25, "stands in the same subheading"),
        (4, 0.15, "stands in the same heading"),
    ):
        if bare[:length] == other[:length]:
            return worth, why
    return 0.05, "stands in the same chapter"


def _moved(gone: list[ScheduleLine], come: list[ScheduleLine]) -> dict[str, ScheduleLine]:
    """Which of the lines that went is which of those that came, where that is plain."""
    counted = Counter(_key(one) for one in gone), Counter(_key(one) for one in come)
    by_words = {_key(one): one for one in come if counted[1][_key(one)] == 1}
    moved = {
        one.bare: by_words[_key(one)]
        for one in gone
        if counted[0][_key(one)] == 1 and _key(one) in by_words
    }
    taken = {one.bare for one in moved.values()}
    for parent in {one.bare[:_EIGHT] for one in gone if len(one.bare) > _EIGHT}:
        lost = [one for one in gone if one.bare[:_EIGHT] == parent and one.bare not in moved]
        new = [one for one in come if one.bare[:_EIGHT] == parent and one.bare not in taken]
        if len(lost) == len(new) == 1 and _ratio(lost[0].words, new[0].words) >= _ALIKE:
            moved[lost[0].bare] = new[0]
    return moved


def _redescribed(pairs: Iterable[tuple[ScheduleLine, ScheduleLine]]) -> list[Change]:
    """Lines whose own words, or the unnumbered words above them, changed."""
    found: list[Change] = []
    told: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    for one, other in pairs:
        if one.path == other.path or one.bare != other.bare:
            continue
        if one.description != other.description:
            found.append(_change("redescribed", one, one.description, other.description))
            told.add((one.path, other.path))
        elif not _follows(one.path, other.path, told):
            # Words above it that have no number of their own: told with the first line below.
            found.append(_change("redescribed", one, one.words, other.words))
            shared = next(
                at for at, (x, y) in enumerate(zip(one.path, other.path, strict=False)) if x != y
            ) if len(one.path) == len(other.path) else 0  # fmt: skip
            told.add((one.path[: shared + 1], other.path[: shared + 1]))
    return found


def _follows(
    one: tuple[str, ...],
    other: tuple[str, ...],
    told: set[tuple[tuple[str, ...], tuple[str, ...]]],
) -> bool:
    """Whether a line above, whose change was told, explains the change of this path."""
    return any((one[:at], other[:at]) in told for at in range(1, max(len(one), len(other)) + 1))


def _rerated(pairs: Iterable[tuple[ScheduleLine, ScheduleLine]]) -> list[Change]:
    """Changed rates, once for the line that prints them and not again for those below."""
    found: list[Change] = []
    told: dict[str, tuple[str, str]] = {}
    for one, other in pairs:
        said = _rates(one, other), _rates(other, one)
        if said[0] == said[1]:
            continue
        above = next((told[one.bare[:n]] for n in (8, 6, 4) if one.bare[:n] in told), None)
        told.setdefault(one.bare, said)
        if above != said:
            found.append(_change("rerated", one, *said))
    return found


def _rates(one: ScheduleLine, other: ScheduleLine) -> str:
    """The rates in which the two lines differ, as the first prints them."""
    told = [
        f"{name} {getattr(one, name) or 'none'}"
        for name in _RATES
        if getattr(one, name) != getattr(other, name)
    ]
    return "; ".join(told)


def _change(what: What, line: ScheduleLine, before: str, after: str) -> Change:
    return Change(what=what, code=line.code, before=before[:600], after=after[:600])


def _line(line: ScheduleLine) -> Line:
    return Line(code=line.code, description=line.words[:300], rate=line.general)


def _units(line: ScheduleLine) -> tuple[str, ...]:
    return tuple(unit.replace("²", "2").replace("³", "3") for unit in line.units)


def _key(line: ScheduleLine) -> tuple[str, int, str]:
    return (line.bare[:2], line.digits, _fold(line.words))


def _same(one: ScheduleLine, other: ScheduleLine) -> bool:
    return _fold(one.words) == _fold(other.words)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _ratio(one: str, other: str) -> float:
    return fuzz.token_sort_ratio(_fold(one), _fold(other)) / 100
