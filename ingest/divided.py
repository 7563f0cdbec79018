"""The lines as a person divided them, with their places on the page: what was printed stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from ingest.fields.merge import Merged
from storage.models import LineDivision
from workflows import dividing

_PATH = re.compile(r"^lineItems\[(\d+)\]")
_STATED = ("quantity", "extendedValue", "unitPrice", "description", "countryOfOrigin")

_T = TypeVar("_T")


def apply(merged: Merged, acts: Sequence[LineDivision]) -> tuple[Merged, tuple[int, ...]]:
    """The lines after the acts, and the ids of acts that no longer apply.

    A line that a person made has the places on the page of the lines that it was made of, and no
    doubt about the values that the person stated.
    """
    if not acts:
        return merged, ()
    made = dividing.replay(merged.lines, acts)
    printed = set(merged.lines)
    sure = _moved(merged.confidence, made.sources)
    for at, line in enumerate(made.lines):
        if line not in printed:
            for name in _STATED:
                if f"lineItems[{at}].{name}" in sure:
                    sure[f"lineItems[{at}].{name}"] = 1.0
    flags = [one for one in merged.flags if not _PATH.match(one.field or "")]
    for at, sources in enumerate(made.sources):
        for one in merged.flags:
            found = _PATH.match(one.field or "")
            if found and int(found[1]) in sources:
                path = _PATH.sub(f"lineItems[{at}]", one.field or "")
                flags.append(one.model_copy(update={"field": path}))
    divided = merged.model_copy(
        update={
            "lines": made.lines,
            "confidence": sure,
            "evidence": _moved(merged.evidence, made.sources),
            "flags": tuple(flags),
        }
    )
    return divided, made.stale


def _moved(values: dict[str, _T], sources: Sequence[tuple[int, ...]]) -> dict[str, _T]:
    """What is keyed by the place of a printed line, keyed by the places that lines have now."""
    kept = {path: value for path, value in values.items() if not _PATH.match(path)}
    by_line: dict[int, dict[str, _T]] = {}
    for path, value in values.items():
        if found := _PATH.match(path):
            by_line.setdefault(int(found[1]), {})[path[found.end() :]] = value
    for at, places in enumerate(sources):
        for rest, value in by_line.get(places[0], {}).items():
            kept[f"lineItems[{at}]{rest}"] = value
    return kept
