"""The segments of an EDI file: ISO 9735 (EDIFACT) and ANSI X12, told apart by how they begin.

Both are read here, in one page of code: the libraries for them bring tables of all messages, of
which we need one each.
"""

from __future__ import annotations

from typing import Literal

from storage.values import Value

MOST_BYTES = 5_000_000
MOST_SEGMENTS = 100_000
_ISA = 106  # signs of X12's first segment, which names the separators by their places


class Segment(Value):
    """A tag with its elements, each of components; what is absent is empty."""

    tag: str
    elements: tuple[tuple[str, ...], ...]
    text: str  #: as it stands in the file

    def at(self, element: int, component: int = 0) -> str:
        """What stands there, elements counted from 1 as in the standards, components from 0."""
        parts = self.elements[element - 1] if 0 < element <= len(self.elements) else ()
        return parts[component].strip() if component < len(parts) else ""


class Interchange(Value):
    """The segments of one file."""

    syntax: Literal["edifact", "x12"]
    segments: tuple[Segment, ...]


def read(data: bytes) -> Interchange | None:
    """The segments of a file that is EDI, else None."""
    head = data[:16].lstrip(b"\xef\xbb\xbf \t\r\n")
    if len(data) > MOST_BYTES or not head.startswith((b"UNA", b"UNB", b"ISA")):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    text = text.lstrip()
    return _x12(text) if text.startswith("ISA") else _edifact(text)


def _x12(text: str) -> Interchange | None:
    if len(text) < _ISA:
        return None
    element, component, end = text[3], text[104], text[105]
    if (
        any(one.isalnum() for one in (element, component, end))
        or len({element, component, end}) < 3
    ):
        return None
    found = []
    for piece in text.split(end)[:MOST_SEGMENTS]:
        tag, *elements = piece.strip().split(element)
        if tag:
            parts = tuple(tuple(one.split(component)) for one in elements)
            found.append(Segment(tag=tag, elements=parts, text=piece.strip()))
    return Interchange(syntax="x12", segments=tuple(found))


def _edifact(text: str) -> Interchange | None:
    component, element, point, release, end = ":", "+", ".", "?", "'"
    if text.startswith("UNA"):
        if len(text) < 9:
            return None
        component, element, point, release, _, end = list(text[3:9])
        text = text[9:]
    found: list[Segment] = []
    parts: list[list[str]] = [[""]]
    seen: list[str] = []
    escaped = False
    for char in text:
        if char in "\r\n" and not escaped:
            continue  # lines are for people
        seen.append(char)
        if escaped:
            parts[-1][-1] += char
            escaped = False
        elif char == release and release != " ":
            escaped = True
        elif char == end:
            found.append(_segment(parts, "".join(seen[:-1]).strip(), point))
            parts, seen = [[""]], []
            if len(found) >= MOST_SEGMENTS:
                break
        elif char == element:
            parts.append([""])
        elif char == component:
            parts[-1].append("")
        else:
            parts[-1][-1] += char
    return Interchange(syntax="edifact", segments=tuple(found)) if found else None


def _segment(parts: list[list[str]], text: str, point: str) -> Segment:
    tag = parts[0][0].strip()
    if point == "," and tag in ("MOA", "PRI", "QTY", "MEA"):
        # The file's own decimal sign, in the segments that hold figures.
        parts = [[one.replace(",", ".") for one in element] for element in parts]
    return Segment(tag=tag, elements=tuple(tuple(one) for one in parts[1:]), text=text)
