"""Every rate string of the official editions is read, where the shared data stands beside us."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from knowledge.duty import rates

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "hts"
UNREADABLE = {":", "37% /"}  # misprints of 2025; nobody can say what they charge

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the shared data is not here")


def distinct(edition: str, column: str) -> set[str]:
    with gzip.open(FOLDER / f"{edition}.json.gz") as file:
        rows = json.load(file)
    return {(row[column] or "").strip() for row in rows} - {""}


def unread(column: str, cells: set[str]) -> set[str]:
    read = rates.preferences if column == "special" else rates.parse
    return {cell for cell in cells if read(cell) is None}


@pytest.mark.parametrize(("column", "count"), [("general", 830), ("special", 643), ("other", 841)])
def test_every_rate_of_revision_10_is_read(column: str, count: int) -> None:
    cells = distinct("hts_2026_rev_10", column)
    assert (len(cells), unread(column, cells)) == (count, set())


@pytest.mark.parametrize("edition", ["hts_2025_basic", "hts_2026_basic", "hts_2026_rev_7"])
@pytest.mark.parametrize("column", ["general", "special", "other"])
def test_earlier_editions_leave_only_their_misprints_unread(edition: str, column: str) -> None:
    assert unread(column, distinct(edition, column)) <= UNREADABLE
