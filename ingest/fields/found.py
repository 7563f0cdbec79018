"""What was found for a field, how sure we are, and where it stands."""

from __future__ import annotations

from typing import Any

from ingest.fields.layout import Cell
from storage.values import Evidence, Flag, Value

SURE = 0.93  #: exact label with a colon or clear geometry, and a value of the right type
LIKELY = 0.88  #: exact label, value beside or below it
PROVEN = 0.97  #: check digits or a sum confirm it
_READ_WELL = 0.93  # by the engine's own account
WEAK = 0.7  #: the geometry or the type leaves room for doubt


class Found(Value):
    """One value with its place."""

    path: str
    value: Any
    confidence: float
    evidence: Evidence


def read_off(cell: Cell, confidence: float) -> float:
    """What a confidence is worth when the words were read off a picture.

    Only what proves itself (check digits, sums) stays as sure as text is.
    """
    if cell.sure >= 1.0 or confidence >= PROVEN:
        return confidence
    return min(confidence, LIKELY if cell.sure >= _READ_WELL else WEAK)


class Findings:
    """Values by path: the surest one stays, what lost against it is forgotten."""

    def __init__(self) -> None:
        self.by_path: dict[str, Found] = {}
        self.flags: list[Flag] = []
        self.european = False  #: the paper writes a comma for the decimals
        self.day_first = False  #: of a date that could be read in two ways

    def add(self, path: str, value: Any, confidence: float, cell: Cell, text: str = "") -> None:
        if value is None or value == "":
            return
        confidence = read_off(cell, confidence)
        standing = self.by_path.get(path)
        if standing is None or standing.confidence < confidence:
            self.by_path[path] = Found(
                path=path, value=value, confidence=confidence, evidence=cell.evidence(text or None)
            )

    def get(self, path: str) -> Any:
        found = self.by_path.get(path)
        return found.value if found else None

    def lower(self, path: str, to: float) -> None:
        found = self.by_path.get(path)
        if found is not None and found.confidence > to:
            self.by_path[path] = found.model_copy(update={"confidence": to})

    def flag(self, kind: str, field: str | None, severity: Any, message: str) -> None:
        self.flags.append(Flag(type=kind, field=field, severity=severity, message=message))
