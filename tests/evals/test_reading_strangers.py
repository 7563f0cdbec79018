"""How well the papers of strangers are read: written by people who had never seen the reader.

Their authors knew the trade and how real papers look, and nothing of our rules. The first pile
(`seen`) was looked at afterwards and the rules were mended with it; the second (`unseen`) never was:
its figure is what a new shipper's paper may expect. Companies, goods and numbers are invented; forms
of carriers are drawn after their look. An answer of null is not asked, and a value there is invented.
What each pile had when it was first read stands in docs/reading.md.

`pytest tests/evals/test_reading_strangers.py -m "" -s` prints each document.
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from ingest import fields
from storage.values import Reading
from tests.evals.test_reading_shared import asked_for

PILES = Path(__file__).with_name("strangers")
THRESHOLDS: dict[str, Any] = json.loads(
    Path(__file__).with_name("reading_thresholds.json").read_text(encoding="utf-8")
)
OF_LINES = (
    "description", "quantity", "unit", "unit_price", "extended_value", "country_of_origin", "hs_code_hint",
)  # fmt: skip
NOT_ASKED = {"file", "line_items", "accept", "notes", "container_numbers"}
HALF = 0.5  # of a name: so much of it says it, where the rest is a form of company or a place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def plain(value: Any) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", str(value))).casefold()


def same(wanted: Any, got: Any) -> bool:
    if got in (None, "", []):
        return False
    if isinstance(wanted, int | float):
        return isinstance(got, int | float) and abs(wanted - got) <= 0.005
    a, b = plain(wanted), plain(got)
    short, long = sorted((a, b), key=len)
    return a == b or a.lstrip("v") == b.lstrip("v") or (
        len(short) >= 6 and short in long and len(short) >= HALF * len(long)
    )  # fmt: skip


def amount(value: Any) -> Any:
    """The figure of a weight or of packages."""
    return value.get("value", value.get("count")) if isinstance(value, dict) else value


def pairs(answer: dict[str, Any], said: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, wanted, read) for all that an answer speaks of."""
    found = []
    for field in set(answer) - NOT_ASKED:
        found.append((field, amount(answer[field]), amount(said.get(field))))
    boxes = [sorted(one.get("container_numbers") or []) for one in (answer, said)]
    found.append(("container_numbers", ",".join(boxes[0]) or None, ",".join(boxes[1]) or None))
    for at, line in enumerate(answer.get("line_items") or []):
        read = said["line_items"][at] if at < len(said["line_items"]) else {}
        found += [(f"line_items[{at}].{one}", line.get(one), read.get(one)) for one in OF_LINES]
    return found


def judged(path: Path) -> tuple[int, int, int, list[str]]:
    answer = json.loads(path.read_text(encoding="utf-8"))
    made = fields.read(answer["file"], (path.parent / answer["file"]).read_bytes())
    assert isinstance(made, Reading)
    said = asked_for(made)
    right = asked = invented = 0
    told = []
    for field, wanted, read in pairs(answer, said):
        if wanted is None:
            invented += read not in (None, "", []) and not field.startswith("line_items")
            continue
        asked += 1
        good = any(same(one, read) for one in (wanted, *answer.get("accept", {}).get(field, ())))
        right += good
        if not good:
            told.append(f"    {field}: wanted {wanted!r}, read {str(read)[:80]!r}")
    invented += max(len(said["line_items"]) - len(answer.get("line_items") or []), 0)
    return right, asked, invented, told


@pytest.mark.parametrize("pile", ["seen", "unseen"])
def test_papers_of_strangers_are_read(pile: str) -> None:
    right = asked = invented = 0
    for path in sorted((PILES / pile).glob("*.json")):
        one = judged(path)
        print(f"{path.stem:28} {one[0]:3} right of {one[1]:3}, {one[2]} invented")  # noqa: T201
        print(*one[3], sep="\n")  # noqa: T201
        right, asked, invented = right + one[0], asked + one[1], invented + one[2]
    print(f"{pile}: {right} of {asked} right, {invented} invented")  # noqa: T201
    assert 100 * right / asked >= THRESHOLDS[f"strangers_{pile}_right_per_cent"]
    assert invented <= THRESHOLDS[f"strangers_{pile}_invented_at_most"]
