"""The lines as people left them, with their places on the page: what was printed stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from ingest.fields import confidence
from ingest.fields.merge import Merged
from storage.models import LineDivision
from storage.values import Flag, InvoiceLine, Totals
from workflows import line_acts

_PATH = re.compile(r"^lineItems\[(\d+)\]")
_LOOKED_AT = frozenset({"missing", "arithmetic"})  # of the line: asked anew of what stands now
_NO_LINES = ("missing", "lineItems")
_NO_SUM = ("arithmetic", "totals.total")

_T = TypeVar("_T")


def apply(merged: Merged, acts: Sequence[LineDivision]) -> tuple[Merged, tuple[int, ...]]:
    """The lines after the acts, and the ids of acts that no longer apply.

    A line that a person made has the places on the page of the lines that it was made of, and no
    doubt about the values that the person stated; whether it adds up is asked anew.
    """
    if not acts:
        return merged, ()
    made = line_acts.replay(merged.lines, acts)
    sure = _moved(merged.confidence, made.sources)
    flags = [one for one in merged.flags if not _PATH.match(one.field or "")]
    for at, (line, sources) in enumerate(zip(made.lines, made.sources, strict=True)):
        stated = _stated(line, [merged.lines[place] for place in sources])
        sure |= {f"lineItems[{at}].{name}": 1.0 for name in stated}
        flags += _flags(merged, at, line, sources, stated)
    divided = merged.model_copy(
        update={
            "lines": made.lines,
            "confidence": sure,
            "evidence": _moved(merged.evidence, made.sources),
            "flags": tuple(_summed(flags, merged.totals, made.lines)),
        }
    )
    return divided, made.stale


def _stated(line: InvoiceLine, printed: Sequence[InvoiceLine]) -> frozenset[str]:
    """The fields of a line that a person stated: those that its printed lines do not say."""
    return frozenset(
        name
        for name in line_acts.FIELDS
        if not printed or any(getattr(one, name) != getattr(line, name) for one in printed)
    )


def _flags(
    merged: Merged,
    at: int,
    line: InvoiceLine,
    sources: Sequence[int],
    stated: frozenset[str],
) -> list[Flag]:
    """What was flagged of the printed lines, but for the fields that a person stated."""
    kept = []
    for one in merged.flags:
        found = _PATH.match(one.field or "")
        if not found or int(found[1]) not in sources:
            continue
        field = (one.field or "")[found.end() + 1 :]
        if field not in stated and not (stated and one.type in _LOOKED_AT):
            path = _PATH.sub(f"lineItems[{at}]", one.field or "")
            kept.append(one.model_copy(update={"field": path}))
    if stated:
        kept += confidence.of_line(f"lineItems[{at}]", line.model_dump())
    return kept


def _summed(flags: Sequence[Flag], totals: Totals, lines: Sequence[InvoiceLine]) -> list[Flag]:
    """The flags, with what the lines as they are now say of the total."""
    kept = [one for one in flags if not (lines and (one.type, one.field) == _NO_LINES)]
    amounts = [one.extendedValue for one in lines]
    if totals.total is None or not amounts or None in amounts:
        return kept
    goods = sum((one for one in amounts if one is not None), Decimal(0))
    kept = [one for one in kept if (one.type, one.field) != _NO_SUM]
    if totals.subtotal != goods and not confidence.add_up(totals, goods):
        kept.append(confidence.not_adding_up(goods, totals.total))
    return kept


def _moved(values: dict[str, _T], sources: Sequence[tuple[int, ...]]) -> dict[str, _T]:
    """What is keyed by the place of a printed line, keyed by the places that lines have now."""
    kept = {path: value for path, value in values.items() if not _PATH.match(path)}
    by_line: dict[int, dict[str, _T]] = {}
    for path, value in values.items():
        if found := _PATH.match(path):
            by_line.setdefault(int(found[1]), {})[path[found.end() :]] = value
    for at, places in enumerate(sources):
        for rest, value in by_line.get(places[0] if places else -1, {}).items():
            kept[f"lineItems[{at}]{rest}"] = value
    return kept
