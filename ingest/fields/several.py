"""Labels of several parts, and labels that explain themselves: which fields each of them names.

"PORT OF DISCHARGE / ETA" names two, "Vessel (see clause 1)" one. What a part by itself means is
the caller's to say: on a carrier's form a word may name more than on an invoice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_EXPLAINED = re.compile(r"\.\s+(?=[A-Z])|\s+-\s+|\s*\(")
_IN_BRACKETS = re.compile(r"\([^()]{1,160}\)?")
_SLASHED = re.compile(r"\s*/\s*")
_JOINED = re.compile(r"\s*[/&]\s*|\s+and\s+")
_SHORT = re.compile(r"(?i)(?<=\bb|\bm)\s*/\s*(?=[lv])|(?<=\b[hm]b)\s*/\s*(?=l\b)")
_KEPT = "\u2215"
"""The slash of "B/L", "HB/L" and "M/V" parts no label: it stands so while the others do."""
_SHORTEST = 3  # letters before an explanation that may be a label
_MOST = 4  # parts of a label

Name = Callable[[str], str | None]
"""The field that a label by itself names."""


def fields(text: str, name: Name, *, stranger: str | None = None) -> tuple[str, ...]:
    """The fields that a label names, each once and in their order; () when it is none.

    `stranger`: what a part stands for that nobody knows. Then the first part must be known, so
    that a value is never shared out by a guess. Without it such parts are passed over, and only
    a slash parts: "Routing and Destination" is one thing that nobody knows.
    """
    for whole in _wholes(text):
        if field := name(whole):
            return (field,)
    said = [name(part) for part in _parts(text, _SLASHED if stranger is None else _JOINED)]
    if stranger is None:
        return tuple(dict.fromkeys(field for field in said if field))
    if not said or said[0] is None:
        return ()
    return tuple(dict.fromkeys(field or stranger for field in said))


def _wholes(text: str) -> Iterator[str]:
    """The label as it stands, without its brackets, and without what explains it."""
    yield text
    bare = _IN_BRACKETS.sub(" ", text).strip()
    if bare not in ("", text):
        yield bare
    head = _EXPLAINED.split(text)[0]
    if head not in (text, bare) and len(head) > _SHORTEST:
        yield head  # "Place of Delivery. Applicable only when ..."


def _parts(text: str, between: re.Pattern[str]) -> tuple[str, ...]:
    """The parts of a label, () when it has one or is no label: "B/L No. / Date" has two."""
    whole = _SHORT.sub(_KEPT, _IN_BRACKETS.sub(" ", text).strip())
    found = [one.replace(_KEPT, "/") for one in between.split(whole) if one.strip()]
    return tuple(found) if 2 <= len(found) <= _MOST else ()
