"""A difference between what was prepared and what people filed, as a value."""

from __future__ import annotations

from typing import Literal

from storage.values import Value

Cause = Literal[
    "code", "statistical_suffix", "origin", "unit", "quantity", "exchange_rate", "freight", "value",
    "manufacturer", "lines_swapped", "line_missing", "line_added", "duty", "follows",
]  # fmt: skip
CRITICAL = frozenset(
    {"code", "origin", "exchange_rate", "freight", "value", "line_missing", "line_added", "duty"}
)
"""What changes the duty or the admissibility; the others are wrong and not dangerous."""


class Difference(Value):
    """One difference. "follows": a duty that differs because something else of the line does."""

    line: int | None = None  #: None: of the whole entry
    field: str
    ours: str | None = None
    theirs: str | None = None
    cause: Cause

    @property
    def critical(self) -> bool:
        return self.cause in CRITICAL
