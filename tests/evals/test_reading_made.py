"""How honest the confidences are, on invoices made here that the reader was not tuned on.

`pytest tests/evals/test_reading_made.py -m "" -s` prints what was right of each field, and of each
band of confidence how much was right.
"""

import itertools
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingest import fields
from storage.values import Reading
from tests.evals.made_invoices import Made, invoice

COUNT = 60
BANDS = (0.0, 0.7, 0.85, 0.9, 1.01)
THRESHOLDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("reading_thresholds.json").read_text(encoding="utf-8")
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def judged() -> list[tuple[str, float, bool]]:
    """(field, confidence, right) of everything that stands on the made invoices."""
    return [one for seed in range(COUNT) for one in _judged(invoice(seed))]


def _judged(made: Made) -> list[tuple[str, float, bool]]:
    reading = fields.read(made.name, made.pdf)
    assert isinstance(reading, Reading)
    seen: list[tuple[str, float, bool]] = []
    for path, wanted in made.truth.items():
        if path[0] == "_" or path == "lines":
            continue
        got: Any = reading
        for step in path.split("."):
            got = getattr(got, step)
        seen.append((path, reading.confidenceByField.get(path, 0.0), _same(wanted, got)))
    for at, line in enumerate(made.truth["lines"]):
        read = reading.lineItems[at] if at < len(reading.lineItems) else None
        for field in made.truth["_columns"]:
            sure = reading.confidenceByField.get(f"lineItems[{at}].{field}", 0.0)
            got = getattr(read, field) if read else None
            seen.append((f"lines.{field}", sure if read else 0.0, _same(line[field], got)))
    return seen


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, Decimal) or got is None:
        return bool(wanted == got)
    return str(wanted).casefold() == str(got).casefold()


def test_what_stands_on_made_invoices_is_read(judged: list[tuple[str, float, bool]]) -> None:
    by_field: dict[str, list[bool]] = defaultdict(list)
    for field, _, right in judged:
        by_field[field].append(right)
    for field, said in sorted(by_field.items()):
        print(f"{field:28} {sum(said):4} right of {len(said):4}")  # noqa: T201
    share = 100 * sum(right for *_, right in judged) / len(judged)
    print(f"all: {share:.1f} % of {len(judged)}")  # noqa: T201
    assert share >= THRESHOLDS["made_right_per_cent"]


def test_of_what_is_shown_as_sure_nearly_all_is_right(
    judged: list[tuple[str, float, bool]],
) -> None:
    shown = [(sure, right) for _, sure, right in judged if sure > 0]
    for low, high in itertools.pairwise(BANDS):
        band = [right for sure, right in shown if low <= sure < high]
        if band:
            print(f"{low:.2f} - {min(high, 1):.2f}  {sum(band):4} right of {len(band):4}  {100 * sum(band) / len(band):.1f} %")  # noqa: T201
    sure = [right for confidence, right in shown if confidence >= 0.9]
    assert len(sure) > 300
    assert 100 * sum(sure) / len(sure) >= THRESHOLDS["made_sure_right_per_cent"]
