"""How well layouts are read that the rules were not written with at hand (`unseen_layouts`).

`pytest tests/evals/test_reading_unseen.py -s` prints each document and what was read wrongly.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ingest import fields
from storage.values import Reading
from tests.evals import unseen_carriers, unseen_layouts, unseen_more
from tests.evals.unseen_layouts import Sample

SAMPLES = (*unseen_layouts.SAMPLES, *unseen_carriers.SAMPLES, *unseen_more.SAMPLES)
THRESHOLDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("reading_thresholds.json").read_text(encoding="utf-8")
)
Judged = tuple[str, str, Any, Any, float]
"""(document, field, wanted, read, confidence)"""


def judged(sample: Sample) -> list[Judged]:
    reading = fields.read(f"{sample.name}.pdf", sample.pdf())
    assert isinstance(reading, Reading)
    sure = reading.confidenceByField
    made: list[Judged] = []
    for path, wanted in sample.answer.items():
        if path == "_bill":
            got: Any = reading.transport.houseBill or reading.transport.masterBill
            where = "transport.masterBill"
        else:
            where, got = path, reading
            for step in path.split("."):
                got = getattr(got, step)
        if isinstance(got, tuple):
            got, where = ",".join(got) or None, f"{path}[0]"
        made.append((sample.name, path, wanted, got, sure.get(where, 0.0)))
    for at, line in enumerate(sample.lines):
        read = reading.lineItems[at] if at < len(reading.lineItems) else None
        for field, wanted in line.items():
            path = f"lineItems[{at}].{field}"
            made.append((sample.name, path, wanted, getattr(read, field, None), sure.get(path, 0.0)))
    if sample.lines and len(reading.lineItems) > len(sample.lines):
        made.append((sample.name, "lineItems", None, len(reading.lineItems), 1.0))
    return made


def right(wanted: Any, got: Any) -> bool:
    if wanted is None or got is None:
        return wanted is None and got is None
    if isinstance(got, Decimal | int):
        try:
            return Decimal(wanted) == got
        except InvalidOperation:
            return False
    return plain(wanted) == plain(got)


def plain(value: Any) -> str:
    folded = unicodedata.normalize("NFKD", str(value)).casefold()
    return re.sub(r"[\W_]+", "", folded)


def test_unseen_layouts_are_read() -> None:
    everything = [one for sample in SAMPLES for one in judged(sample)]
    for sample in SAMPLES:
        mine = [one for one in everything if one[0] == sample.name]
        good = sum(right(one[2], one[3]) for one in mine)
        print(f"{sample.name:20} {good:3} right of {len(mine):3}")  # noqa: T201
        for _, path, wanted, got, sure in mine:
            if not right(wanted, got):
                print(f"    {path}: wanted {wanted!r}, read {str(got)[:80]!r} ({sure:.2f})")  # noqa: T201
    good = sum(right(one[2], one[3]) for one in everything)
    shown = [one for one in everything if one[4] >= 0.9]
    sure = sum(right(one[2], one[3]) for one in shown)
    print(f"all: {good} of {len(everything)}; shown with 0.9 and more: {sure} of {len(shown)}")  # noqa: T201
    assert 100 * good / len(everything) >= THRESHOLDS["unseen_right_per_cent"]
    assert 100 * sure / len(shown) >= THRESHOLDS["unseen_sure_right_per_cent"]
